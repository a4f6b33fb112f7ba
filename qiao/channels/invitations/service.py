"""The verbs of invitations."""

import time
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from qiao.channels.invitations import memory
from qiao.channels.invitations.models import Invitation, InvitationDay
from qiao.channels.invitations.schemas import (
    Allowed,
    Caps,
    Conditions,
    DayFigures,
    Figures,
    InvitationBody,
    InvitationView,
    PublicRule,
    Published,
    SeenBody,
)
from qiao.channels.webchat import service as webchat
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime, runtime_of
from qiao.core.secrets import Signer
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxView
from qiao.people.accounts import audit
from qiao.people.organization import service as organization

MOST: Final = 50
DAYS: Final = 90
KEPT_SECONDS: Final = 5.0
COUNTED: Final = frozenset({"shown", "accepted", "dismissed", "conversations"})


async def today(db: Session) -> date:
    """The day it is for the company."""
    return clock.now().astimezone(ZoneInfo((await organization.get_workspace(db)).timezone)).date()


# -- managers --------------------------------------------------------------------------------------------------------


async def _rows(db: Session, inbox_id: UUID) -> Sequence[Invitation]:
    query = select(Invitation).where(Invitation.inbox_id == inbox_id).order_by(Invitation.position, Invitation.id)
    return (await db.execute(query)).scalars().all()


async def _site(db: Session, inbox_id: UUID) -> InboxView:
    inbox = await inboxes.get(db, inbox_id)
    if inbox.channel != "webchat":
        raise NotFound("inbox_not_found")
    return inbox


async def listing(db: Session, inbox_id: UUID) -> list[InvitationView]:
    """A site's rules in the order they are tried, each with the figures of the last 30 days."""
    await _site(db, inbox_id)
    rows = await _rows(db, inbox_id)
    since = await today(db) - timedelta(days=29)
    query = (
        select(
            InvitationDay.invitation_id,
            *(func.sum(getattr(InvitationDay, name)) for name in ("shown", "accepted", "dismissed", "conversations")),
        )
        .where(InvitationDay.invitation_id.in_([row.id for row in rows]), InvitationDay.day >= since)
        .group_by(InvitationDay.invitation_id)
    )
    sums = {
        row[0]: Figures(shown=row[1], accepted=row[2], dismissed=row[3], conversations=row[4])
        for row in await db.execute(query)
    }
    return [_view(row, sums.get(row.id, Figures())) for row in rows]


def _view(row: Invitation, figures: Figures) -> InvitationView:
    return InvitationView(
        id=row.id,
        inbox_id=row.inbox_id,
        name=row.name,
        active=row.active,
        position=row.position,
        conditions=Conditions.model_validate(row.conditions),
        text_zh=row.text_zh,
        text_en=row.text_en,
        caps=Caps.model_validate(row.caps),
        figures=figures,
        updated_at=row.updated_at,
    )


def _check(body: InvitationBody) -> None:
    if not body.text_zh and not body.text_en:
        raise Invalid.field("text_zh", "field_missing")


async def create(db: Session, actor: Actor, inbox_id: UUID, body: InvitationBody) -> InvitationView:
    """Adds a rule after the others."""
    await _site(db, inbox_id)
    _check(body)
    rows = await _rows(db, inbox_id)
    if len(rows) >= MOST:
        raise Invalid.field("name", "invitation.too_many", most=MOST)
    row = Invitation(id=new_id(), inbox_id=inbox_id, position=max((one.position for one in rows), default=-1) + 1)
    _apply(row, body)
    db.add(row)
    await db.flush()
    await audit.record(db, actor, "invitation.created", "invitation", row.id, {"name": row.name})
    return _view(row, Figures())


async def change(db: Session, actor: Actor, invitation_id: UUID, body: InvitationBody) -> InvitationView:
    row = await _locked(db, invitation_id)
    _check(body)
    before = audit.snapshot(row)
    _apply(row, body)
    await db.flush()
    changes = audit.diff(before, audit.snapshot(row), model=Invitation)
    changes.pop("updated_at", None)
    if changes:
        await audit.record(db, actor, "invitation.updated", "invitation", row.id, changes)
    return next(one for one in await listing(db, row.inbox_id) if one.id == row.id)


def _apply(row: Invitation, body: InvitationBody) -> None:
    row.name, row.active = body.name, body.active
    row.conditions = body.conditions.model_dump()
    row.text_zh, row.text_en = body.text_zh, body.text_en
    row.caps = body.caps.model_dump()
    row.updated_at = clock.now()


async def remove(db: Session, actor: Actor, invitation_id: UUID) -> None:
    row = await _locked(db, invitation_id)
    await audit.record(db, actor, "invitation.deleted", "invitation", row.id, {"name": row.name})
    await db.execute(delete(Invitation).where(Invitation.id == invitation_id))


async def reorder(db: Session, inbox_id: UUID, ids: Sequence[UUID]) -> list[InvitationView]:
    """Rules in the order given; those left out come after."""
    rows = {row.id: row for row in await _rows(db, inbox_id)}
    wanted = [key for key in dict.fromkeys(ids) if key in rows]
    for position, key in enumerate([*wanted, *(key for key in rows if key not in wanted)]):
        rows[key].position = position
    await db.flush()
    return await listing(db, inbox_id)


