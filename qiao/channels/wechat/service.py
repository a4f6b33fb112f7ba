"""Verbs of entries (QR codes that lead to a queue or an agent) and of the account's menu."""

from datetime import timedelta
from typing import Any, Final
from urllib.parse import quote
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.contract import wire
from qiao.channels.contract.channel import DeliveryFailed, Endpoint
from qiao.channels.contract.endpoints import Endpoints
from qiao.channels.wechat import menus
from qiao.channels.wechat.api import WechatApi
from qiao.channels.wechat.channel import MINI, OFFICIAL
from qiao.channels.wechat.codes import WechatError
from qiao.channels.wechat.models import EntryRow, VisitRow
from qiao.channels.wechat.schemas import SCENE_MOST, EntryCreate, EntryPatch, EntryView, Menu
from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Conflict, Invalid, NotFound, Refused, Unavailable
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.routing import service as routing
from qiao.people.accounts import audit

NAMES: Final = (OFFICIAL.name, MINI.name)
MOST: Final = 2000
"""Entries of one inbox."""
REMEMBERED: Final = timedelta(hours=24)
SHOW: Final = "https://mp.weixin.qq.com/cgi-bin/showqrcode"
PICTURE: Final = 430
"""Pixels of a mini program's code."""


async def _endpoint(runtime: Runtime, inbox_id: UUID, *names: str) -> tuple[str, Endpoint]:
    """The channel's name and the inbox's endpoint. Raises NotFound for an inbox of another channel."""
    place = await Endpoints.of(runtime).get(inbox_id, fresh=True)
    if place.inbox.channel not in (names or NAMES):
        raise NotFound("wechat.inbox_not_wechat" if place.inbox.channel not in NAMES else "wechat.not_for_mini")
    return place.inbox.channel, place.endpoint


def problem(error: WechatError | DeliveryFailed, locale: str) -> Refused | Unavailable:
    """What WeChat says to a person who waits for it."""
    if isinstance(error, DeliveryFailed):
        reason = i18n.t("channels.source.unreachable", locale, detail=wire.worded(str(error), locale))
        return Unavailable("wechat.refused", reason=reason)
    reason = i18n.t(error.key, locale, **error.params)
    kind = Unavailable if error.meaning.kind == "later" else Refused
    return kind("wechat.refused", reason=reason)


# -- entries -----------------------------------------------------------------------------------------------------------


async def entries(
    db: Session, inbox_id: UUID, *, cursor: str | None = None, limit: int = 50
) -> tuple[list[EntryView], str | None]:
    """Those of an inbox, newest first."""
    query = select(EntryRow).where(EntryRow.inbox_id == inbox_id)
    after = decode_cursor(cursor, tuple[UUID])
    if after:
        query = query.where(EntryRow.id < after[0])
    rows = (await db.execute(query.order_by(EntryRow.id.desc()).limit(limit + 1))).scalars().all()
    following = encode_cursor(rows[limit - 1].id) if len(rows) > limit else None
    return [EntryView.model_validate(row) for row in rows[:limit]], following


async def make_qr(api: WechatApi, endpoint: Endpoint, scene: str, *, days: int | None = None) -> tuple[str, str]:
    """A code of an official account: its ticket, by which WeChat shows the picture, and what it says.

    Lasts `days` (at most thirty), or for ever without; of the latter an account has 100,000. Raises WechatError.
    """
    body: dict[str, Any] = {"action_info": {"scene": {"scene_str": scene}}}
    if days is None:
        body["action_name"] = "QR_LIMIT_STR_SCENE"
    else:
        body |= {"action_name": "QR_STR_SCENE", "expire_seconds": days * 86_400}
    said = await api.call(endpoint, "POST", "/cgi-bin/qrcode/create", body)
    ticket, url = said.get("ticket"), said.get("url")
    if not isinstance(ticket, str) or not isinstance(url, str):
        raise DeliveryFailed("the provider made no code")
    return ticket[:300], url[:500]


