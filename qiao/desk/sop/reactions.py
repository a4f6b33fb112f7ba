"""Procedures that start by themselves: a new ticket of their type."""

from qiao.core.actor import Actor
from qiao.core.conditions import holds
from qiao.core.db import Session
from qiao.core.errors import Problem
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit
from qiao.desk.sop import book, repository, service, subjects
from qiao.desk.tickets.events import TicketCreated


@on_commit(TicketCreated, name="sop.start", when=lambda envelope: book.any_starts())
async def start_by_type(db: Session, fact: TicketCreated, envelope: Envelope) -> None:
    """Once per ticket and procedure, however often it is told."""
    known = await book.published(db)
    wanted = [(procedure_id, document) for procedure_id, _, document in known.values() if document.start.by_itself]
    if not wanted:
        return
    system = Actor.system()
    try:
        subject = await subjects.find(db, system, "ticket", fact.ticket_id)
    except Problem:
        return
    facts = await subjects.facts(db, system, subject)
    had = {run.procedure_id for run in await repository.runs_of(db, "ticket", fact.ticket_id)}
    for procedure_id, document in wanted:
        start = document.start
        if procedure_id in had:
            continue
        if subject.type_key in start.ticket_types and (start.when is None or holds(start.when, facts)):
            await service.start(db, system, document.procedure, "ticket", fact.ticket_id, reason="type")
