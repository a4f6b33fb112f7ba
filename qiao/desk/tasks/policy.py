"""What may happen to a task, and who may do it. Pure."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.errors import Refused

Move = Literal["accept", "finish", "hand_back", "cancel", "reopen"]
STATES: Final = ("waiting", "doing", "done", "returned", "cancelled")
OPEN: Final = frozenset({"waiting", "doing"})
MOVES: Final[dict[Move, tuple[frozenset[str], str]]] = {
    "accept": (frozenset({"waiting"}), "doing"),
    "finish": (OPEN, "done"),
    "hand_back": (OPEN, "returned"),
    "cancel": (OPEN, "cancelled"),
    "reopen": (frozenset({"done", "returned", "cancelled"}), "waiting"),
}
REMIND_AGAIN: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Part:
    """What an actor is to a task. `asking`: handles its ticket, or asked for it. `doing`: of its department, or its owner."""

    asking: bool
    doing: bool


def part(
    actor: Actor, *, department_id: UUID, assignee_id: UUID | None, created_by: UUID | None, handles: bool
) -> Part:
    """`handles`: whether the actor may handle the ticket."""
    if actor.kind in ("system", "bot"):
        return Part(True, True)
    if actor.kind != "user" or actor.id is None:
        return Part(False, False)
    works = actor.may("tasks.handle")
    own = actor.department_id == department_id
    return Part(
        asking=handles or (created_by == actor.id and (works or actor.may("tickets.handle"))),
        doing=works and (own or assignee_id == actor.id or actor.may("tickets.manage")),
    )


def next_state(state: str, move: Move) -> str:
    """Raises Refused for a move that state does not allow."""
    allowed, after = MOVES[move]
    if state not in allowed:
        raise Refused("task.move_refused", state=state, move=move)
    return after


def may(state: str, who: Part, *, ticket_open: bool) -> dict[str, bool]:
    """What the console offers this person on this task."""
    going = state in OPEN
    return {
        "accept": who.doing and state == "waiting",
        "assign": (who.doing or who.asking) and going,
        "finish": who.doing and going,
        "hand_back": who.doing and going,
        "edit": who.asking and going,
        "cancel": who.asking and going,
        "remind": who.asking and going,
        "reopen": who.asking and not going and ticket_open,
    }
