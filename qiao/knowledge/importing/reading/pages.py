"""A page of a website: what it is about, without the frame around it."""

import re
from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from qiao.core.errors import Invalid
from qiao.knowledge.importing.reading.documents import Document, Picture, plain_words
from qiao.knowledge.importing.reading.html import LARGEST_HTML, Resolve, decoded, from_html, refuse_depth
from qiao.knowledge.importing.reading.records import refuse

_SHORTEST: Final = 20
_ENOUGH: Final = 250
_FRAME: Final = re.compile(r"^(?:navigation|banner|contentinfo|complementary|search)$")


def read_page(data: bytes, url: str, charset: str | None = None) -> Document:
    """The page's main content with its links and pictures made absolute. Raises Invalid when there is hardly any text."""
    if len(data) > LARGEST_HTML:
        raise refuse("import.document_too_long")
    text = decoded(data, charset)

    def picture(address: str) -> Picture | None:
        whole = urljoin(url, address)
        return Picture((urlsplit(whole).path.rpartition("/")[2] or "picture")[:120], url=whole) if _web(whole) else None

    whole, title, marked = _whole(text, url, picture)
    # A page that says itself where its content is knows best; for others the extractor judges, if it finds enough.
    document = whole if marked else _extracted(text, url, picture, whole)
    if len(plain_words(document.body)) < _SHORTEST:
        raise refuse("import.page_without_text")
    return Document(title, document.body, document.pictures)


def _whole(text: str, url: str, picture: Resolve) -> tuple[Document, str, bool]:
    """The page without its frame, its title, and whether it marks its content as such."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "lxml")
    refuse_depth(soup)
    title = _title(soup)
    mains = soup.find_all("main") or soup.find_all("article")
    marked = len(mains) == 1 and len(mains[0].get_text(strip=True)) > _SHORTEST
    for frame in soup.find_all(["header", "footer", "aside", "nav"]):
        if not frame.decomposed and not (frame.name == "header" and frame.find_parent(["main", "article"])):
            frame.decompose()
    for frame in soup.find_all(role=_FRAME):
        if not frame.decomposed:
            frame.decompose()
    try:
        found = from_html(str(soup), url, picture, url)
    except Invalid as problem:
        raise refuse("import.page_without_text") if problem.code == "import.document_empty" else problem from None
    return found, title or found.title, marked


def _extracted(text: str, url: str, picture: Resolve, whole: Document) -> Document:
    import trafilatura

    found: Any = trafilatura.extract(
        text, url=url, output_format="html", include_tables=True, include_links=True, include_images=True,
        include_formatting=True, favor_recall=True, include_comments=False,
    )  # fmt: skip
    try:
        document = from_html(str(found), url, picture, url) if found else whole
    except Invalid:
        return whole
    enough = len(plain_words(document.body)) >= max(_ENOUGH, len(plain_words(whole.body)) // 3)
    return document if enough and "\n\n" in document.body else whole


def _web(address: str) -> bool:
    return address.startswith(("http://", "https://"))


def _title(soup: Any) -> str:
    """The page's heading; else what social cards or its title say, without the name of the site after a bar."""
    headings = [one.get_text(" ", strip=True) for one in soup.find_all("h1")]
    if len(headings) == 1 and headings[0]:
        return " ".join(headings[0].split())[:300]
    card = soup.find("meta", property="og:title")
    if card is not None and str(card.get("content") or "").strip():
        return " ".join(str(card["content"]).split())[:300]
    words = " ".join(soup.title.get_text(" ", strip=True).split()) if soup.title is not None else ""
    for bar in (" | ", " - ", " – ", " — ", "｜", "_"):
        first = words.split(bar)[0].strip()
        if bar in words and len(first) >= 4:
            return first[:300]
    return words[:300]


def links_of(data: bytes, url: str) -> dict[str, str | None]:
    """What a page says of itself: its canonical address and whether robots may keep it (`noindex`)."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(data[:300_000], "lxml")
    link = soup.find("link", rel="canonical")
    robots = soup.find("meta", attrs={"name": "robots"})
    return {
        "canonical": urljoin(url, str(link.get("href") or "")) if link is not None else None,
        "robots": str(robots.get("content") or "").lower() if robots is not None else None,
    }
