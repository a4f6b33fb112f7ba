"""HTML of mails: made safe to show, and read as text. Pure, and bounded: what is built to be slow is read as plain text."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Final, NamedTuple

import nh3

SOURCE_LIMIT: Final = 2 * 1024 * 1024
SHOWN_LIMIT: Final = 512 * 1024
_DEEPEST: Final = 600
_MOST_TAGS: Final = 30_000
_TAG: Final = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]{0,15})")
_WORDS: Final = re.compile(r"[\w-]+")
_VOID: Final = frozenset(_WORDS.findall("area base br col embed hr img input link meta source track wbr"))
_BLOCKS: Final = frozenset(
    _WORDS.findall("p div tr table ul ol li h1 h2 h3 h4 h5 h6 blockquote pre section article hr dl dt dd")
)
_TAGS: Final = frozenset(
    _WORDS.findall(
        "a abbr b blockquote br caption center code col colgroup dd del div dl dt em font h1 h2 h3 h4 h5 h6 hr i img ins"
        " li ol p pre s small span strike strong sub sup table tbody td tfoot th thead tr tt u ul"
    )
)
_DROPPED: Final = frozenset(
    {"script", "style", "title", "head", "noscript", "template", "iframe", "object", "svg", "math"}
)
_STYLES: Final = frozenset(
    _WORDS.findall(
        "color background-color font-family font-size font-style font-weight text-align text-decoration line-height"
        " vertical-align border border-top border-right border-bottom border-left border-collapse border-radius padding"
        " padding-top padding-right padding-bottom padding-left width max-width white-space"
    )
)
_ATTRIBUTES: Final = {
    "*": {"style", "dir", "lang", "align", "valign"},
    "a": {"href", "title"},
    "img": {"src", "alt", "title", "width", "height"},
    "table": {"border", "cellpadding", "cellspacing", "width", "bgcolor"},
    "td": {"colspan", "rowspan", "width", "bgcolor"},
    "th": {"colspan", "rowspan", "width", "bgcolor"},
    "font": {"color", "size", "face"},
    "ol": {"start"},
}
_SCHEMES: Final = {"http", "https", "mailto", "tel", "cid"}
_BLOCKED: Final = "blocked:"
_MARK: Final = f' src="{_BLOCKED}'
_RICH: Final = re.compile(r"<(?:img|table|ul|ol|h[1-6]|b|strong|u|s|strike|del|font|pre|code)\b|background-color")


class Page(NamedTuple):
    """What of an HTML part may be shown: the mail's own images by `cid:`, those of elsewhere as `data-remote-src` only."""

    html: str
    remote_images: int


def safe(source: str) -> Page | None:
    """`source` with nothing that runs, loads or leaves its place; None where it cannot be shown."""
    if not _tame(source):
        return None
    blocked = 0

    def filtered(tag: str, attribute: str, value: str) -> str | None:
        nonlocal blocked
        if tag == "img" and attribute == "src" and not value.lower().startswith("cid:"):
            blocked += 1
            return _BLOCKED + value
        if attribute == "href" and value.lower().startswith("cid:"):
            return None
        return value

    cleaned = nh3.clean(
        source,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=filtered,
        filter_style_properties=set(_STYLES),
        url_schemes=set(_SCHEMES),
        link_rel="noopener noreferrer nofollow",
    )
    # Every image from elsewhere has been marked above; here the mark becomes the attribute a reader may switch on.
    html = cleaned.replace(_MARK, ' data-remote-src="').strip()
    return Page(html, blocked) if html and len(html) <= SHOWN_LIMIT else None


def says_more(html: str) -> bool:
    """Whether cleaned HTML shows anything that its words alone do not."""
    return _RICH.search(html) is not None


