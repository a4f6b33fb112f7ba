"""Searching and suggesting, narrowed to what the reader may see."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from markupsafe import Markup

from qiao.core.db import Session
from qiao.core.runtime import Runtime
from qiao.core.text import lexical_terms, normalize
from qiao.knowledge.helpcenter import content, repository
from qiao.knowledge.helpcenter.readers import Reader
from qiao.knowledge.helpcenter.schemas import Entry
from qiao.knowledge.search.document import Hit
from qiao.knowledge.search.service import SearchService
from qiao.knowledge.search.text import prose

LIMIT: Final = 20
RELATED: Final = 5
# The engine always has a best text; these say whether it has to do with what was asked: words in common that carry a good
# share of the question, or the same meaning in other words.
_WORDS: Final = 0.34
_MEANING: Final = 0.62


@dataclass(frozen=True, slots=True)
class Result:
    """A text that was found, with what was asked for marked."""

    entry: Entry
    title: Markup
    excerpt: Markup


def _fits(hit: Hit, asked: set[str]) -> bool:
    if hit.signals.dense >= _MEANING:
        return True
    document = hit.document
    text = "\n".join((document.title, *document.variants, document.body))
    return hit.signals.coverage >= _WORDS and not asked.isdisjoint(lexical_terms(text))


async def search(runtime: Runtime, db: Session, reader: Reader, locale: str, query: str) -> list[Result]:
    """The texts that answer a question, best first; none when nothing really does."""
    hits = await runtime.get(SearchService).search(query, audience=reader.tags, locale=locale, limit=LIMIT)
    asked = set(lexical_terms(query))
    fitting = [hit for hit in hits if _fits(hit, asked)]
    entries = await repository.by_ids(db, reader, [UUID(hit.id) for hit in fitting])
    found: list[Result] = []
    for hit in fitting:
        entry = entries.get(UUID(hit.id))
        if entry is None:  # archived or narrowed this moment: the index is a little behind
            continue
        text = prose(hit.document.body)
        title = content.highlighted(entry.title, query)
        found.append(Result(entry, title, content.highlighted(content.passage(text, query), query)))
    return found


async def suggest(db: Session, reader: Reader, locale: str, typed: str, limit: int = 8) -> list[Entry]:
    """Titles on the way: by their words, their pinyin, their initials."""
    wanted = normalize(typed)
    if not wanted:
        return []
    found = await repository.sounding(db, reader, locale, wanted, limit)
    if not found and " " in wanted:
        found = await repository.sounding(db, reader, locale, wanted.replace(" ", ""), limit)
    return found


async def related(runtime: Runtime, db: Session, reader: Reader, entry: Entry) -> list[Entry]:
    """Texts about the same; from its category while the index is still being loaded."""
    search_service = runtime.get(SearchService)
    if search_service.loaded.is_set():
        hits = await search_service.search(entry.title, audience=reader.tags, locale=entry.locale, limit=RELATED + 3)
        asked = set(lexical_terms(entry.title))
        ids = [UUID(hit.id) for hit in hits if UUID(hit.id) != entry.id and _fits(hit, asked)]
        entries = await repository.by_ids(db, reader, ids)
        same_language = [entries[key] for key in ids if key in entries and entries[key].locale == entry.locale]
        found = [other for other in same_language if other.group_id != entry.group_id]
    elif entry.category_id is not None:
        shelf = await repository.shelf(db, reader, entry.locale, entry.category_id, limit=RELATED + 1)
        found = [other for other in shelf if other.id != entry.id]
    else:
        found = []
    return found[:RELATED]
