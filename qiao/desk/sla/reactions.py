"""What promises do on events: clocks of tickets inside their transactions, those of conversations and everything larger
after commit."""

from collections.abc import Sequence
from uuid import UUID

from qiao.core.db import Session
from qiao.core.errors import Refused
from qiao.core.events import Envelope, Event, in_transaction
from qiao.core.reactions import on_commit, on_commit_batch
from qiao.core.runtime import runtime_of
from qiao.desk.conversations.events import MessageCreated
from qiao.desk.sla import repository
from qiao.desk.sla.events import PoliciesChanged, SlaBreached, SlaWarned
from qiao.desk.sla.service import clocks, ladder, policies, recounting, talks
from qiao.desk.tickets.events import (
    TicketAnswered,
    TicketAssigned,
    TicketChanged,
    TicketCommented,
    TicketCreated,
    TicketEscalated,
    TicketMerged,
    TicketMoved,
)
from qiao.people.organization.events import CalendarChanged, WorkspaceSetUp
from qiao.people.organization.ports import keeps_calendars


@in_transaction(TicketCreated)
async def begin(db: Session, fact: TicketCreated, envelope: Envelope) -> None:
    await clocks.created(db, fact.ticket_id, envelope.at)


@in_transaction(TicketMoved)
async def follow(db: Session, fact: TicketMoved, envelope: Envelope) -> None:
    await clocks.moved(db, fact.ticket_id, fact.previous_status, fact.status, envelope.at)


@in_transaction(TicketCommented)
async def hear(db: Session, fact: TicketCommented, envelope: Envelope) -> None:
    if fact.public:
        await clocks.wrote(db, fact.ticket_id, fact.author_kind, fact.author_id, envelope.at)


@in_transaction(TicketAnswered)
async def hear_answer(db: Session, fact: TicketAnswered, envelope: Envelope) -> None:
    await clocks.answered(db, fact.ticket_id, fact.answered_at)


@in_transaction(TicketChanged)
async def retarget(db: Session, fact: TicketChanged, envelope: Envelope) -> None:
    await clocks.changed(db, fact.ticket_id, fact.fields, envelope.at)


@in_transaction(TicketAssigned)
async def reassigned(db: Session, fact: TicketAssigned, envelope: Envelope) -> None:
    await clocks.changed(db, fact.ticket_id, ("department_id", "assignee_id"), envelope.at)


@in_transaction(TicketEscalated)
async def escalated(db: Session, fact: TicketEscalated, envelope: Envelope) -> None:
    await clocks.changed(db, fact.ticket_id, ("tier",), envelope.at)


@in_transaction(TicketMerged)
async def join(db: Session, fact: TicketMerged, envelope: Envelope) -> None:
    await clocks.merged(db, fact.ticket_id, fact.into_id, envelope.at)


@in_transaction(WorkspaceSetUp)
async def begin_with_policies(db: Session, fact: WorkspaceSetUp, envelope: Envelope) -> None:
    await policies.make_shipped(db, fact.calendar_id, fact.locale)


@in_transaction(CalendarChanged)
async def note_calendar(db: Session, fact: CalendarChanged, envelope: Envelope) -> None:
    await repository.touch(db)


@on_commit(CalendarChanged, name="sla.calendar", retries=5)
async def recount_calendar(db: Session, fact: CalendarChanged, envelope: Envelope) -> None:
    """Running clocks of a calendar that has changed run out at other times."""
    await recounting.calendar(runtime_of(db), fact.calendar_id)
    await recounting.conversations(runtime_of(db))


@on_commit(PoliciesChanged, name="sla.policies", retries=5)
async def recount_policies(db: Session, fact: PoliciesChanged, envelope: Envelope) -> None:
    await recounting.policies(runtime_of(db))
    await recounting.conversations(runtime_of(db))


@on_commit(SlaWarned, SlaBreached, name="sla.ladder", retries=5, when=lambda envelope: bool(envelope.payload["steps"]))
async def climb(db: Session, fact: SlaWarned | SlaBreached, envelope: Envelope) -> None:
    """Steps of the ladder that change the ticket or conversation, once each."""
    if fact.ticket_id is not None:
        await ladder.climb(db, fact.ticket_id, fact.clock_id, fact.policy_id, fact.steps)
    elif envelope.conversation_id is not None:
        await ladder.climb_conversation(db, envelope.conversation_id, fact.clock_id, fact.policy_id, fact.steps)


def _counts(envelope: Envelope) -> bool:
    """Of messages only what the customer and staff say to each other matters."""
    if envelope.kind != MessageCreated.kind:
        return True
    said = envelope.payload
    return bool(said["public"]) and said["message_kind"] != "event" and said["author_kind"] in ("customer", "user")


@on_commit_batch(*talks.HEARD, name="sla.conversations", when=_counts, linger=0.5, most=250)
async def hear_conversations(db: Session, pairs: Sequence[tuple[Event, Envelope]]) -> None:
    """Clocks of conversations: their position is saved with them, so nothing counts twice."""
    await talks.hear(db, pairs)


@keeps_calendars
async def keep_hours(db: Session, calendar_id: UUID) -> None:
    """Hours that a policy counts by stay. Raises Refused."""
    for policy in await repository.policies(db):
        if policy.calendar_id == calendar_id:
            raise Refused("sla.calendar_in_use", policy=policy.name)
