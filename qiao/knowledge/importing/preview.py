"""The check before an import: every row read, its faults, what it repeats. Writes nothing into the knowledge base."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from qiao.core.db import Session
from qiao.core.errors import FieldError
from qiao.core.runtime import runtime_of
from qiao.knowledge.articles import service as articles
from qiao.knowledge.importing import rows
from qiao.knowledge.importing.reading import Record
from qiao.knowledge.search.service import SearchService

# Comparing by meaning costs some 10 ms a row; a long file is compared as far as this goes, exact matches always.
_MEANING_SECONDS: Final = 6.0


@dataclass
class Checked:
    """A row ready to be stored."""

    record: Record
    fields: dict[str, Any]
    errors: list[FieldError]
    duplicate: dict[str, Any] | None = None


def interpret_all(
    records: Sequence[Record], mapping: Mapping[str, int], *, zone: ZoneInfo, default_locale: str
) -> list[Checked]:
    """Rows with their faults."""
    found = []
    for record in records:
        if record.broken is not None:
            found.append(Checked(record, _nothing(default_locale), [record.broken]))
            continue
        values = rows.values_of(record, mapping)
        fields, faults = rows.interpret(values, kind=record.kind, zone=zone, default_locale=default_locale)
        found.append(Checked(record, fields, faults))
    return found


def _nothing(locale: str) -> dict[str, Any]:
    fields, _ = rows.interpret({}, kind="faq", zone=ZoneInfo("UTC"), default_locale=locale)
    return fields


async def find_duplicates(db: Session, checked: Sequence[Checked]) -> int:
    """Marks rows that repeat an FAQ or an earlier row. Returns how many were compared by meaning as well.

    The first of several equal rows is the one that stays; what repeats a row that repeats an FAQ repeats that FAQ.
    """
    known: dict[str, dict[str, Any]] = {}
    for faq_id, question, variants in await articles.phrasings(db):
        base = {"type": "faq", "id": str(faq_id), "row": None, "question": question, "how": "exact"}
        for phrase in (question, *variants):
            known.setdefault(rows.key_of(phrase), base)
    fresh: list[Checked] = []
    for row in checked:
        if row.errors or row.record.kind != "faq":
            continue
        key = rows.key_of(row.fields["question"])
        row.duplicate = known.get(key)
        if row.duplicate is None:
            fresh.append(row)
            known[key] = {
                "type": "row", "id": None, "row": row.record.row, "question": row.fields["question"], "how": "exact"
            }  # fmt: skip
    return await _by_meaning(db, fresh, checked)


async def _by_meaning(db: Session, fresh: Sequence[Checked], checked: Sequence[Checked]) -> int:
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
                hit = await service.repeats(row.fields["question"])
                done += 1
                if hit is not None:
                    row.duplicate = {
                        "type": "faq", "id": hit.document.id, "row": None, "question": hit.document.title, "how": "meaning"
                    }  # fmt: skip
                    found[row.record.row] = row.duplicate
    except TimeoutError:
        pass
    for row in checked:
        if row.duplicate is not None and row.duplicate["type"] == "row" and row.duplicate["row"] in found:
            row.duplicate = found[row.duplicate["row"]]
    return done


def summary(checked: Sequence[Checked], meaning_checked: int) -> dict[str, Any]:
    """The figures a person decides on."""
    good = [row for row in checked if not row.errors]
    return {
        "total": len(checked),
        "ready": sum(row.duplicate is None for row in good),
        "errors": len(checked) - len(good),
        "duplicates": sum(row.duplicate is not None for row in good),
        "variants": sum(len(row.fields["variants"]) for row in good),
        "categories": sorted({row.fields["category"] for row in good if row.fields["category"]})[:500],
        "meaning_checked": meaning_checked,
    }
