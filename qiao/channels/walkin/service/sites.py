"""Sites, their services and counters, and the addresses of their pages."""

import io
import secrets
import string
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

import segno
from sqlalchemy.exc import IntegrityError

from qiao.channels.walkin import repository
from qiao.channels.walkin.channel import NAME, WalkinSettings
from qiao.channels.walkin.events import SiteChanged
from qiao.channels.walkin.models import CounterRow, ServiceRow, SiteRow
from qiao.channels.walkin.schemas import (
    CounterBody,
    CounterView,
    LinkView,
    ServiceBody,
    ServiceView,
    SiteBody,
    SitePatch,
    SiteView,
)
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Invalid, NotFound
from qiao.core.events import Audience, emit
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.ports import QueueDirectory
from qiao.desk.inboxes.schemas import Bilingual, InboxCreate, InboxPatch, InboxView
from qiao.people.accounts import audit
from qiao.people.accounts import service as accounts
from qiao.people.organization import service as organization

_ALPHABET: Final = string.ascii_lowercase + string.digits
_STAFF: Final = Audience(permission="conversations.handle")
Kind = Literal["kiosk", "join", "display"]


@dataclass(frozen=True, slots=True)
class Site:
    """A site with its inbox: what every verb begins with."""

    row: SiteRow
    inbox: InboxView
    rules: WalkinSettings

    @property
    def id(self) -> UUID:
        return self.row.id

    @property
    def zone(self) -> ZoneInfo:
        return ZoneInfo(self.row.timezone)

    @property
    def title(self) -> Bilingual:
        """What visitors read; the inbox's name where nothing else is set."""
        own = Bilingual.model_validate(self.row.title)
        return own if own.text("en") else Bilingual.model_validate({"zh-CN": self.inbox.name, "en": self.inbox.name})


def new_key(length: int = 24) -> str:
    """Unguessable: 5 bits and more a letter."""
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))


def rules_of(inbox: InboxView) -> WalkinSettings:
    known = {key: value for key, value in inbox.plain.items() if key in WalkinSettings.model_fields}
    return WalkinSettings.model_validate(known)


async def open_site(db: Session, row: SiteRow | None) -> Site:
    if row is None:
        raise NotFound("walkin.site_not_found")
    inbox = await inboxes.get(db, row.inbox_id)
    return Site(row, inbox, rules_of(inbox))


async def get(db: Session, site_id: UUID) -> Site:
    """Raises NotFound."""
    return await open_site(db, await repository.site(db, site_id))


async def active(db: Session, site_id: UUID) -> Site:
    """A site that takes visitors. Raises NotFound."""
    found = await get(db, site_id)
    if not found.inbox.active:
        raise NotFound("walkin.site_not_found")
    return found


async def by_key(db: Session, key: str, *kinds: Kind) -> tuple[Site, Kind]:
    """The active site one of whose `kinds` of keys this is. Raises NotFound."""
    plausible = 0 < len(key) <= 40 and key.isascii() and key.isalnum()
    row = await repository.site_by_key(db, key) if plausible else None
    if row is not None:
        for kind in kinds:
            if key == getattr(row, f"{kind}_key"):
                found = await open_site(db, row)
                if found.inbox.active:
                    return found, kind
    raise NotFound("walkin.site_not_found")


# -- views -------------------------------------------------------------------------------------------------------------


def service_view(row: ServiceRow) -> ServiceView:
    return ServiceView(
        id=row.id,
        name=Bilingual.model_validate(row.name),
        prefix=row.prefix,
        queue_id=row.queue_id,
        calendar_id=row.calendar_id,
        handle_s=row.handle_s,
        slot_minutes=row.slot_minutes,
        slot_capacity=row.slot_capacity,
        days_ahead=row.days_ahead,
        position=row.position,
        active=row.active,
    )


async def counter_views(db: Session, rows: Sequence[CounterRow]) -> list[CounterView]:
    people = await accounts.people(db, {row.staff_id for row in rows if row.staff_id is not None})
    return [
        CounterView(
            id=row.id,
            name=row.name,
            service_ids=row.service_ids,
            taking=row.taking,
            staff_id=row.staff_id,
            staff_name=people[row.staff_id].name if row.staff_id in people else None,
            opened_at=row.opened_at,
            active=row.active,
        )
        for row in rows
    ]


