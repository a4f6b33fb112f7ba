"""What the product does at a step when the agent says so, through the verbs of the rooms it belongs to."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, Refused
from qiao.core.runtime import runtime_of
from qiao.desk.approvals import service as approvals
from qiao.desk.approvals.schemas import RequestBody
from qiao.desk.sop import subjects
from qiao.desk.sop.document import AddTags, AskApproval, MakeTask, SendText, SetField
from qiao.desk.sop.subjects import Subject
from qiao.desk.sop.texts import fill, words
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.ports import TaskMaker
from qiao.desk.tickets.schemas import TicketPatch
from qiao.people.organization import service as organization


async def perform(
    db: Session,
    actor: Actor,
    subject: Subject,
    deed: SetField | AddTags | MakeTask | AskApproval | SendText,
    facts: Mapping[str, Any],
    client_id: str,
) -> dict[str, Any]:
    """Does it and says what was done. Raises what the room it belongs to raises; then nothing has happened."""
    if isinstance(deed, SendText):
        return await say(db, actor, subject, deed.text, facts, client_id)
    if isinstance(deed, AddTags):
        await subjects.HANDLERS[subject.kind].add_tags(db, actor, subject, deed.tags)
        return {"tags": list(deed.tags)}
    ticket = subjects.ticket_of(subject)
    if isinstance(deed, SetField):
        value = deed.value
        if isinstance(value, str):
            value, missing = fill(value, subjects.for_texts(facts, subject.locale), subject.locale)
            if missing:
                raise Refused("sop.not_known", names=", ".join(missing))
        await tickets.update(db, actor, ticket.id, _patch(deed.field, value))
        return {"field": deed.field, "value": value}
    if isinstance(deed, MakeTask):
        maker: TaskMaker | None = runtime_of(db).find(TaskMaker)
        if maker is None:
            raise Refused("sop.not_here")
        department = await _department(db, deed.department)
        due = clock.now() + timedelta(hours=deed.within_hours) if deed.within_hours else None
        title, _ = fill(words(deed.title, subject.locale), subjects.for_texts(facts, subject.locale), subject.locale)
        task = await maker.make(db, actor, ticket_id=ticket.id, department_id=department, title=title[:200], due_at=due)
        return {"task": str(task), "title": title}
    reason, _ = fill(words(deed.text, subject.locale), subjects.for_texts(facts, subject.locale), subject.locale)
    try:
        asked = await approvals.request(db, actor, ticket.id, RequestBody(reason=reason))
    except Refused as refused:
        if refused.code != "approval.not_needed":
            raise
        return {"approval": None}
    return {"approval": str(asked.id)}


async def say(
    db: Session, actor: Actor, subject: Subject, text: Mapping[Any, str], facts: Mapping[str, Any], client_id: str
) -> dict[str, Any]:
    """Writes to the customer in their language. What is not known must be known first."""
    filled, missing = fill(words(text, subject.locale), subjects.for_texts(facts, subject.locale), subject.locale)
    if missing:
        raise Refused("sop.not_known", names=", ".join(missing))
    done = await subjects.HANDLERS[subject.kind].tell_customer(db, actor, subject, filled, client_id)
    return {**done, "text": filled}


def _patch(field: str, value: Any) -> TicketPatch:
    if field == "priority":
        if not isinstance(value, int):
            raise Invalid.field("action", "sop.bad_value", given=str(value)[:60])
        return TicketPatch(priority=value)
    return TicketPatch(fields={field.removeprefix("fields."): value})


async def _department(db: Session, wanted: Mapping[Any, str]) -> UUID:
    """By one of its names, or by id."""
    known = {one.casefold() for one in wanted.values()}
    for department_id, name in (await organization.department_names(db)).items():
        if name.casefold() in known or str(department_id) in known:
            return department_id
    raise Refused("sop.no_department", name=" / ".join(wanted.values()))
