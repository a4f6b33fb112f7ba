"""What is said in a ticket, and between it and the conversation it came from."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec

from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Forbidden, Invalid, Refused
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.ports import Expected, OutgoingCheck
from qiao.desk.conversations.schemas import ConversationFacts, Outgoing
from qiao.desk.tickets import errors, policy, repository, views
from qiao.desk.tickets.events import TicketAnswered, TicketCommented, TicketNoted
from qiao.desk.tickets.models import Ticket, TicketEntry
from qiao.desk.tickets.ports import Bringer
from qiao.desk.tickets.schemas import PAYLOAD_LIMIT, TEXT_LIMIT, EntryView
from qiao.desk.tickets.service import checks, rows, steps
from qiao.desk.tickets.service.rows import Held
from qiao.people.accounts import service as accounts
from qiao.people.organization import service as organization

MENTIONS: Final = 50
DONE: Final = ("solved", "closed")
SAID: Final = "ticket:"
"""How the `client_id`s of a ticket's own words in conversations begin."""
ANSWERED: Final = "ticket_answered"
"""The line of a conversation that was taken up again because the customer answered a ticket's words."""


async def comment(
    db: Session,
    actor: Actor,
    ticket_id: UUID,
    *,
    body: str,
    public: bool,
    mentions: Sequence[UUID] = (),
    files: Sequence[UUID] = (),
    client_id: str | None = None,
) -> EntryView:
    """Words for the customer (`public`) or for colleagues. The same `client_id` again returns the first and changes nothing.

    Colleagues mentioned may see the ticket from then on. What a customer writes is public, wakes a ticket that waited for
    them, and opens a solved one again.
    """
    held = await rows.living(db, actor, ticket_id)
    known = await _repeated(db, held, client_id)
    if known is not None:
        return (await views.entries(db, held.doer, held.kind, [known]))[0]
    _check_right(held, public)
    body = body.strip()
    if len(body) > TEXT_LIMIT:
        raise Invalid.field("body", "text_too_long", max_length=TEXT_LIMIT)
    if not body and not files:
        raise Invalid.field("body", "ticket.comment_empty")
    if len(mentions) > MENTIONS:
        raise Invalid.field("mentions", "list_too_long", max_length=MENTIONS)
    await checks.colleagues(db, mentions, "mentions")
    payload: dict[str, Any] = {}
    if files:
        payload["files"] = await checks.attachments(db, actor, files)
    if public and body and actor.kind in ("user", "bot"):
        check = runtime_of(db).find(OutgoingCheck)
        body = body if check is None else await check.checked(db, actor, body)
    entry = await say(db, held, body=body, public=public, mentions=mentions, payload=payload, client_id=client_id)
    return (await views.entries(db, held.doer, held.kind, [entry]))[0]


def _check_right(held: Held, public: bool) -> None:
    actor, row = held.actor, held.row
    if actor.kind == "customer":
        if not public:
            raise Forbidden("forbidden")
        return
    if public and not policy.may_handle(actor, held.scope):
        raise errors.not_yours()
    if not public and not policy.may_note(actor, held.scope):
        raise errors.not_yours()
    if public and row.status == "closed":
        raise errors.closed()


async def _repeated(db: Session, held: Held, client_id: str | None) -> TicketEntry | None:
    """What this actor wrote before under `client_id`. Raises Conflict when somebody else's has that id."""
    known = await repository.entry_by_client_id(db, held.row.id, client_id) if client_id else None
    if known is None:
        return None
    actor = held.actor
    if known.author_kind != actor.kind or (actor.kind in ("user", "customer") and known.author_id != actor.id):
        raise Conflict("already_exists")
    return known


async def say(
    db: Session,
    held: Held,
    *,
    body: str,
    public: bool,
    mentions: Sequence[UUID] = (),
    payload: dict[str, Any] | None = None,
    client_id: str | None = None,
) -> TicketEntry:
    """Writes a comment or note on a locked ticket, keeps whose turn it is, announces it."""
    actor, row = held.actor, held.row
    now = rows.touch(held)
    told = [one for one in dict.fromkeys(mentions) if one != actor.id]
    full = dict(payload or {})
    if mentions:
        full["mentions"] = [str(one) for one in dict.fromkeys(mentions)]
    first = False
    if public and actor.kind == "customer":
        row.customer_wrote_at = row.customer_wrote_at or now
    elif public and actor.kind in ("user", "bot"):
        row.customer_wrote_at = None
        first = row.first_response_at is None and row.customer_id is not None
        if first:
            row.first_response_at = now
    kind = "comment" if public else "note"
    entry = await rows.append(db, held, kind, body=body, payload=full, client_id=client_id, at=now)
    await repository.involve(db, row.id, "user", told, "mentioned", watching=False)
    # Words that go with a way the customer takes explain it; they do not turn it back.
    if public and actor.kind == "customer" and "transition" not in full:
        await _customer_wrote(db, held)
    await rows.announce(
        db,
        held,
        TicketCommented(
            ticket_id=row.id,
            entry_id=entry.id,
            public=public,
            author_kind=actor.kind,
            author_id=entry.author_id,
            first_response=first,
            mentions=tuple(told),
        ),
        users=told,
    )
    return entry


