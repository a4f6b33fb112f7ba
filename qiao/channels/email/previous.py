"""The customer's mail an answer answers: its subject, words and sender are quoted. Read where conversations keep it."""

from collections.abc import Awaitable, Callable
from uuid import UUID
from zoneinfo import ZoneInfo

from qiao.channels.email import ticketing
from qiao.channels.email.compose import Previous
from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.people.organization import service as organization

Look = Callable[[UUID, int], Awaitable[Previous | None]]
"""By conversation (or ticket) and place in it: the mail before that place."""
_BACK = 30


def looker(runtime: Runtime) -> Look:
    """What looks through the last messages before an answer."""

    async def previous(conversation_id: UUID, seq: int) -> Previous | None:
        async with runtime.db.read() as db:
            facts = await conversations.facts(db, conversation_id)
            if facts is None:
                return None
            reader = Actor(kind="customer", id=facts.customer_id)
            found, _ = await conversations.transcript(db, reader, conversation_id, before_seq=seq, limit=_BACK)
            place = ZoneInfo((await organization.get_workspace(db)).timezone)
        for message in reversed(found):
            mail = message.payload.get("mail")
            if message.author.kind == "customer" and isinstance(mail, dict):
                sender = mail.get("from") or {}
                return Previous(
                    subject=str(mail.get("subject") or ""),
                    name=str(sender.get("name") or ""),
                    address=str(sender.get("address") or ""),
                    body=message.body,
                    at=message.created_at.astimezone(place),
                    automatic=mail.get("automatic"),
                    received_as=mail.get("received_as"),
                    message_id=str(mail.get("message_id") or ""),
                    answers_to=tuple(mail.get("answers_to") or ()),
                )
        return None

    return previous


def ticket_looker(runtime: Runtime) -> Look:
    """The same for answers in tickets: the customer's latest letter, wherever the answer stands."""

    async def previous(ticket_id: UUID, seq: int) -> Previous | None:
        async with runtime.db.read() as db:
            held = await ticketing.previous_of(db, ticket_id)
        return held[1] if held is not None else None

    return previous
