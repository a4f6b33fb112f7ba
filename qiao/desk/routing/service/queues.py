"""Managing queues, their members, skills and the settings of routing."""

from collections.abc import Collection, Iterable, Sequence
from functools import partial
from typing import Any
from uuid import UUID

from sqlalchemy import update

from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session, after_commit
from qiao.core.errors import Invalid, NotFound, Refused
from qiao.core.ids import new_id
from qiao.core.realtime import Hub
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import PersonRef
from qiao.desk.routing import calendars, repository
from qiao.desk.routing.models import Queue, Skill
from qiao.desk.routing.schemas import (
    OverflowView,
    QueueBody,
    QueuePatch,
    QueueView,
    RoutingSettings,
    SkillBody,
    SkilledPerson,
    SkillNeed,
    SkillNeedBody,
    SkillPatch,
    SkillView,
    UserSkillsBody,
    UserSkillView,
)
from qiao.desk.routing.service import attendance, offers
from qiao.desk.routing.service.state import Change, change, load_settings, recount
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts
from qiao.people.accounts.identity import actor_for

HANDLE = "conversations.handle"

# -- reading ---------------------------------------------------------------------------------------------------------


async def list_queues(db: Session) -> list[QueueView]:
    return await _views(db, await repository.queues(db))


async def members_of(db: Session, queue_id: UUID) -> frozenset[UUID]:
    """Everybody in a queue. For other rooms, no permission is checked."""
    return frozenset((await repository.members(db, [queue_id]))[queue_id])


async def get_queue(db: Session, queue_id: UUID) -> QueueView:
    return (await _views(db, [await _queue(db, queue_id)]))[0]


async def _queue(db: Session, queue_id: UUID) -> Queue:
    row = await repository.queue(db, queue_id)
    if row is None:
        raise NotFound("routing.queue_not_found")
    return row


async def _views(db: Session, rows: Sequence[Queue]) -> list[QueueView]:
    members = await repository.members(db, [row.id for row in rows])
    people = await accounts.people(db, {user_id for ids in members.values() for user_id in ids})
    skills = {skill.id: skill.name for skill in await repository.skills(db)}
    return [
        QueueView(
            id=row.id,
            name=row.name,
            description=row.description,
            priority=row.priority,
            strategy=row.strategy,
            required_skills=[
                SkillNeed(UUID(n["skill_id"]), n["level"], skills.get(UUID(n["skill_id"]), ""))
                for n in row.required_skills
            ],
            calendar_id=row.calendar_id,
            accept_timeout_s=row.accept_timeout_s,
            sticky=row.sticky,
            max_waiting=row.max_waiting,
            overflow=_overflow_view(row.overflow),
            is_default=row.is_default,
            active=row.active,
            members=[
                PersonRef(p.id, p.name, p.avatar_url)
                for user_id in members[row.id]
                if (p := people.get(user_id)) is not None
            ],
        )
        for row in rows
    ]


def _overflow_view(stored: dict[str, Any] | None) -> OverflowView | None:
    if not stored:
        return None
    target = stored.get("queue_id")
    return OverflowView(stored["action"], stored["on"], UUID(target) if target else None, stored.get("after_s"))


# -- queues ----------------------------------------------------------------------------------------------------------


async def create_queue(db: Session, actor: Actor, body: QueueBody) -> QueueView:
    async with change(db) as current:
        await _refuse_taken_name(db, body.name, None)
        await _check_references(
            db, None, body.required_skills, body.calendar_id, body.overflow.queue_id if body.overflow else None
        )
        values = body.model_dump(mode="json", exclude={"member_ids", "calendar_id"})
        row = Queue(id=new_id(), calendar_id=body.calendar_id, unattended_since=current.now, **values)
        first = not await repository.queues(db)
        row.is_default = row.is_default or first
        if row.is_default:
            await _only_default(db, row.id)
        db.add(row)
        await db.flush()
        await audit.record(db, actor, "queue.created", "queue", row.id, {"name": row.name})
        current.touch(row.id)
        if body.member_ids:
            await _set_members(db, actor, current, row, body.member_ids)
        if first:
            await _take_in(db, row.id)
    return await get_queue(db, row.id)


