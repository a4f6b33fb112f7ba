"""What a customer sees of a conversation: never a note, a whisper, or what only colleagues need to know."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from qiao.channels.contract.ports import RatingRef, Ratings
from qiao.core.db import Session
from qiao.core.runtime import runtime_of
from qiao.desk.conversations.policy import STAFF_ONLY_KINDS
from qiao.desk.conversations.schemas import ConversationFacts, MessageView
from qiao.desk.inboxes.ports import QueueDirectory
from qiao.desk.routing import service as routing
from qiao.people.accounts import service as accounts

SHOWN_EVENTS: Final = frozenset(
    {
        "handoff",
        "queued",
        "assigned",
        "transferred",
        "to_bot",
        "resolved",
        "reopened",
        "closed",
        "joined",
        "left",
        "rated",
        "ticket_answered",
    }
)
_SHOWN_PARAMS: Final = frozenset({"name", "queue", "ref", "score"})
_HIDDEN_PAYLOAD: Final = frozenset({"confidence", "transfer", "mentions"})


class AgentRef(msgspec.Struct, frozen=True):
    name: str
    avatar_url: str | None


class QueuePlace(msgspec.Struct, frozen=True):
    place: int | None
    estimate_s: int | None
    name: str | None


class Offline(msgspec.Struct, frozen=True):
    """Nobody can answer now. `next_open` is when people are back, where that is known."""

    next_open: datetime | None


class CustomerConversation(msgspec.Struct, frozen=True):
    """A conversation as its customer sees it."""

    id: UUID
    number: int
    status: str
    agent: AgentRef | None
    queue: QueuePlace | None
    rating: RatingRef | None
    offline: Offline | None
    last_seq: int
    read_seq_by_staff: int
    version: int


def shown(view: MessageView) -> MessageView | None:
    """The message as its customer may see it, or None when it is not for them."""
    if view.kind in STAFF_ONLY_KINDS:
        return None
    if view.kind == "event":
        if view.payload.get("type") not in SHOWN_EVENTS:
            return None
        params = {key: value for key, value in (view.payload.get("params") or {}).items() if key in _SHOWN_PARAMS}
        return msgspec.structs.replace(view, payload={"type": view.payload["type"], "params": params})
    if view.author.kind == "customer" or _HIDDEN_PAYLOAD.isdisjoint(view.payload):
        return view
    payload = {key: value for key, value in view.payload.items() if key not in _HIDDEN_PAYLOAD}
    return msgspec.structs.replace(view, payload=payload)


def shown_all(views: Sequence[MessageView]) -> list[MessageView]:
    """Those of `views` the customer may see."""
    return [found for found in map(shown, views) if found is not None]


async def conversation(db: Session, facts: ConversationFacts) -> CustomerConversation:
    """One conversation."""
    return (await conversations(db, [facts]))[0]


async def conversations(db: Session, facts: Sequence[ConversationFacts]) -> list[CustomerConversation]:
    """Conversations, in the order given."""
    if not facts:
        return []
    agents = await accounts.people(db, {f.assignee_id for f in facts if f.assignee_id is not None})
    ratings: Ratings | None = runtime_of(db).find(Ratings)
    rated = await ratings.of_conversations(db, [f.id for f in facts]) if ratings is not None else {}
    views = []
    for f in facts:
        agent = agents.get(f.assignee_id) if f.assignee_id and f.status in ("assigned", "snoozed", "resolved") else None
        queue, offline = await _waiting(db, f) if f.status == "queued" else (None, None)
        views.append(
            CustomerConversation(
                id=f.id,
                number=f.number,
                # That a colleague has put it aside is no concern of the customer's: somebody has it.
                status="assigned" if f.status == "snoozed" else f.status,
                agent=AgentRef(agent.name, agent.avatar_url) if agent is not None else None,
                queue=queue,
                rating=rated.get(f.id),
                offline=offline,
                last_seq=f.last_seq,
                read_seq_by_staff=f.staff_read_seq,
                version=f.version,
            )
        )
    return views


async def _waiting(db: Session, facts: ConversationFacts) -> tuple[QueuePlace, Offline | None]:
    directory: QueueDirectory | None = runtime_of(db).find(QueueDirectory)
    name = None
    if facts.queue_id is not None and directory is not None:
        name = (await directory.names(db, [facts.queue_id])).get(facts.queue_id)
    place = await routing.place(db, facts.id)
    if place is None:
        return QueuePlace(None, None, name), None
    if place.mode == "leave_message":
        outlook = await routing.availability(db, facts.queue_id)
        return QueuePlace(place.place, None, name), Offline(outlook.next_open if outlook is not None else None)
    return QueuePlace(place.place, place.estimate_s, name), None
