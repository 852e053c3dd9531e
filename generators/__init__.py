"""When a body moves: rhythm, alignment and blending into one continuous motion. Knows no language and no language model."""
