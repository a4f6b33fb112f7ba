"""The verbs of sensitive words: keeping the list, and checking texts against it in both directions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, cast
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.dialects.postgresql import insert

from qiao.bot.understanding.models import SensitiveWord
from qiao.bot.understanding.schemas import (
    CheckBody,
    CheckView,
    ImportedView,
    WordCreate,
    WordImport,
    WordPatch,
    WordView,
)
from qiao.bot.understanding.words import Finder, Found, fold, masked
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.people.accounts import audit

Side = Literal["in", "out"]
Outcome = Literal["pass", "block", "mask", "handoff", "flag"]
_STRENGTH: Final[dict[Outcome, int]] = {"pass": -1, "flag": 0, "mask": 1, "handoff": 2, "block": 3}
_SHOWN: Final = 20


@dataclass(frozen=True, slots=True)
class Entry:
    """A word of the list, for one direction."""

    id: UUID
    word: str
    action: Outcome


@dataclass(frozen=True, slots=True)
class Checked:
    """A text held against the list. `text` has stars where a word asks for them."""

    outcome: Outcome
    text: str
    words: tuple[Entry, ...] = ()


class WordBook:
    """The list as finders, made anew when the table has changed."""

    def __init__(self) -> None:
        self._version: tuple[int, datetime | None] | None = None
        self._finders: dict[str, Finder[Entry]] = {}

    async def finder(self, db: Session, side: Side) -> Finder[Entry]:
        count, changed = (
            await db.execute(select(func.count(), func.max(SensitiveWord.updated_at)).select_from(SensitiveWord))
        ).one()
        if self._version != (count, changed):
            rows = (await db.execute(select(SensitiveWord))).scalars().all() if count else []
            self._finders = {
                way: Finder([(row.word, _entry(row, way)) for row in rows if row.direction in (way, "both")])
                for way in ("in", "out")
            }
            self._version = (count, changed)
        return self._finders[side]


def _entry(row: SensitiveWord, side: str) -> Entry:
    """Outwards there is nobody to hand over to: such a word is refused; a flagged one passes."""
    action = cast(Outcome, "block" if side == "out" and row.action == "handoff" else row.action)
    return Entry(row.id, row.word, action)


async def check(db: Session, side: Side, text: str) -> Checked:
    """What the list says about a text that comes in or goes out."""
    found = (await runtime_of(db).get(WordBook).finder(db, side)).find(text)
    return judged(text, found)


def judged(text: str, found: Sequence[Found[Entry]]) -> Checked:
    """The strongest action of what was found. Blocked and masked words are starred in the text."""
    if not found:
        return Checked("pass", text)
    entries = tuple({hit.value.id: hit.value for hit in found}.values())
    outcome = max((hit.value.action for hit in found), key=_STRENGTH.__getitem__)
    return Checked(outcome, masked(text, [hit for hit in found if hit.value.action in ("block", "mask")]), entries)


class Outgoing:
    """Checks what agents and the bot are about to say (`desk.conversations.ports.OutgoingCheck`)."""

    async def checked(self, db: Session, actor: Actor, text: str) -> str:
        """The text to send. An agent's blocked word is refused by name; the bot, who cannot rephrase, is masked."""
        result = await check(db, "out", text)
        if result.outcome == "block" and actor.kind == "user":
            words = "、".join(entry.word for entry in result.words if entry.action == "block")
            raise Invalid.field("body", "sensitive.blocked", words=words)
        return result.text


# -- keeping the list --------------------------------------------------------------------------------------------------


async def listing(
    db: Session, *, q: str | None, direction: str | None, cursor: str | None, limit: int
) -> tuple[list[WordView], str | None]:
    """The words in the order of their folded form."""
    query = select(SensitiveWord).order_by(SensitiveWord.folded)
    if q and (wanted := fold(q)):
        query = query.where(or_(SensitiveWord.folded.contains(wanted, autoescape=True)))
    if direction:
        query = query.where(SensitiveWord.direction == direction)
    if after := decode_cursor(cursor, tuple[str]):
        query = query.where(SensitiveWord.folded > after[0])
    rows = (await db.execute(query.limit(limit + 1))).scalars().all()
    following = encode_cursor(rows[limit - 1].folded) if len(rows) > limit else None
    return [WordView.model_validate(row) for row in rows[:limit]], following


