"""Moving tickets along their workflow, with what happens on the way; holding them for others and letting them go on."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import FieldError, Invalid, Refused
from qiao.core.runtime import runtime_of
from qiao.desk.tickets import errors, policy, repository, views
from qiao.desk.tickets import fields as forms
from qiao.desk.tickets.definition import AssignEffect, SetEffect, TaskEffect, TellEffect, Transition
from qiao.desk.tickets.ports import TaskMaker
from qiao.desk.tickets.schemas import MoveView, TicketView
from qiao.desk.tickets.service import assigning, changing, reading, rows, steps, talking, telling
from qiao.desk.tickets.service.rows import Held


async def move(
    db: Session,
    actor: Actor,
    ticket_id: UUID,
    *,
    transition: str | None = None,
    status: str | None = None,
    comment: str = "",
    public: bool = False,
    fields: dict[str, Any] | None = None,
    reason: str | None = None,
    version: int | None = None,
) -> TicketView:
    """Takes a way of the workflow: the one named, or the first open one into a shared status.

    Fields and a comment the way asks for may come with it. Refused moves say which are open instead.
    """
    held = await _advance(
        db,
        actor,
        ticket_id,
        transition=transition,
        status=status,
        comment=comment,
        public=public,
        fields=fields,
        reason=reason,
        version=version,
    )
    return await reading.whole(db, held)


async def advance(db: Session, actor: Actor, ticket_id: UUID, **how: Any) -> None:
    """As `move`, for those who need no view of it."""
    await _advance(db, actor, ticket_id, **how)


async def _advance(
    db: Session,
    actor: Actor,
    ticket_id: UUID,
    *,
    transition: str | None = None,
    status: str | None = None,
    comment: str = "",
    public: bool = False,
    fields: dict[str, Any] | None = None,
    reason: str | None = None,
    version: int | None = None,
) -> Held:
    held = await rows.living(db, actor, ticket_id)
    if transition is None and status is None:
        raise Invalid.field("transition", "field_missing")
    if transition is None and held.row.status == status:
        return held
    if version is not None and version < held.row.version:
        await _refuse_moved(db, held, version)
    facts = await rows.condition_facts(db, rows.facts_of(held.row, held.kind), held.kind, held.kind.asks)
    way = await _way(db, held, transition, status, facts, fields or {})
    changes = await changing.set_fields(db, held, fields) if fields else {}
    await _check(db, held, way, comment)
    before = (held.row.state, held.row.status)
    target = held.kind.state(way.to)
    if held.actor.kind == "user" and held.row.assignee_id is None and before[1] == "new" and held.actor.id is not None:
        # Who begins the work is responsible for it, until somebody says otherwise.
        changes |= {"assignee_id": [None, held.actor.id]}
    await _go(db, held, way, target, changes, reason)
    if comment.strip():
        payload = {"transition": way.key}
        await talking.say(db, held, body=comment.strip(), public=public, payload=payload)
    for effect in way.effects:
        await _effect(db, held, effect)
    return held


async def _go(
    db: Session, held: Held, way: Transition, target: Any, changes: dict[str, list[Any]], reason: str | None
) -> None:
    taken = changes.pop("assignee_id", None)
    await steps.walk(db, held, target, transition=way.key, reason=reason, also=changes)
    if taken is not None:
        await assigning.give(db, held, user_id=taken[1], reason="began")


async def _way(
    db: Session, held: Held, key: str | None, status: str | None, facts: dict[str, Any], given: dict[str, Any]
) -> Transition:
    """The way that is meant. Raises Refused, with what is open instead."""
    row, definition = held.row, held.kind.definition
    # What is filled in with the move counts for its conditions.
    if given:
        outcome = forms.fill(definition, row.data, given, facts, held.doer)
        facts = forms.with_values(facts, definition, outcome.values)
    if key is not None:
        found = next((one for one in definition.workflow.transitions if one.key == key), None)
        if found is None:
            raise Invalid.field("transition", "ticket.move.unknown", transition=key)
        if row.state not in found.from_states:
            raise errors.move_refused("not_from_here", await _open(db, held, facts))
        why = policy.why_not(held.doer, held.scope, found, facts, approved=await reading.is_approved(db, held, found))
        if why is not None:
            raise errors.move_refused(why, await _open(db, held, facts))
        return found
    assert status is not None
    ways = policy.toward(definition, row.state, status)
    whys = []
    for one in ways:
        why = policy.why_not(held.doer, held.scope, one, facts, approved=await reading.is_approved(db, held, one))
        if why is None:
            return one
        whys.append(why)
    raise errors.move_refused(whys[0] if whys else "not_from_here", await _open(db, held, facts))


async def _open(db: Session, held: Held, facts: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[MoveView] = [one for one in await reading.moves(db, held, facts) if one.allowed]
    return [{"key": one.key, "label": one.label, "to": one.to.key, "status": one.to.status} for one in found]


async def _check(db: Session, held: Held, way: Transition, comment: str) -> None:
    """What the way asks to be there. The system may go on without."""
    if not held.doer.limited:
        return
    missing = policy.wants(way, held.row.data)
    wrong = [FieldError(f"fields.{key}", "ticket.field.required", {}) for key in missing]
    if way.require_comment and not comment.strip():
        wrong.append(FieldError("comment", "ticket.move.comment", {}))
    if wrong:
        raise errors.bad(wrong)


async def _refuse_moved(db: Session, held: Held, version: int) -> None:
    """Somebody else moved it since the caller looked: the caller decides anew."""
    changed: dict[str, Any] = {}
    since = await repository.changes_since(db, held.row.id, version)
    for entry in await views.entries(db, held.doer, held.kind, since):
        if "state" in (entry.changes or {}):
            pair = (entry.changes or {})["state"]
            changed["state"] = {
                "before": changed.get("state", {}).get("before", pair[0]),
                "now": pair[1],
                "by": entry.author.name,
                "at": entry.created_at.isoformat(),
            }
    if changed:
        raise errors.changed_meanwhile(held.row.version, changed)


# -- what happens on the way -------------------------------------------------------------------------------------------


async def _effect(db: Session, held: Held, effect: Any) -> None:
    if isinstance(effect, TaskEffect):
        await _task(db, held, effect)
    elif isinstance(effect, AssignEffect):
        await _assign(db, held, effect)
    elif isinstance(effect, SetEffect):
        await _set(db, held, effect)
    elif isinstance(effect, TellEffect):
        text = await telling.filled(db, held, {str(key): words for key, words in effect.text.items()})
        if text and held.row.customer_id is not None:
            await talking.say(db, held, body=text, public=True, payload={"effect": "tell_customer"})


async def _task(db: Session, held: Held, effect: TaskEffect) -> None:
    title = telling.in_language({str(key): words for key, words in effect.title.items()}, held.actor.locale)
    maker = runtime_of(db).find(TaskMaker)
    if maker is None:
        await talking.say(db, held, body=title, public=False, payload={"effect": "task"})
        return
    due = clock.now() + timedelta(hours=effect.within_hours) if effect.within_hours else None
    await db.flush()
    # Whoever moves the ticket need not be allowed to give work to departments: the type says so for them.
    await maker.make(db, held.actor, ticket_id=held.row.id, department_id=effect.department_id, title=title, due_at=due)
    await db.refresh(held.row)


async def _assign(db: Session, held: Held, effect: AssignEffect) -> None:
    row = held.row
    user_id: UUID | None = None
    if effect.to == "whoever_moves" and held.actor.kind == "user":
        user_id = held.actor.id
    elif effect.to == "creator" and row.created_by_kind == "user":
        user_id = row.created_by
    department_id = effect.department_id if effect.department_id is not None else row.department_id
    await assigning.give(db, held, department_id=department_id, user_id=user_id, reason="workflow")


async def _set(db: Session, held: Held, effect: SetEffect) -> None:
    row, value = held.row, effect.value
    changes: dict[str, list[Any]] = {}
    if effect.field == "priority" and isinstance(value, int) and row.priority != value:
        changes["priority"] = [row.priority, value]
        row.priority = value
    elif effect.field == "tags":
        more = [str(one) for one in (value if isinstance(value, list) else [value])]
        wanted = list(dict.fromkeys([*row.tags, *more]))[: changing.TAGS]
        if wanted != list(row.tags):
            changes["tags"] = [list(row.tags), wanted]
            row.tags = wanted
    elif effect.field == "due_in_hours" and isinstance(value, int | float):
        due = clock.now() + timedelta(hours=float(value))
        changes["due_at"] = [row.due_at, due]
        row.due_at = due
    elif effect.field.startswith("fields."):
        facts = await rows.condition_facts(db, rows.facts_of(row, held.kind), held.kind, held.kind.asks)
        system = policy.Doer(Actor.system())
        key = effect.field.removeprefix("fields.")
        before = dict(row.data)
        outcome = forms.fill(held.kind.definition, before, {key: value}, facts, system)
        row.data = outcome.values
        changes = {f"fields.{one}": [before.get(one), outcome.values.get(one)] for one in outcome.changed}
    await changing.save(db, held, changes, payload={"reason": "workflow"})


# -- on hold -----------------------------------------------------------------------------------------------------------


async def hold(
    db: Session, actor: Actor, ticket_id: UUID, *, waiting_on: dict[str, Any], reason: str = ""
) -> TicketView:
    """Waits for somebody else. A type without a state for that keeps its state and only says whom it waits for.

    `waiting_on` is `{"kind": "department" | "approval" | …, "id": …, …}`.
    """
    held = await rows.living(db, actor, ticket_id)
    row = held.row
    if not policy.may_note(actor, held.scope):
        raise errors.not_yours()
    if row.status in policy.DONE:
        raise Refused("ticket.hold_done")
    definition = held.kind.definition
    way = next(iter(policy.toward(definition, row.state, "on_hold")), None)
    state = policy.state_of(definition, way.to) if way is not None else policy.first_state(definition, "on_hold")
    back = (row.waiting_on or {}).get("back", row.state)
    wanted = {**waiting_on, "back": back, "since": clock.now().isoformat()}
    change = {"waiting_on": [row.waiting_on, wanted]}
    row.waiting_on = wanted
    if row.status == "on_hold" or state is None:
        await changing.save(db, held, change, payload={"reason": reason} if reason else None)
    else:
        await steps.walk(db, held, state, transition=way.key if way else None, reason=reason or None, also=change)
    return await reading.whole(db, held)


async def release(db: Session, actor: Actor, ticket_id: UUID, *, reason: str = "") -> TicketView:
    """Waits no longer: back to the state it came from. Nothing happens to a ticket that does not wait."""
    held = await rows.living(db, actor, ticket_id)
    row = held.row
    if not policy.may_note(actor, held.scope):
        raise errors.not_yours()
    waiting = row.waiting_on
    if row.status != "on_hold":
        if waiting is not None:
            row.waiting_on = None
            await changing.save(
                db, held, {"waiting_on": [waiting, None]}, payload={"reason": reason} if reason else None
            )
        return await reading.whole(db, held)
    definition = held.kind.definition
    known = policy.state_of(definition, str((waiting or {}).get("back", "")))
    if known is None or known.status in (*policy.DONE, "on_hold"):
        known = policy.first_state(definition, "open") or policy.state_of(definition, definition.workflow.initial)
    if known is None:
        raise Refused("ticket.hold_no_way_back")
    await steps.walk(db, held, known, reason=reason or None)
    return await reading.whole(db, held)


# -- closing what is settled -------------------------------------------------------------------------------------------


async def close_if_over(db: Session, ticket_id: UUID, solved_before: Any) -> bool:
    """Closes a ticket that is still solved, and was before a moment. Returns whether it did."""
    row = await repository.get(db, ticket_id, lock=True)
    if row is None or row.status != "solved" or row.solved_at is None or row.solved_at >= solved_before:
        return False
    held = await rows.unchecked(db, Actor.system(), row)
    ways = policy.toward(held.kind.definition, row.state, "closed")
    state = (
        policy.state_of(held.kind.definition, ways[0].to)
        if ways
        else policy.first_state(held.kind.definition, "closed")
    )
    if state is None:
        return False
    await steps.walk(db, held, state, transition=ways[0].key if ways else None, reason="silence")
    return True
