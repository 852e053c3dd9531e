"""How good it is: measurements of plans, scores and motion. Nothing imports this package."""