async def create(db: Session, actor: Actor, body: WordCreate) -> WordView:
    folded = await _free(db, body.word)
    row = SensitiveWord(**body.model_dump(), id=new_id(), folded=folded, updated_by=actor.id, updated_at=clock.now())
    db.add(row)
    await db.flush()
    await audit.record(db, actor, "sensitive_word.created", "sensitive_word", row.id, {"word": [None, row.word]})
    return WordView.model_validate(row)


async def update_word(db: Session, actor: Actor, word_id: UUID, body: WordPatch) -> WordView:
    row = await _row(db, word_id)
    given = body.model_dump(exclude_unset=True, exclude_none=True)
    before = {key: getattr(row, key) for key in given}
    if body.word is not None:
        row.folded = await _free(db, body.word, but=row.id)
    for key, value in given.items():
        setattr(row, key, value)
    row.updated_at, row.updated_by = clock.now(), actor.id
    await db.flush()
    if changes := audit.diff(before, given):
        await audit.record(db, actor, "sensitive_word.updated", "sensitive_word", row.id, changes)
    return WordView.model_validate(row)


async def delete(db: Session, actor: Actor, word_id: UUID) -> None:
    row = await _row(db, word_id)
    await db.delete(row)
    await db.flush()
    await audit.record(db, actor, "sensitive_word.deleted", "sensitive_word", row.id, {"word": [row.word, None]})


async def import_words(db: Session, actor: Actor, body: WordImport) -> ImportedView:
    """Adds a word per line; what is there already stays as it is."""
    lines = [line for line in (" ".join(raw.split()) for raw in body.text.replace("\x00", "").splitlines()) if line]
    fresh: dict[str, str] = {}
    refused: list[str] = []
    for line in lines:
        folded = fold(line)
        if not folded or len(line) > 80 or len(folded) > 80:
            refused.append(line[:80])
        else:
            fresh.setdefault(folded, line)
    added = 0
    now = clock.now()
    every = list(fresh.items())
    for start in range(0, len(every), 1000):
        values = [
            {
                "id": new_id(),
                "word": word,
                "folded": folded,
                "direction": body.direction,
                "action": body.action,
                "note": "",
                "updated_at": now,
                "updated_by": actor.id,
            }
            for folded, word in every[start : start + 1000]
        ]
        made = await db.execute(
            insert(SensitiveWord).values(values).on_conflict_do_nothing().returning(SensitiveWord.id)
        )
        added += len(made.all())
    if added:
        changes = {"added": [None, added], "direction": [None, body.direction], "action": [None, body.action]}
        await audit.record(db, actor, "sensitive_word.imported", "sensitive_word", "list", changes)
    known = len(lines) - len(refused) - added
    return ImportedView(added=added, known=known, refused=refused[:_SHOWN], refused_count=len(refused))


async def try_text(db: Session, body: CheckBody) -> CheckView:
    """What would happen to a text."""
    result = await check(db, body.direction, body.text)
    ids = [entry.id for entry in result.words]
    rows = (await db.execute(select(SensitiveWord).where(SensitiveWord.id.in_(ids)))).scalars().all()
    return CheckView(words=[WordView.model_validate(r) for r in rows], outcome=result.outcome, text=result.text)


async def _row(db: Session, word_id: UUID) -> SensitiveWord:
    row = await db.get(SensitiveWord, word_id, with_for_update=True)
    if row is None:
        raise NotFound("sensitive.not_found")
    return row


async def _free(db: Session, word: str, *, but: UUID | None = None) -> str:
    folded = fold(word)
    if not folded or len(folded) > 80:
        raise Invalid.field("word", "sensitive.no_word")
    with db.no_autoflush:
        taken = await db.scalar(
            select(SensitiveWord.word).where(SensitiveWord.folded == folded, SensitiveWord.id.is_distinct_from(but))
        )
    if taken is not None:
        raise Invalid.field("word", "sensitive.taken", word=taken)
    return folded
