"""What WeCom posts: the handshake, and the news that there is something to fetch."""

import asyncio
import hashlib
import time
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from typing import Final
from uuid import UUID

from qiao.channels.contract.channel import Answer, Endpoint, Request, Taken
from qiao.channels.contract.reading import clean
from qiao.channels.contract.wechat_crypto import Envelopes, envelope, xml_values
from qiao.core import clock
from qiao.core.errors import Invalid, Unauthenticated

OLDEST: Final = 600
NEWS: Final = b'{"news": true}'
PREFIX: Final = "w:"
KNOWN: Final = 500
LOOK_BACK: Final = 30
"""Seconds a piece of news may have been under way from the provider's clock to our table."""
_KEY_LIMIT: Final = 100


class Wakes:
    """Which inboxes have something to fetch, and the token that makes asking cheap.

    The news that reach this process ring at once. Those that reached another one are looked up among the arrivals, where
    every hook leaves a line of its own.
    """

    def __init__(self, look: Callable[[UUID, str], Awaitable[Sequence[str]]] | None = None, look_seconds: float = 1.0):
        self.look = look
        self.look_seconds = look_seconds
        self._rung: dict[UUID, asyncio.Event] = {}
        self._news: dict[UUID, dict[str, str]] = {}
        self._known: dict[UUID, deque[str]] = {}

    def ring(self, inbox_id: UUID, key: str) -> None:
        """Something is there to be fetched; `key` names the news."""
        known = self._known.setdefault(inbox_id, deque(maxlen=KNOWN))
        if key in known:
            return
        known.append(key)
        account, token = _read(key)
        self._news.setdefault(inbox_id, {})[account] = token
        self._event(inbox_id).set()

    async def wait(self, inbox_id: UUID, seconds: float) -> dict[str, str]:
        """Tokens by account that came since, at once or when they come; after `seconds` none."""
        deadline = time.monotonic() + seconds
        event = self._event(inbox_id)
        while not event.is_set() and (left := deadline - time.monotonic()) > 0:
            try:
                async with asyncio.timeout(min(left, self.look_seconds) if self.look else left):
                    await event.wait()
            except TimeoutError:
                if self.look is not None:
                    since = str(int(clock.now().timestamp()) - LOOK_BACK)
                    for key in await self.look(inbox_id, key_of(since, "", "", "")):
                        self.ring(inbox_id, key)
        event.clear()
        return self._news.pop(inbox_id, {})

    def _event(self, inbox_id: UUID) -> asyncio.Event:
        return self._rung.setdefault(inbox_id, asyncio.Event())


def key_of(at: str, nonce: str, account: str, token: str) -> str:
    """The name of a piece of news: in the order of time, the same for a repeat, short enough to be kept as it is."""
    mark = hashlib.sha256(nonce.encode()).hexdigest()[:5] if nonce else ""
    key = f"{PREFIX}{at:0>10}:{mark}:{account}:{token}"
    return key if len(key) <= _KEY_LIMIT else f"{PREFIX}{at:0>10}:{mark}:{account}:"


def _read(key: str) -> tuple[str, str]:
    parts = key.split(":", 4)
    return (parts[3], parts[4]) if len(parts) == 5 else ("", "")


class WecomHook:
    """Checks, decrypts, and wakes the source; what is stored is only that there is news."""

    def __init__(self, wakes: Wakes):
        self.wakes = wakes

    def take(self, endpoint: Endpoint, request: Request) -> Taken:
        query = request.query
        given, at, nonce = query.get("msg_signature", ""), query.get("timestamp", ""), query.get("nonce", "")
        secrets = endpoint.credentials
        box = Envelopes(secrets.get("token", ""), secrets.get("aes_key", ""), str(endpoint.settings.get("corp_id", "")))
        if request.method == "GET":
            if "echostr" not in query:
                raise Invalid.field("echostr", "field_missing")
            return Taken(answer=Answer(box.open(given, at, nonce, query["echostr"])))
        sealed = envelope(request.body)
        opened = box.open(given, at, nonce, sealed)
        if not at.isdecimal() or len(at) > 12 or abs(clock.now().timestamp() - int(at)) > OLDEST:
            raise Unauthenticated("channel_signature_invalid")
        values = xml_values(opened)
        if values.get("Event") == "kf_msg_or_event":
            account, token = values.get("OpenKfId"), values.get("Token")
            if isinstance(account, str) and isinstance(token, str):
                key = key_of(at, nonce, clean(account, 64), clean(token, 200))
                self.wakes.ring(endpoint.inbox_id, key)
                return Taken(payloads=((key, NEWS),), answer=Answer(b"success"))
        return Taken(answer=Answer(b"success"))