async def create(runtime: Runtime, actor: Actor, inbox_id: UUID, body: EntryCreate, locale: str) -> EntryView:
    """Makes a code at WeChat and keeps where it leads."""
    name, endpoint = await _endpoint(runtime, inbox_id)
    mini = name == MINI.name
    if len(body.scene) > SCENE_MOST[name]:
        raise Invalid.field("scene", "wechat.scene_invalid", most=SCENE_MOST[name])
    async with runtime.db.read() as db:
        await _check_goal(db, body.queue_id, body.user_id)
        if (await db.scalar(select(func.count()).where(EntryRow.inbox_id == inbox_id)) or 0) >= MOST:
            raise Invalid("wechat.too_many_entries", most=MOST)
        if await _by_scene(db, inbox_id, body.scene) is not None:
            raise Conflict("wechat.scene_taken", scene=body.scene)
    row = EntryRow(
        id=new_id(),
        inbox_id=inbox_id,
        created_by=actor.id,
        expires_at=clock.now() + timedelta(days=body.days) if body.days is not None and not mini else None,
        **body.model_dump(exclude={"days", "page"}),
        page=body.page if mini else "",
    )
    api = runtime.get(WechatApi)
    try:
        if mini:
            await _mini_code(api, endpoint, row)  # fails for a page that does not exist
        else:
            row.ticket, row.url = await make_qr(api, endpoint, body.scene, days=body.days)
    except (WechatError, DeliveryFailed) as error:
        raise problem(error, locale) from error

    async def write(db: Session) -> EntryView:
        db.add(row)
        await db.flush()
        await db.refresh(row)
        change = {"scene": [None, row.scene], "title": [None, row.title]}
        await audit.record(db, actor, "wechat_entry.created", "wechat_entry", row.id, change)
        return EntryView.model_validate(row)

    return await runtime.db.run(write)


async def change(db: Session, actor: Actor, entry_id: UUID, body: EntryPatch) -> EntryView:
    """Leads a code elsewhere; what is printed goes on working."""
    row = await _locked(db, entry_id)
    given = body.model_dump(exclude_unset=True)
    if given.get("queue_id") is not None:
        given["user_id"] = None
    elif given.get("user_id") is not None:
        given["queue_id"] = None
    await _check_goal(db, given.get("queue_id"), given.get("user_id"))
    before = {key: getattr(row, key) for key in given}
    for key, value in given.items():
        if value is not None or key in ("queue_id", "user_id"):
            setattr(row, key, value)
    changes = audit.diff(before, {key: getattr(row, key) for key in given})
    if changes:
        await audit.record(db, actor, "wechat_entry.updated", "wechat_entry", row.id, changes)
    await db.flush()
    return EntryView.model_validate(row)


async def delete(db: Session, actor: Actor, entry_id: UUID) -> None:
    """Forgets where a code leads. WeChat has no call that ends one: a scan then begins like any other."""
    row = await _locked(db, entry_id)
    await audit.record(db, actor, "wechat_entry.deleted", "wechat_entry", row.id, {"scene": [row.scene, None]})
    await db.delete(row)


async def picture(runtime: Runtime, entry_id: UUID, locale: str) -> tuple[bytes, str]:
    """The code as a picture, from WeChat, and its kind."""
    async with runtime.db.read() as db:
        row = await db.get(EntryRow, entry_id)
        if row is None:
            raise NotFound("wechat.entry_not_found")
    _, endpoint = await _endpoint(runtime, row.inbox_id)
    api = runtime.get(WechatApi)
    try:
        if row.ticket:
            response = await api.http.request("GET", f"{SHOW}?ticket={quote(row.ticket)}")
            found = response.content if response.status_code == 200 else b""
        else:
            found = await _mini_code(api, endpoint, row)
    except (WechatError, DeliveryFailed) as error:
        raise problem(error, locale) from error
    kind = "image/png" if found.startswith(b"\x89PNG") else "image/jpeg" if found.startswith(b"\xff\xd8") else ""
    if not kind:
        raise problem(DeliveryFailed("the provider showed no code"), locale)
    return found, kind


async def _mini_code(api: WechatApi, endpoint: Endpoint, row: EntryRow) -> bytes:
    """A mini program's code. Its page reads the scene and hands it to the button of customer service."""
    version = str(endpoint.settings.get("env_version", "release"))
    body: dict[str, Any] = {"scene": row.scene, "env_version": version, "width": PICTURE}
    body["check_path"] = version == "release"
    if row.page:
        body["page"] = row.page
    return await api.ask(endpoint, "POST", "/wxa/getwxacodeunlimit", body)


