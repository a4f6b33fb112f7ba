"""A page of a website: what it is about, without the frame around it."""

from typing import Any, Final
from urllib.parse import urljoin, urlsplit

from qiao.core.errors import Invalid
from qiao.knowledge.importing.reading.documents import Document, Picture, plain_words
from qiao.knowledge.importing.reading.html import LARGEST_HTML, decoded, from_html
from qiao.knowledge.importing.reading.records import refuse

_SHORTEST: Final = 20


def read_page(data: bytes, url: str, charset: str | None = None) -> Document:
    """The page's main content with its links and pictures made absolute. Raises Invalid when there is hardly any text."""
    import trafilatura

    if len(data) > LARGEST_HTML:
        raise refuse("import.document_too_long")
    text = decoded(data, charset)

    def picture(address: str) -> Picture | None:
        whole = urljoin(url, address)
        return Picture((urlsplit(whole).path.rpartition("/")[2] or "picture")[:120], url=whole) if _web(whole) else None

    whole = from_html(text, url, picture, url)  # refuses what is too deep before anything else walks it
    found: Any = trafilatura.extract(
        text, url=url, output_format="html", include_tables=True, include_links=True, include_images=True,
        include_formatting=True, favor_recall=True, include_comments=False,
    )  # fmt: skip
    document = whole
    if found:
        try:
            document = from_html(str(found), url, picture, url)
        except Invalid:
            document = whole
    if len(plain_words(document.body)) < _SHORTEST:
        raise refuse("import.page_without_text")
    return Document(_title(text, whole.title), document.body, document.pictures)


def _web(address: str) -> bool:
    return address.startswith(("http://", "https://"))


def _title(text: str, fallback: str) -> str:
    """The page's heading; else what social cards or its title say, without the name of the site after a bar."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "lxml")
    headings = [one.get_text(" ", strip=True) for one in soup.find_all("h1")]
    if len(headings) == 1 and headings[0]:
        return " ".join(headings[0].split())[:300]
    card = soup.find("meta", property="og:title")
    if card is not None and str(card.get("content") or "").strip():
        return " ".join(str(card["content"]).split())[:300]
    for bar in (" | ", " - ", " – ", " — ", "｜", "_"):
        first = fallback.split(bar)[0].strip()
        if bar in fallback and len(first) >= 4:
            return first[:300]
    return fallback[:300]


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
