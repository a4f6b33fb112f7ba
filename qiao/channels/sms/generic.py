"""Any provider that sends a text by one HTTP request, told by templates what that request looks like."""

import base64
import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from urllib.parse import quote, quote_plus, urlsplit
from uuid import UUID
from xml.sax.saxutils import escape

import msgspec

from qiao.channels.contract import reading
from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint, Sent, Template
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.sms.settings import SmsSettings

_BLANK: Final = re.compile(r"\{(to|to_digits|text|id|secret|basic)\}")


class Generic:
    """Fills in the inbox's templates and reads the answer where the inbox says."""

    def __init__(self, http: ChannelHttp):
        self.http = http

    def configured(self, settings: SmsSettings) -> bool:
        return bool(settings.url)

    async def send(
        self, endpoint: Endpoint, settings: SmsSettings, message_id: UUID, number: str, payload: Mapping[str, Any]
    ) -> Sent:
        values = {
            "to": number,
            "to_digits": number.removeprefix("+"),
            "text": str(payload["text"]),
            "id": str(message_id),
            **_secrets(endpoint),
        }
        content = None
        if settings.method != "GET":
            content = filled(settings.body, values, settings.content_type).encode()
        headers = headers_of(settings, values)
        response = await self.http.request(
            settings.method, filled(settings.url, values, "url"), headers=headers, content=content
        )
        answer = _answer(response.content)
        error = _told(answer, settings.error_path)
        if response.status_code in (401, 403):
            raise DeliveryRefused("sms.refused.credentials", said=str(response.status_code))
        failed = not 200 <= response.status_code < 300 or bool(error and error not in settings.ok_values)
        if failed:
            code = error or str(response.status_code)
            if code in settings.retry_values:
                raise DeliveryFailed(f"{urlsplit(settings.url).hostname}: {code}")
            raise DeliveryRefused("sms.refused.provider", said=code)
        remote = _told(answer, settings.id_path)
        return Sent((remote,) if remote else ())

    async def templates(self, endpoint: Endpoint, settings: SmsSettings) -> Sequence[Template]:
        return ()  # words are sent as they are written

    async def probe(self, endpoint: Endpoint, settings: SmsSettings) -> Mapping[str, str]:
        # A request that sends nothing exists at no provider; that the address answers at all is what can be known.
        host = urlsplit(filled(settings.url, {}, "url"))
        if host.scheme not in ("http", "https") or not host.hostname:
            raise DeliveryRefused("sms.refused.address")
        handed_back = frozenset({429, *range(500, 600)})
        await self.http.request("HEAD", f"{host.scheme}://{host.netloc}/", answers=handed_back)
        return {"host": host.hostname}


def _secrets(endpoint: Endpoint) -> dict[str, str]:
    secret = endpoint.credentials.get("api_secret") or ""
    return {"secret": secret, "basic": base64.b64encode(secret.encode()).decode()}


def filled(template: str, values: Mapping[str, str], form: str) -> str:
    """`template` with its blanks filled, each value escaped so that it cannot become anything but a value."""

    def put(found: re.Match[str]) -> str:
        value = values.get(found[1], "")
        match form:
            case "application/json":
                return msgspec.json.encode(value).decode()[1:-1]
            case "application/x-www-form-urlencoded":
                return quote_plus(value)
            case "text/xml":
                return escape(value, {'"': "&quot;", "'": "&apos;"})
            case "url":
                return quote(value, safe="")
        return value.replace("\r", "").replace("\n", " ")

    return _BLANK.sub(put, template)


def headers_of(settings: SmsSettings, values: Mapping[str, str]) -> dict[str, str]:
    """The lines of the setting as headers; the content type is the setting's own."""
    headers: dict[str, str] = {"content-type": settings.content_type} if settings.method != "GET" else {}
    for line in settings.headers.splitlines():
        name, colon, value = line.partition(":")
        if colon and name.strip():
            headers[name.strip().lower()] = filled(value.strip(), values, "header")
    return headers


def _answer(content: bytes) -> Any:
    try:
        return msgspec.json.decode(content)
    except msgspec.MsgspecError:
        return content.decode("utf-8", "replace").strip()


def _told(answer: Any, path: str) -> str:
    """The value at `path`; an answer that is bare text is itself the value."""
    if isinstance(answer, str):
        return reading.clean(answer, 80) if path == "." else ""
    found = reading.at(answer, *path.split(".")) if path else None
    if isinstance(found, bool):
        return str(found).lower()
    return reading.text(found, limit=80)