async def _views(db: Session, rows: Sequence[SiteRow]) -> list[SiteView]:
    ids = [row.id for row in rows]
    services, counters = await repository.services(db, ids), await repository.counters(db, ids)
    shown = {view.id: view for view in await counter_views(db, counters)}
    views = []
    for row in rows:
        site = await open_site(db, row)
        views.append(
            SiteView(
                id=row.id,
                inbox_id=row.inbox_id,
                name=site.inbox.name,
                title=Bilingual.model_validate(row.title),
                address=Bilingual.model_validate(row.address),
                timezone=row.timezone,
                active=site.inbox.active,
                rules=site.rules.model_dump(),
                services=[service_view(s) for s in services if s.site_id == row.id],
                counters=[shown[c.id] for c in counters if c.site_id == row.id],
            )
        )
    return views


async def listing(db: Session) -> list[SiteView]:
    """All sites, oldest first: a handful."""
    return await _views(db, await repository.sites(db))


async def show(db: Session, site_id: UUID) -> SiteView:
    return (await _views(db, [(await get(db, site_id)).row]))[0]


def page_path(kind: Kind, key: str) -> str:
    return f"/walkin/display/{key}" if kind == "display" else f"/walkin/{key}"


def qr_svg(text: str, *, scale: int = 4) -> str:
    """`text` as a QR code, black on white whatever surrounds it."""
    drawn = io.BytesIO()
    segno.make(text, error="m").save(
        drawn, kind="svg", xmldecl=False, nl=False, scale=scale, border=3, omitsize=True, light="#fff", dark="#000"
    )
    return drawn.getvalue().decode()


async def links(db: Session, site_id: UUID) -> list[LinkView]:
    """The addresses of a site's pages."""
    row = (await get(db, site_id)).row
    base = runtime_of(db).settings.public_url
    found: list[LinkView] = []
    kinds: tuple[Kind, ...] = ("kiosk", "join", "display")
    for kind in kinds:
        url = base + page_path(kind, getattr(row, f"{kind}_key"))
        found.append(LinkView(kind=kind, url=url, qr_svg=qr_svg(url)))
    return found


# -- what managers do --------------------------------------------------------------------------------------------------


async def ensure(db: Session, inbox_id: UUID) -> SiteRow:
    """What an inbox of this channel has beside itself, made with the inbox."""
    found = await repository.site_by_inbox(db, inbox_id)
    if found is not None:
        return found
    zone = (await organization.get_workspace(db)).timezone
    row = SiteRow(
        id=new_id(),
        inbox_id=inbox_id,
        title={},
        address={},
        timezone=zone,
        kiosk_key=new_key(),
        join_key=new_key(),
        display_key=new_key(),
    )
    db.add(row)
    await db.flush()
    return row


async def create(db: Session, actor: Actor, body: SiteBody) -> SiteView:
    """A new site, and its inbox. There is no bot at a counter."""
    inbox = await inboxes.create(
        db, actor, InboxCreate(channel=NAME, name=body.name, queue_id=body.queue_id, bot_enabled=False)
    )
    row = await ensure(db, inbox.id)
    row.title, row.address = body.title.model_dump(by_alias=True), body.address.model_dump(by_alias=True)
    row.timezone = body.timezone or row.timezone
    await db.flush()
    return await show(db, row.id)


async def update(db: Session, actor: Actor, site_id: UUID, body: SitePatch) -> SiteView:
    row = await repository.site(db, site_id, lock=True)
    if row is None:
        raise NotFound("walkin.site_not_found")
    before = audit.snapshot(row)
    for field in ("title", "address"):
        value = getattr(body, field)
        if value is not None:
            setattr(row, field, value.model_dump(by_alias=True))
    row.timezone = body.timezone or row.timezone
    await db.flush()
    if body.name is not None or body.active is not None or body.rules is not None:
        patch = InboxPatch(name=body.name, active=body.active, settings=body.rules)
        await inboxes.update(db, actor, row.inbox_id, patch)
    await _changed(db, actor, row, before)
    return await show(db, site_id)


async def rotate(db: Session, actor: Actor, site_id: UUID, kind: Kind) -> list[LinkView]:
    """A new address for one of the pages; the old one stops working at once."""
    row = await repository.site(db, site_id, lock=True)
    if row is None:
        raise NotFound("walkin.site_not_found")
    setattr(row, f"{kind}_key", new_key())
    await db.flush()
    await audit.record(db, actor, "walkin.key_rotated", "walkin_site", row.id, {"kind": [None, kind]})
    await _announce(db, actor, row.id)
    return await links(db, site_id)


