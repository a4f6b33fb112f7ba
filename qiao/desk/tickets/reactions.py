"""What tickets do on events: speak in the conversation they came from, hear the customer there; and what time does."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from qiao.core import clock
from qiao.core.db import Session
from qiao.core.events import Envelope, in_transaction
from qiao.core.jobs import every
from qiao.core.reactions import on_commit, on_commit_batch
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import MessageCreated
from qiao.desk.conversations.schemas import MessageView
from qiao.desk.tickets import repository, service
from qiao.desk.tickets.events import TicketCommented
from qiao.desk.tickets.models import Ticket
from qiao.desk.tickets.repository import Undone
from qiao.desk.tickets.service.talking import SAID
from qiao.desk.tickets.types import service as types
from qiao.people.customers.following import Moved, follow
from qiao.people.organization.events import WorkspaceSetUp

CLOSE_AT_ONCE = 200
_WORDS = ("text", "image", "file")


async def _sign_anew(db: Session, moved: Moved) -> None:
    """What the customer wrote in these tickets is theirs under the record they are in now."""
    await repository.change_author(db, moved.keys, moved.previous_id, moved.customer_id)


follow(Ticket.customer_id, shown="tickets", then=_sign_anew)


@in_transaction(WorkspaceSetUp)
async def begin_with_types(db: Session, fact: WorkspaceSetUp, envelope: Envelope) -> None:
    """A new company begins with the shipped types."""
    await types.install(db)


@on_commit(
    TicketCommented,
    name="tickets.pass_on",
    when=lambda envelope: bool(envelope.payload.get("public")) and envelope.payload.get("author_kind") != "customer",
)
async def pass_on(db: Session, fact: TicketCommented, envelope: Envelope) -> None:
    """What staff say to the customer in a ticket is said in the conversation it came from, too."""
    await service.pass_on(db, fact.ticket_id, fact.entry_id)


@on_commit_batch(
    MessageCreated,
    name="tickets.hear_customer",
    when=lambda envelope: (
        envelope.payload.get("author_kind") in ("customer", "user") and envelope.payload.get("message_kind") in _WORDS
    ),
    linger=0.5,
    most=250,
)
async def hear_conversations(db: Session, batch: Sequence[tuple[MessageCreated, Envelope]]) -> None:
    """A customer who writes in the conversation answers the tickets of it that wait for them, and the one whose words
    they found there when they came back. Staff who answer there have answered for the tickets, too."""
    talks = {envelope.conversation_id for _, envelope in batch if envelope.conversation_id is not None}
    undone = await repository.undone_of(db, talks)
    if not undone:
        return
    messages = await conversations.messages_by_id(db, [fact.message_id for fact, _ in batch])
    owing = {one.ticket_id for one in undone if one.owes}
    for fact, _ in batch:
        view = messages.get(fact.message_id)
        if view is None or view.recalled_at is not None or view.author.id is None:
            continue
        # What was said before there was a ticket is what it was made of, however late that is heard here.
        here = [one for one in undone if one.conversation_id == view.conversation_id and view.created_at > one.since]
        if not here:
            continue
        if view.author.kind == "customer":
            owing |= await _hear_customer(db, view, here)
        else:
            await _hear_answer(db, view, [one.ticket_id for one in here if one.ticket_id in owing])


async def _hear_customer(db: Session, view: MessageView, here: Sequence[Undone]) -> set[UUID]:
    """Returns which tickets owe them an answer now."""
    assert view.author.id is not None
    payload = {"message_id": str(view.id), "conversation_id": str(view.conversation_id)}
    file = {key: value for key, value in view.payload.items() if key not in ("url", "thumb_url")}
    attached = {"files": [file]} if view.kind in ("image", "file") else {}
    answered = await service.answers(db, view.conversation_id, view.seq)
    heard: set[UUID] = set()
    for one in here:
        if one.waits or one.ticket_id == answered:
            await service.hear_customer(
                db,
                one.ticket_id,
                view.author.id,
                view.author.name or "",
                body=view.body,
                payload={**payload, **attached},
                client_id=f"message:{view.id}",
                at=view.created_at,
            )
            heard.add(one.ticket_id)
    return heard


async def _hear_answer(db: Session, view: MessageView, tickets: Sequence[UUID]) -> None:
    """What a ticket itself has said there is in it already."""
    if not tickets or view.author.id is None or (view.client_id or "").startswith(SAID):
        return
    talk = await conversations.facts(db, view.conversation_id)
    assert talk is not None  # it has messages
    for ticket_id in tickets:
        await service.hear_answer(db, ticket_id, talk.customer_id, view.author.id, view.created_at)


@every(60, name="tickets.close_solved")
async def close_solved(runtime: Runtime) -> None:
    """Closes solved tickets about which the customer has been silent for as long as their type says."""
    async with runtime.db.read() as db:
        due: list[tuple[UUID, datetime]] = []
        for kind in await types.list_types(db):
            hours = kind.definition.close_after_hours
            if hours is not None:
                before = clock.now() - timedelta(hours=hours)
                found = await repository.solved_before(db, kind.id, before, CLOSE_AT_ONCE)
                due.extend((ticket_id, before) for ticket_id in found)
    for ticket_id, before in due:
        await runtime.db.run(partial(service.close_if_over, ticket_id=ticket_id, solved_before=before))
