"""Policies as admins make them, and those a company starts with."""

from typing import Any, Final
from uuid import UUID

from sqlalchemy.exc import IntegrityError

from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.conditions import DEEPEST, depth
from qiao.core.db import Session
from qiao.core.errors import Conflict, FieldError, Invalid, NotFound
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.desk.sla import repository
from qiao.desk.sla.book import body_of
from qiao.desk.sla.events import PoliciesChanged
from qiao.desk.sla.models import PolicyRow
from qiao.desk.sla.schemas import (
    Order,
    PolicyBody,
    PolicyEdit,
    PolicyView,
    Raise,
    ReasonItem,
    ReasonsBody,
    Reassign,
    Tell,
)
from qiao.desk.sla.service.talks import Shown
from qiao.people.accounts import audit
from qiao.people.organization import service as organization

SYSTEM: Final = Actor.system()
_HEARD_BY: Final = Audience(permission="sla.manage")

# Minutes for low, normal, high, urgent. A day of business hours is eight of them.
_STANDARD: Final[dict[str, list[int]]] = {
    "first_response": [480, 240, 60, 15],
    "next_response": [960, 480, 120, 30],
    "resolution": [4800, 2400, 960, 240],
}
_VIP: Final[dict[str, list[int]]] = {
    "first_response": [120, 60, 30, 10],
    "next_response": [240, 120, 60, 20],
    "resolution": [2400, 960, 480, 180],
}
_LADDER: Final[list[dict[str, Any]]] = [
    {"id": "warn", "when": {"at": "percent", "value": 75}, "action": {"do": "notify", "whom": "assignee"}},
    {"id": "late", "when": {"at": "after", "value": 0}, "action": {"do": "notify", "whom": "assignee"}},
    {"id": "lead", "when": {"at": "after", "value": 0}, "action": {"do": "notify", "whom": "lead"}},
    {
        "id": "raise",
        "when": {"at": "after", "value": 120},
        "kinds": ["resolution"],
        "action": {"do": "raise_priority"},
    },
]
REASONS: Final = ("waiting_department", "waiting_supplier", "volume", "complex", "forgotten", "customer_late", "outage")


# -- reading -----------------------------------------------------------------------------------------------------------


async def listing(db: Session) -> list[PolicyView]:
    """All policies in the order they are asked."""
    counts = await repository.open_by_policy(db)
    return [_view(row, counts.get(row.id, 0)) for row in await repository.policies(db)]


async def get(db: Session, policy_id: UUID) -> PolicyView:
    row = await _existing(db, policy_id)
    return _view(row, (await repository.open_by_policy(db)).get(row.id, 0))


def _view(row: PolicyRow, open_clocks: int = 0) -> PolicyView:
    return PolicyView(
        **body_of(row).model_dump(),
        id=row.id,
        position=row.position,
        revision=row.revision,
        open_clocks=open_clocks,
        updated_at=row.updated_at,
    )


async def _existing(db: Session, policy_id: UUID, *, lock: bool = False) -> PolicyRow:
    row = await repository.policy(db, policy_id, lock=lock)
    if row is None:
        raise NotFound("sla.policy_not_found")
    return row


# -- writing -----------------------------------------------------------------------------------------------------------


async def create(db: Session, actor: Actor, body: PolicyBody) -> PolicyView:
    """A new policy, asked last: put it where it belongs with `reorder`."""
    await repository.lock_order(db)
    await check(db, body, None)
    row = PolicyRow(
        id=new_id(),
        position=await repository.last_position(db) + 1,
        updated_by=actor.id,
        updated_at=clock.now(),
        **body.model_dump(mode="json", exclude={"calendar_id"}),
        calendar_id=body.calendar_id,
    )
    db.add(row)
    await _flush(db)
    await audit.record(db, actor, "sla_policy.created", "sla_policy", row.id, {"name": [None, row.name]})
    await _changed(db, actor, row.id)
    return _view(row)


async def edit(db: Session, actor: Actor, policy_id: UUID, body: PolicyEdit) -> PolicyView:
    """Replaces a policy. Open clocks are counted anew after commit; what they have counted stays counted."""
    await repository.lock_order(db)
    row = await _existing(db, policy_id, lock=True)
    if row.revision != body.revision:
        raise Conflict("sla.policy_changed_meanwhile", revision=row.revision)
    await check(db, body, policy_id)
    before = audit.snapshot(row)
    for key, value in body.model_dump(mode="json", exclude={"calendar_id", "revision"}).items():
        setattr(row, key, value)
    row.calendar_id = body.calendar_id
    await _flush(db)
    changes = audit.diff(before, audit.snapshot(row))
    if changes:
        row.revision += 1
        row.updated_at, row.updated_by = clock.now(), actor.id
        await db.flush()
        await audit.record(db, actor, "sla_policy.updated", "sla_policy", row.id, changes)
        await _changed(db, actor, row.id)
    return await get(db, policy_id)


async def delete(db: Session, actor: Actor, policy_id: UUID) -> None:
    """Takes a policy away. Its open clocks follow whichever policy applies then, or stand still."""
    await repository.lock_order(db)
    row = await _existing(db, policy_id, lock=True)
    await repository.remove_policy(db, policy_id)
    await audit.record(db, actor, "sla_policy.deleted", "sla_policy", policy_id, {"name": [row.name, None]})
    await _changed(db, actor, policy_id)


