"""Events a reaction could not handle yet: parked, tried again, given up."""

import traceback
from collections.abc import Iterable, Sequence
from uuid import UUID

from sqlalchemy import delete, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased

from qiao.core import clock
from qiao.core.db import Db, Session
from qiao.core.events import Audience, Envelope
from qiao.core.ids import new_id
from qiao.core.log import Position
from qiao.core.reactions.models import DeadLetter
from qiao.core.reactions.registry import Reaction, retry_delay

ERROR_TEXT = 4000


async def park(db: Session, reaction: Reaction, envelopes: Sequence[Envelope], error: Exception | None = None) -> None:
    """Stores events for later; `error` is the first one's. What is stored already stays as it is."""
    now = clock.now()
    rows = [
        {
            "id": new_id(),
            "reaction": reaction.name,
            "event_xid": envelope.xid,
            "event_id": envelope.id,
            "kind": envelope.kind,
            "conversation_id": envelope.conversation_id,
            "actor_kind": envelope.actor_kind,
            "actor_id": envelope.actor_id,
            "payload": envelope.payload,
            "state": "dead" if error and index == 0 and reaction.retries == 0 else "retrying",
            "attempts": 1 if error and index == 0 else 0,
            "error": describe(error) if error and index == 0 else None,
            "next_at": now + retry_delay(1),
            "event_at": envelope.at,
        }
        for index, envelope in enumerate(envelopes)
    ]
    await db.execute(insert(DeadLetter).values(rows).on_conflict_do_nothing())


async def waiting(db: Db) -> bool:
    """Whether there is anything to be tried again at all: asked every second, and nearly always not."""
    found = await (await db.raw()).fetchval("SELECT EXISTS (SELECT FROM dead_letters WHERE state = 'retrying')")
    return bool(found)


async def heads(db: Session) -> list[DeadLetter]:
    """What may be tried now: of each reaction and conversation the earliest letter, and only when it is due."""
    order = func.coalesce(DeadLetter.conversation_id, DeadLetter.id)
    earliest = (
        select(DeadLetter)
        .where(DeadLetter.state == "retrying")
        .distinct(DeadLetter.reaction, order)
        .order_by(DeadLetter.reaction, order, DeadLetter.event_xid, DeadLetter.event_id)
        .subquery()
    )
    head = aliased(DeadLetter, earliest)
    # Never tried: it has only been waiting behind another, or its process died.
    due = (head.attempts == 0) | (head.next_at <= clock.now())
    rows = await db.execute(select(head).where(due).order_by(head.event_xid, head.event_id).limit(200))
    return list(rows.scalars())


# Lists go and come as text: for an array the driver would have to learn its type first, on every connection anew.
_STANDINGS = """
SELECT p.name, p.xid, p.event_id,
       (SELECT string_agg(DISTINCT d.conversation_id::text, ',') FROM dead_letters d
        WHERE d.reaction = p.name AND d.state = 'retrying') AS parked
FROM reaction_positions p WHERE p.name = ANY(string_to_array($1, ','))
"""


async def standings(db: Db, names: Iterable[str]) -> dict[str, tuple[Position, set[object]]]:
    """How far reactions have come, and the conversations whose later events have to wait."""
    rows = await (await db.raw()).fetch(_STANDINGS, ",".join(names))
    return {
        row["name"]: ((row["xid"], row["event_id"]), {UUID(key) for key in (row["parked"] or "").split(",") if key})
        for row in rows
    }


async def standing(db: Db, name: str) -> tuple[Position, set[object]]:
    """`standings` of one. Raises LookupError when it has no position."""
    found = (await standings(db, [name])).get(name)
    if found is None:
        raise LookupError(f"{name} has no position")
    return found


async def known(db: Db) -> set[str]:
    """The reactions that have a position."""
    return {row["name"] for row in await (await db.raw()).fetch("SELECT name FROM reaction_positions")}


async def done(db: Session, name: str, position: Position) -> None:
    """Forgets a letter that was handled."""
    await db.execute(
        delete(DeadLetter).where(
            DeadLetter.reaction == name, DeadLetter.event_xid == position[0], DeadLetter.event_id == position[1]
        )
    )


async def failed(db: Session, reaction: Reaction, position: Position, error: Exception) -> int | None:
    """Counts a failed try. Returns how many there were, None once it is given up (or the letter is gone)."""
    mine = (
        DeadLetter.reaction == reaction.name,
        DeadLetter.event_xid == position[0],
        DeadLetter.event_id == position[1],
    )
    attempts = await db.scalar(select(DeadLetter.attempts).where(*mine))
    if attempts is None:
        return None
    attempts += 1
    dead = attempts > reaction.retries
    await db.execute(
        update(DeadLetter)
        .where(*mine)
        .values(
            attempts=attempts,
            error=describe(error),
            state="dead" if dead else "retrying",
            next_at=clock.now() + retry_delay(attempts),
        )
    )
    return None if dead else attempts


def envelope_of(letter: DeadLetter) -> Envelope:
    """The event as it stood in the log; nobody is told about it again."""
    return Envelope(
        letter.event_xid,
        letter.event_id,
        letter.kind,
        letter.conversation_id,
        letter.actor_kind,
        letter.actor_id,
        Audience(),
        letter.payload,
        letter.event_at,
    )


def describe(error: Exception) -> str:
    """The error for people who look into it, without characters a text column refuses."""
    told = "".join(traceback.format_exception(error, limit=-6))[-ERROR_TEXT:].replace("\x00", "�")
    return told.encode("utf-8", "replace").decode()


async def store_position(db: Session, name: str, new: Position, expected: Position) -> bool:
    """Moves a position forward if it still stands where it is expected; the answer tells."""
    found = await db.scalar(
        text(
            "UPDATE reaction_positions SET xid = :xid, event_id = :id, updated_at = now()"
            " WHERE name = :name AND (xid, event_id) = (:old_xid, :old_id) RETURNING 1"
        ),
        {"xid": new[0], "id": new[1], "name": name, "old_xid": expected[0], "old_id": expected[1]},
    )
    return found is not None


async def note_position(db: Db, name: str, new: Position) -> None:
    """Moves a position forward to where nothing of the reaction's happened, in a single statement of its own."""
    await (await db.raw()).execute(
        "UPDATE reaction_positions SET xid = $2, event_id = $3, updated_at = now()"
        " WHERE name = $1 AND (xid, event_id) <= ($2, $3)",
        name,
        *new,
    )