def to_text(source: str) -> str:
    """The words of HTML; what it quotes begins with `> `."""
    if not _tame(source):
        return _stripped(source)
    cleaned = nh3.clean(
        source,
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED),
        attributes={"div": {"class"}, "blockquote": {"class"}, "a": {"href"}, "img": {"alt"}},
        url_schemes=set(_SCHEMES),
        link_rel=None,
    )
    reader = _Reader()
    reader.feed(cleaned)
    reader.close()
    return reader.text()


def _tame(source: str) -> bool:
    """Whether the cleaner is quick with it: its time grows with the square of the depth."""
    if len(source) > SOURCE_LIMIT:
        return False
    depth = deepest = 0
    for number, found in enumerate(_TAG.finditer(source)):
        if number >= _MOST_TAGS:
            return False
        if found[2].lower() in _VOID:
            continue
        depth += -1 if found[1] and depth else 0 if found[1] else 1
        deepest = max(deepest, depth)
    return deepest <= _DEEPEST


def _stripped(source: str) -> str:
    """Something to read of HTML that is no sane HTML."""
    text = re.sub(r"(?i)<(?:br|/p|/div|/tr|/li)\b[^<>]{0,200}>", "\n", source[:SOURCE_LIMIT])
    return _tidy(unescape(re.sub(r"<[^<>]{0,2000}>", "", text)))


class _Reader(HTMLParser):
    """Reads what the cleaner has written: well-formed, without comments and scripts."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self._lines: list[str] = []
        self._line: list[str] = []
        self._quotes: list[str] = []
        self._open: list[str] = []
        self._pre = 0
        self._link: tuple[str, int] | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        if tag == "br":
            self._break(force=True)
            return
        if tag == "img":
            # Only what has words: spacers and counting pixels have none.
            if alt := (given.get("alt") or "").strip():
                self._line.append(f"[{alt[:100]}]")
            return
        if tag in _BLOCKS:
            self._break()
        if tag == "blockquote":
            self._quotes.append(tag)
        if tag == "li":
            self._line.append("- ")
        if tag in ("td", "th") and self._line:
            self._line.append(" ")
        if tag == "pre":
            self._pre += 1
        if tag == "a":
            self._link = (given.get("href") or "", len(self._line))

    def handle_endtag(self, tag: str) -> None:
        if tag in _BLOCKS:
            self._break()
            if tag in ("p", "ul", "ol", "table", "blockquote") and self._lines and self._lines[-1].strip("> "):
                self._lines.append("> " * len(self._quotes))
        if tag == "blockquote" and self._quotes:
            self._quotes.pop()
        if tag == "pre" and self._pre:
            self._pre -= 1
        if tag == "a" and self._link is not None:
            href, start = self._link
            said = "".join(self._line[start:]).strip()
            if href.startswith(("http://", "https://")) and said and _bare(href) != _bare(said) and len(href) <= 300:
                self._line.append(f" ({href})")
            self._link = None

    def handle_data(self, data: str) -> None:
        if self._pre:
            first, *rest = data.split("\n")
            self._line.append(first)
            for line in rest:
                self._break(force=True)
                self._line.append(line)
            return
        text = re.sub(r"[ \t\r\n\f]+", " ", data)
        if text != " " or self._line:
            self._line.append(text)

    def _break(self, *, force: bool = False) -> None:
        line = "".join(self._line).rstrip()
        if not self._pre:
            line = line.strip(" ")
        self._line = []
        if self._link is not None:
            self._link = (self._link[0], 0)
        if line or force:
            self._lines.append("> " * min(len(self._quotes), 5) + line)

    def text(self) -> str:
        self._break()
        return _tidy("\n".join(self._lines))


def _bare(url: str) -> str:
    return re.sub(r"^(?:https?://)?(?:www\.)?", "", url.strip().lower()).rstrip("/")


def _tidy(text: str) -> str:
    text = text.replace("\u00a0", " ").replace("\u200b", "")
    return re.sub(r"\n(?:[ \t]*\n){2,}", "\n\n", text).strip()
