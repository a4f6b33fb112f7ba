"""What inboxes do on others' events."""

from uuid import UUID

from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Refused
from qiao.core.events import Envelope, in_transaction
from qiao.desk.inboxes import service
from qiao.desk.inboxes.policy import site_origins
from qiao.desk.inboxes.schemas import InboxCreate
from qiao.people.organization.events import WorkspaceSetUp
from qiao.people.organization.ports import keeps_calendars


@in_transaction(WorkspaceSetUp)
async def first_inbox(db: Session, fact: WorkspaceSetUp, envelope: Envelope) -> None:
    """A company that has just been set up gets its first website inbox."""
    greeting = {locale: i18n.t("inboxes.webchat.greeting", locale) for locale in i18n.LOCALES}
    await service.create(
        db,
        Actor(kind="system", name="system", locale=fact.locale),
        InboxCreate(
            channel="webchat",
            name=fact.inbox_name,
            calendar_id=fact.calendar_id,
            settings={"greeting": greeting, "allowed_origins": site_origins(fact.site_url)},
        ),
    )


@keeps_calendars
async def keep_hours(db: Session, calendar_id: UUID) -> None:
    """Hours that an inbox keeps stay, also while it is switched off. Raises Refused."""
    for inbox in await service.everything(db):
        if inbox.calendar_id == calendar_id:
            raise Refused("inbox_calendar_in_use", inbox=inbox.name)
