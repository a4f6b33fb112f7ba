"""The verbs of macros: made by people for themselves, their department or everybody; looked at, then done in one click."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import or_
from sqlalchemy.dialects.postgresql import insert

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session, status_lock
from qiao.core.errors import Forbidden, Invalid, NotFound
from qiao.core.ids import new_id
from qiao.desk.automation import actions as acting
from qiao.desk.automation import conditions, engine, references, repository, target
from qiao.desk.automation.actions import Doing
from qiao.desk.automation.models import Macro, MacroPress
from qiao.desk.automation.schemas import MacroBody, MacroResult, MacroTarget, MacroView, Step
from qiao.desk.conversations import service as conversations
from qiao.desk.tickets import service as tickets
from qiao.people.accounts import audit

HANDLERS = ("tickets.handle", "conversations.handle")


async def listing(
    db: Session, actor: Actor, locale: str, *, subject: str | None = None, everything: bool = False
) -> list[MacroView]:
    """What the caller may use; with `everything`, for those who manage automation, all but other people's own."""
    where = repository.usable_by(actor.id, actor.department_id)
    if everything and actor.may("automation.manage"):
        where = or_(where, Macro.owner_user_id.is_(None))
    return await _views(db, actor, await repository.macros(db, where, subject), locale)


async def get(db: Session, actor: Actor, macro_id: UUID, locale: str) -> MacroView:
    return (await _views(db, actor, [await _visible(db, actor, macro_id)], locale))[0]


async def create(db: Session, actor: Actor, body: MacroBody, locale: str) -> MacroView:
    """A personal macro, or a shared one by those who manage automation."""
    owner, department = _place(actor, body)
    await _check(db, body)
    now = clock.now()
    row = Macro(
        id=new_id(),
        name=body.name,
        description=body.description,
        subject=body.subject,
        actions=body.model_dump(mode="json")["actions"],
        owner_user_id=owner,
        department_id=department,
        usage_count=0,
        created_at=now,
        updated_at=now,
        updated_by=actor.id,
    )
    db.add(row)
    await db.flush()
    await audit.record(db, actor, "macro.created", "macro", row.id, {"name": [None, row.name]})
    return (await _views(db, actor, [row], locale))[0]


async def replace(db: Session, actor: Actor, macro_id: UUID, body: MacroBody, locale: str) -> MacroView:
    row = await _visible(db, actor, macro_id, lock=True)
    _require_may_write(actor, row)
    owner, department = _place(actor, body)
    await _check(db, body)
    before = {"name": row.name, "description": row.description, "actions": row.actions, "subject": row.subject}
    row.name, row.description, row.subject = body.name, body.description, body.subject
    row.actions = body.model_dump(mode="json")["actions"]
    row.owner_user_id, row.department_id = owner, department
    row.updated_at, row.updated_by = clock.now(), actor.id
    await db.flush()
    changes = audit.diff(before, {key: getattr(row, key) for key in before})
    await audit.record(db, actor, "macro.updated", "macro", row.id, changes)
    return (await _views(db, actor, [row], locale))[0]


async def delete(db: Session, actor: Actor, macro_id: UUID) -> None:
    row = await _visible(db, actor, macro_id, lock=True)
    _require_may_write(actor, row)
    await db.delete(row)
    await audit.record(db, actor, "macro.deleted", "macro", row.id, {"name": [row.name, None]})


async def preview(db: Session, actor: Actor, macro_id: UUID, on: MacroTarget, locale: str) -> MacroResult:
    """What it would do to this object, and what of it cannot be done. Changes nothing."""
    row = await _visible(db, actor, macro_id)
    doing = await _doing(db, actor, row, on)
    todo = conditions.ACTIONS.validate_python(row.actions)
    doing.known = await references.known(db, todo)
    doing.values = await target.values(db, doing.target)
    faults = {fault.where: fault.message for fault in references.said(
        references.faults(row.subject, todo, doing.known), locale)}  # fmt: skip
    return MacroResult(
        steps=[
            Step(
                do=action.do,
                text=acting.worded(acting.describe(action, doing), locale),
                fault=faults.get(f"actions.{index}"),
            )
            for index, action in enumerate(todo)
        ]
    )


