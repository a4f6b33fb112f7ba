"""What an import would make of the knowledge base, without writing anything."""

from dataclasses import replace
from datetime import datetime
from typing import Any, Final, cast
from uuid import UUID, uuid5

from sqlalchemy import Text, func, literal, select
from sqlalchemy import cast as cast_sql
from sqlalchemy.dialects.postgresql import aggregate_order_by

from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.knowledge.articles import service as articles
from qiao.knowledge.articles.audience import EVERYTHING, Audience, Level, tags_of
from qiao.knowledge.articles.schemas import SearchableText
from qiao.knowledge.importing import policy, rows
from qiao.knowledge.importing.models import ImportItem, ImportRow

_MOST_VARIANTS: Final = 200


async def outlook(db: Session, import_id: UUID, duplicates: str) -> list[SearchableText]:
    """The published texts as they would be with this import published: those live now, the new ones, and what rows that
    repeat something would change: by their own choice, else as `duplicates` says (see CommitBody)."""
    if await db.get(ImportRow, import_id) is None:
        raise NotFound("import.not_found")
    found = {text.id: text for source in ("faq", "article") for text in await articles.searchable(db, source)}
    around = await articles.spaces(db, "zh-CN", EVERYTHING)
    home = next(
        (Audience(cast(Level, s.audience), frozenset(s.department_ids)) for s in around if s.is_default), Audience()
    )
    items = list(
        (
            await db.execute(select(ImportItem).where(ImportItem.import_id == import_id).order_by(ImportItem.row))
        ).scalars()
    )
    repeats: dict[int, list[tuple[ImportItem, str]]] = {}
    for item in items:
        if item.errors:
            continue
        become = policy.decided(item.kind, item.duplicate, item.similar, item.choice, duplicates)
        twin = item.duplicate or item.similar
        if become == "import" or (twin is None and become != "skip"):
            made = _made(import_id, item, home)
            found[made.id] = made
        elif become == "skip" or twin is None:
            continue
        elif twin["type"] == "row":
            repeats.setdefault(twin["row"], []).append((item, become))
        else:
            target = found.get(UUID(twin["id"]))
            if target is not None:
                found[target.id] = _joined(target, item.fields, become)
    for row, others in repeats.items():
        key = made_id(import_id, row)
        for other, become in others:
            if key in found:
                found[key] = _joined(found[key], other.fields, become)
    return list(found.values())


def made_id(import_id: UUID, row: int) -> UUID:
    """What a row's text is called before it exists."""
    return uuid5(import_id, str(row))


def _made(import_id: UUID, item: ImportItem, home: Audience) -> SearchableText:
    fields: dict[str, Any] = item.fields
    key = made_id(import_id, item.row)
    return SearchableText(
        id=key,
        source=item.kind,
        locale=fields["locale"],
        audience=fields["audience"],
        title=fields["question"],
        variants=tuple(fields["variants"]) if item.kind == "faq" else (),
        body=fields["answer"],
        valid_from=_moment(fields.get("valid_from")),
        valid_until=_moment(fields.get("valid_until")),
        group_id=key,
        readers=tags_of(home, Audience(fields["audience"])),
    )


def _joined(text: SearchableText, fields: dict[str, Any], become: str) -> SearchableText:
    """A text with the phrasings of a row that repeats it, with `update` its answer too."""
    own = {rows.key_of(phrase) for phrase in (text.title, *text.variants)}
    more = dict.fromkeys(v for v in (fields["question"], *fields["variants"]) if rows.key_of(v) not in own)
    body = fields["answer"] if become == "update" else text.body
    if text.source != "faq":
        return replace(text, body=body)
    return replace(text, variants=(*text.variants, *more)[:_MOST_VARIANTS], body=body)


def _moment(value: Any) -> datetime | None:
    return datetime.fromisoformat(value) if isinstance(value, str) else None


async def fingerprint(db: Session, import_id: UUID) -> str:
    """Changes whenever the rows of an import are read in another way."""
    if await db.get(ImportRow, import_id) is None:
        raise NotFound("import.not_found")
    row = func.concat(
        ImportItem.row, cast_sql(ImportItem.fields, Text), cast_sql(ImportItem.duplicate, Text), ImportItem.choice
    )
    query = select(func.md5(func.string_agg(func.md5(row), aggregate_order_by(literal(""), ImportItem.row))))
    return str(await db.scalar(query.where(ImportItem.import_id == import_id)))
