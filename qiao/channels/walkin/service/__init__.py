"""The verbs of the counter: `sites` (structure), `visits` (numbers, and what visitors do), `desk` (what staff do),
`appointments`, `board` (what is shown)."""

from qiao.channels.walkin.service import appointments, board, desk, sites, visits

__all__ = ["appointments", "board", "desk", "sites", "visits"]
