"""The verbs of knowledge statistics: take in what happened, say what came of it."""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from qiao.core import clock
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound
from qiao.knowledge.articles.audience import Reader
from qiao.knowledge.statistics import repository
from qiao.knowledge.statistics.models import COUNTERS
from qiao.knowledge.statistics.schemas import (
    DayFigures,
    Figures,
    Miss,
    Summary,
    TextDetail,
    TextFigures,
    Use,
    UseKind,
)
from qiao.people.organization import service as organization

LONGEST_DAYS: Final = 400
KEPT: Final = timedelta(days=400)
POPULAR_DAYS: Final = 30
_NUMBER: Final = re.compile(r"\d(?:[\s-]?\d){6,}")
_MAIL: Final = re.compile(r"\S+@\S+")


async def _zone(db: Session) -> ZoneInfo:
    return ZoneInfo((await organization.get_workspace(db)).timezone)


# -- taking in ---------------------------------------------------------------------------------------------------------


async def count(db: Session, happened: Iterable[tuple[datetime, UUID, str, int]]) -> None:
    """Adds (when, text, counter, how many) to the rollup."""
    zone = await _zone(db)
    sums: dict[tuple[date, UUID], Counter[str]] = defaultdict(Counter)
    for at, item, counter, number in happened:
        if counter not in COUNTERS:
            raise ValueError(counter)
        sums[at.astimezone(zone).date(), item][counter] += number
    if sums:
        await repository.add(db, sums)


async def note_uses(db: Session, uses: Sequence[Use]) -> None:
    """Records uses of texts in conversations; what is known already counts no second time."""
    fresh = await repository.write_uses(db, uses) if uses else []
    await count(db, [(use.at, use.item_id, use.kind, 1) for use in fresh])


async def note_handovers(db: Session, handed: Mapping[UUID, datetime]) -> None:
    """Conversations went to people: every text that had answered in one before counts, once per conversation."""
    if not handed:
        return
    found = await repository.answers_in(db, handed)
    await note_uses(
        db,
        [
            Use(item, conversation, "handed_over", 0, handed[conversation])
            for conversation, item, at in found
            if at <= handed[conversation]
        ],
    )


async def note_searches(db: Session, searches: Iterable[tuple[datetime, str, str, int, int]]) -> None:
    """Records (when, language, words, found, how often)."""
    zone = await _zone(db)
    rows: dict[tuple[date, str, str], dict[str, Any]] = {}
    for at, locale, words, found, times in searches:
        day, words = at.astimezone(zone).date(), anonymous(words)
        if not words:
            continue
        row = rows.setdefault(
            (day, locale, words), {"day": day, "locale": locale, "words": words, "count": 0, "last_at": at}
        )
        row["count"] += times
        row["found"] = min(found, 1000)
        row["last_at"] = max(at, row["last_at"])
    if rows:
        await repository.add_searches(db, list(rows.values()))


def anonymous(words: str) -> str:
    """What was searched for without numbers long enough to be somebody's, and without addresses."""
    return _MAIL.sub("•@•", _NUMBER.sub("•••", words)).strip()[:200]


async def forget_old(db: Session) -> None:
    """Removes searches and uses nobody looks at any more; the rollup stays."""
    now = clock.now()
    await repository.forget(db, (now - KEPT).date(), now - KEPT)


# -- telling -----------------------------------------------------------------------------------------------------------


async def period(db: Session, since: date | None, until: date | None) -> tuple[date, date]:
    """Both days included; the last thirty when nothing is said. Raises Invalid."""
    today = clock.now().astimezone(await _zone(db)).date()
    until = until or today
    since = since or until - timedelta(days=29)
    if since > until:
        raise Invalid.field("since", "knowledge.statistics_reversed")
    if (until - since).days >= LONGEST_DAYS:
        raise Invalid.field("since", "knowledge.statistics_too_long", days=LONGEST_DAYS)
    return since, until


