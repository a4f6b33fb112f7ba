"""What happens to tickets, and being named in a conversation, becomes notifications.

Positions are saved with the work: nobody is told twice after a crash.
"""

from collections.abc import Awaitable, Callable, Collection, Sequence
from typing import Any, Final
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.events import Envelope, Event
from qiao.core.reactions import on_commit_batch
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import MessageCreated
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.events import TicketAssigned, TicketCommented, TicketCreated, TicketEscalated, TicketMoved
from qiao.desk.tickets.schemas import TicketFacts
from qiao.desk.tickets.types import service as types
from qiao.people.accounts import service as accounts
from qiao.people.notifications import service as notifications

# Rooms that hold a ticket or let it go on tell of it themselves, with more to say.
_TOLD_ELSEWHERE: Final = frozenset({"department", "approval", "merged"})


@on_commit_batch(
    TicketCreated,
    TicketCommented,
    TicketMoved,
    TicketAssigned,
    TicketEscalated,
    name="watching.tell",
    linger=0.2,
    most=100,
)
async def tell(db: Session, pairs: Sequence[tuple[Event, Envelope]]) -> None:
    """Reads each ticket of the batch once."""
    ids = {fact.ticket_id for fact, _ in pairs}  # type: ignore[attr-defined]  # all of these have one
    facts = await tickets.facts_many(db, ids)
    names = await _names(db, [envelope for _, envelope in pairs])
    for fact, envelope in pairs:
        ticket = facts.get(fact.ticket_id)  # type: ignore[attr-defined]  # all of these have one
        if ticket is None:
            continue
        await _WAYS[type(fact)](db, _who(envelope, names), ticket, fact)


def _mentions(envelope: Envelope) -> bool:
    return bool(envelope.payload.get("mentions"))


@on_commit_batch(MessageCreated, name="watching.mentions", when=_mentions)
async def mentioned(db: Session, pairs: Sequence[tuple[MessageCreated, Envelope]]) -> None:
    """Colleagues named in a note of a conversation."""
    ids = {envelope.conversation_id for _, envelope in pairs if envelope.conversation_id is not None}
    facts = await conversations.facts_many(db, list(ids))
    names = await _names(db, [envelope for _, envelope in pairs])
    for fact, envelope in pairs:
        talk = facts.get(envelope.conversation_id) if envelope.conversation_id is not None else None
        if talk is not None:
            link = f"/inbox/mentions/{talk.id}"
            params = {"number": talk.number}
            actor = _who(envelope, names)
            await notifications.tell(db, fact.mentions, "conversation.mentioned", params=params, link=link, actor=actor)


async def _created(db: Session, actor: Actor, ticket: TicketFacts, fact: TicketCreated) -> None:
    if fact.assignee_id is not None:
        await _tell(db, [fact.assignee_id], "ticket.assigned", ticket, actor)


async def _commented(db: Session, actor: Actor, ticket: TicketFacts, fact: TicketCommented) -> None:
    if fact.mentions:
        await _tell(db, fact.mentions, "ticket.mentioned", ticket, actor)
    others = set(await _concerned(db, ticket)) - set(fact.mentions)
    await _tell(db, others, "ticket.replied" if fact.author_kind == "customer" else "ticket.commented", ticket, actor)


async def _moved(db: Session, actor: Actor, ticket: TicketFacts, fact: TicketMoved) -> None:
    if fact.status == fact.previous_status and fact.state == fact.previous_state:
        return
    if fact.reason in _TOLD_ELSEWHERE and fact.transition is None:
        return
    states = (await types.definition(db, ticket.type_id)).workflow.states
    label = next((dict(state.label) for state in states if state.key == fact.state), {"en": fact.state})
    await _tell(db, await _concerned(db, ticket), "ticket.moved", ticket, actor, state=label)


async def _assigned(db: Session, actor: Actor, ticket: TicketFacts, fact: TicketAssigned) -> None:
    if fact.user_id is not None and fact.user_id != fact.previous_user_id:
        await _tell(db, [fact.user_id], "ticket.assigned", ticket, actor)


async def _escalated(db: Session, actor: Actor, ticket: TicketFacts, fact: TicketEscalated) -> None:
    await _tell(db, await _concerned(db, ticket), "ticket.escalated", ticket, actor, tier=fact.tier)


_WAYS: Final[dict[type[Event], Callable[[Session, Actor, TicketFacts, Any], Awaitable[None]]]] = {
    TicketCreated: _created,
    TicketCommented: _commented,
    TicketMoved: _moved,
    TicketAssigned: _assigned,
    TicketEscalated: _escalated,
}


async def _concerned(db: Session, ticket: TicketFacts) -> set[UUID]:
    found = set(await tickets.watchers_of(db, ticket.id))
    return found | {ticket.assignee_id} if ticket.assignee_id is not None else found


async def _tell(
    db: Session, users: Collection[UUID], kind: str, ticket: TicketFacts, actor: Actor, **more: object
) -> None:
    params = {"number": ticket.ref, "title": ticket.title, **more}
    await notifications.tell(db, users, kind, params=params, link=f"/tickets/{ticket.number}", actor=actor)


async def _names(db: Session, envelopes: Sequence[Envelope]) -> dict[UUID, str]:
    ids = {envelope.actor_id for envelope in envelopes if envelope.actor_kind == "user" and envelope.actor_id}
    return {user_id: person.name for user_id, person in (await accounts.people(db, ids)).items()} if ids else {}


def _who(envelope: Envelope, names: dict[UUID, str]) -> Actor:
    if envelope.actor_kind != "user" or envelope.actor_id is None:
        return Actor.system()
    return Actor("user", envelope.actor_id, name=names.get(envelope.actor_id, ""))
