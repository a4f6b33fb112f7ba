"""Reading what providers send without trusting any of it: a wrong type is an absence, never an exception."""

import hashlib
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from qiao.core.errors import Invalid

ID_LIMIT: Final = 80
DEPTH_LIMIT: Final = 40
_SOONEST: Final = 946_684_800  # the year 2000: what is smaller is no time of a message
_LATEST: Final = 4_102_444_800


def document(raw: bytes | str) -> dict[str, Any]:
    """The JSON object in `raw`. Raises Invalid."""
    found = anything(raw)
    if not isinstance(found, dict):
        raise Invalid.field("body", "value_invalid")
    return found


def anything(raw: bytes | str) -> Any:
    """The JSON value in `raw`. Raises Invalid, also for what is nested deeper than any provider nests."""
    try:
        found = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError):
        raise Invalid.field("body", "json_invalid") from None
    if _deeper(found, DEPTH_LIMIT):
        raise Invalid.field("body", "value_invalid")
    return found


def _deeper(value: Any, left: int) -> bool:
    if isinstance(value, dict):
        return left == 0 or any(_deeper(one, left - 1) for one in value.values())
    if isinstance(value, list):
        return left == 0 or any(_deeper(one, left - 1) for one in value)
    return False


def mapping(value: Any, *path: str) -> dict[str, Any]:
    """The object at `path`, empty where there is none."""
    found = at(value, *path)
    return found if isinstance(found, dict) else {}


def mappings(value: Any, *path: str) -> Iterator[dict[str, Any]]:
    """The objects of the list at `path`."""
    found = at(value, *path)
    return (one for one in found if isinstance(one, dict)) if isinstance(found, list) else iter(())


def at(value: Any, *path: str) -> Any:
    """What stands at `path`; numbers choose from lists. None where nothing does."""
    for step in path:
        if isinstance(value, Mapping):
            value = value.get(step)
        elif isinstance(value, list) and step.isdecimal() and len(step) < 6 and int(step) < len(value):
            value = value[int(step)]
        else:
            return None
    return value


def text(value: Any, *path: str, limit: int = 10_000) -> str:
    """The text (or number, as text) at `path`, without what cannot be stored; empty where there is none."""
    found = at(value, *path)
    if isinstance(found, bool) or not isinstance(found, str | int):
        return ""
    return clean(found, limit) if isinstance(found, str) else str(found)[:limit]


def clean(words: str, limit: int = 10_000) -> str:
    """Words without NUL and lone surrogates, at most `limit` long."""
    return words[:limit].replace("\x00", "").encode("utf-8", "ignore").decode()


def whole(value: Any, *path: str) -> int | None:
    """The whole number at `path`, also when it is written as text."""
    found = at(value, *path)
    if isinstance(found, str) and found.isascii() and found.isdecimal() and len(found) < 19:
        return int(found)
    return found if isinstance(found, int) and not isinstance(found, bool) and abs(found) < 2**63 else None


def moment(value: Any, *path: str) -> datetime | None:
    """The time at `path`, in seconds or milliseconds since 1970."""
    found = at(value, *path)
    if isinstance(found, str):
        try:
            found = float(found)
        except ValueError:
            return None
    if isinstance(found, bool) or not isinstance(found, int | float):
        return None
    seconds = found / 1000 if found > _LATEST else found
    return datetime.fromtimestamp(seconds, UTC) if _SOONEST < seconds < _LATEST else None


def name_of(*parts: str) -> str:
    """One id out of parts, as long as an id may be."""
    joined = ":".join(parts)
    if len(joined) <= ID_LIMIT:
        return joined
    return joined[:15] + "#" + hashlib.sha256(joined.encode()).hexdigest()


def required(value: Any, *path: str, limit: int = 200) -> str:
    """The text at `path`. Raises Invalid with its name where there is none."""
    found = text(value, *path, limit=limit + 1).strip()
    if not found or len(found) > limit:
        raise Invalid.field(".".join(path), "text_too_long" if found else "field_missing", max_length=limit)
    return found
