"""Pure decisions of inboxes: origins, addresses, keys."""

import re
import secrets
import string
from collections.abc import Iterable
from urllib.parse import urlsplit

_ALPHABET = string.ascii_lowercase + string.digits
_HOST = re.compile(r"(\*\.)?[a-z0-9]([a-z0-9.-]*[a-z0-9])?|\[[0-9a-f:.]+\]")
_DEFAULT_PORTS = {"http": 80, "https": 443}


def new_key() -> str:
    """A public site key."""
    return "wk_" + "".join(secrets.choice(_ALPHABET) for _ in range(24))


def new_secret() -> str:
    """A signing secret: 256 random bits."""
    return "ws_" + secrets.token_urlsafe(32)


def clean_origin(text: str) -> str:
    """`https://shop.example.com[:port]` in its one spelling; `https://*.example.com` stands for every subdomain.

    Raises ValueError.
    """
    parts = urlsplit(text.strip().lower())
    extra = parts.username or parts.query or parts.fragment or parts.path not in ("", "/")
    if parts.scheme not in _DEFAULT_PORTS or extra:
        raise ValueError("not an origin")
    host = parts.netloc.rpartition("@")[2]
    name, port = host, parts.port
    if port is not None:
        name = host[: host.rindex(":")]
    if not _HOST.fullmatch(name):
        raise ValueError("not an origin")
    suffix = "" if port in (None, _DEFAULT_PORTS[parts.scheme]) else f":{port}"
    return f"{parts.scheme}://{name}{suffix}"


def origin_allowed(allowed: Iterable[str], origin: str | None) -> bool:
    """Whether a page at `origin` may carry the widget. An empty list allows every site."""
    rules = list(allowed)
    if not rules:
        return True
    if not origin:
        return False
    try:
        wanted = clean_origin(origin)
    except ValueError:
        return False
    for rule in rules:
        if rule == wanted:
            return True
        scheme, _, host = rule.partition("://")
        if host.startswith("*.") and wanted.startswith(scheme + "://") and wanted.endswith(host[1:]):
            return True
    return False


def clean_color(text: str) -> str:
    """`#1677ff` in lower case. Raises ValueError."""
    color = text.strip().lower()
    if not re.fullmatch(r"#[0-9a-f]{6}", color):
        raise ValueError("not a colour")
    return color


def clean_callback_url(text: str) -> str:
    """An http(s) address without credentials or fragment. Raises ValueError."""
    text = text.strip()
    parts = urlsplit(text)
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.username or parts.password or parts.fragment:
        raise ValueError("not a callback address")
    if len(text) > 1000 or not text.isprintable() or " " in text:
        raise ValueError("not a callback address")
    _ = parts.port  # raises ValueError when out of range
    return text


def site_origins(url: str | None) -> list[str]:
    """The origins of a website given by any of its addresses, with and without www. Empty when there is none."""
    if not url:
        return []
    parts = urlsplit(url if "://" in url else f"https://{url}")
    try:
        origin = clean_origin(f"{parts.scheme}://{parts.netloc}")
    except ValueError:
        return []
    scheme, _, host = origin.partition("://")
    if re.fullmatch(r"[\d.]+(:\d+)?|\[.*|localhost(:\d+)?", host):
        return [origin]
    bare = host.removeprefix("www.")
    return [f"{scheme}://{bare}", f"{scheme}://www.{bare}"]