async def days(db: Session, invitation_id: UUID) -> list[DayFigures]:
    """What came of a rule, day by day."""
    await _locked(db, invitation_id)
    since = await today(db) - timedelta(days=DAYS)
    query = (
        select(InvitationDay)
        .where(InvitationDay.invitation_id == invitation_id, InvitationDay.day >= since)
        .order_by(InvitationDay.day)
    )
    return [
        DayFigures(
            day=row.day,
            shown=row.shown,
            accepted=row.accepted,
            dismissed=row.dismissed,
            conversations=row.conversations,
        )
        for row in (await db.execute(query)).scalars()
    ]


async def _locked(db: Session, invitation_id: UUID) -> Invitation:
    row = await db.get(Invitation, invitation_id, with_for_update=True)
    if row is None:
        raise NotFound("invitation.not_found")
    return row


# -- pages -----------------------------------------------------------------------------------------------------------


class Rules:
    """The active rules of a site for a few seconds: every page view asks."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._kept: dict[UUID, tuple[float, list[Invitation], bool]] = {}

    @classmethod
    def of(cls, runtime: Runtime) -> "Rules":
        return runtime.once(cls, lambda: cls(runtime))

    async def get(self, inbox: InboxView) -> tuple[list[Invitation], bool]:
        """The rules in order, and whether somebody can answer now."""
        known = self._kept.get(inbox.id)
        if known is not None and time.monotonic() - known[0] < KEPT_SECONDS:
            return known[1], known[2]
        async with self.runtime.db.read() as db:
            rows = [row for row in await _rows(db, inbox.id) if row.active]
            online = (await webchat.outlook(db, inbox)).online if rows else False
            for row in rows:
                db.expunge(row)
        self._kept[inbox.id] = (time.monotonic(), rows, online)
        return rows, online

    def forget(self) -> None:
        """Somebody here has just changed them."""
        self._kept.clear()


async def published(runtime: Runtime, inbox: InboxView, locale: str, sealed: str) -> Published:
    """The rules that may speak to this browser now."""
    rows, online = await Rules.of(runtime).get(inbox)
    signer = runtime.get(Signer)
    seen = memory.unseal(signer, inbox.key, sealed)
    async with runtime.db.read() as db:
        day = await today(db)
    rules = []
    for row in rows:
        conditions, caps = Conditions.model_validate(row.conditions), Caps.model_validate(row.caps)
        if (conditions.only_open and not online) or not memory.may_show(seen, row.id, caps, day):
            continue
        words = (row.text_en or row.text_zh) if locale == "en" else (row.text_zh or row.text_en)
        shown = conditions.model_dump(exclude={"only_open"})
        rules.append(PublicRule(id=row.id, text=words, **shown))
    return Published(rules=rules, memory=memory.seal(signer, inbox.key, seen))


async def tell(runtime: Runtime, inbox: InboxView, body: SeenBody) -> Allowed:
    """A page asks to show one, or says what came of it. What is counted, and how often, is decided here."""
    rows, online = await Rules.of(runtime).get(inbox)
    row = next((one for one in rows if one.id == body.id), None)
    signer = runtime.get(Signer)
    seen = memory.unseal(signer, inbox.key, body.memory)
    if row is None:
        return Allowed(show=False, memory=memory.seal(signer, inbox.key, seen))
    caps = Caps.model_validate(row.caps)
    async with runtime.db.transaction() as db:
        day = await today(db)
        if body.what == "ask":
            open_enough = online or not Conditions.model_validate(row.conditions).only_open
            allowed = open_enough and memory.may_show(seen, row.id, caps, day)
            if allowed:
                memory.shown(seen, row.id, day)
                await _count(db, row.id, day, "shown")
            return Allowed(show=allowed, memory=memory.seal(signer, inbox.key, seen))
        known = seen.get(str(row.id))
        if known is not None and known.day == day:  # nothing comes of what was not shown
            if body.what == "dismissed":
                memory.dismissed(seen, row.id, caps, day)
            await _count(db, row.id, day, body.what)
    return Allowed(show=False, memory=memory.seal(signer, inbox.key, seen))


async def led_to_conversation(db: Session, invitation_id: UUID) -> None:
    """Somebody who accepted has written."""
    await _count(db, invitation_id, await today(db), "conversations")


async def _count(db: Session, invitation_id: UUID, day: date, what: str) -> None:
    assert what in COUNTED
    made = insert(InvitationDay).values(invitation_id=invitation_id, day=day).on_conflict_do_nothing()
    await db.execute(made)
    column = getattr(InvitationDay, what)
    await db.execute(
        update(InvitationDay)
        .where(InvitationDay.invitation_id == invitation_id, InvitationDay.day == day)
        .values({what: column + 1})
        .execution_options(synchronize_session=False)
    )


async def any_active(db: Session, inbox: InboxView) -> bool:
    """Whether pages of this site have to ask at all."""
    query = select(Invitation.id).where(Invitation.inbox_id == inbox.id, Invitation.active).limit(1)
    return await db.scalar(query) is not None


async def exists(db: Session, invitation_id: UUID, inbox_id: UUID) -> bool:
    row = await db.get(Invitation, invitation_id)
    return row is not None and row.inbox_id == inbox_id


def forget_rules(db: Session) -> None:
    """What this process keeps is out of date."""
    Rules.of(runtime_of(db)).forget()
