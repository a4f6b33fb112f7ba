"""The company's own words: groups that mean the same, and terms that stay whole."""

import re
from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Text, cast, func, select
from sqlalchemy.dialects.postgresql import ARRAY

from qiao.core import clock, i18n
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound
from qiao.core.events import Audience as Listeners
from qiao.core.events import emit
from qiao.core.ids import new_id
from qiao.core.text import normalize
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.knowledge.articles.events import WordsChanged
from qiao.knowledge.articles.lifecycle_schemas import (
    ImportLine,
    SynonymBody,
    SynonymImport,
    SynonymImported,
    SynonymView,
)
from qiao.knowledge.articles.models import SynonymRow
from qiao.people.accounts import audit

LONGEST_WORD: Final = 40
MOST_WORDS: Final = 50
_BETWEEN: Final = re.compile(r"[,，、;；|｜\t=＝]+")


def _clean(words: Iterable[str]) -> dict[str, str]:
    """The words by the form in which they are compared; the first spelling of each stays."""
    kept: dict[str, str] = {}
    for word in words:
        line = " ".join(word.split())
        key = normalize(line).strip()
        if key:
            kept.setdefault(key, line)
    return kept


def _checked(words: Iterable[str]) -> dict[str, str]:
    kept = _clean(words)
    if not kept:
        raise Invalid.field("words", "knowledge.words_needed")
    if any(len(word) > LONGEST_WORD for word in kept.values()):
        raise Invalid.field("words", "knowledge.word_long", limit=LONGEST_WORD)
    if len(kept) > MOST_WORDS:
        raise Invalid.field("words", "knowledge.words_many", limit=MOST_WORDS)
    return kept


async def list_synonyms(
    db: Session, *, q: str | None, locale: str | None, cursor: str | None, limit: int
) -> tuple[list[SynonymView], str | None, int]:
    """Groups that have a word with `q` in it, newest change first."""
    conditions = []
    if locale:
        conditions.append(SynonymRow.locale == locale)
    if q and normalize(q).strip():
        wanted = normalize(q).strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        conditions.append(func.array_to_string(SynonymRow.keys, "\n").like(f"%{wanted}%"))
    total = int(await db.scalar(select(func.count()).select_from(SynonymRow).where(*conditions)) or 0)
    after = decode_cursor(cursor, tuple[datetime, UUID])
    if after:
        conditions.append(func.row(SynonymRow.updated_at, SynonymRow.id) < func.row(*after))
    query = select(SynonymRow).where(*conditions).order_by(SynonymRow.updated_at.desc(), SynonymRow.id.desc())
    rows = list((await db.execute(query.limit(limit + 1))).scalars())
    following = encode_cursor(rows[limit - 1].updated_at, rows[limit - 1].id) if len(rows) > limit else None
    return [SynonymView.model_validate(row) for row in rows[:limit]], following, total


async def groups(db: Session) -> list[tuple[str, ...]]:
    """All groups, for the search engine."""
    rows = await db.execute(select(SynonymRow.words).order_by(SynonymRow.id))
    return [tuple(words) for (words,) in rows]


async def _taken(db: Session, locale: str, keys: Iterable[str], but: UUID | None = None) -> dict[str, SynonymRow]:
    wanted = list(keys)
    query = select(SynonymRow).where(SynonymRow.locale == locale, SynonymRow.keys.op("&&")(cast(wanted, ARRAY(Text))))
    rows = [row for row in (await db.execute(query)).scalars() if row.id != but]
    return {key: row for row in rows for key in row.keys if key in wanted}


async def save_synonym(db: Session, actor: Actor, body: SynonymBody, synonym_id: UUID | None = None) -> SynonymView:
    """Writes a group, or changes one. A word is in one group of a language only."""
    kept = _checked(body.words)
    row = SynonymRow(id=new_id()) if synonym_id is None else await db.get(SynonymRow, synonym_id, with_for_update=True)
    if row is None:
        raise NotFound("knowledge.synonym_not_found")
    taken = await _taken(db, body.locale, kept, row.id)
    if taken:
        key, other = next(iter(taken.items()))
        raise Invalid.field("words", "knowledge.word_taken", word=kept[key], group=" / ".join(other.words[:4]))
    row.locale, row.note = body.locale, body.note
    row.words, row.keys = list(kept.values()), list(kept)
    row.updated_at, row.updated_by = clock.now(), actor.id
    db.add(row)
    await db.flush()
    await _changed(db, actor)
    await audit.record(db, actor, "synonym.saved", "kb_synonym", row.id, {"words": row.words})
    return SynonymView.model_validate(row)


async def delete_synonym(db: Session, actor: Actor, synonym_id: UUID) -> None:
    row = await db.get(SynonymRow, synonym_id)
    if row is None:
        raise NotFound("knowledge.synonym_not_found")
    await db.delete(row)
    await _changed(db, actor)
    await audit.record(db, actor, "synonym.deleted", "kb_synonym", synonym_id, {"words": row.words})


async def import_synonyms(db: Session, actor: Actor, body: SynonymImport, locale: str) -> SynonymImported:
    """One group a line. A line that shares a word with one group joins it; one that would join two is an error; the rest
    goes in."""
    result = SynonymImported(added=0, joined=0, skipped=0, errors=[])
    query = select(SynonymRow).where(SynonymRow.locale == body.locale)
    by_key = {key: row for row in (await db.execute(query)).scalars() for key in row.keys}
    for number, line in enumerate(body.text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        try:
            kept = _checked(_BETWEEN.split(line))
            known = {id(by_key[key]): by_key[key] for key in kept if key in by_key}
            if len(known) > 1:
                raise Invalid.field("words", "knowledge.words_of_two_groups")
            row = next(iter(known.values()), None)
            if row is None:
                row = SynonymRow(id=new_id(), locale=body.locale, words=[], keys=[], note="")
                db.add(row)
                result.added += 1
            elif kept.keys() <= set(row.keys):
                result.skipped += 1
                continue
            else:
                result.joined += 1
            _checked([*row.words, *kept.values()])
        except Invalid as problem:
            fault = problem.fields[0]
            message = i18n.t(f"errors.{fault.code}", locale, **fault.params)
            result.errors.append(ImportLine(line=number, message=message))
            continue
        merged = _clean([*row.words, *kept.values()])
        row.words, row.keys = list(merged.values()), list(merged)
        row.updated_at, row.updated_by = clock.now(), actor.id
        by_key.update(dict.fromkeys(merged, row))
    await db.flush()
    if result.added or result.joined:
        await _changed(db, actor)
        counts = {"added": result.added, "joined": result.joined}
        await audit.record(db, actor, "synonym.imported", "kb_synonym", "import", counts)
    return result


async def _changed(db: Session, actor: Actor) -> None:
    await db.flush()
    await emit(db, WordsChanged(), actor=actor, audience=Listeners(permission="knowledge.view"))
