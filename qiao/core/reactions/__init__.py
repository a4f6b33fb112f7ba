"""Durable reactions: what happens after commit, at least once, in order per conversation, parallel across."""

from qiao.core.reactions.models import DeadLetter, ReactionPosition
from qiao.core.reactions.registry import REACTIONS, Reaction, on_commit, on_commit_batch, retry_delay
from qiao.core.reactions.runner import ReactionRunner

__all__ = [
    "REACTIONS",
    "DeadLetter",
    "Reaction",
    "ReactionPosition",
    "ReactionRunner",
    "on_commit",
    "on_commit_batch",
    "retry_delay",
]
