"""Pure decisions about conversations: which move is legal, who may see and do what."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final
from uuid import UUID

from qiao.core.actor import Actor


class Status(StrEnum):
    BOT = "bot"
    QUEUED = "queued"
    ASSIGNED = "assigned"
    SNOOZED = "snoozed"
    RESOLVED = "resolved"
    CLOSED = "closed"


class Move(StrEnum):
    """What happens to a conversation."""

    QUEUE = "queue"
    ASSIGN = "assign"
    TO_BOT = "to_bot"
    SNOOZE = "snooze"
    UNSNOOZE = "unsnooze"
    RESOLVE = "resolve"
    REOPEN = "reopen"
    REQUEUE_REOPENED = "requeue_reopened"
    CLOSE = "close"


LIVE: Final = frozenset({Status.BOT, Status.QUEUED, Status.ASSIGNED, Status.SNOOZED})
OPEN: Final = frozenset({Status.BOT, Status.QUEUED, Status.ASSIGNED, Status.SNOOZED, Status.RESOLVED})

_B, _Q, _A, _S, _R, _C = Status
TRANSITIONS: Final[dict[tuple[Status, Move], Status]] = {
    (_B, Move.QUEUE): _Q,
    (_Q, Move.QUEUE): _Q,
    (_A, Move.QUEUE): _Q,
    (_S, Move.QUEUE): _Q,
    (_B, Move.ASSIGN): _A,
    (_Q, Move.ASSIGN): _A,
    (_A, Move.ASSIGN): _A,
    (_S, Move.ASSIGN): _A,
    (_Q, Move.TO_BOT): _B,
    (_A, Move.TO_BOT): _B,
    (_S, Move.TO_BOT): _B,
    (_A, Move.SNOOZE): _S,
    (_S, Move.SNOOZE): _S,
    (_S, Move.UNSNOOZE): _A,
    (_B, Move.RESOLVE): _R,
    (_Q, Move.RESOLVE): _R,
    (_A, Move.RESOLVE): _R,
    (_S, Move.RESOLVE): _R,
    (_R, Move.REOPEN): _A,
    (_R, Move.REQUEUE_REOPENED): _Q,
    (_R, Move.TO_BOT): _B,
    (_B, Move.CLOSE): _C,
    (_Q, Move.CLOSE): _C,
    (_A, Move.CLOSE): _C,
    (_S, Move.CLOSE): _C,
    (_R, Move.CLOSE): _C,
}

STAFF_ONLY_KINDS: Final = frozenset({"note", "whisper"})
CUSTOMER_KINDS: Final = frozenset({"text", "image", "file", "card"})
AGENT_KINDS: Final = frozenset({"text", "image", "file", "card", "choices"})
RECALL_WITHIN: Final = timedelta(minutes=2)


class TransitionRefused(Exception):
    """The move is not legal from this status."""

    def __init__(self, status: Status, move: Move):
        super().__init__(f"{status} -{move}-> ?")
        self.status = status
        self.move = move


def next_status(status: Status, move: Move) -> Status:
    """Where `move` leads from `status`. Raises TransitionRefused for an illegal move."""
    try:
        return TRANSITIONS[status, move]
    except KeyError:
        raise TransitionRefused(status, move) from None


@dataclass(frozen=True, slots=True)
class Scope:
    """What decides who sees a conversation."""

    queue_id: UUID | None
    assignee_id: UUID | None
    participants: AbstractSet[UUID] = frozenset()
    """Colleagues who may see it beyond their queues: those who joined, and those mentioned in it."""
    joined: AbstractSet[UUID] = frozenset()


def may_see(actor: Actor, scope: Scope) -> bool:
    """Whether `actor` (staff) may see a conversation at all."""
    if actor.kind in ("system", "bot"):
        return True
    if actor.kind != "user" or actor.id is None:
        return False
    if actor.may("conversations.view_all"):
        return True
    if not actor.may("conversations.handle"):
        return False
    return (
        actor.id == scope.assignee_id
        or actor.id in scope.participants
        or (scope.queue_id is not None and scope.queue_id in actor.queue_ids)
    )


def may_reply(actor: Actor, scope: Scope) -> bool:
    """Whether `actor` may speak to the customer: its agent, somebody who joined, or the system."""
    if actor.kind in ("system", "bot"):
        return True
    if not may_see(actor, scope) or not actor.may("conversations.handle"):
        return False
    return actor.id == scope.assignee_id or actor.id in scope.joined


def may_handle(actor: Actor, scope: Scope) -> bool:
    """Whether `actor` may move it on (assign, transfer, resolve, tag …)."""
    if actor.kind in ("system", "bot"):
        return True
    if not may_see(actor, scope):
        return False
    if actor.may("conversations.monitor"):
        return True
    return actor.may("conversations.handle")


def allowed_actions(actor: Actor, scope: Scope, status: Status) -> dict[str, bool]:
    """What the console offers this person on this conversation."""
    handle = may_handle(actor, scope)
    live = status in LIVE
    mine = actor.id is not None and actor.id == scope.assignee_id
    monitor = actor.may("conversations.monitor") and may_see(actor, scope)
    return {
        "reply": live and may_reply(actor, scope),
        "note": may_see(actor, scope) and actor.may("conversations.handle"),
        "whisper": monitor and live,
        "assign": handle and live,
        "take": handle and live and not mine,
        "transfer": handle and live,
        "snooze": handle and status in (Status.ASSIGNED, Status.SNOOZED),
        "resolve": handle and live,
        "reopen": handle and status is Status.RESOLVED,
        "close": handle and status is not Status.CLOSED,
        "join": monitor and live and not mine and actor.id not in scope.joined,
        "take_over": monitor and live and not mine,
        "monitor": monitor,
    }


def reopens(status: Status, resolved_at: datetime | None, now: datetime, within: timedelta) -> bool:
    """Whether a customer's new message belongs to this conversation instead of a new one."""
    if status in LIVE:
        return True
    return status is Status.RESOLVED and resolved_at is not None and now - resolved_at <= within


def preview_of(kind: str, body: str, payload: dict[str, object]) -> str:
    """One line for lists. Media without words shows as `[kind]`, which clients put into the reader's language."""
    words = " ".join(body.split())
    if not words and kind == "choices":
        words = str(payload.get("prompt") or "")
    if not words and kind == "card":
        words = str(payload.get("title") or "")
    return (words or f"[{kind}]")[:160]
