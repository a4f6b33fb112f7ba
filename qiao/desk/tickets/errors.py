"""Expected failures of tickets, by code (`errors.ticket.*`)."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from qiao.core.errors import Conflict, FieldError, Forbidden, Invalid, NotFound, Refused


def not_found(ticket: UUID | int | str | None = None) -> NotFound:
    return NotFound("ticket.not_found", id=str(ticket or ""))


def not_yours() -> Forbidden:
    return Forbidden("ticket.not_yours")


def merged(into: str) -> Refused:
    return Refused("ticket.merged", ref=into, data={"merged_into": into})


def closed() -> Refused:
    return Refused("ticket.closed")


def bad(fields: Sequence[FieldError]) -> Invalid:
    return Invalid("invalid", fields=fields)


def move_refused(why: str, moves: Sequence[Any], *, missing: Sequence[str] = ()) -> Refused:
    """`moves` are the ways that are open instead."""
    return Refused(f"ticket.move.{why}", data={"why": why, "moves": list(moves), "missing": list(missing)})


def changed_meanwhile(version: int, changed: dict[str, Any], names: dict[str, str] | None = None) -> Conflict:
    """`changed` says of each field that both changed what it is now, who made it so and when; `names` puts names to the
    ids in it and in what was wanted."""
    data = {"version": version, "changed": changed, "names": names or {}}
    return Conflict("ticket_changed_meanwhile", fields=[], data=data, count=str(len(changed)))
