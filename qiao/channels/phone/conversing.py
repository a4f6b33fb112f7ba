"""A call as a conversation: it begins when somebody answers or nobody does, and belongs to who spoke."""

from uuid import UUID

from qiao.channels.phone import cards
from qiao.channels.phone.models import Call
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Inbound, Outgoing
from qiao.desk.inboxes import service as inboxes
from qiao.people.accounts import service as accounts
from qiao.people.customers import service as customers
from qiao.people.customers.policy import e164
from qiao.people.customers.schemas import CustomerCreate
from qiao.people.organization import service as organization

SYSTEM = Actor.system()
LIVE = frozenset({"bot", "queued", "assigned", "snoozed"})


async def customer_for(db: Session, number: str | None, name: str) -> UUID:
    """A record for a caller nobody knows. Their number is a claim: it is noted, and identifies nobody."""
    made = await customers.create(db, SYSTEM, CustomerCreate(name=name, phone=number and (e164(number) or number)))
    return made.id


async def begin(db: Session, inbox_id: UUID, customer_id: UUID, context: dict[str, str]) -> UUID:
    """A conversation that belongs to nobody yet. The caller says at once who gets it."""
    customer = await customers.ref(db, customer_id)
    locale = customer.locale or (await organization.get_workspace(db)).locale
    inbound = Inbound(inbox_id, customer_id, "", locale=locale, context=dict(context), customer_name=customer.name)
    return (await conversations.start(db, inbound)).id


async def keep_card(db: Session, row: Call) -> None:
    """The record in the transcript: written once, kept true after that."""
    assert row.conversation_id is not None
    people = await accounts.people(db, [row.user_id]) if row.user_id else {}
    agent = people[row.user_id].name if row.user_id in people else None
    shown = cards.of_call(row, agent)
    if row.message_id is None:
        facts = await conversations.facts(db, row.conversation_id)
        assert facts is not None
        kind = "missed" if row.state in ("missed", "abandoned") else row.direction
        payload = {"type": "call", "title": cards.title(kind, facts.locale), "call": shown}
        # In the line's name: a call is neither a message that waits for an answer nor an answer.
        line = Actor(kind="system", name=(await inboxes.get(db, row.inbox_id)).name)
        outgoing = Outgoing("card", "", payload, f"call:{row.id}")
        view = await conversations.relay(db, line, row.conversation_id, outgoing)
        row.message_id = view.id
        return
    await conversations.annotate(db, SYSTEM, row.message_id, call=shown)


async def give_to(db: Session, conversation_id: UUID, user_id: UUID, *, speaking: bool) -> None:
    """Whoever speaks with the customer is responsible, unless the call is over and the matter settled."""
    facts = await conversations.facts(db, conversation_id)
    if facts is None or (facts.status == "assigned" and facts.assignee_id == user_id):
        return
    if facts.status == "resolved" and speaking:
        # Somebody without an account had it first and it was put away: now it is handed to one of us.
        await conversations.requeue(db, SYSTEM, conversation_id, reason="call", keep_place=False)
    elif facts.status not in LIVE:
        return
    await conversations.assign(db, SYSTEM, conversation_id, user_id, reason="call")


async def settle(db: Session, conversation_id: UUID) -> None:
    """Nothing is left to do."""
    facts = await conversations.facts(db, conversation_id)
    if facts is not None and facts.status in LIVE:
        await conversations.resolve(db, SYSTEM, conversation_id, reason="call_recorded")
