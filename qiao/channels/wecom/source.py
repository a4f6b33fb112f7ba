"""Fetching what customers wrote: from where we had got to, when the callback says so, and every now and then."""

import time
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
import structlog

from qiao.channels.contract.channel import DeliveryFailed, Endpoint, Sink
from qiao.channels.contract.reading import mapping, mappings, moment, text, whole
from qiao.channels.wecom.adapter import accounts_of
from qiao.channels.wecom.api import WecomApi, WecomError
from qiao.channels.wecom.hook import Wakes
from qiao.core import clock

logger = structlog.get_logger(__name__)
POLL_SECONDS: Final = 30.0
ACCOUNTS_EVERY: Final = 600.0
PAGE: Final = 1000
PAGES_AT_ONCE: Final = 50
OLDEST_AT_FIRST: Final = timedelta(hours=1)
"""Without a cursor WeCom gives the last three days; what is older than this has been answered elsewhere."""
WELCOME_WITHIN: Final = timedelta(seconds=20)
BAD_TOKEN: Final = 95007
PEOPLE_AT_ONCE: Final = 100
PEOPLE_KEPT: Final = 5_000
PEOPLE_FOR: Final = 3_600.0


class WecomSource:
    """One inbox: every account of it, one after the other."""

    def __init__(self, api: WecomApi, wakes: Wakes, poll_seconds: float = POLL_SECONDS):
        self.api = api
        self.wakes = wakes
        self.poll_seconds = poll_seconds
        self._people: OrderedDict[tuple[UUID, str], tuple[float, dict[str, str]]] = OrderedDict()

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return bool(settings.get("corp_id"))

    async def run(self, endpoint: Endpoint, sink: Sink) -> None:
        """Works until cancelled. Raises SourceFailed and DeliveryFailed."""
        only = str(endpoint.settings.get("open_kfid") or "")
        accounts: list[str] = [only] if only else []
        listed = 0.0
        news: dict[str, str] = {}
        while True:
            try:
                stale = time.monotonic() - listed > ACCOUNTS_EVERY or any(one not in accounts for one in news)
                if not only and (not accounts or stale):
                    accounts, listed = list(await accounts_of(self.api, endpoint)), time.monotonic()
                for account in [one for one in accounts if not news or one in news]:
                    await self._fetch(endpoint, sink, account, news.get(account))
            except WecomError as error:
                raise error.as_source() from error
            await sink.fine()
            news = await self.wakes.wait(endpoint.inbox_id, self.poll_seconds)

    async def _fetch(self, endpoint: Endpoint, sink: Sink, account: str, token: str | None) -> None:
        for _ in range(PAGES_AT_ONCE):
            cursors = {key: value for key, value in mapping(sink.cursor, "accounts").items() if isinstance(value, str)}
            before = cursors.get(account, "")
            answer = await self._ask(endpoint, account, before, token)
            messages = list(mappings(answer, "msg_list"))
            if not before:
                since = clock.now() - OLDEST_AT_FIRST
                messages = [one for one in messages if (moment(one, "send_time") or since) >= since]
            people = await self._people_of(endpoint, messages)
            payloads = [
                (
                    text(one, "msgid", limit=200) or None,
                    msgspec.json.encode({"msg": one, "customer": people.get(_customer(one), {})}),
                )
                for one in messages
            ]
            after = text(answer, "next_cursor", limit=1000) or before
            if payloads or after != before:
                await sink.take(payloads, {**sink.cursor, "accounts": {**cursors, account: after}})
            await self._welcome(endpoint, messages)
            if whole(answer, "has_more") != 1 or after == before:
                return

    async def _ask(self, endpoint: Endpoint, account: str, cursor: str, token: str | None) -> dict[str, Any]:
        body = {"open_kfid": account, "cursor": cursor, "limit": PAGE, "voice_format": 0}
        try:
            return await self.api.call(endpoint, "kf/sync_msg", {**body, **({"token": token} if token else {})})
        except WecomError as error:
            if error.code != BAD_TOKEN or not token:
                raise
        # It was good for ten minutes; without one the same question is allowed less often.
        return await self.api.call(endpoint, "kf/sync_msg", body)

    async def _people_of(self, endpoint: Endpoint, messages: Iterable[Mapping[str, Any]]) -> dict[str, dict[str, str]]:
        """Names and union ids. Not knowing them holds nothing up."""
        wanted = dict.fromkeys(filter(None, (_customer(one) for one in messages)))
        now = time.monotonic()
        found: dict[str, dict[str, str]] = {}
        unknown: list[str] = []
        for who in wanted:
            kept = self._people.get((endpoint.inbox_id, who))
            if kept is not None and now - kept[0] < PEOPLE_FOR:
                found[who] = kept[1]
            else:
                unknown.append(who)
        for start in range(0, len(unknown), PEOPLE_AT_ONCE):
            ids = unknown[start : start + PEOPLE_AT_ONCE]
            try:
                answer = await self.api.call(endpoint, "kf/customer/batchget", {"external_userid_list": ids})
            except (WecomError, DeliveryFailed) as error:
                logger.info("wecom_customers_unknown", error=str(error)[:200])
                break
            for one in mappings(answer, "customer_list"):
                who = text(one, "external_userid", limit=100)
                known = {"nickname": text(one, "nickname", limit=80), "unionid": text(one, "unionid", limit=100)}
                found[who] = known
                self._people[(endpoint.inbox_id, who)] = (now, known)
        while len(self._people) > PEOPLE_KEPT:
            self._people.popitem(last=False)
        return found

    async def _welcome(self, endpoint: Endpoint, messages: Iterable[Mapping[str, Any]]) -> None:
        """Greets who has just entered. After the page is kept, so that nobody is greeted twice."""
        words = str(endpoint.settings.get("welcome") or "").strip()
        if not words:
            return
        for one in messages:
            code = text(one, "event", "welcome_code", limit=300)
            entered = moment(one, "send_time")
            if not code or entered is None or clock.now() - entered > WELCOME_WITHIN:
                continue
            body = {"code": code, "msgtype": "text", "text": {"content": words}}
            try:
                await self.api.call(endpoint, "kf/send_msg_on_event", body)
            except (WecomError, DeliveryFailed) as error:
                logger.info("wecom_welcome_failed", error=str(error)[:200])


def _customer(message: Mapping[str, Any]) -> str:
    return text(message, "external_userid", limit=100) or text(message, "event", "external_userid", limit=100)