async def _customer_wrote(db: Session, held: Held) -> None:
    """A ticket that waited for the customer is open again, a solved one reopened; a closed one only if its type lets them."""
    row, flow = held.row, held.kind.definition
    if row.status not in ("pending", "solved", "closed"):
        return
    wrote = row.customer_wrote_at
    ways = policy.toward(flow, row.state, "open") or policy.toward(flow, row.state, "new")
    own = [one for one in ways if "customer" in one.by]
    if row.status == "closed" and not own:
        raise Refused("ticket.closed_for_customer", ref=held.ref)
    way = next(iter(own or ways), None)
    state = policy.state_of(flow, way.to) if way is not None else policy.first_state(flow, "open")
    if state is None:
        return
    await steps.walk(db, held, state, transition=way.key if way else None, reason="customer_wrote")
    row.customer_wrote_at = wrote


async def note_event(
    db: Session, actor: Actor, ticket_id: UUID, entry_type: str, params: dict[str, Any], *, public: bool = False
) -> EntryView:
    """A line of another room: what it did for this ticket. No permission check: for rooms, not for people.

    `public` ones are read by the customer, too.
    """
    row = await repository.get(db, ticket_id, lock=True)
    if row is None:
        raise errors.not_found(ticket_id)
    held = await rows.unchecked(db, actor, row)
    payload = {"type": entry_type, "params": params, "public": public}
    if len(msgspec.json.encode(payload)) > PAYLOAD_LIMIT:
        raise Invalid.field("params", "ticket.payload_too_large")
    now = rows.touch(held)
    entry = await rows.append(db, held, "event", payload=payload, at=now)
    await rows.announce(db, held, TicketNoted(ticket_id=row.id, entry_id=entry.id, entry_type=entry_type, at=now))
    return (await views.entries(db, held.doer, held.kind, [entry]))[0]


# -- the conversation it came from -------------------------------------------------------------------------------------


async def tell_conversation(db: Session, held: Held, talk: ConversationFacts, *, card: bool) -> None:
    """Writes into the conversation that a ticket was made of it; with `card` the customer gets one, too."""
    row = held.row
    await conversations.add_line(
        db, held.actor, talk.id, "ticket_created", ref=held.ref, ticket_id=str(row.id), number=row.number
    )
    if card:
        await conversations.relay(
            db, held.actor, talk.id, Outgoing(kind="card", body="", payload=card_of(held), client_id=f"{SAID}{row.id}")
        )


def card_of(held: Held) -> dict[str, Any]:
    """What a customer is shown of their ticket in a conversation."""
    row, state = held.row, held.kind.state(held.row.state)
    return {
        "type": "ticket",
        "title": f"{held.ref} {row.title}",
        "ticket": {
            "id": str(row.id),
            "ref": held.ref,
            "title": row.title,
            "status": row.status,
            "state": views.words(state.label),
            "type": views.words(held.kind.definition.name),
            "created_at": row.created_at.isoformat(),
        },
    }


async def entry(db: Session, entry_id: UUID) -> EntryView | None:
    """A line of a timeline, for other rooms: no permission is checked."""
    found = await repository.entry(db, entry_id)
    row = await repository.get(db, found.ticket_id) if found is not None else None
    if found is None or row is None:
        return None
    held = await rows.unchecked(db, Actor.system(), row)
    return (await views.entries(db, held.doer, held.kind, [found]))[0]


async def pass_on(db: Session, ticket_id: UUID, entry_id: UUID) -> bool:
    """Says a public comment of staff in the conversation the ticket came from, if that is open or may be taken up again,
    else in another one on the same channel, in which the ticket goes on; where there is none, the timeline says so.

    Safe to repeat. Returns whether the customer has it there.
    """
    row = await repository.get(db, ticket_id)
    if row is None or row.conversation_id is None:
        return False
    entry = await repository.entry(db, entry_id)
    if entry is None or entry.kind != "comment":
        return False
    talk = await conversations.facts(db, row.conversation_id)
    if talk is None:
        return False
    actor = Actor(kind="user", id=entry.author_id, name=entry.author_name or "")
    if entry.author_kind != "user":
        actor = Actor.bot(entry.author_name or "bot") if entry.author_kind == "bot" else Actor.system()
    lines = [Outgoing(body=entry.body, client_id=f"{SAID}{entry.id}")] if entry.body else []
    for index, file in enumerate(entry.payload.get("files") or ()):
        kind: Any = "image" if str(file.get("mime", "")).startswith("image/") else "file"
        lines.append(Outgoing(kind=kind, payload=dict(file), client_id=f"{SAID}{entry.id}:{index}"))
    if not await _reachable(db, talk):
        return await _bring(db, row, actor, talk, lines)
    for line in lines:
        await conversations.relay(db, actor, talk.id, line)
    return bool(lines)


