"""From somebody's payload to our message, as the mapping says. Pure."""

import hashlib
import mimetypes
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from qiao.channels.contract.messages import Incoming, Media, Sender
from qiao.channels.incoming import expressions
from qiao.channels.incoming.expressions import Condition, Expression
from qiao.channels.incoming.settings import IncomingSettings
from qiao.core.errors import Invalid
from qiao.core.i18n import LOCALES
from qiao.desk.conversations.schemas import TEXT_LIMIT

MOST_ITEMS: Final = 100
MOST_FILES: Final = 10
_PICTURES: Final = frozenset({"image/png", "image/jpeg", "image/gif", "image/webp"})


class Found(msgspec.Struct, frozen=True):
    """What the mapping found in one message, before anything is made of it."""

    id: str
    address: str
    name: str | None
    phone: str | None
    email: str | None
    text: str
    files: tuple[dict[str, Any], ...]
    thread: str | None
    locale: str | None


@lru_cache(maxsize=2000)
def _expression(text: str) -> Expression | None:
    return expressions.parse(text) if text else None


@lru_cache(maxsize=500)
def _condition(text: str) -> Condition | None:
    return expressions.parse_condition(text) if text else None


def find(settings: IncomingSettings, payload: Any) -> list[Found]:
    """The messages of a payload. Raises Invalid that names the part of the mapping that found nothing."""
    found: list[Found] = []
    for item in _items(settings, payload):
        wanted = _condition(settings.when)
        if wanted is None or wanted.holds(item, payload):
            found.append(_one(settings, item, payload))
    return found


def _items(settings: IncomingSettings, payload: Any) -> list[Any]:
    listed = _expression(settings.items)
    if listed is None:
        return [payload]
    values = listed.values(payload, payload)
    # `messages` and `messages[*]` mean the same.
    flat = [one for value in values for one in (value if isinstance(value, list) else [value])]
    if len(flat) > MOST_ITEMS:
        raise Invalid.field("items", "incoming.too_many", most=MOST_ITEMS)
    return flat


def _one(settings: IncomingSettings, item: Any, payload: Any) -> Found:
    def text(name: str, limit: int) -> str | None:
        expression = _expression(getattr(settings, name))
        said = expression.text(item, payload) if expression is not None else None
        said = said.replace("\x00", "").strip() if said else None
        return said[:limit] if said else None

    address = text("address", 10_000)
    if not address:
        raise Invalid.field("address", "incoming.nothing_found")
    if len(address) > 200:
        raise Invalid.field("address", "text_too_long", max_length=200)
    body = text("text", TEXT_LIMIT) or ""
    files = _files(settings, item, payload)
    if not body and not files:
        raise Invalid.field("text", "incoming.nothing_found")
    locale = text("locale", 20)
    return Found(
        id=_short(text("id", 10_000) or _digest(item)),
        address=address,
        name=text("name", 80),
        phone=text("phone", 40),
        email=text("email", 254),
        text=body,
        files=tuple(files),
        thread=text("thread", 200),
        locale=next((one for one in LOCALES if locale and locale[:2].lower() == one[:2].lower()), None),
    )


def _files(settings: IncomingSettings, item: Any, payload: Any) -> list[dict[str, Any]]:
    expression = _expression(settings.files)
    values = expression.values(item, payload) if expression is not None else []
    values = [one for value in values for one in (value if isinstance(value, list) else [value])]
    files: list[dict[str, Any]] = []
    for value in values:
        url = value.get("url") if isinstance(value, Mapping) else value
        if not isinstance(url, str) or not url:
            continue
        try:
            parts = urlsplit(url)
            known = parts.scheme in ("http", "https") and bool(parts.hostname) and len(url) <= 2000
        except ValueError:
            known = False
        if not known:
            raise Invalid.field("files", "incoming.not_an_address")
        named = value.get("name") if isinstance(value, Mapping) else None
        name = named if isinstance(named, str) and named.strip() else unquote(parts.path.rpartition("/")[2])
        name = (name.replace("\x00", "").strip() or "file")[:120]
        mime = mimetypes.guess_type(name)[0]
        files.append({"url": url, "name": name, "mime": mime})
        if len(files) > MOST_FILES:
            raise Invalid.field("files", "incoming.too_many", most=MOST_FILES)
    return files


def _digest(item: Any) -> str:
    """Something without an id is known by all it says."""
    return hashlib.sha256(msgspec.json.encode(item, order="sorted")).hexdigest()[:40]


def _short(text: str) -> str:
    return text if len(text) <= 70 else hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:40]


def messages(found: Found) -> list[Incoming]:
    """A text and each file as messages of their own, in this order."""
    sender = Sender(found.address, found.name, found.phone, found.email)
    threads = (found.thread,) if found.thread else ()
    made: list[Incoming] = []
    if found.text:
        made.append(Incoming(found.id, "text", found.text, {}, sender, found.locale, threads=threads))
    for number, file in enumerate(found.files, start=1):
        kind = "image" if file["mime"] in _PICTURES else "file"
        media = (Media(file["url"], file["name"], file["mime"]),)
        made.append(Incoming(f"{found.id}#{number}", kind, "", {}, sender, found.locale, media=media, threads=threads))
    return made


def decode(raw: bytes) -> Any:
    """The payload as data. Raises Invalid."""
    try:
        return msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        raise Invalid.field("body", "json_invalid") from None
