"""A conversation as plain text, for people who keep or send it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID
from zoneinfo import ZoneInfo

from qiao.core import i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.desk.conversations import service
from qiao.desk.conversations.schemas import MessageView
from qiao.people.organization import service as organization

PAGE = 500


@dataclass(frozen=True, slots=True)
class Line:
    """One message in words. `event`: something that happened, not something said."""

    at: datetime
    who: str
    what: str
    event: bool
    by_customer: bool


async def lines(db: Session, actor: Actor, conversation_id: UUID, locale: str) -> AsyncIterator[Line]:
    """All messages `actor` may see, times in the workspace's zone."""
    zone = ZoneInfo((await organization.get_workspace(db)).timezone)
    after = 0
    while True:
        items, more = await service.transcript(db, actor, conversation_id, after_seq=after, limit=PAGE)
        for view in items:
            yield Line(
                at=view.created_at.astimezone(zone),
                who=_who(view, locale),
                what=_what(view, locale),
                event=view.kind == "event",
                by_customer=view.author.kind == "customer",
            )
        if not more or not items:
            return
        after = items[-1].seq


async def as_text(db: Session, actor: Actor, conversation_id: UUID, locale: str) -> str:
    """All messages `actor` may see, one paragraph each."""
    found = lines(db, actor, conversation_id, locale)
    return "".join([text_of(line) + "\n" async for line in found]) or "\n"


def text_of(line: Line) -> str:
    return f"[{line.at:%Y-%m-%d %H:%M:%S}] {line.who}: {line.what}"


def _who(view: MessageView, locale: str) -> str:
    return view.author.name or i18n.t(f"conversation.author.{view.author.kind}", locale)


def _what(view: MessageView, locale: str) -> str:
    if view.recalled_at is not None:
        return i18n.t("conversation.recalled", locale)
    if view.kind == "event":
        params = {key: str(value) for key, value in (view.payload.get("params") or {}).items()}
        return i18n.t(f"conversation.event.{view.payload.get('type')}", locale, **params)
    if view.kind in ("image", "file"):
        return f"[{view.payload.get('name', view.kind)}] {view.body}".strip()
    if view.kind == "card":
        return f"[{view.payload.get('title', '')}] {view.body}".strip()
    if view.kind == "choices":
        options = " / ".join(str(option.get("label", "")) for option in view.payload.get("options", []))
        return f"{view.body or view.payload.get('prompt', '')} {options}".strip()
    return view.body
