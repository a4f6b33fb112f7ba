"""How good and how fast answers are, on sets of real questions, beside simple parts."""