async def _take_in(db: Session, queue_id: UUID) -> None:
    """Lets the first queue there is take in what already waits for a person."""
    waiting, _ = await conversations.listing(db, Actor.system(), view="queue", sort="oldest", limit=1000)
    for conversation in waiting:
        await conversations.requeue(db, Actor.system(), conversation.id, reason="queue_created", queue_id=queue_id)


async def update_queue(db: Session, actor: Actor, queue_id: UUID, body: QueuePatch) -> QueueView:
    async with change(db) as current:
        row = await _queue(db, queue_id)
        before = audit.snapshot(row)
        given = body.model_fields_set
        if body.name is not None:
            await _refuse_taken_name(db, body.name, queue_id)
        await _check_references(
            db,
            queue_id,
            body.required_skills or [],
            body.calendar_id,
            body.overflow.queue_id if body.overflow else None,
        )
        values = body.model_dump(mode="json", exclude={"member_ids", "calendar_id", "is_default"})
        for field in given - {"member_ids", "calendar_id", "is_default"}:
            if values[field] is not None or field in ("accept_timeout_s", "max_waiting", "overflow"):
                setattr(row, field, values[field])
        if "calendar_id" in given:
            row.calendar_id = body.calendar_id
        if body.is_default and not row.is_default:
            await _only_default(db, row.id)
            row.is_default = True
        if not row.active:
            await _refuse_last_active(db, row.id)
        await db.flush()
        after = audit.snapshot(row)
        volatile = ("mean_handle_s", "unattended_since", "created_at")
        changes = audit.diff(
            *({key: _plain(value) for key, value in s.items() if key not in volatile} for s in (before, after)),
            model=Queue,
        )
        if changes:
            await audit.record(db, actor, "queue.updated", "queue", row.id, changes)
        if row.accept_timeout_s is None:
            # What is out as an offer would wait for an answer nobody has to give any more.
            held = [offer for offer in await repository.open_offers(db) if offer.queue_id == row.id]
            await offers.withdraw(db, current, held)
        if body.member_ids is not None:
            await _set_members(db, actor, current, row, body.member_ids)
        await repository.note_attendance(db, [row.id], current.now)
        current.look_at([row.id])
    return await get_queue(db, queue_id)


async def delete_queue(db: Session, actor: Actor, queue_id: UUID) -> None:
    """Removes a queue that nothing waits in and no other queue overflows into. Raises Refused otherwise."""
    async with change(db):
        row = await _queue(db, queue_id)
        if (await repository.waiting_figures(db, [queue_id])).get(queue_id):
            raise Refused("routing.queue_not_empty", name=row.name)
        if row.is_default:
            raise Refused("routing.queue_is_default", name=row.name)
        if any((other.overflow or {}).get("queue_id") == str(queue_id) for other in await repository.queues(db)):
            raise Refused("routing.queue_overflow_target", name=row.name)
        await _refuse_last_active(db, queue_id)
        members = (await repository.members(db, [queue_id]))[queue_id]
        await repository.forget_offers(db, queue_id)
        await db.delete(row)
        await db.flush()
        await audit.record(db, actor, "queue.deleted", "queue", queue_id, {"name": row.name})
        await _refresh(db, members)


def _plain(value: Any) -> Any:
    return str(value) if isinstance(value, UUID) else value


async def _refuse_taken_name(db: Session, name: str, but: UUID | None) -> None:
    if any(row.name.casefold() == name.casefold() and row.id != but for row in await repository.queues(db)):
        raise Invalid.field("name", "name_taken")


async def _refuse_last_active(db: Session, but: UUID) -> None:
    if not any(row.active and row.id != but for row in await repository.queues(db)):
        raise Refused("routing.last_queue")


async def _only_default(db: Session, queue_id: UUID) -> None:
    await db.execute(update(Queue).where(Queue.is_default, Queue.id != queue_id).values(is_default=False))


async def _check_references(
    db: Session,
    queue_id: UUID | None,
    needs: Sequence[SkillNeedBody],
    calendar_id: UUID | None,
    overflow_id: UUID | None,
) -> None:
    wanted = [need.skill_id for need in needs]
    if len(set(wanted)) != len(wanted) or set(wanted) - await repository.known_skills(db, wanted):
        raise Invalid.field("required_skills", "routing.skill_unknown")
    if calendar_id is not None and not await calendars.exists(db, calendar_id):
        raise Invalid.field("calendar_id", "routing.calendar_unknown")
    if overflow_id is not None and (overflow_id == queue_id or await repository.queue(db, overflow_id) is None):
        raise Invalid.field("overflow.queue_id", "routing.overflow_queue_invalid")


