"""The verbs of the help centre: how it looks, and what readers say."""

import hashlib
from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, TooLarge
from qiao.core.events import Audience, emit
from qiao.core.files.inspect import PICTURES
from qiao.core.runtime import runtime_of
from qiao.knowledge.articles import service as articles
from qiao.knowledge.helpcenter import look, repository
from qiao.knowledge.helpcenter.events import HelpSettingsChanged, TextVoted
from qiao.knowledge.helpcenter.schemas import (
    COMMENT_LIMIT,
    LOGO_LIMIT,
    REASONS,
    ChatChoice,
    FeedbackView,
    HelpSettings,
    HelpSettingsView,
)
from qiao.people.accounts import audit


async def get_settings(db: Session) -> HelpSettingsView:
    """How the help centre is set up; defaults before anybody changed anything."""
    row = await repository.settings(db)
    return HelpSettingsView(
        settings=look.settings_of(row),
        logo_url=look.logo_url(row),
        address=f"{runtime_of(db).settings.public_url}/help",
        inboxes=[ChatChoice(id=chat.id, name=chat.name) for chat in await look.chats(db)],
    )


async def put_settings(db: Session, actor: Actor, settings: HelpSettings) -> HelpSettingsView:
    """Replaces the settings."""
    if settings.inbox_id is not None and settings.inbox_id not in {chat.id for chat in await look.chats(db)}:
        raise Invalid.field("inbox_id", "inbox_not_found")
    before = look.settings_of(await repository.settings(db, lock=True)).model_dump(mode="json", by_alias=True)
    values = settings.model_dump(mode="json", by_alias=True)
    await repository.save(db, settings=values)
    changes = {key: {"from": before[key], "to": value} for key, value in values.items() if before[key] != value}
    await _changed(db, actor, changes)
    return await get_settings(db)


async def put_logo(db: Session, actor: Actor, content: bytes) -> HelpSettingsView:
    """Sets the logo: a picture of at most half a megabyte."""
    if len(content) > LOGO_LIMIT:
        raise TooLarge("help.logo_too_large", kilobytes=LOGO_LIMIT // 1024)
    kind = _picture(content)
    if kind is None:
        raise Invalid.field("logo", "help.logo_not_a_picture")
    mark = hashlib.sha256(content).hexdigest()[:12]
    await repository.save(db, logo=content, logo_type=kind, logo_mark=mark)
    await _changed(db, actor, {"logo": {"from": None, "to": mark}})
    return await get_settings(db)


async def remove_logo(db: Session, actor: Actor) -> HelpSettingsView:
    await repository.save(db, logo=None, logo_type=None, logo_mark=None)
    await _changed(db, actor, {"logo": {"from": None, "to": None}})
    return await get_settings(db)


def _picture(content: bytes) -> str | None:
    """The type of a picture by its bytes, None for anything else."""
    import filetype

    kind = filetype.guess(content[:4096])
    return str(kind.mime) if kind is not None and kind.mime in PICTURES else None


async def _changed(db: Session, actor: Actor, changes: dict[str, Any]) -> None:
    await audit.record(db, actor, "helpcenter.settings", "helpcenter", 1, changes)
    await emit(db, HelpSettingsChanged(), actor=actor, audience=Audience(permission="settings.manage"))
    look.forget_after(db)


async def vote(
    db: Session,
    *,
    source: str,
    item_id: UUID,
    voter: bytes,
    helpful: bool,
    reason: str | None = None,
    comment: str = "",
    customer_id: UUID | None = None,
) -> None:
    """A reader's verdict on a text they may read; the last word counts, once."""
    if reason is not None and reason not in REASONS:
        raise Invalid.field("reason", "not_a_choice")
    reason = None if helpful else reason
    comment = "" if helpful else comment.replace("\x00", "").strip()[:COMMENT_LIMIT]
    now = clock.now()
    values = {"helpful": helpful, "reason": reason, "comment": comment, "updated_at": now}
    previous: bool | None = None
    if not await repository.first_vote(db, item_id=item_id, voter=voter, source=source, created_at=now, **values):
        row = await repository.vote(db, item_id, voter)
        assert row is not None  # nobody deletes single votes
        previous = row.helpful
        if previous == helpful and not helpful and reason is None and not comment:
            return  # 没用 pressed again: what was said with it before stays
        if (previous, row.reason, row.comment) == (helpful, reason, comment):
            return
        told_before = row.reason
        for name, value in values.items():
            setattr(row, name, value)
        await db.flush()
        if previous == helpful and told_before == reason:
            return
    if previous != helpful:
        moved = previous is not None
        await articles.change_votes(
            db,
            source,
            item_id,
            helpful=1 if helpful else -1 if moved else 0,
            unhelpful=1 if not helpful else -1 if moved else 0,
        )
    actor = Actor(kind="customer", id=customer_id, name="")
    fact = TextVoted(source=source, item_id=item_id, helpful=helpful, previous=previous, reason=reason)
    await emit(db, fact, actor=actor)


async def opinions(
    db: Session, item_id: UUID, *, helpful: bool | None, after: tuple[datetime, bytes] | None, limit: int
) -> list[tuple[FeedbackView, bytes]]:
    """What readers said about a text, newest first, each with its place in the list."""
    rows = await repository.opinions(db, item_id, helpful=helpful, after=after, limit=limit)
    return [
        (
            FeedbackView(
                helpful=row.helpful,
                reason=row.reason,
                comment=row.comment,
                updated_at=row.updated_at,
            ),
            row.voter,
        )
        for row in rows
    ]
