"""HTTP foundations: sessions for routes, pages, errors, headers, idempotency."""

from qiao.core.web.deps import Locale, Read, Runtime_, Tx, locale_of, runtime_from
from qiao.core.web.pages import Cursor, Page, decode_cursor, encode_cursor

__all__ = [
    "Cursor",
    "Locale",
    "Page",
    "Read",
    "Runtime_",
    "Tx",
    "decode_cursor",
    "encode_cursor",
    "locale_of",
    "runtime_from",
]
