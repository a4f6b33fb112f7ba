"""HTML to Markdown: what may stand in an article, and nothing that runs or hides."""

import base64
import binascii
import re
from collections.abc import Callable
from typing import Any, Final
from urllib.parse import unquote_to_bytes, urljoin, urlsplit

from qiao.knowledge.importing.reading.documents import Document, Picture, Pictures, tidy
from qiao.knowledge.importing.reading.records import refuse

LARGEST_HTML: Final = 8 * 1024 * 1024
DEEPEST: Final = 250
_GONE: Final = (
    "script", "style", "template", "noscript", "iframe", "object", "embed", "applet", "form", "input", "button", "select",
    "textarea", "svg", "math", "canvas", "audio", "video", "title", "link", "meta", "base", "dialog", "nav",
)  # fmt: skip
_HIDDEN: Final = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|font-size\s*:\s*0(?![.\d])", re.I)
_SAFE: Final = ("http", "https", "mailto", "tel")
_DATA: Final = re.compile(r"^data:image/(png|jpe?g|gif|webp|bmp)(?:;[^,;]*)*?(;base64)?,", re.I)
_TAG: Final = re.compile(rb"<[a-zA-Z/!]")
_CHARSET: Final = re.compile(rb"<meta[^>]{0,200}?charset\s*=\s*[\"']?\s*([A-Za-z0-9_:.-]{2,40})", re.I)

Resolve = Callable[[str], Picture | None]
"""From the address of a picture as it stands in the document to the picture, or None when it is not there."""


def no_pictures(address: str) -> Picture | None:
    return None


def read_html(data: bytes, name: str, resolve: Resolve = no_pictures, base: str | None = None) -> Document:
    """A page as one document. `base`: its own address, against which links are read."""
    if len(data) > LARGEST_HTML:
        raise refuse("import.document_too_long")
    if not _TAG.search(data[:200_000]):
        raise refuse("import.not_html")
    return from_html(decoded(data), name, resolve, base)


def decoded(data: bytes, charset: str | None = None) -> str:
    """The text of a page: as it says itself, else as it looks."""
    from qiao.knowledge.importing.reading.encoding import decode

    said = _CHARSET.search(data[:4096])
    names = [charset, said[1].decode("ascii") if said else None]
    if not data.startswith((b"\xff\xfe", b"\xfe\xff")):
        for known in names:
            try:
                if known:
                    lower = known.lower()
                    return data.decode("gb18030" if lower in ("gb2312", "gbk", "gb_2312-80") else lower)
            except (LookupError, UnicodeDecodeError):
                continue
    return decode(data)[0]


def from_html(text: str, name: str, resolve: Resolve = no_pictures, base: str | None = None) -> Document:
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "lxml")
    refuse_depth(soup)
    title = _title(soup)
    for gone in soup.find_all(_GONE):
        gone.decompose()
    for hidden in soup.find_all(style=_HIDDEN):
        if not hidden.decomposed:
            hidden.decompose()
    for hidden in soup.find_all(hidden=True):
        if not hidden.decomposed:
            hidden.decompose()
    mains = soup.find_all("main") or soup.find_all("article")
    root: Any = mains[0] if len(mains) == 1 and len(mains[0].get_text(strip=True)) > 40 else soup
    pictures = Pictures()
    body = _converter(pictures, resolve, base).convert_soup(root)
    found = tidy(title, body, pictures.kept, name)
    if not found.body:
        raise refuse("import.document_empty")
    return found


def _title(soup: Any) -> str:
    heading = soup.find("h1")
    heads = [heading.get_text(" ", strip=True) if heading is not None and len(soup.find_all("h1")) == 1 else ""]
    heads.append(soup.title.get_text(" ", strip=True) if soup.title is not None else "")
    return next((str(one)[:300] for one in heads if one), "")


def refuse_depth(soup: Any) -> None:
    """Nothing a person wrote is nested so deeply; what walks the tree would run out of stack."""
    depth, node = 0, soup
    level = [node]
    while level:
        depth += 1
        if depth > DEEPEST:
            raise refuse("import.too_deep")
        level = [child for one in level for child in getattr(one, "contents", ())]


def _converter(pictures: Pictures, resolve: Resolve, base: str | None) -> Any:
    from markdownify import MarkdownConverter

    class Converter(MarkdownConverter):
        def convert_img(self, el: Any, text: str, parent_tags: Any) -> str:
            source = str(el.get("src") or el.get("data-src") or "").strip()
            words = str(el.get("alt") or "")
            found = _inline(source) if source.startswith("data:") else resolve(source)
            return pictures.add(found, words) if found is not None else words

        def convert_a(self, el: Any, text: str, parent_tags: Any) -> str:
            address = _link(str(el.get("href") or ""), base)
            words = " ".join(text.split())
            if not address or not words:
                return text
            if words.startswith("![") and "](picture:" in words:
                return words
            return f"[{words}]({address})" if words != address else f"<{address}>"

        def convert_td(self, el: Any, text: str, parent_tags: Any) -> str:
            return self._cell(el, text)

        def convert_th(self, el: Any, text: str, parent_tags: Any) -> str:
            return self._cell(el, text)

        def _cell(self, el: Any, text: str) -> str:
            words = " ".join(text.replace("|", "\\|").split())
            try:
                span = max(1, min(int(el.get("colspan") or 1), 20))
            except ValueError:
                span = 1
            return f" {words} |" + " |" * (span - 1)

        def convert_h1(self, el: Any, text: str, parent_tags: Any) -> str:
            return f"\n\n# {' '.join(text.split())}\n\n" if text.strip() else ""

    return Converter(heading_style="ATX", bullets="-", table_infer_header=True, escape_misc=False)


def _inline(source: str) -> Picture | None:
    match = _DATA.match(source)
    if match is None:
        return None
    words = source[match.end() :]
    try:
        data = base64.b64decode(words, validate=False) if match[2] else unquote_to_bytes(words)
    except (binascii.Error, ValueError):
        return None
    return Picture(f"picture.{match[1].lower()}", data) if data else None


def _link(href: str, base: str | None) -> str | None:
    href = "".join(href.split())
    if not href or href.startswith("#"):
        return None
    try:
        whole = urljoin(base, href) if base else href
        parts = urlsplit(whole)
    except ValueError:
        return None
    if parts.scheme.lower() not in _SAFE or (parts.scheme.startswith("http") and not parts.netloc):
        return None
    return whole.replace("(", "%28").replace(")", "%29").replace("<", "%3C").replace(">", "%3E")[:2_000]
