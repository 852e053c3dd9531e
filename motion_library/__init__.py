"""What a body can show: skeleton, motion, gestures and the search for the right one. Knows no audio and no language model."""