# -- members ---------------------------------------------------------------------------------------------------------


async def set_members(db: Session, actor: Actor, queue_id: UUID, user_ids: Collection[UUID]) -> QueueView:
    async with change(db) as current:
        await _set_members(db, actor, current, await _queue(db, queue_id), user_ids)
    return await get_queue(db, queue_id)


async def _set_members(db: Session, actor: Actor, current: Change, row: Queue, user_ids: Collection[UUID]) -> None:
    before = set((await repository.members(db, [row.id]))[row.id])
    strangers = set(user_ids) - before - await accounts.holders(db, HANDLE)
    if strangers:
        raise Invalid.field("user_ids", "routing.not_an_agent")
    changed = await repository.set_members(db, row.id, user_ids)
    if not changed:
        return
    await repository.ensure_agents(db, set(user_ids), current.now)
    for user_id in sorted(changed - set(user_ids)):
        held = await repository.open_offers(db, user_id=user_id)
        await offers.withdraw(db, current, [offer for offer in held if offer.queue_id == row.id])
    await repository.note_attendance(db, [row.id], current.now)
    current.look_at([row.id])
    people = await accounts.people(db, changed)
    shown = [[people[u].name for u in sorted(ids & changed) if u in people] for ids in (before, set(user_ids))]
    await audit.record(db, actor, "queue.members_changed", "queue", row.id, {"members": shown})
    await _refresh(db, changed)


async def _refresh(db: Session, user_ids: Iterable[UUID]) -> None:
    """Lets open connections of people see the queues they are in from now on."""
    hub = runtime_of(db).find(Hub)
    if hub is None:
        return
    await db.flush()
    for user_id in set(user_ids) & hub.users_here():
        try:
            fresh = await actor_for(db, user_id)
        except NotFound:
            continue
        after_commit(db, partial(hub.refresh_actor, user_id, fresh))


async def retire(db: Session, actor: Actor, user_id: UUID) -> None:
    """Somebody no longer handles conversations: offline, out of every queue, and what was theirs waits for others."""
    async with change(db) as current:
        queues = await repository.remove_member_everywhere(db, user_id)
        row = await repository.agent_state(db, user_id)
        if row is not None:
            await attendance.change_state(db, current, actor, user_id, "offline")
            for held in await conversations.assigned_to(db, [user_id]):
                await conversations.requeue(db, Actor.system(), held.id, reason="agent_left")
        await repository.note_attendance(db, queues, current.now)
        current.touch(*queues)


async def create_default_queue(db: Session, locale: str, calendar_id: UUID | None = None) -> UUID:
    """The first queue of a new company, with everybody in it who handles conversations. Returns its id."""
    existing = await repository.default_queue_id(db)
    if existing is not None:
        return existing
    body = QueueBody.model_validate(
        {
            "name": i18n.t("routing.default_queue", locale),
            "calendar_id": calendar_id,
            "member_ids": sorted(await accounts.holders(db, HANDLE)),
        }
    )
    return (await create_queue(db, Actor.system(), body)).id


async def add_to_default(db: Session, user_id: UUID) -> None:
    """Makes somebody a member of the default queue, if there is one."""
    async with change(db) as current:
        queue_id = await repository.default_queue_id(db)
        if queue_id is not None:
            await repository.ensure_agents(db, [user_id], current.now)
            await repository.add_member(db, queue_id, user_id)
            current.look_at([queue_id])


# -- skills ----------------------------------------------------------------------------------------------------------


def _skill_view(row: Skill) -> SkillView:
    return SkillView(row.id, row.name, row.description)


async def list_skills(db: Session) -> list[SkillView]:
    return [_skill_view(row) for row in await repository.skills(db)]


async def create_skill(db: Session, actor: Actor, body: SkillBody) -> SkillView:
    await _refuse_taken_skill(db, body.name, None)
    row = Skill(id=new_id(), name=body.name, description=body.description)
    db.add(row)
    await db.flush()
    await audit.record(db, actor, "skill.created", "skill", row.id, {"name": row.name})
    return _skill_view(row)


