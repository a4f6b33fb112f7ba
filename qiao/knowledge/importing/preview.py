"""The check before an import: every row read, its faults, what it repeats. Writes nothing into the knowledge base."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np

from qiao.core.db import Session
from qiao.core.errors import FieldError
from qiao.core.runtime import runtime_of
from qiao.core.text import normalize
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import Reader
from qiao.knowledge.importing import rows
from qiao.knowledge.importing.reading import Record
from qiao.knowledge.search.service import SearchService
from qiao.knowledge.search.twins import Twins

# Comparing by meaning costs some 10 ms a row; a long file is compared as far as this goes, exact matches always.
_MEANING_SECONDS: Final = 6.0
_LIKELY: Final = 0.6
"""From this probability on a text is shown as perhaps the same; what to do is the person's choice, not ours."""
# Two rows of one file that say the same: 怎么申请退货 / 如何申请退货 lie above, 专用发票 / 普通发票 (0.92) below.
_SAME_MEANING: Final = 0.95
_SAME_WORDS: Final = 0.5
_MOST_WITHIN: Final = 5_000


@dataclass
class Checked:
    """A row ready to be stored."""

    record: Record
    fields: dict[str, Any]
    errors: list[FieldError]
    duplicate: dict[str, Any] | None = None
    similar: dict[str, Any] | None = None


def interpret_all(
    records: Sequence[Record], mapping: Mapping[str, int], *, zone: ZoneInfo, default_locale: str
) -> list[Checked]:
    """Rows with their faults."""
    found = []
    for record in records:
        if record.broken is not None:
            found.append(Checked(record, _nothing(default_locale), [record.broken]))
            continue
        if record.fields is not None:
            fields = _nothing(default_locale) | record.fields
            found.append(Checked(record, fields, rows.faults_of(fields, record.kind)))
            continue
        values = rows.values_of(record, mapping)
        fields, faults = rows.interpret(values, kind=record.kind, zone=zone, default_locale=default_locale)
        found.append(Checked(record, fields, faults))
    return found


def _nothing(locale: str) -> dict[str, Any]:
    fields, _ = rows.interpret({}, kind="faq", zone=ZoneInfo("UTC"), default_locale=locale)
    return fields


def _twin(
    type_: str, question: str, how: str, probability: float, *, id_: Any = None, row: int | None = None
) -> dict[str, Any]:
    return {
        "type": type_, "id": str(id_) if id_ is not None else None, "row": row, "question": question, "how": how,
        "probability": round(min(max(probability, 0.0), 1.0), 3),
    }  # fmt: skip


async def find_duplicates(db: Session, checked: Sequence[Checked], reader: Reader) -> int:
    """Marks rows that repeat a text the reader may read, or an earlier row. Returns how many were compared by meaning as
    well. The first of several equal rows is the one that stays; what repeats a row that repeats a text repeats that text.
    """
    known: dict[tuple[str, str], dict[str, Any]] = {}
    for faq_id, question, variants in await articles.phrasings(db, reader):
        twin = _twin("faq", question, "exact", 1.0, id_=faq_id)
        for phrase in (question, *variants):
            known.setdefault(("faq", rows.key_of(phrase)), twin)
    for article_id, title in await articles.titles(db, reader):
        known.setdefault(("article", rows.key_of(title)), _twin("article", title, "exact", 1.0, id_=article_id))
    fresh: list[Checked] = []
    for row in checked:
        if row.errors or row.duplicate is not None or row.record.kind not in ("faq", "article"):
            continue
        # Titles of a document's chapters are alike (概述, 说明): only the same page or file is the same article.
        key = row.record.kind, rows.key_of(row.fields["question"])
        row.duplicate = known.get(key)
        if row.duplicate is None:
            fresh.append(row)
            if row.record.kind == "faq":
                known[key] = _twin("row", row.fields["question"], "exact", 1.0, row=row.record.row)
    return await _by_meaning(db, fresh, checked, reader)


async def _by_meaning(db: Session, fresh: Sequence[Checked], checked: Sequence[Checked], reader: Reader) -> int:
    service = runtime_of(db).find(SearchService)
    if service is None:
        return 0
    until = time.monotonic() + _MEANING_SECONDS
    done = 0
    found: dict[int, dict[str, Any]] = {}
    try:
        async with asyncio.timeout(_MEANING_SECONDS):
            await service.loaded.wait()
            for row in fresh:
                if time.monotonic() > until:
                    break
                await _compare(service, row, reader)
                done += 1
                if row.duplicate is not None:
                    found[row.record.row] = row.duplicate
    except TimeoutError:
        pass
    for row in checked:
        if row.duplicate is not None and row.duplicate["type"] == "row" and row.duplicate["row"] in found:
            row.duplicate = found[row.duplicate["row"]]
    asked = [row for row in fresh if row.record.kind == "faq" and row.duplicate is None][:_MOST_WITHIN]
    if len(asked) > 1:
        await asyncio.to_thread(_within, service, asked)
    return done


async def _compare(service: SearchService, row: Checked, reader: Reader) -> None:
    """The published text a row most likely repeats: the same question in other words, or one that is near."""
    question = row.fields["question"]
    if row.record.kind == "faq":
        hit = await service.repeats(question, audience=reader)
        if hit is not None:
            row.duplicate = _twin("faq", hit.document.title, "meaning", hit.probability, id_=hit.document.id)
            return
    hits = await service.search(question, audience=reader, limit=1)
    if hits and hits[0].probability >= _LIKELY:
        near = hits[0]
        row.similar = _twin(near.document.kind, near.document.title, "similar", near.probability, id_=near.document.id)


def _within(service: SearchService, asked: Sequence[Checked]) -> None:
    """Rows of one file that ask the same in other words."""
    embedder = service.engine.embedder
    embedder.warm_up()
    twins = Twins(embedder)
    words = [normalize(row.fields["question"]) for row in asked]
    vectors = np.concatenate([embedder.questions(words[start : start + 256]) for start in range(0, len(words), 256)])
    floor = embedder.floor
    grams = [{word[i : i + 2] for i in range(max(len(word) - 1, 1))} for word in words]
    for at in range(1, len(asked)):
        close = (vectors[:at] @ vectors[at] - floor) / (1 - floor)
        for other in np.flatnonzero(close >= _SAME_MEANING):
            first = asked[int(other)]
            if first.duplicate is not None or first.fields["locale"] != asked[at].fields["locale"]:
                continue
            shared = 2 * len(grams[int(other)] & grams[at]) / (len(grams[int(other)]) + len(grams[at]))
            if shared >= _SAME_WORDS and not twins.apart(words[int(other)], words[at]):
                asked[at].duplicate = _twin(
                    "row", first.fields["question"], "meaning", float(close[other]), row=first.record.row
                )
                break


def summary(checked: Sequence[Checked], meaning_checked: int) -> dict[str, Any]:
    """The figures a person decides on."""
    good = [row for row in checked if not row.errors]
    return {
        "total": len(checked),
        "ready": sum(row.duplicate is None for row in good),
        "errors": len(checked) - len(good),
        "duplicates": sum(row.duplicate is not None for row in good),
        "similar": sum(row.duplicate is None and row.similar is not None for row in good),
        "variants": sum(len(row.fields["variants"]) for row in good),
        "categories": sorted({row.fields["category"] for row in good if row.fields["category"]})[:500],
        "meaning_checked": meaning_checked,
    }
