"""Answers to another system, by its template; and the files it names."""

import json
import re
from collections.abc import AsyncIterator, Mapping
from typing import Any, Final
from uuid import UUID

import msgspec

from qiao.channels.api.callback import SIGNATURE, signature
from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint, Sent, SourceFailed
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.messages import Media
from qiao.channels.incoming import expressions
from qiao.channels.incoming.settings import IncomingSettings, read
from qiao.core import clock

LARGEST: Final = 20 * 1024 * 1024
SAID: Final = 200
_BLANK: Final = re.compile(r"\{(to|text|id|conversation|agent|kind|url|thread)\}")


class IncomingAdapter:
    """Posts answers, fetches files. Signed with the inbox's secret like every callback of ours."""

    def __init__(self, http: ChannelHttp):
        self.http = http

    def configured(self, settings: Mapping[str, Any]) -> bool:
        return bool(settings.get("reply_url"))

    async def deliver(self, endpoint: Endpoint, message_id: UUID, payload: Any) -> Sent | None:
        settings = read(endpoint.settings)
        body = msgspec.json.encode(filled(json.loads(settings.reply_body), payload))
        headers = {
            "content-type": "application/json",
            "idempotency-key": str(message_id),
            SIGNATURE: signature(endpoint.secret, int(clock.now().timestamp()), body),
        }
        if endpoint.credentials.get("reply_authorization"):
            headers["authorization"] = endpoint.credentials["reply_authorization"]
        response = await self.http.request("POST", settings.reply_url, content=body, headers=headers)
        answer = _answer(response.content)
        if response.status_code in _statuses(settings):
            raise DeliveryFailed(f"answered {response.status_code}")
        said = _said(settings.reply_error, answer)
        if not 200 <= response.status_code < 300:
            raise DeliveryRefused("incoming.refused.status", status=response.status_code, said=said)
        if settings.reply_ok and not expressions.parse_condition(settings.reply_ok).holds(answer, answer):
            raise DeliveryRefused("incoming.refused.said", said=said)
        remote = _said(settings.reply_id, answer)
        return Sent((remote[:80],) if remote else ())

    async def probe(self, endpoint: Endpoint) -> Mapping[str, str]:
        """Nothing is posted: it would be a message to somebody. Says what is missing."""
        settings = read(endpoint.settings)
        if not endpoint.credentials.get("secret"):
            raise SourceFailed("incoming.source.no_secret", hopeless=True)
        return {"hook": endpoint.hook_url, "reply_url": settings.reply_url or "–"}

    async def fetch(self, endpoint: Endpoint, media: Media) -> AsyncIterator[bytes]:
        async for chunk in self.http.download(media.ref, LARGEST):
            yield chunk


def filled(template: Any, values: Mapping[str, Any]) -> Any:
    """The template with its blanks filled in, in texts only: nobody's words become structure."""
    if isinstance(template, str):
        return _BLANK.sub(lambda blank: str(values.get(blank[1], "")), template)
    if isinstance(template, list):
        return [filled(one, values) for one in template]
    if isinstance(template, dict):
        return {key: filled(one, values) for key, one in template.items()}
    return template


def _answer(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return None


def _said(expression: str, answer: Any) -> str:
    if not expression:
        return ""
    return (expressions.parse(expression).text(answer, answer) or "").replace("\x00", "")[:SAID]


def _statuses(settings: IncomingSettings) -> set[int]:
    return {int(part) for part in settings.retry_statuses.replace(",", " ").split()}