async def update_skill(db: Session, actor: Actor, skill_id: UUID, body: SkillPatch) -> SkillView:
    row = await _skill(db, skill_id)
    before = audit.snapshot(row)
    if body.name is not None:
        await _refuse_taken_skill(db, body.name, skill_id)
        row.name = body.name
    if body.description is not None:
        row.description = body.description
    await db.flush()
    if changes := audit.diff(before, audit.snapshot(row), model=Skill):
        await audit.record(db, actor, "skill.updated", "skill", skill_id, {**changes})
    return _skill_view(row)


async def delete_skill(db: Session, actor: Actor, skill_id: UUID) -> None:
    """Removes a skill no queue asks for. Raises Refused otherwise."""
    async with change(db):
        row = await _skill(db, skill_id)
        for queue in await repository.queues(db):
            if any(need["skill_id"] == str(skill_id) for need in queue.required_skills):
                raise Refused("routing.skill_in_use", name=row.name, queue=queue.name)
        await db.delete(row)
        await db.flush()
        await audit.record(db, actor, "skill.deleted", "skill", skill_id, {"name": row.name})


async def _skill(db: Session, skill_id: UUID) -> Skill:
    row = await repository.skill(db, skill_id)
    if row is None:
        raise NotFound("routing.skill_not_found")
    return row


async def _refuse_taken_skill(db: Session, name: str, but: UUID | None) -> None:
    if any(row.name.casefold() == name.casefold() and row.id != but for row in await repository.skills(db)):
        raise Invalid.field("name", "name_taken")


async def skills_of_user(db: Session, user_id: UUID) -> list[UserSkillView]:
    names = {row.id: row.name for row in await repository.skills(db)}
    levels = (await repository.skills_of(db, [user_id])).get(user_id, {})
    return sorted((UserSkillView(i, names[i], level) for i, level in levels.items()), key=lambda view: view.name)


async def people_with_skills(db: Session) -> list[SkilledPerson]:
    """Everybody who handles conversations with what they can do, by name."""
    ids = await accounts.holders(db, HANDLE)
    levels = await repository.skills_of(db, ids)
    names = {row.id: row.name for row in await repository.skills(db)}
    people = await accounts.people(db, ids)
    return sorted(
        (
            SkilledPerson(
                p.id, p.name, p.avatar_url, [UserSkillView(i, names[i], n) for i, n in levels.get(p.id, {}).items()]
            )
            for p in people.values()
        ),
        key=lambda person: (person.name, person.id),
    )


async def set_user_skills(db: Session, actor: Actor, user_id: UUID, body: UserSkillsBody) -> list[UserSkillView]:
    """Replaces what a person is known to be able to do."""
    async with change(db) as current:
        if not await accounts.exists(db, user_id):
            raise NotFound("user_not_found")
        levels = {need.skill_id: need.level for need in body.skills}
        if set(levels) - await repository.known_skills(db, levels):
            raise Invalid.field("skills", "routing.skill_unknown")
        before = (await repository.skills_of(db, [user_id])).get(user_id, {})
        if before != levels:
            await repository.set_skills(db, user_id, levels)
            names = {row.id: row.name for row in await repository.skills(db)}
            shown = [{names[i]: level for i, level in found.items()} for found in (before, levels)]
            await audit.record(db, actor, "user.skills_changed", "user", user_id, {"skills": shown})
            current.look_at(await repository.queues_of(db, [user_id]))
    return await skills_of_user(db, user_id)


# -- settings --------------------------------------------------------------------------------------------------------


async def save_settings(db: Session, actor: Actor, body: RoutingSettings) -> RoutingSettings:
    """Stores what the company decides; new weights count at once for what people hold now."""
    async with change(db) as current:
        before = await load_settings(db)
        values = body.model_dump(mode="json", by_alias=True)
        await repository.save_settings(db, values)
        if changes := audit.diff(before.model_dump(mode="json", by_alias=True), values):
            await audit.record(db, actor, "routing.settings_changed", "routing", "settings", {**changes})
        current.settings = body
        if body.channel_weights != before.channel_weights:
            everybody = await repository.all_agents(db)
            await recount(db, current, everybody)
            current.look_at(await repository.queues_of(db, everybody))
    return body
