"""A tool that is an HTTP request: method, address with gaps, headers, body; the answer cut down to what flows need.

What a request may reach is narrow on purpose: listed hosts only, no private or local addresses unless the operator says
so, checked again at every redirect and for the very address that is connected to (a name may resolve differently twice).
"""

import asyncio
import json
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated, Any, Final, Literal
from urllib.parse import quote, urljoin, urlsplit
from uuid import UUID

import httpcore
import httpx
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from qiao.bot.tools.mapping import mapped
from qiao.bot.tools.ports import LONGEST_OUTPUT, Call, Key, ToolFailed, ToolSpec
from qiao.core.db import Session
from qiao.core.outbound import AddressRefused, GuardedTransport
from qiao.core.secrets import Unsealable, unseal

Method = Literal["GET", "POST", "PUT", "PATCH", "DELETE"]
LARGEST_ANSWER: Final = 1024 * 1024
MOST_REDIRECTS: Final = 3
_GAP: Final = re.compile(r"\{\{\s*(secret\.)?([a-z][a-z0-9_]{0,39})\s*\}\}")
_HEADER: Final = re.compile(r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,80}$")


class HttpSettings(BaseModel):
    """How to ask. `{{input}}` and `{{secret.name}}` may stand in the address' path and query, headers and body."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    method: Method = "GET"
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s{}/]+(/\S*)?$", max_length=1000)]
    headers: dict[
        Annotated[str, StringConstraints(pattern=_HEADER.pattern)], Annotated[str, Field(max_length=2000)]
    ] = Field(default_factory=dict, max_length=20)
    body: Any = None
    """JSON with gaps; sent as application/json."""
    output: dict[Key, Annotated[str, Field(max_length=200)]] = Field(default_factory=dict, max_length=40)
    """Name → where it stands in the answer (`data.items.0.price`). Empty: the whole answer."""
    errors: dict[Annotated[str, StringConstraints(pattern=r"^[1-5]\d\d$")], Key] = Field(
        default_factory=dict, max_length=20
    )
    """HTTP status → code a flow branches on; 404 is not_found anyway."""
    hosts: list[Annotated[str, Field(max_length=255)]] = Field(default_factory=list, max_length=20)
    """Other hosts that redirects may lead to; that of the address is always allowed."""
    allow_private: bool = False
    """Whether it may reach private and local addresses: a service inside the company."""
    timeout_s: Annotated[float, Field(ge=0.5, le=20)] = 8


def purpose(tool_id: UUID) -> str:
    """What a tool's secrets are sealed for."""
    return f"bot.tool:{tool_id}"


async def secrets_of(db: Session, tool_id: UUID, sealed: bytes | None) -> dict[str, str]:
    """A tool's secrets by name. Raises ToolFailed when this installation cannot read them."""
    if not sealed:
        return {}
    try:
        found = json.loads(await unseal(db, purpose(tool_id), sealed))
    except Unsealable:
        raise ToolFailed("unavailable", "secrets_lost") from None
    return {str(key): str(value) for key, value in found.items()}


@dataclass(frozen=True, slots=True)
class HttpTool:
    spec: ToolSpec
    settings: HttpSettings
    tool_id: UUID
    sealed: bytes | None = None

    async def call(self, db: Session, call: Call) -> Any:
        secrets = await secrets_of(db, self.tool_id, self.sealed)
        settings = self.settings
        url = fill(settings.url, call.inputs, secrets, escape=True)
        headers = {key: _one_line(fill(value, call.inputs, secrets)) for key, value in settings.headers.items()}
        if self.spec.effect == "write":
            headers.setdefault("Idempotency-Key", call.key)
        body = None if settings.body is None else fill_json(settings.body, call.inputs, secrets)
        status, content = await fetch(settings, url, headers, body, timeout_s=min(call.timeout_s, settings.timeout_s))
        return answer(settings, status, content)


