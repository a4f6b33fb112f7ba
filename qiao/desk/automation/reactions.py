"""What automation does on others' events: runs the rules that wait for them, and keeps what triggers on time look at."""

from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, status_lock
from qiao.core.events import Envelope, Event
from qiao.core.reactions import on_commit, on_commit_batch
from qiao.core.runtime import runtime_of
from qiao.desk.approvals.events import ApprovalClosed
from qiao.desk.automation import conditions, engine, policy, repository
from qiao.desk.automation.models import AutomationRule
from qiao.desk.automation.policy import EVENTS
from qiao.desk.automation.rulebook import RuleBook, anybody_waits
from qiao.desk.automation.schemas import EventTrigger
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import LIFECYCLE, MessageCreated
from qiao.desk.sla.events import SlaBreached, SlaWarned
from qiao.desk.tasks.events import TaskCreated, TaskMoved, TaskOverdue
from qiao.desk.tickets import events as ticket_events
from qiao.desk.tickets import service as tickets

TICKET_EVENTS: tuple[type[Event], ...] = (
    ticket_events.TicketCreated,
    ticket_events.TicketMoved,
    ticket_events.TicketAssigned,
    ticket_events.TicketCommented,
    ticket_events.TicketChanged,
    ticket_events.TicketEscalated,
    ticket_events.TicketMerged,
    ticket_events.TicketRated,
)
OTHERS: tuple[type[Event], ...] = (SlaWarned, SlaBreached, TaskCreated, TaskMoved, TaskOverdue, ApprovalClosed)
_WAITED_FOR = frozenset(spec.kind for spec in EVENTS.values())
_ORDERED = frozenset({"assign", "move", "set_priority"})
"""Actions that change who handles a conversation: their lock comes before the conversation's own."""


def _wanted(envelope: Envelope) -> bool:
    return envelope.kind in _WAITED_FOR and anybody_waits(envelope.kind)


@on_commit(*TICKET_EVENTS, *OTHERS, MessageCreated, *LIFECYCLE, name="automation.events", retries=6, when=_wanted)
async def react(db: Session, fact: Event, envelope: Envelope) -> None:
    """Runs the rules that wait for this event, in order, on its object as it stands now."""
    subject, subject_id = subject_of(envelope)
    if subject_id is None:
        return
    rules = await _fitting(db, subject, subject_id, envelope)
    if not rules:
        return
    if subject == "conversation" and any(action["do"] in _ORDERED for rule in rules for action in rule.actions):
        await status_lock(db)
    occasion = await engine.occasion_of(
        db, f"e:{envelope.cursor}", envelope.kind, envelope.actor_kind, envelope.actor_id
    )
    event = await event_facts(db, subject, subject_id, envelope)
    await engine.run_all(db, rules, subject, subject_id, occasion, event=event)


def subject_of(envelope: Envelope) -> tuple[str, UUID | None]:
    """Whom an event is about: a ticket says so itself, a conversation is whose log it stands in."""
    ticket_id = envelope.payload.get("ticket_id")
    if ticket_id is not None:
        return "ticket", UUID(str(ticket_id))
    return "conversation", envelope.conversation_id


async def _fitting(db: Session, subject: str, subject_id: UUID, envelope: Envelope) -> list[AutomationRule]:
    found: list[AutomationRule] = []
    changes: Mapping[str, Any] | None = None
    for trigger, rule in await _in_force(db, subject):
        spec = EVENTS.get(trigger.event)
        if spec is None or not spec.concerns(envelope.kind, envelope.payload):
            continue
        if changes is None and trigger.field is not None and (trigger.before or trigger.after):
            changes = await changes_of(db, subject_id, envelope)
        if policy.fits(trigger, envelope.kind, envelope.payload, envelope.actor_kind, changes):
            found.append(rule)
    return found


async def _in_force(db: Session, subject: str) -> list[tuple[EventTrigger, AutomationRule]]:
    """The rules that wait for events now, in their order; asked of the database only while they are being changed."""
    book = runtime_of(db).find(RuleBook)
    known = book.rules(subject, clock.now()) if book is not None else None
    if known is not None:
        return known
    rules = await repository.live_rules(db, "event", clock.now(), subject)
    pairs = ((conditions.TRIGGER.validate_python(rule.trigger), rule) for rule in rules)
    return [(trigger, rule) for trigger, rule in pairs if isinstance(trigger, EventTrigger)]


