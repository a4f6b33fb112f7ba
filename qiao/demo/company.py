"""The demo company itself: people, hours, skills, queues, inboxes, replies."""

from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal
from uuid import UUID

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.canned import service as canned
from qiao.desk.canned.schemas import CannedCreate
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxCreate
from qiao.desk.routing import service as routing
from qiao.desk.routing.schemas import QueueBody, RoutingSettings, SkillBody, UserSkillsBody
from qiao.packs.models import DemoPack
from qiao.people.accounts import service as accounts
from qiao.people.organization import service as organization
from qiao.people.organization.hours import WEEKDAYS
from qiao.people.organization.schemas import CalendarSpec, DepartmentBody, WorkspacePatch

Step = Callable[[int], None]
LANGUAGES: Final[tuple[Literal["zh-CN", "en"], ...]] = ("zh-CN", "en")
DEFAULT_QUEUE = "aftersales"


@dataclass(frozen=True, slots=True)
class Places:
    """Keys of the pack to ids in the database."""

    users: dict[str, UUID]
    names: dict[str, str]
    queues: dict[str, UUID]
    departments: dict[str, UUID]
    webchat: UUID


async def seed_company(db: Session, actor: Actor, pack: DemoPack, password: str, step: Step) -> Places:
    company = pack.company
    locale = company.locale
    await organization.update_workspace(
        db,
        actor,
        WorkspacePatch(
            name=company.name.in_language(locale),
            locale=locale,
            timezone=company.timezone,
            settings={"tags": [tag.name.in_language(locale) for tag in company.tags], "demo": True},
        ),
        setup_done=True,
    )
    departments = {}
    for department in company.departments:
        body = DepartmentBody(
            name=department.name.in_language(locale), description=department.description.in_language(locale)
        )
        departments[department.key] = (await organization.create_department(db, actor, body)).id
    calendars = {}
    for calendar in company.calendars:
        weekly: dict[str, list[list[str]]] = {day: [] for day in WEEKDAYS}
        for hours in calendar.hours:
            for day in hours.days:
                weekly[WEEKDAYS[day - 1]].append([hours.opens, hours.closes])
        spec = CalendarSpec(
            name=calendar.name.in_language(locale),
            timezone=calendar.timezone,
            weekly=weekly,
            holidays_country=calendar.holidays,
            follow_makeup_workdays=calendar.makeup_workdays,
        )
        calendars[calendar.key] = (await organization.create_calendar(db, actor, spec)).id
    skills = {}
    for skill in company.skills:
        skill_body = SkillBody(name=skill.name.in_language(locale), description=skill.description.in_language(locale))
        skills[skill.key] = (await routing.create_skill(db, actor, skill_body)).id
    await _settings(db, actor, pack)

    users: dict[str, UUID] = {}
    names: dict[str, str] = {}
    for user in company.users:
        users[user.key] = await accounts.ensure_user(
            db,
            actor,
            email=user.email,
            name=user.name.in_language(locale),
            display_name=user.display_name.in_language(locale),
            password=password,
            roles=user.roles,
            locale=user.locale,
            department_id=departments[user.department],
        )
        names[user.key] = user.display_name.in_language(locale)
        needs = [{"skill_id": skills[key], "level": level} for key, level in user.skills.items()]
        if needs:
            await routing.set_user_skills(db, actor, users[user.key], UserSkillsBody.model_validate({"skills": needs}))
        if {"agent", "supervisor", "admin"} & set(user.roles):
            await routing.set_presence(db, actor, users[user.key], capacity=Decimal(user.capacity))
        step(1)
    queues = await _queues(db, actor, pack, users, skills, calendars)
    webchat = await _inboxes(db, actor, pack, queues)
    await _canned(db, actor, pack)
    return Places(users, names, queues, departments, webchat)