def answer(settings: HttpSettings, status: int, content: bytes) -> Any:
    """What flows get of an answer. Raises ToolFailed for one that says no."""
    if status >= 400:
        fallback = "not_found" if status == 404 else "refused" if status in (400, 409, 422) else "unavailable"
        raise ToolFailed(
            settings.errors.get(str(status), fallback), f"{'http_key' if status in (401, 403) else 'http'}: {status}"
        )
    try:
        data = json.loads(content) if content.strip() else {}
    except (ValueError, RecursionError):
        raise ToolFailed("unavailable", "not_json") from None
    found = mapped(data, settings.output)
    if len(json.dumps(found, ensure_ascii=False).encode()) > LONGEST_OUTPUT:
        raise ToolFailed("unavailable", f"too_large_mapped: {LONGEST_OUTPUT // 1024} KB")
    return found


def fill(template: str, inputs: Mapping[str, Any], secrets: Mapping[str, str], *, escape: bool = False) -> str:
    """A text with its gaps filled. With `escape` a value cannot change the address' structure: no slash, no query."""

    def value(match: re.Match[str]) -> str:
        found = secrets.get(match[2], "") if match[1] else _text(inputs.get(match[2]))
        return quote(found, safe="") if escape else found

    return _GAP.sub(value, template)


def fill_json(template: Any, inputs: Mapping[str, Any], secrets: Mapping[str, str]) -> Any:
    """JSON with its gaps filled; a text that is one gap only takes the input's own type."""
    if isinstance(template, str):
        whole = _GAP.fullmatch(template.strip())
        if whole and not whole[1]:
            return inputs.get(whole[2])
        return fill(template, inputs, secrets)
    if isinstance(template, Mapping):
        return {str(key): fill_json(value, inputs, secrets) for key, value in template.items()}
    if isinstance(template, list):
        return [fill_json(value, inputs, secrets) for value in template]
    return template


def _text(value: Any) -> str:
    return "" if value is None else ("true" if value else "false") if isinstance(value, bool) else str(value)


def _one_line(value: str) -> str:
    return re.sub(r"[\r\n\x00]", " ", value)


# -- reaching out ------------------------------------------------------------------------------------------------------


async def fetch(
    settings: HttpSettings, url: str, headers: Mapping[str, str], body: Any, *, timeout_s: float
) -> tuple[int, bytes]:
    """Status and content of the answer. Raises ToolFailed for what may not be reached, is too slow or too large."""
    allowed = {(urlsplit(settings.url).hostname or "").lower(), *(host.lower() for host in settings.hosts)}
    method, sent = settings.method, body
    try:
        async with (
            asyncio.timeout(timeout_s),
            httpx.AsyncClient(
                transport=GuardedTransport(settings.allow_private),
                timeout=timeout_s,
                trust_env=False,
                follow_redirects=False,
            ) as client,
        ):
            for _ in range(MOST_REDIRECTS + 1):
                parts = urlsplit(url)
                host = (parts.hostname or "").lower()
                if parts.scheme not in ("http", "https") or host not in allowed:
                    raise ToolFailed("refused_address", host)
                own = host == (urlsplit(settings.url).hostname or "").lower()
                kept = dict(headers) if own else {}  # what is meant for one host (keys above all) goes to no other
                async with client.stream(method, url, headers=kept, json=sent) as response:
                    if response.is_redirect and "location" in response.headers:
                        url = urljoin(url, response.headers["location"])
                        if response.status_code in (301, 302, 303) and method != "GET":
                            method, sent = "GET", None
                        continue
                    return response.status_code, await _limited(response)
    except TimeoutError:
        raise ToolFailed("timeout") from None
    except httpx.TimeoutException:
        raise ToolFailed("timeout") from None
    except AddressRefused as private:
        raise ToolFailed("refused_address", str(private)) from None
    except (httpx.HTTPError, httpcore.ConnectError, OSError, ssl.SSLError) as error:
        refused = isinstance(error, ssl.SSLError) or "CERTIFICATE_VERIFY_FAILED" in str(error)
        host = urlsplit(url).netloc.rpartition("@")[2]
        raise ToolFailed("unavailable", f"{'certificate' if refused else 'unreachable'}: {host}") from None
    raise ToolFailed("unavailable", "redirects")


async def _limited(response: httpx.Response) -> bytes:
    parts, size = [], 0
    async for part in response.aiter_bytes():
        size += len(part)
        if size > LARGEST_ANSWER:
            raise ToolFailed("unavailable", f"too_large: {LARGEST_ANSWER // 1024} KB")
        parts.append(part)
    return b"".join(parts)
