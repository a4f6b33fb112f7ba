"""Why the other side could not be reached: kept as a word with the host, said in the reader's language."""

import re
import socket
import ssl
from typing import Final

import httpx

from qiao.core import i18n
from qiao.core.outbound import AddressRefused

_KEPT: Final = re.compile(r"(\S+): wire\.([a-z]+)")
_WORDS: Final[tuple[tuple[type[Exception], str], ...]] = (
    (AddressRefused, "private"),
    (httpx.ConnectTimeout, "connect"),
    (httpx.TimeoutException, "slow"),
    (httpx.ConnectError, "connect"),
    (httpx.TransportError, "cut"),
    (ConnectionRefusedError, "connect"),
    (ssl.SSLError, "certificate"),
    (ConnectionError, "cut"),
    (TimeoutError, "slow"),
    (OSError, "connect"),
)
_TELLING: Final[tuple[tuple[type[Exception], str], ...]] = (
    (socket.gaierror, "unknown"),
    (ssl.SSLError, "certificate"),
    (ConnectionRefusedError, "connect"),
)
"""Causes that say more than what a client library made of them."""


def why(host: str, error: Exception) -> str:
    """What is kept of a failure on the way to `host`."""
    word = next((word for kind, word in _WORDS if isinstance(error, kind)), "address")
    cause: BaseException | None = error
    while cause is not None and word in ("connect", "cut"):
        told = next((word for kind, word in _TELLING if isinstance(cause, kind)), None)
        if told is not None:
            return f"{host}: wire.{told}"
        cause = cause.__cause__ or cause.__context__
    return f"{host}: wire.{word}"


def worded(detail: str, locale: str) -> str:
    """`detail` in words, where it is one that `why` has kept."""
    found = _KEPT.fullmatch(detail)
    return i18n.t(f"channels.wire.{found[2]}", locale, host=found[1]) if found else detail
