"""What WeCom posts: the handshake, and the news that there is something to fetch."""

import asyncio
from typing import Final
from uuid import UUID

from qiao.channels.contract.channel import Answer, Endpoint, Request, Taken
from qiao.channels.contract.reading import clean
from qiao.channels.contract.wechat_crypto import Envelopes, envelope, xml_values
from qiao.core import clock
from qiao.core.errors import Invalid, Unauthenticated

OLDEST: Final = 600


class Wakes:
    """Which inboxes of this process have something to fetch, and the token that makes asking cheap."""

    def __init__(self) -> None:
        self._news: dict[UUID, asyncio.Event] = {}
        self._tokens: dict[UUID, dict[str, str]] = {}

    def ring(self, inbox_id: UUID, open_kfid: str, token: str) -> None:
        self._tokens.setdefault(inbox_id, {})[open_kfid] = token
        self._event(inbox_id).set()

    async def wait(self, inbox_id: UUID, seconds: float) -> dict[str, str]:
        """Tokens by account that came since, at once or when they come; after `seconds` none."""
        event = self._event(inbox_id)
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            return {}
        event.clear()
        return self._tokens.pop(inbox_id, {})

    def _event(self, inbox_id: UUID) -> asyncio.Event:
        return self._news.setdefault(inbox_id, asyncio.Event())


class WecomHook:
    """Checks, decrypts, and wakes the source; there is nothing to store."""

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
                self.wakes.ring(endpoint.inbox_id, clean(account, 100), clean(token, 200))
        return Taken(answer=Answer(b"success"))