async def _settings(db: Session, actor: Actor, pack: DemoPack) -> None:
    company = pack.company
    current = RoutingSettings()
    values = current.model_dump(by_alias=True)
    values["presence_reasons"] = [
        {"key": reason.key, "label": {"zh-CN": reason.name.zh_cn, "en": reason.name.en}, "state": reason.presence}
        for reason in company.presence_reasons
    ]
    values["dispositions"] = [
        {
            "key": f"{parent.key}.{child.key}",
            "label": {
                "zh-CN": f"{parent.name.zh_cn} / {child.name.zh_cn}",
                "en": f"{parent.name.en} / {child.name.en}",
            },
        }
        for parent in company.dispositions
        for child in parent.children
    ]
    await routing.save_settings(db, actor, RoutingSettings.model_validate(values))


async def _queues(
    db: Session,
    actor: Actor,
    pack: DemoPack,
    users: dict[str, UUID],
    skills: dict[str, UUID],
    calendars: dict[str, UUID],
) -> dict[str, UUID]:
    company = pack.company
    made: dict[str, UUID] = {}
    # Queues that others overflow into come first.
    for queue in sorted(company.queues, key=lambda q: q.overflow.queue is not None):
        overflow = queue.overflow
        members = [
            users[user.key]
            for user in company.users
            if {"agent", "supervisor"} & set(user.roles)
            and all(user.skills.get(key, 0) >= level for key, level in queue.skills.items())
        ]
        body = QueueBody.model_validate(
            {
                "name": queue.name.in_language(company.locale),
                "description": queue.description.in_language(company.locale),
                "priority": min(queue.priority, 9),
                "strategy": queue.strategy,
                "required_skills": [{"skill_id": skills[k], "level": level} for k, level in queue.skills.items()],
                # Whoever tries the demo at night must find it open; only the office's own queue keeps office hours.
                "calendar_id": calendars[queue.calendar] if queue.key == "b2b" else None,
                "accept_timeout_s": queue.accept_timeout_seconds,
                "sticky": queue.sticky,
                "max_waiting": queue.cap,
                "overflow": {
                    "action": "queue" if overflow.queue else "bot" if overflow.action == "bot" else "message",
                    "on": ["timeout"] if overflow.queue else ["closed", "no_agent", "cap"],
                    "queue_id": made[overflow.queue] if overflow.queue else None,
                    "after_s": overflow.after_seconds if overflow.queue else None,
                },
                "is_default": queue.key == DEFAULT_QUEUE,
                "member_ids": members,
            }
        )
        made[queue.key] = (await routing.create_queue(db, actor, body)).id
    return made


async def _inboxes(db: Session, actor: Actor, pack: DemoPack, queues: dict[str, UUID]) -> UUID:
    company, widget = pack.company, pack.company.widget
    by_id = {faq.id: faq for faq in pack.faqs.faqs}
    asked = [by_id[key].question for key in widget.suggested_questions]
    webchat = await inboxes.create(
        db,
        actor,
        InboxCreate(
            channel="webchat",
            name=f"{company.name.in_language(company.locale)} · 网站",
            queue_id=queues[DEFAULT_QUEUE],
            settings={
                "title": {"zh-CN": widget.title.zh_cn, "en": widget.title.en},
                "bot_name": {"zh-CN": widget.bot_name.zh_cn, "en": widget.bot_name.en},
                "greeting": {"zh-CN": widget.greeting.zh_cn, "en": widget.greeting.en},
                "suggestions": {"zh-CN": [q.zh_cn for q in asked][:8], "en": [q.en for q in asked][:8]},
                "accent": widget.accent_color,
                "position": widget.position,
            },
        ),
    )
    await inboxes.create(
        db, actor, InboxCreate(channel="api", name="API · App", queue_id=queues[DEFAULT_QUEUE], bot_enabled=True)
    )
    return webchat.id


async def _canned(db: Session, actor: Actor, pack: DemoPack) -> None:
    folders = {folder.key: folder.name for folder in pack.company.canned_folders}
    bodies = [
        CannedCreate(
            shortcut=reply.shortcut if locale == "zh-CN" else f"{reply.shortcut}-en",
            title=reply.title.in_language(locale),
            body=reply.body.in_language(locale),
            folder=folders[reply.folder].in_language(locale),
            locale=locale,
            shared=True,
        )
        for reply in pack.company.canned_replies
        for locale in LANGUAGES
    ]
    await canned.create_many(db, actor, bodies)
