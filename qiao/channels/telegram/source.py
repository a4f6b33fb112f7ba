"""Fetching updates where Telegram cannot post, and watching over its posting where it can."""

import asyncio
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from qiao.channels.contract import reading
from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint, Sink, SourceFailed
from qiao.channels.telegram.adapter import TelegramAdapter
from qiao.channels.telegram.api import CallRefused
from qiao.channels.telegram.settings import plain
from qiao.channels.telegram.updates import ALLOWED, wanted
from qiao.core import clock

WAIT: Final = 25
AT_ONCE: Final = 100
WATCH_SECONDS: Final = 600.0


class TelegramSource:
    """Runs for both ways of taking in: nobody has to press a button for Telegram to know where to post."""

    def __init__(self, adapter: TelegramAdapter, watch: float = WATCH_SECONDS):
        self.adapter = adapter
        self.watch = watch

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return True

    async def run(self, endpoint: Endpoint, sink: Sink) -> None:
        settings = plain(endpoint.settings)
        try:
            await self.adapter.connect(endpoint)
            while True:
                if settings.intake == "poll":
                    await self._fetch(endpoint, sink, settings.bot_username)
                else:
                    await self._look_after(endpoint, sink)
        except CallRefused as error:
            code = "conflict" if error.code == 409 else "refused"
            raise SourceFailed(f"telegram.source.{code}", detail=error.words) from None
        except DeliveryRefused as refused:
            raise SourceFailed(refused.code, hopeless=True) from None
        except DeliveryFailed as failed:
            raise SourceFailed("telegram.source.unreachable", detail=str(failed)[:200]) from None

    async def _fetch(self, endpoint: Endpoint, sink: Sink, username: str) -> None:
        offset = reading.whole(sink.cursor, "offset") or 0
        asked = {"offset": offset, "limit": AT_ONCE, "timeout": WAIT, "allowed_updates": list(ALLOWED)}
        found = await self.adapter.api.call(endpoint, "getUpdates", asked, timeout=WAIT + 15.0)
        updates = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        numbers = [number for one in updates if (number := reading.whole(one, "update_id")) is not None]
        await sink.fine()
        if not numbers:
            return
        payloads = [
            (str(number), msgspec.json.encode(one))
            for one in updates
            if (number := reading.whole(one, "update_id")) is not None and wanted(one, username)
        ]
        await sink.take(payloads, {"offset": max(numbers) + 1})
        for one in updates:
            pressed = reading.text(one, "callback_query", "id", limit=100)
            if pressed:
                try:
                    await self.adapter.api.call(endpoint, "answerCallbackQuery", {"callback_query_id": pressed})
                except CallRefused:
                    continue  # pressed too long ago: the button has stopped by itself

    async def _look_after(self, endpoint: Endpoint, sink: Sink) -> None:
        known = await self.adapter.api.call(endpoint, "getWebhookInfo")
        if reading.text(known, "url", limit=500) != endpoint.hook_url:
            raise SourceFailed("telegram.source.elsewhere")
        failed_at = reading.moment(known, "last_error_date")
        if failed_at is not None and (clock.now() - failed_at).total_seconds() < self.watch:
            detail = reading.text(known, "last_error_message", limit=200)
            raise SourceFailed("telegram.source.hook", detail=detail)
        await sink.fine()
        await asyncio.sleep(self.watch)
