"""The first run: a company, its first administrator, hours, and (by the rooms that react) an inbox and a queue."""

from typing import Final

from sqlalchemy import text

from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict
from qiao.core.events import emit
from qiao.people.accounts import repository as accounts_repository
from qiao.people.accounts import service as accounts
from qiao.people.accounts import sessions
from qiao.people.accounts.schemas import UserCreate
from qiao.people.accounts.sessions import SignedInAs
from qiao.people.organization import service as organization
from qiao.people.organization.events import WorkspaceSetUp
from qiao.people.organization.hours import WEEKDAYS
from qiao.people.organization.schemas import CalendarSpec, WorkspacePatch
from qiao.people.setup.schemas import SetupBody

_LOCK: Final = 0x51494153
_ALWAYS: Final = {day: [["00:00", "24:00"]] for day in WEEKDAYS}


async def is_done(db: Session) -> bool:
    """Whether anybody has an account: from then on only they decide."""
    return await accounts_repository.any_user(db)


async def set_up(db: Session, body: SetupBody, *, ip: str | None, user_agent: str | None) -> SignedInAs:
    """Sets the company up and signs its first administrator in. Refused as soon as anybody has an account."""
    await db.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    if await is_done(db):
        raise Conflict("setup_done")
    admin = body.admin
    accounts.check_password(admin.password, admin.email, admin.name, field="admin.password")
    locale = body.company.locale
    system = Actor(kind="system", name=i18n.t("setup.system", locale), locale=locale, ip=ip)
    await accounts.ensure_built_in_roles(db)
    await organization.update_workspace(
        db,
        system,
        WorkspacePatch(name=body.company.name, locale=locale, timezone=body.company.timezone),
        setup_done=True,
    )
    user, _ = await accounts.create_user(
        db,
        system,
        UserCreate(
            email=admin.email,
            name=admin.name,
            password=admin.password,
            role_ids=[await accounts.role_id_of(db, "admin")],
            locale=locale,
        ),
    )
    calendar = await organization.create_calendar(
        db,
        system,
        CalendarSpec(name=i18n.t("setup.calendar", locale), timezone=body.company.timezone, weekly=_ALWAYS),
    )
    await emit(
        db,
        WorkspaceSetUp(
            admin_id=user.id,
            calendar_id=calendar.id,
            locale=locale,
            inbox_name=body.inbox.name,
            site_url=body.inbox.site_url or None,
        ),
        actor=system,
    )
    return await sessions.start_session(db, user.id, remember=False, ip=ip, user_agent=user_agent)