async def _bring(db: Session, row: Ticket, actor: Actor, talk: ConversationFacts, lines: Sequence[Outgoing]) -> bool:
    """A conversation that is over takes nothing more: the words go where the customer is met again, and say what about."""
    bringer = runtime_of(db).find(Bringer)
    if bringer is None or not lines:
        return False
    held = await rows.unchecked(db, Actor.system(), row)
    about = i18n.t("tickets.about", row.locale, ref=held.ref, title=row.title)
    first = lines[0]
    words = (
        [replace(first, body=f"{about}\n{first.body}"), *lines[1:]]
        if first.body
        else [Outgoing(body=about, client_id=f"{first.client_id}:about"), *lines]
    )
    found = await bringer.bring(db, actor, talk, words)
    if isinstance(found, str):
        reason = {one: i18n.t(found, one) for one in i18n.LOCALES}
        await note_event(db, Actor.system(), row.id, "reply.unreached", {"why": reason})
        return False
    # What they answer there is heard, and what follows is said there.
    locked = await repository.get(db, row.id, lock=True)
    if locked is not None:
        locked.conversation_id = found
    return True


async def _reachable(db: Session, talk: ConversationFacts) -> bool:
    if talk.status == "closed":
        return False
    if talk.status != "resolved":
        return True
    within = timedelta(hours=(await organization.get_settings(db)).reopen_hours)
    return talk.resolved_at is not None and clock.now() - talk.resolved_at <= within


async def _spoken_by(db: Session, client_id: str) -> Ticket | None:
    """The ticket whose words were said in a conversation under `client_id`, or the one it went into."""
    room, _, rest = client_id.partition(":")
    try:
        entry = await repository.entry(db, UUID(rest.partition(":")[0])) if room == "ticket" else None
    except ValueError:
        return None
    row = await repository.get(db, entry.ticket_id) if entry is not None else None
    while row is not None and row.merged_into_id is not None:
        row = await repository.get(db, row.merged_into_id)
    return row


class Awaiting:
    """An answer to a ticket's words is for its people, until it is closed: for the one who has it, if they talk to
    customers, else for whoever is next."""

    async def of(self, db: Session, client_id: str) -> Expected | None:
        row = await _spoken_by(db, client_id)
        if row is None or row.status == "closed":
            return None
        held = await rows.unchecked(db, Actor.system(), row)
        able = row.assignee_id is not None and await accounts.may_handle_conversations(db, row.assignee_id)
        return Expected(row.assignee_id if able else None, ANSWERED, {"ref": held.ref, "ticket_id": str(row.id)})


async def answers(db: Session, conversation_id: UUID, seq: int) -> UUID | None:
    """The ticket to whose words a customer's message is the answer, as the conversation was taken up again for it."""
    said = await conversations.last_said(db, conversation_id, before=seq, line=ANSWERED)
    row = await _spoken_by(db, said) if said is not None else None
    return row.id if row is not None else None


async def hear_customer(
    db: Session,
    ticket_id: UUID,
    customer_id: UUID,
    name: str,
    *,
    body: str,
    payload: dict[str, Any],
    client_id: str,
    at: datetime,
) -> bool:
    """A customer's message of the conversation (`at`) becomes their comment in a ticket that is not done. Safe to repeat."""
    row = await repository.get(db, ticket_id, lock=True)
    if row is None or row.status in DONE or row.merged_into_id is not None or row.customer_id != customer_id:
        return False
    if await repository.entry_by_client_id(db, ticket_id, client_id) is not None:
        return False
    held = await rows.unchecked(db, Actor(kind="customer", id=customer_id, name=name), row)
    since = row.customer_wrote_at
    await say(db, held, body=body, public=True, payload=payload, client_id=client_id)
    row.customer_wrote_at = since or at
    return True


async def hear_answer(db: Session, ticket_id: UUID, customer_id: UUID, user_id: UUID, at: datetime) -> bool:
    """Staff answered the customer in the conversation: the ticket owes them no answer any more. Safe to repeat."""
    row = await repository.get(db, ticket_id, lock=True)
    if row is None or row.status in DONE or row.merged_into_id is not None or row.customer_id != customer_id:
        return False
    owed = row.customer_wrote_at is not None and row.customer_wrote_at <= at
    first = row.first_response_at is None
    if not owed and not first:
        return False
    who = (await accounts.people(db, [user_id])).get(user_id)
    held = await rows.unchecked(db, Actor(kind="user", id=user_id, name=who.name if who is not None else ""), row)
    now = rows.touch(held)
    if owed:
        row.customer_wrote_at = None
    if first:
        row.first_response_at = at
    await rows.append(db, held, "event", payload={"type": "answered_in_chat", "params": {}}, at=now)
    fact = TicketAnswered(ticket_id=row.id, user_id=user_id, answered_at=at, first_response=first)
    await rows.announce(db, held, fact)
    return True
