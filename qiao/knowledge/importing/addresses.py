"""Addresses of pages: one form for one page, traps told from pages, and what maps of sites and feeds list. Pure."""

import gzip
import io
import re
import zlib
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import parse_qsl, quote, urlencode, urljoin, urlsplit, urlunsplit

from qiao.knowledge.importing.reading.records import refuse

LONGEST: Final = 1_000
LARGEST_MAP: Final = 50 * 1024 * 1024
_MOST: Final = 50_000
_TRACKING: Final = re.compile(r"^(?:utm_\w+|gclid|fbclid|msclkid|spm|scm|yclid|mc_[ce]id|_ga|referrer)$", re.I)
_SESSION: Final = re.compile(r"^(?:jsessionid|phpsessid|sid|session_?id)$", re.I)
_DECLARES: Final = re.compile(rb"<!(?:DOCTYPE|ENTITY)", re.I)
_ASSET: Final = re.compile(r"\.(?:png|jpe?g|gif|webp|svg|ico|css|js|mp4|mp3|avi|zip|rar|gz|exe|dmg|apk|woff2?)$", re.I)


@dataclass(frozen=True, slots=True)
class Listed:
    """What a map or feed says: pages, and other maps to look into."""

    pages: list[str]
    maps: list[str]


def canonical(address: str) -> str | None:
    """One form for one page: no fragment, no marks of campaigns and sessions, small letters where they do not matter."""
    try:
        parts = urlsplit(address.strip())
        host = (parts.hostname or "").encode("idna").decode("ascii").lower()
        port = parts.port
    except (ValueError, UnicodeError):
        return None
    if parts.scheme.lower() not in ("http", "https") or not host or parts.username is not None:
        return None
    scheme = parts.scheme.lower()
    where = host if port is None or port == {"http": 80, "https": 443}[scheme] else f"{host}:{port}"
    if ":" in host:
        where = where.replace(host, f"[{host}]", 1)
    kept = [(key, value) for key, value in parse_qsl(parts.query, keep_blank_values=True)]
    query = urlencode([(key, value) for key, value in kept if not _TRACKING.match(key) and not _SESSION.match(key)])
    path = quote(re.sub(r";jsessionid=[^/?]*", "", parts.path, flags=re.I) or "/", safe="/%:@!$&'()*+,;=~-._")
    found = urlunsplit((scheme, where, path, query, ""))
    return found if len(found) <= LONGEST else None


def trap(address: str) -> bool:
    """An address that only a machine going in circles makes: parts repeated over and over, or endless settings."""
    parts = urlsplit(address)
    steps = [step for step in parts.path.split("/") if step]
    if len(steps) > 15 or len(parse_qsl(parts.query)) > 8:
        return True
    return any(steps.count(step) >= 4 for step in steps) or bool(
        re.search(r"(/[^/]+(?:/[^/]+)?)\1\1", parts.path + "/")
    )


def same_site(one: str, other: str) -> bool:
    """Whether two addresses are of one host, with or without www."""
    first, second = (urlsplit(address).hostname or "" for address in (one, other))
    return first.removeprefix("www.") == second.removeprefix("www.")


def is_asset(address: str) -> bool:
    return bool(_ASSET.search(urlsplit(address).path))


def unpacked(data: bytes) -> bytes:
    """A map that came packed, unpacked within bounds."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as packed:
            found = packed.read(LARGEST_MAP + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise refuse("import.map_unreadable") from error
    if len(found) > LARGEST_MAP:
        raise refuse("import.map_too_large")
    return found


def _tree(data: bytes) -> Any:
    from lxml import etree

    data = unpacked(data)
    if _DECLARES.search(data[:65_536].replace(b"\x00", b"")) and b"<!DOCTYPE html" not in data[:1024]:
        raise refuse("import.map_unreadable")
    parser = etree.XMLParser(resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False)
    try:
        return etree.fromstring(data.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise refuse("import.map_unreadable") from error


def _name(node: Any) -> str:
    return str(node.tag).rpartition("}")[2] if isinstance(node.tag, str) else ""


def read_map(data: bytes, base: str) -> Listed:
    """A sitemap or an index of sitemaps (XML, plain text, packed). Raises Invalid for anything else."""
    data = unpacked(data)
    if not data.lstrip(b"\xef\xbb\xbf \r\n\t").startswith(b"<"):
        lines = [line.strip() for line in data[:LARGEST_MAP].decode("utf-8", "replace").split("\n")]
        pages = [line for line in lines if line.startswith(("http://", "https://"))]
        if not pages:
            raise refuse("import.map_unreadable")
        return Listed(pages[:_MOST], [])
    root = _tree(data.lstrip(b"\xef\xbb\xbf \r\n\t"))
    kind = _name(root)
    if kind not in ("urlset", "sitemapindex"):
        raise refuse("import.not_a_map")
    found = [
        urljoin(base, (place.text or "").strip())
        for entry in root
        for place in entry
        if _name(place) == "loc" and (place.text or "").strip()
    ][:_MOST]
    return Listed(found, []) if kind == "urlset" else Listed([], found)


def read_feed(data: bytes, base: str) -> Listed:
    """The pages an RSS or Atom feed names, newest first as it lists them."""
    root = _tree(data.lstrip(b"\xef\xbb\xbf \r\n\t"))
    if _name(root) not in ("rss", "feed", "RDF"):
        raise refuse("import.not_a_feed")
    pages: list[str] = []
    for entry in root.iter():
        if _name(entry) not in ("item", "entry"):
            continue
        for child in entry:
            if _name(child) != "link":
                continue
            address = (child.get("href") or child.text or "").strip()
            if address and child.get("rel") in (None, "alternate"):
                pages.append(urljoin(base, address))
                break
    return Listed(pages[:_MOST], [])