async def reorder(db: Session, actor: Actor, body: Order) -> list[PolicyView]:
    """The order in which policies are asked: the first that fits applies."""
    await repository.lock_order(db)
    rows = {row.id: row for row in await repository.policies(db)}
    if len(set(body.ids)) != len(body.ids) or set(body.ids) != set(rows):
        raise Conflict("sla.order_incomplete")
    before = [rows[one].name for one in sorted(rows, key=lambda one: rows[one].position)]
    for position, policy_id in enumerate(body.ids):
        rows[policy_id].position = position
    await db.flush()
    after = [rows[one].name for one in body.ids]
    if before != after:
        await audit.record(db, actor, "sla_policy.reordered", "sla_policy", body.ids[0], {"order": [before, after]})
        await _changed(db, actor, *body.ids)
    return await listing(db)


async def _flush(db: Session) -> None:
    try:
        await db.flush()
    except IntegrityError as error:
        if "uq_sla_policies_name" in str(error.orig):
            raise Invalid.field("name", "name_taken") from None
        raise


async def _changed(db: Session, actor: Actor, *ids: UUID) -> None:
    await repository.touch(db)
    shown = runtime_of(db).find(Shown)
    if shown is not None:
        shown.forget()
    await emit(db, PoliciesChanged(policy_ids=ids), actor=actor, audience=_HEARD_BY)


async def check(db: Session, body: PolicyBody, own_id: UUID | None) -> None:
    """Raises Invalid for what cannot work: no promise at all, no hours to count in, steps nobody could take."""
    faults: list[FieldError] = []
    promised = [target for target in body.targets.values() if any(target.minutes)]
    if not promised:
        faults.append(FieldError("targets", "sla.no_target", {}))
    if any(target.business for target in promised) and body.calendar_id is None:
        faults.append(FieldError("calendar_id", "sla.calendar_needed", {}))
    if body.calendar_id is not None and await organization.find_calendar(db, body.calendar_id) is None:
        faults.append(FieldError("calendar_id", "sla.calendar_unknown", {}))
    if body.conditions is not None and depth(body.conditions) > DEEPEST:
        faults.append(FieldError("conditions", "sla.conditions_too_deep", {"deepest": DEEPEST}))
    departments = await organization.department_names(db)
    seen: set[str] = set()
    for index, step in enumerate(body.ladder):
        if step.id in seen:
            faults.append(FieldError(f"ladder.{index}.id", "sla.step_twice", {}))
        seen.add(step.id)
        if body.subject == "conversation" and not isinstance(step.action, Tell | Raise):
            faults.append(FieldError(f"ladder.{index}.action", "sla.step_for_tickets", {}))
        elif isinstance(step.action, Reassign) and step.action.department_id not in departments:
            faults.append(FieldError(f"ladder.{index}.action", "sla.department_unknown", {}))
    if any(row.name == body.name and row.id != own_id for row in await repository.policies(db)):
        faults.append(FieldError("name", "name_taken", {}))
    if faults:
        raise Invalid("invalid", fields=faults)


# -- reasons -----------------------------------------------------------------------------------------------------------


async def reasons(db: Session) -> list[ReasonItem]:
    settings = await repository.settings(db)
    return [ReasonItem.model_validate(item) for item in (settings.reasons if settings is not None else [])]


async def put_reasons(db: Session, actor: Actor, body: ReasonsBody) -> list[ReasonItem]:
    """Replaces the list people choose from. Clocks keep the key they were explained with."""
    keys = [item.key for item in body.reasons]
    for index, key in enumerate(keys):
        if key in keys[:index]:
            raise Invalid.field(f"reasons.{index}.key", "sla.reason_twice")
    before = [item.model_dump() for item in await reasons(db)]
    after = [item.model_dump() for item in body.reasons]
    if before != after:
        await repository.put_reasons(db, after)
        await audit.record(db, actor, "sla.reasons_changed", "sla_settings", 1, {"reasons": [before, after]})
    return body.reasons


# -- what a company starts with ----------------------------------------------------------------------------------------


async def make_shipped(db: Session, calendar_id: UUID, locale: str) -> None:
    """Promises by priority, shorter ones for VIPs, and reasons to choose from: once, then they are the company's own."""
    settings = await repository.settings(db)
    if settings is not None and settings.seeded:
        return
    vip = {"fact": "customer.level", "op": "in", "value": ["vip"]}
    for position, (name, minutes, conditions) in enumerate((("vip", _VIP, vip), ("standard", _STANDARD, None))):
        body = PolicyBody.model_validate(
            {
                "name": i18n.t(f"sla.shipped.{name}", locale),
                "description": i18n.t(f"sla.shipped.{name}_text", locale),
                "conditions": conditions,
                "targets": {kind: {"minutes": values} for kind, values in minutes.items()},
                "calendar_id": calendar_id,
                "ladder": _LADDER,
            }
        )
        row = body.model_dump(mode="json", exclude={"calendar_id"})
        db.add(PolicyRow(id=new_id(), position=position, calendar_id=calendar_id, **row))
    await db.flush()
    words = [{"key": key, "label": {one: i18n.t(f"sla.reason.{key}", one) for one in i18n.LOCALES}} for key in REASONS]
    await repository.put_reasons(db, words)
    await repository.mark_seeded(db)
    await repository.touch(db)


async def ensure_shipped(db: Session) -> None:
    """For a company that was set up before there were promises."""
    settings = await repository.settings(db)
    if settings is not None and settings.seeded:
        return
    workspace = await organization.get_workspace(db)
    calendars = await organization.list_calendars(db)
    if workspace.setup_done and calendars:
        await make_shipped(db, calendars[0].id, workspace.locale)
