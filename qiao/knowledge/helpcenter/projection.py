"""Keeps entries and addresses true to the knowledge base."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from qiao.core import i18n
from qiao.core.db import Session
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.schemas import SearchableText
from qiao.knowledge.helpcenter import repository, slugs
from qiao.knowledge.search.service import document_of
from qiao.knowledge.search.text import opening

EXCERPT = 220
BATCH = 1000
Wanted = tuple[str, str, UUID, str]
"""kind, locale, item, title."""


async def follow(db: Session, source: str, ids: Sequence[UUID]) -> None:
    """Writes the entries of published texts among `ids` and takes the others away."""
    for start in range(0, len(ids), BATCH):
        await _follow(db, source, ids[start : start + BATCH])


async def _follow(db: Session, source: str, ids: Sequence[UUID]) -> None:
    texts = {text.id: text for text in await articles.searchable(db, source, ids) if _for_the_web(text)}
    gone = [item for item in ids if item not in texts]
    if gone:
        await repository.take_away(db, gone)
    if not texts:
        return
    places = await repository.places(db, list(texts))
    known = await repository.known(db, list(texts))
    kept = {
        key: known[key][2]
        for key, text in texts.items()
        if key in known and known[key][:2] == (text.title, text.locale)
    }
    wanted = [(source, text.locale, key, text.title) for key, text in texts.items() if key not in kept]
    given = {key: slug for (key, _), slug in (await _addresses(db, wanted)).items()}
    await repository.put(
        db,
        [
            {
                "id": key,
                "source": source,
                "group_id": text.group_id,
                "locale": text.locale,
                "slug": kept.get(key) or given[key],
                "title": text.title,
                "excerpt": opening(text.body, EXCERPT),
                "body": text.body,
                "sounds": slugs.sounds_of(text.title),
                "category_id": places[key][0],
                # The same tags as in the search index: one cannot say more than the other.
                "readers": sorted(document_of(text).audience),
                "levels": sorted(text.conditions.get("levels", ())),
                "regions": sorted(text.conditions.get("regions", ())),
                "valid_from": text.valid_from,
                "valid_until": text.valid_until,
                "updated_at": places[key][1],
            }
            for key, text in texts.items()
        ],
    )
    await _name_categories(db, {category for category, _ in places.values() if category is not None})


def _for_the_web(text: SearchableText) -> bool:
    """Whether the text holds for people who come over the company's website."""
    channels = text.conditions.get("channels")
    return not channels or "webchat" in channels


async def _addresses(db: Session, wanted: Sequence[Wanted]) -> dict[tuple[UUID, str], str]:
    """An address for each, its own earlier one where the title came back, told apart where two share a title."""
    given: dict[tuple[UUID, str], str] = {}
    left = [(kind, locale, item, slugs.slug_of(title)) for kind, locale, item, title in wanted]
    for attempt in (0, 6, 12, 32):
        trying: dict[repository.Key, UUID] = {}
        for kind, locale, item, slug in left:
            key = (kind, locale, slugs.apart(slug, item, attempt) if attempt else slug)
            trying.setdefault(key, item)
        owners = await repository.owners(db, trying)
        free = [
            {"kind": key[0], "locale": key[1], "slug": key[2], "item_id": item}
            for key, item in sorted(trying.items())
            if key not in owners
        ]
        ours = await repository.claim(db, free)
        back = {key for key, item in trying.items() if owners.get(key) == item}
        await repository.refresh(db, back)
        given |= {(trying[key], key[1]): key[2] for key in ours | back}
        left = [row for row in left if (row[2], row[1]) not in given]
        if not left:
            break
    return given


async def _name_categories(db: Session, ids: Iterable[UUID]) -> None:
    """Gives categories, and those they stand in, an address in every language when they have none yet."""
    needed = set(ids)
    if not needed:
        return
    views = {view.id: view for view in await articles.categories(db, i18n.DEFAULT_LOCALE)}
    needed |= {view.parent_id for key in needed if (view := views.get(key)) is not None and view.parent_id is not None}
    have = await repository.slugs_of(db, "category", needed)
    wanted = []
    for key in sorted(needed & views.keys()):
        names = views[key].names
        for locale in i18n.LOCALES:
            if (key, locale) not in have:
                wanted.append(("category", locale, key, names.get(locale) or next(iter(names.values()), "")))
    if wanted:
        await _addresses(db, wanted)


async def rebuild(db: Session) -> int:
    """Writes all entries anew; for a database whose texts are older than its help centre. Returns how many."""
    count = 0
    for source, ids in (await repository.published(db)).items():
        await follow(db, source, ids)
        count += len(ids)
    return count