async def changes_of(db: Session, ticket_id: UUID, envelope: Envelope) -> dict[str, Any]:
    """What the fields an event names were and became, from the ticket's timeline."""
    wanted = set(envelope.payload.get("fields", ()))
    lines = await tickets.timeline(db, Actor.system(), ticket_id, limit=50, kinds=("change",))
    for entry in reversed(lines.items):
        if entry.created_at <= envelope.at and entry.changes and wanted <= set(entry.changes):
            return dict(entry.changes)
    return {}


async def event_facts(db: Session, subject: str, subject_id: UUID, envelope: Envelope) -> dict[str, Any]:
    """What conditions may ask of the event itself; the words of a comment or message among it."""
    payload = envelope.payload
    found: dict[str, Any] = {
        "by": payload.get("author_kind", envelope.actor_kind),
        "public": payload.get("public"),
        "reason": payload.get("reason"),
        "text": None,
    }
    if envelope.kind == "ticket.commented":
        lines = await tickets.timeline(db, Actor.system(), subject_id, limit=50, kinds=("comment", "note"))
        entry_id = str(payload.get("entry_id"))
        found["text"] = next((entry.body for entry in lines.items if str(entry.id) == entry_id), None)
    elif envelope.kind == "conversation.message_created":
        message_id = UUID(str(payload["message_id"]))
        message = (await conversations.messages_by_id(db, [message_id])).get(message_id)
        found["text"] = message.body if message is not None else None
    return found


# -- what triggers on time look at -------------------------------------------------------------------------------------


def _moves(envelope: Envelope) -> bool:
    return envelope.kind != "conversation.message_created" or envelope.payload.get("message_kind") != "event"


@on_commit_batch(
    *TICKET_EVENTS, MessageCreated, *LIFECYCLE, name="automation.watch", from_start=True, when=_moves, linger=2.0
)
async def watch(db: Session, batch: Sequence[tuple[Event, Envelope]]) -> None:
    """Notes when what happened last to each ticket and conversation of the batch, and how it stands now."""
    rows: dict[UUID, dict[str, Any]] = {}
    for _, envelope in batch:
        subject, subject_id = subject_of(envelope)
        if subject_id is None:
            continue
        row = rows.setdefault(
            subject_id,
            {
                "subject_id": subject_id,
                "subject": subject,
                "status_at": envelope.at,
                "customer_at": None,
                "staff_at": None,
            },
        )
        row["touched_at"] = envelope.at
        if envelope.kind in ("ticket.moved", "ticket.created") or envelope.kind in _STATUS_KINDS:
            row["status_at"] = envelope.at
        said = envelope.kind in ("ticket.commented", "conversation.message_created")
        if said and envelope.payload.get("public"):
            by = envelope.payload.get("author_kind")
            if by == "customer":
                row["customer_at"] = envelope.at
            elif by == "user":
                row["staff_at"] = envelope.at
    if not rows:
        return
    found: list[dict[str, Any]] = []
    over: list[UUID] = []
    known = await tickets.facts_many(db, [key for key, row in rows.items() if row["subject"] == "ticket"])
    talks = await conversations.facts_many(db, [key for key, row in rows.items() if row["subject"] == "conversation"])
    for key, row in rows.items():
        ticket, talk = known.get(key), talks.get(key)
        if ticket is not None and ticket.merged_into_id is None and ticket.status not in policy.OVER["ticket"]:
            if row["customer_at"] is None and ticket.source not in ("automation", "schedule"):
                row["customer_at"] = ticket.customer_wrote_at
            found.append(row | {"status": ticket.status, "created_at": ticket.created_at, "due_at": ticket.due_at})
        elif talk is not None and talk.status not in policy.OVER["conversation"]:
            found.append(row | {"status": talk.status, "created_at": talk.created_at, "due_at": None})
        else:
            over.append(key)
    await repository.watch(db, sorted(found, key=lambda row: row["subject_id"]))
    await repository.unwatch(db, over)


_STATUS_KINDS = frozenset(
    {
        "conversation.started",
        "conversation.queued",
        "conversation.assigned",
        "conversation.bot_resumed",
        "conversation.snoozed",
        "conversation.unsnoozed",
        "conversation.resolved",
        "conversation.reopened",
    }
)