def _figures(row: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {name: int(row.get(name) or 0) for name in COUNTERS}
    votes = found["useful"] + found["useless"]
    return {
        **found,
        "reads": sum(found[name] for name in repository.READS),
        "handover_rate": found["handed_over"] / found["answered"] if found["answered"] else None,
        "useful_rate": found["useful"] / votes if votes > 0 else None,
    }


def _all_days(rows: Sequence[Mapping[str, Any]], since: date, until: date) -> list[DayFigures]:
    by_day = {row["day"]: row for row in rows}
    every = (since + timedelta(days=number) for number in range((until - since).days + 1))
    return [DayFigures(day=day, **_figures(by_day.get(day, {}))) for day in every]


def _added(rows: Sequence[Mapping[str, Any]]) -> Figures:
    return Figures(**_figures({name: sum(int(row[name]) for row in rows) for name in COUNTERS}))


async def summary(db: Session, reader: Reader, since: date, until: date) -> Summary:
    """All texts together, beside the same number of days before."""
    rows = await repository.days(db, since, until)
    length = until - since + timedelta(days=1)
    published, unread = await repository.counted(db, reader, since, until)
    searches, misses = await repository.searched(db, since, until)
    return Summary(
        since=since,
        until=until,
        total=_added(rows),
        previous=_added(await repository.days(db, since - length, since - timedelta(days=1))),
        days=_all_days(rows, since, until),
        published=published,
        unread=unread,
        searches=searches,
        misses=misses,
    )


async def texts(
    db: Session, reader: Reader, since: date, until: date, *, limit: int, after: tuple[Any, UUID] | None, **wanted: Any
) -> tuple[list[TextFigures], tuple[Any, UUID] | None]:
    """One page of texts with their figures, and where the next begins."""
    rows, keys = await repository.texts_page(db, reader, since, until, limit=limit + 1, after=after, **wanted)
    following = (keys[limit - 1], rows[limit - 1]["id"]) if len(rows) > limit else None
    rows = rows[:limit]
    reads = await repository.reads_by_day(db, since, until, [row["id"] for row in rows]) if rows else {}
    return [_text(row, reads.get(row["id"], {}), since, until) for row in rows], following


def _text(row: Mapping[str, Any], reads: Mapping[date, int], since: date, until: date) -> TextFigures:
    about = {name: row[name] for name in ("id", "source", "locale", "title", "status", "category_id")}
    return TextFigures(**about, **_figures(row), trend=_trend(reads, since, until))


def _trend(reads: Mapping[date, int], since: date, until: date, points: int = 30) -> list[int]:
    """Reads in at most `points` steps of equal length."""
    length = (until - since).days + 1
    step = -(-length // points)
    found = [0] * -(-length // step)
    for day, number in reads.items():
        found[(day - since).days // step] += number
    return found


async def one(db: Session, reader: Reader, item_id: UUID, since: date, until: date) -> TextDetail:
    """One text day by day. Raises NotFound, also for what the reader may not see."""
    rows, _ = await repository.texts_page(
        db, reader, since, until, sort="reads", descending=True, after=None, limit=1, id=item_id
    )
    if not rows:
        raise NotFound("knowledge.statistics_unknown")
    by_day = await repository.days(db, since, until, [item_id])
    reads = await repository.reads_by_day(db, since, until, [item_id])
    return TextDetail(text=_text(rows[0], reads.get(item_id, {}), since, until), days=_all_days(by_day, since, until))


async def misses(
    db: Session, since: date, until: date, *, after: tuple[int, str, str] | None, limit: int
) -> list[Miss]:
    """Searches that found nothing, most frequent first."""
    rows = await repository.misses(db, since, until, after=after, limit=limit)
    return [Miss(words=words, locale=locale, count=number, last_at=last) for words, locale, number, last in rows]


async def conversations_of(
    db: Session,
    item_id: UUID,
    kind: UseKind,
    since: date,
    until: date,
    *,
    after: tuple[datetime, UUID] | None,
    limit: int,
) -> list[tuple[UUID, datetime]]:
    """The conversations behind a figure, newest first."""
    zone = await _zone(db)
    begin = datetime(since.year, since.month, since.day, tzinfo=zone).astimezone(UTC)
    day_after = until + timedelta(days=1)
    end = datetime(day_after.year, day_after.month, day_after.day, tzinfo=zone).astimezone(UTC)
    return await repository.uses(db, item_id, kind, begin, end, after=after, limit=limit)


async def most_read(db: Session, locale: str, limit: int) -> list[UUID]:
    """The texts of a language that interest most, of the last thirty days."""
    since = clock.now().date() - timedelta(days=POPULAR_DAYS)
    return await repository.most_read(db, locale, since, limit)
