"""What a widget needs to know before anybody says a word."""

import time
from datetime import datetime
from typing import Any

import msgspec

from qiao.channels.contract.ports import Greeter
from qiao.channels.webchat import policy, service
from qiao.channels.webchat.features import WidgetFeatures
from qiao.channels.webchat.jobs import can_send
from qiao.core.db import Session
from qiao.core.files.inspect import DOCUMENTS, PICTURES
from qiao.core.runtime import Runtime, runtime_of
from qiao.desk.inboxes.schemas import InboxView
from qiao.people.organization import service as organization

KEPT_SECONDS = 3.0
SUGGESTED = 5


class Config(msgspec.Struct, frozen=True):
    """As in the contract; the widget fills in what an older server does not say."""

    company: str
    title: str
    bot_name: str
    greeting: str
    suggestions: list[str]
    accent: str
    position: str
    theme: str
    online: bool
    next_open: datetime | None
    expected_wait_s: int | None
    locale: str
    limits: dict[str, Any]
    features: dict[str, bool]


class ConfigCache:
    """Encoded configurations for a few seconds: every page view of the host site asks for one."""

    def __init__(self, runtime: Runtime):
        self.runtime = runtime
        self._kept: dict[tuple[str, str], tuple[float, bytes]] = {}

    async def get(self, inbox: InboxView, locale: str) -> bytes:
        known = self._kept.get((inbox.key, locale))
        if known is not None and time.monotonic() - known[0] < KEPT_SECONDS:
            return known[1]
        async with self.runtime.db.read() as db:
            body = msgspec.json.encode(await _config(db, inbox, locale))
        self._kept[inbox.key, locale] = (time.monotonic(), body)
        return body


async def _config(db: Session, inbox: InboxView, locale: str) -> Config:
    runtime, look = runtime_of(db), inbox.webchat
    workspace = await organization.get_workspace(db)
    outlook = await service.outlook(db, inbox)
    suggestions, bot_name = look.suggestions.of(locale), look.bot_name.text(locale)
    bot: Greeter | None = runtime.find(Greeter)
    if bot is not None and inbox.bot_enabled:
        suggestions = suggestions or await bot.suggestions(db, locale, SUGGESTED)
        bot_name = await bot.name(db, inbox.id, locale)
    return Config(
        company=look.title.text(locale) or workspace.name,
        title=look.title.text(locale),
        bot_name=bot_name,
        greeting=look.greeting.text(locale),
        suggestions=suggestions,
        accent=look.accent,
        position=look.position,
        theme=look.theme,
        online=outlook.online,
        next_open=outlook.next_open,
        expected_wait_s=outlook.expected_wait_s,
        locale=locale,
        limits={
            "file_bytes": min(runtime.settings.upload_max_bytes, workspace.settings.upload_max_bytes),
            "types": sorted({*PICTURES, *DOCUMENTS}),
            "withdraw_s": int(policy.WITHDRAW_WITHIN.total_seconds()),
        },
        features={
            "bot": inbox.bot_enabled,
            "files": True,
            "send_preview": look.show_typing_preview,
            "rating": True,
            "transcript_download": True,
            "transcript_mail": can_send(runtime.settings),
            "leave_message": True,
            **await WidgetFeatures.of(runtime).of_site(db, inbox),
        },
    )