async def _changed(db: Session, actor: Actor, row: SiteRow, before: dict[str, object]) -> None:
    changes = audit.diff(before, audit.snapshot(row), model=SiteRow)
    if changes:
        await audit.record(db, actor, "walkin.site_changed", "walkin_site", row.id, changes)
    await _announce(db, actor, row.id)


async def _announce(db: Session, actor: Actor, site_id: UUID) -> None:
    await emit(db, SiteChanged(site_id=site_id), actor=actor, audience=_STAFF)


async def save_service(
    db: Session, actor: Actor, site_id: UUID, service_id: UUID | None, body: ServiceBody
) -> SiteView:
    """Adds a service or changes it whole. Raises Conflict when another one has its prefix."""
    site = await get(db, site_id)
    queue_id = await _queue(db, site, body.queue_id)
    if body.calendar_id is not None and await organization.find_calendar(db, body.calendar_id) is None:
        raise Invalid.field("calendar_id", "inbox_calendar_unknown")
    row = await repository.service(db, service_id) if service_id is not None else None
    if service_id is not None and (row is None or row.site_id != site_id):
        raise NotFound("walkin.service_not_found")
    values = {
        **body.model_dump(exclude={"name", "queue_id"}),
        "name": body.name.model_dump(by_alias=True),
        "queue_id": queue_id,
    }
    before = audit.snapshot(row) if row is not None else {}
    if row is None:
        row = ServiceRow(id=new_id(), site_id=site_id, **values)
    await _store(db, row, values, Conflict("walkin.prefix_taken", prefix=body.prefix))
    changes = audit.diff(before, audit.snapshot(row), model=ServiceRow)
    if changes:
        await audit.record(db, actor, "walkin.service_saved", "walkin_service", row.id, changes)
    await _announce(db, actor, site_id)
    return await show(db, site_id)


async def save_counter(
    db: Session, actor: Actor, site_id: UUID, counter_id: UUID | None, body: CounterBody
) -> SiteView:
    """Adds a counter or changes it whole. One that is open keeps only what it still may take."""
    await get(db, site_id)
    known = {row.id for row in await repository.services(db, [site_id])}
    if not set(body.service_ids) <= known:
        raise Invalid.field("service_ids", "walkin.service_unknown")
    row = await repository.counter(db, counter_id, lock=True) if counter_id is not None else None
    if counter_id is not None and (row is None or row.site_id != site_id):
        raise NotFound("walkin.counter_not_found")
    if row is not None and not body.active and row.staff_id is not None:
        raise Conflict("walkin.counter_open", counter=row.name)
    before = audit.snapshot(row) if row is not None else {}
    values = body.model_dump()
    if row is None:
        row = CounterRow(id=new_id(), site_id=site_id, **values)
    elif body.service_ids:
        values["taking"] = [one for one in row.taking if one in body.service_ids]
    await _store(db, row, values, Conflict("walkin.counter_taken", counter=body.name))
    changes = audit.diff(before, audit.snapshot(row), model=CounterRow)
    if changes:
        await audit.record(db, actor, "walkin.counter_saved", "walkin_counter", row.id, changes)
    await _announce(db, actor, site_id)
    return await show(db, site_id)


async def _store(db: Session, row: ServiceRow | CounterRow, values: dict[str, object], taken: Conflict) -> None:
    try:
        async with db.begin_nested():
            for key, value in values.items():
                setattr(row, key, value)
            db.add(row)
            await db.flush()
    except IntegrityError:
        raise taken from None


async def _queue(db: Session, site: Site, wanted: UUID | None) -> UUID:
    directory: QueueDirectory = runtime_of(db).get(QueueDirectory)
    queue_id = wanted or site.inbox.queue_id or await directory.default(db)
    if queue_id is None or queue_id not in await directory.names(db, [queue_id]):
        raise Invalid.field("queue_id", "inbox_queue_unknown")
    return queue_id


def of_service(rows: Collection[CounterRow], service_id: UUID) -> list[CounterRow]:
    """Counters open for a service."""
    return [row for row in rows if row.staff_id is not None and service_id in row.taking]