async def _check_goal(db: Session, queue_id: UUID | None, user_id: UUID | None) -> None:
    try:
        if queue_id is not None:
            await routing.get_queue(db, queue_id)
        if user_id is not None:
            await routing.require_agent(db, user_id)
    except NotFound:
        field = "queue_id" if queue_id is not None else "user_id"
        code = "wechat.queue_unknown" if queue_id is not None else "wechat.agent_unknown"
        raise Invalid.field(field, code) from None


async def _locked(db: Session, entry_id: UUID) -> EntryRow:
    row = (await db.execute(select(EntryRow).where(EntryRow.id == entry_id).with_for_update())).scalar_one_or_none()
    if row is None:
        raise NotFound("wechat.entry_not_found")
    return row


async def _by_scene(db: Session, inbox_id: UUID, scene: str) -> EntryRow | None:
    query = select(EntryRow).where(EntryRow.inbox_id == inbox_id, EntryRow.scene == scene[:64])
    return (await db.execute(query)).scalar_one_or_none()


# -- coming in ---------------------------------------------------------------------------------------------------------


async def came_in(db: Session, inbox_id: UUID, customer_id: UUID, scene: str, event_id: int) -> EntryRow | None:
    """Somebody came in through an entry: counts, and remembers it for their next conversation. None when there is no such
    entry, or this was told before."""
    entry = await _by_scene(db, inbox_id, scene) if scene else None
    if entry is None:
        return None
    values = {"entry_id": entry.id, "event_id": event_id, "at": clock.now(), "used": False}
    statement = insert(VisitRow).values(inbox_id=inbox_id, customer_id=customer_id, **values)
    noted = await db.execute(
        statement.on_conflict_do_update(
            index_elements=["inbox_id", "customer_id"], set_=values, where=VisitRow.event_id < event_id
        ).returning(VisitRow.event_id)
    )
    if noted.scalar_one_or_none() is None:
        return None
    now = clock.now()
    counted = update(EntryRow).where(EntryRow.id == entry.id).values(scans=EntryRow.scans + 1, scanned_at=now)
    await db.execute(counted)
    return entry


async def came_through(db: Session, pairs: list[tuple[UUID, UUID]]) -> dict[tuple[UUID, UUID], EntryRow]:
    """The entries customers came through within a day, by inbox and customer; each is told once."""
    if not pairs:
        return {}
    customers = list({customer for _, customer in pairs})
    query = (
        select(VisitRow, EntryRow)
        .join(EntryRow, EntryRow.id == VisitRow.entry_id)
        .where(VisitRow.customer_id.in_(customers), ~VisitRow.used, VisitRow.at > clock.now() - REMEMBERED)
    )
    found = {}
    for visit, entry in await db.execute(query):
        key = (visit.inbox_id, visit.customer_id)
        if key in pairs:
            visit.used = True
            found[key] = entry
    return found


async def used(db: Session, inbox_id: UUID, customer_id: UUID) -> None:
    """The visit has led somewhere."""
    await db.execute(
        update(VisitRow).where(VisitRow.inbox_id == inbox_id, VisitRow.customer_id == customer_id).values(used=True)
    )


# -- the menu ----------------------------------------------------------------------------------------------------------


async def menu(runtime: Runtime, inbox_id: UUID, locale: str) -> Menu:
    """The menu customers see."""
    _, endpoint = await _endpoint(runtime, inbox_id, OFFICIAL.name)
    try:
        return await menus.read(runtime.get(WechatApi), endpoint)
    except (WechatError, DeliveryFailed) as error:
        raise problem(error, locale) from error


async def set_menu(runtime: Runtime, actor: Actor, inbox_id: UUID, body: Menu, locale: str) -> Menu:
    """Puts a menu in the place of the old one."""
    _, endpoint = await _endpoint(runtime, inbox_id, OFFICIAL.name)
    try:
        await menus.write(runtime.get(WechatApi), endpoint, body)
    except (WechatError, DeliveryFailed) as error:
        raise problem(error, locale) from error
    change = {"columns": [None, [column.name for column in body.columns]]}
    await runtime.db.run(lambda db: audit.record(db, actor, "wechat_menu.updated", "inbox", inbox_id, change))
    return body
