"""Cursor pages: `{items, next_cursor}`; a cursor is opaque, and a broken one is a clear error."""

import base64
import binascii
from typing import Annotated, Any, Generic, TypeVar

import msgspec
from fastapi import Query
from pydantic import BaseModel

from qiao.core.errors import Invalid

T = TypeVar("T")

Cursor = Annotated[str | None, Query(description="`next_cursor` of the page before.")]
Limit = Annotated[int, Query(ge=1, le=200, description="Items per page.")]


class Page(BaseModel, Generic[T]):
    """One page of a list. `next_cursor` is null on the last."""

    items: list[T]
    next_cursor: str | None = None
    total: int | None = None


def encode_cursor(*keys: Any) -> str:
    """An opaque cursor from the sort keys of the last item."""
    return base64.urlsafe_b64encode(msgspec.json.encode(keys)).decode().rstrip("=")


def decode_cursor(cursor: str | None, types: type[Any]) -> Any:
    """The keys of a cursor as `types` (e.g. `tuple[datetime, UUID]`), None for no cursor. Raises Invalid."""
    if not cursor:
        return None
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(raw, type=types)
    except (ValueError, binascii.Error, msgspec.MsgspecError):
        raise Invalid.field("cursor", "cursor_invalid") from None
