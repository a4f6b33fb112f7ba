"""Calls of the Bot API, and what its refusals mean."""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, Final

import httpx
import msgspec

from qiao.channels.contract import reading
from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.telegram.settings import API, plain

_HANDED_BACK: Final = frozenset({429, 500, 502, 503, 504})
REFUSALS: Final = (
    ("bot was blocked by the user", "blocked"),
    ("user is deactivated", "deactivated"),
    ("bot was kicked", "kicked"),
    ("bot is not a member", "kicked"),
    ("bot can't initiate conversation", "not_started"),
    ("bot can't send messages to bots", "is_bot"),
    ("chat not found", "chat_gone"),
    ("peer_id_invalid", "chat_gone"),
    ("user not found", "chat_gone"),
    ("have no rights to send", "no_rights"),
    ("not enough rights", "no_rights"),
    ("chat_write_forbidden", "no_rights"),
    ("chat_restricted", "no_rights"),
    ("message is too long", "too_long"),
    ("caption is too long", "too_long"),
    ("text is empty", "empty"),
    ("file is too big", "too_large"),
    ("too large", "too_large"),
    ("image_process_failed", "picture"),
    ("wrong type of the web page content", "picture"),
    ("message can't be deleted", "too_late"),
    ("message to delete not found", "gone"),
    ("button_data_invalid", "button"),
    ("button_url_invalid", "button"),
)
"""Parts of the descriptions Telegram gives; its numbers do not tell these apart."""


class CallRefused(Exception):
    """A refusal that the caller may know a way around. `code` is the HTTP-like number, `words` Telegram's own."""

    def __init__(self, code: int, words: str, moved_to: int | None):
        super().__init__(f"{code} {words}")
        self.code = code
        self.words = words
        self.moved_to = moved_to


def secret_token(endpoint: Endpoint) -> str:
    """What Telegram shows with everything it posts: made of the inbox's secret, so nobody has to think one up."""
    return hmac.new(endpoint.secret.encode(), b"telegram-hook", hashlib.sha256).hexdigest()


class TelegramApi:
    """The Bot API of an endpoint's bot."""

    def __init__(self, http: ChannelHttp):
        self.http = http

    async def call(
        self,
        endpoint: Endpoint,
        method: str,
        fields: Mapping[str, Any] | None = None,
        *,
        files: Mapping[str, tuple[str, bytes, str]] | None = None,
        timeout: float | None = None,
    ) -> Any:
        """The result. Raises DeliveryFailed, DeliveryRefused for a wrong token, or CallRefused."""
        options: dict[str, Any] = {"timeout": httpx.Timeout(timeout, connect=5.0)} if timeout else {}
        if files:
            # Form fields are text; what is a structure goes as JSON.
            form = {k: v if isinstance(v, str) else msgspec.json.encode(v).decode() for k, v in (fields or {}).items()}
            options |= {"data": form, "files": files}
        else:
            options["json"] = dict(fields or {})
        response = await self.http.request("POST", self._url(endpoint, method), answers=_HANDED_BACK, **options)
        try:
            answer = reading.mapping(msgspec.json.decode(response.content))
        except msgspec.MsgspecError:
            raise DeliveryFailed(f"Telegram answered {response.status_code}") from None
        if answer.get("ok") is True:
            return answer.get("result")
        code = reading.whole(answer, "error_code") or response.status_code
        words = reading.text(answer, "description", limit=300)
        if code == 429:
            after = reading.whole(answer, "parameters", "retry_after")
            raise DeliveryFailed(words or "429", after=float(min(after or 1, 3600)))
        if code >= 500:
            raise DeliveryFailed(f"{code} {words}")
        if code in (401, 404):
            raise DeliveryRefused("telegram.refused.token")
        raise CallRefused(code, words, reading.whole(answer, "parameters", "migrate_to_chat_id"))

    def file_url(self, endpoint: Endpoint, path: str) -> str:
        return f"{_base(endpoint)}/file/bot{_token(endpoint)}/{path.lstrip('/')}"

    def _url(self, endpoint: Endpoint, method: str) -> str:
        return f"{_base(endpoint)}/bot{_token(endpoint)}/{method}"


def refusal(error: CallRefused) -> DeliveryRefused | DeliveryFailed:
    """What a refusal means for the message; an unknown one is tried again."""
    words = error.words.lower()
    for part, name in REFUSALS:
        if part in words:
            return DeliveryRefused(f"telegram.refused.{name}")
    if error.code == 403:
        return DeliveryRefused("telegram.refused.blocked")
    if error.code == 413:
        return DeliveryRefused("telegram.refused.too_large")
    return DeliveryFailed(str(error)[:300])


def _base(endpoint: Endpoint) -> str:
    return (plain(endpoint.settings).api_url or API).rstrip("/")


def _token(endpoint: Endpoint) -> str:
    token = endpoint.credentials.get("bot_token") or ""
    if not token:
        raise DeliveryRefused("telegram.refused.token")
    return token