async def run(db: Session, actor: Actor, macro_id: UUID, on: MacroTarget, locale: str) -> MacroResult:
    """Does it as the caller, with their rights: all of it, or nothing. The same press does it once."""
    row = await _visible(db, actor, macro_id)
    if on.client_id is not None and not await _first_press(db, actor, row, on.client_id):
        return MacroResult(steps=[])
    if row.subject == "conversation":
        await status_lock(db)
    doing = await _doing(db, actor, row, on)
    await engine.act(db, conditions.ACTIONS.validate_python(row.actions), doing, raises=True)
    await repository.macro_used(db, row.id)
    return MacroResult(steps=[Step(do=line["do"], text=acting.worded(line, locale)) for line in doing.done])


async def _first_press(db: Session, actor: Actor, row: Macro, client_id: str) -> bool:
    query = (
        insert(MacroPress)
        .values(user_id=actor.id, client_id=client_id, macro_id=row.id, at=clock.now())
        .on_conflict_do_nothing()
        .returning(MacroPress.client_id)
    )
    return (await db.execute(query)).first() is not None


async def _doing(db: Session, actor: Actor, row: Macro, on: MacroTarget) -> Doing:
    if on.subject != row.subject:
        raise Invalid.field("subject", "automation.macro_other_subject")
    if on.subject == "ticket":
        await tickets.require_visible(db, actor, on.subject_id)
    else:
        await conversations.require_visible(db, actor, on.subject_id)
    found = await target.load(db, on.subject, on.subject_id)
    if found is None:
        raise NotFound("automation.subject_gone")
    run_id = new_id()
    return Doing(
        actor=actor,
        target=found,
        known=references.Known(),
        values={},
        rule_id=row.id,
        rule_name=row.name,
        run_id=run_id,
        key=str(run_id),
        by_hand=True,
    )


async def _visible(db: Session, actor: Actor, macro_id: UUID, *, lock: bool = False) -> Macro:
    """A macro the caller may use or manage; others' own do not exist for them."""
    row = await repository.macro(db, macro_id, lock=lock)
    if row is not None:
        mine = row.owner_user_id is not None and row.owner_user_id == actor.id
        shared = row.owner_user_id is None
        here = shared and (row.department_id is None or row.department_id == actor.department_id)
        if mine or here or (shared and actor.may("automation.manage")):
            return row
    raise NotFound("automation.macro_not_found")


def _may_write(actor: Actor, row: Macro) -> bool:
    return row.owner_user_id == actor.id if row.owner_user_id is not None else actor.may("automation.manage")


def _require_may_write(actor: Actor, row: Macro) -> None:
    if not _may_write(actor, row):
        raise Forbidden("permission_missing", permission="automation.manage")


def _place(actor: Actor, body: MacroBody) -> tuple[UUID | None, UUID | None]:
    if not body.shared:
        if actor.id is None or actor.kind != "user":
            raise Forbidden("forbidden")
        return actor.id, None
    actor.require("automation.manage")
    return None, body.department_id


async def _check(db: Session, body: MacroBody) -> None:
    known = await references.known(db, body.actions)
    found = references.faults(body.subject, body.actions, known)
    if found:
        raise Invalid("invalid", fields=found)
    if body.department_id is not None and not await references.department_there(db, body.department_id):
        raise Invalid.field("department_id", "automation.department_gone")


async def _views(db: Session, actor: Actor, rows: Sequence[Macro], locale: str) -> list[MacroView]:
    todo = {row.id: conditions.ACTIONS.validate_python(row.actions) for row in rows}
    known = await references.known(db, [action for one in todo.values() for action in one])
    return [
        MacroView(
            id=row.id,
            name=row.name,
            description=row.description,
            subject=row.subject,
            actions=todo[row.id],
            scope="own" if row.owner_user_id is not None else "department" if row.department_id is not None else "all",
            department_id=row.department_id,
            usage_count=row.usage_count,
            may_edit=_may_write(actor, row),
            faults=references.said(references.faults(row.subject, todo[row.id], known), locale),
            updated_at=row.updated_at,
        )
        for row in rows
    ]
