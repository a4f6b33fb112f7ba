"""Every query of knowledge gaps."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Date, Float, Select, and_, case, cast, func, literal, or_, select, text, tuple_, update
from sqlalchemy.dialects.postgresql import insert

from qiao.core.db import Session
from qiao.knowledge.articles.audience import Reader, readable
from qiao.knowledge.articles.headings import headings
from qiao.knowledge.gaps.models import GapQuestionRow as Q
from qiao.knowledge.gaps.models import GapRow
from qiao.knowledge.gaps.schemas import Noted, Question

_ORDER: Final = (Q.asked_at, Q.id)
_UNANSWERED = Q.kind != "answered"


async def lock(db: Session) -> None:
    """One writer at a time: two would move one middle past each other."""
    await db.execute(text("SELECT pg_advisory_xact_lock(hashtextextended('knowledge.gaps', 12))"))


# -- questions ---------------------------------------------------------------------------------------------------------


async def known(db: Session, keys: Sequence[str]) -> set[str]:
    return set((await db.execute(select(Q.key).where(Q.key.in_(keys)))).scalars())


async def refresh_known(db: Session, questions: Sequence[Noted]) -> None:
    """What became of questions that are known: their fate moves on, their words and their gap stay."""
    for one in questions:
        values: dict[str, Any] = {
            "ended": one.ended,
            "handed_over": one.handed_over,
            "score": one.score,
            "kind": one.kind,
        }
        if one.kind == "search":
            values = {"times": Q.times + one.times, "asked_at": func.greatest(Q.asked_at, one.asked_at)}
        await db.execute(update(Q).where(Q.key == one.key).values(**values))


async def add_questions(db: Session, rows: Sequence[dict[str, Any]]) -> None:
    if rows:
        await db.execute(insert(Q).values(list(rows)).on_conflict_do_nothing(index_elements=["key"]))


async def twice_asked(db: Session, conversation_ids: Sequence[UUID]) -> set[tuple[UUID, UUID]]:
    """(conversation, gap) that are known: who asks again in other words has one question."""
    query = select(Q.conversation_id, Q.gap_id).where(Q.conversation_id.in_(conversation_ids), Q.gap_id.is_not(None))
    return {(row[0], row[1]) for row in await db.execute(query) if row[0] is not None and row[1] is not None}


async def share_minutes(db: Session, minutes: Mapping[UUID, float]) -> None:
    """Spreads what people spent on a conversation over its questions that went to them."""
    for conversation_id, spent in minutes.items():
        mine = and_(Q.conversation_id == conversation_id, Q.handed_over, _UNANSWERED)
        number = select(func.count()).select_from(Q).where(mine).scalar_subquery()
        await db.execute(
            update(Q)
            .where(Q.conversation_id == conversation_id)
            .values(minutes=case((mine, literal(spent, Float) / func.greatest(number, 1)), else_=0.0))
            .execution_options(synchronize_session=False)
        )


def _question(row: Q) -> Question:
    assert row.gap_id is not None  # asked for by gap
    return Question(
        row.id, row.gap_id, row.kind, row.text, row.conversation_id, row.seq, row.channel, row.locale, row.asked_at,
        row.times, row.handed_over, row.ended, row.minutes, row.score,
    )  # fmt: skip


async def questions(
    db: Session,
    gap_id: UUID,
    *,
    since: datetime | None = None,
    until: datetime | None = None,
    answered: bool | None = None,
    channel: str | None = None,
    locale: str | None = None,
    after: tuple[datetime, UUID] | None = None,
    limit: int = 50,
) -> list[Question]:
    query = select(Q).where(Q.gap_id == gap_id, ~Q.excluded)
    for column, value in ((Q.channel, channel), (Q.locale, locale)):
        if value is not None:
            query = query.where(column == value)
    if answered is not None:
        query = query.where(Q.kind == "answered" if answered else _UNANSWERED)
    if since is not None:
        query = query.where(Q.asked_at >= since)
    if until is not None:
        query = query.where(Q.asked_at < until)
    if after is not None:
        query = query.where(tuple_(*_ORDER) < after)
    query = query.order_by(Q.asked_at.desc(), Q.id.desc()).limit(limit)
    return [_question(row) for row in (await db.execute(query)).scalars()]


async def members(db: Session, gap_ids: Sequence[UUID], each: int) -> dict[UUID, list[tuple[UUID, str, bytes]]]:
    """(question, text, vector) of each gap's newest questions without an answer."""
    place = func.row_number().over(partition_by=Q.gap_id, order_by=(Q.asked_at.desc(), Q.id)).label("place")
    inner = (
        select(Q.gap_id, Q.id, Q.text, Q.vector, place)
        .where(Q.gap_id.in_(gap_ids), _UNANSWERED, ~Q.excluded)
        .subquery()
    )
    query = select(inner.c.gap_id, inner.c.id, inner.c.text, inner.c.vector).where(inner.c.place <= each)
    found: dict[UUID, list[tuple[UUID, str, bytes]]] = {}
    for gap_id, key, words, vector in await db.execute(query.order_by(inner.c.gap_id, inner.c.id)):
        found.setdefault(gap_id, []).append((key, words, vector))
    return found


async def vectors_of(db: Session, gap_id: UUID, limit: int) -> list[tuple[UUID, bytes, int, datetime]]:
    """(question, vector, times, when) of a gap, in the order they came."""
    query = select(Q.id, Q.vector, Q.times, Q.asked_at).where(Q.gap_id == gap_id, _UNANSWERED, ~Q.excluded)
    return [tuple(row) for row in await db.execute(query.order_by(Q.id.desc()).limit(limit))]  # type: ignore[misc]


async def move(db: Session, to: UUID | None, *, of: UUID | None = None, ids: Sequence[UUID] | None = None) -> None:
    statement = update(Q).values(gap_id=to).execution_options(synchronize_session=False)
    if of is not None:
        statement = statement.where(Q.gap_id == of)
    if ids is not None:
        statement = statement.where(Q.id.in_(ids))
    await db.execute(statement)


# -- gaps with their figures -------------------------------------------------------------------------------------------


def _asked(since: datetime, until: datetime, filters: Mapping[str, Any]) -> Select[Any]:
    weight = case((_UNANSWERED, Q.times), else_=0)
    query = select(
        Q.gap_id,
        func.sum(weight).label("count"),
        func.sum(Q.times).label("asked"),
        func.count().filter(Q.handed_over).label("handed_over"),
        func.coalesce(func.sum(Q.minutes), 0.0).label("minutes"),
        func.avg(Q.score).label("csat"),
        func.max(Q.asked_at).label("newest"),
    ).where(Q.asked_at >= since, Q.asked_at < until, ~Q.excluded, Q.gap_id.is_not(None))
    for name in ("locale", "channel", "space_id"):
        if filters.get(name) is not None:
            query = query.where(getattr(Q, name) == filters[name])
    return query.group_by(Q.gap_id)


async def gaps_page(
    db: Session,
    since: datetime,
    until: datetime,
    halfway: datetime,
    *,
    statuses: Sequence[str] | None,
    sort: str,
    least: int,
    q: str | None,
    after: tuple[float, UUID] | None,
    limit: int,
    only: UUID | None = None,
    **filters: Any,
) -> list[tuple[GapRow, Mapping[str, Any], float]]:
    """(gap, its figures, its sort key), greatest first."""
    figures = _asked(since, until, filters)
    if only is not None:
        figures = figures.where(Q.gap_id == only)
    sums = figures.subquery("sums")
    count = func.coalesce(sums.c["count"], 0)
    minutes = func.coalesce(sums.c.minutes, 0.0)
    keys: dict[str, Any] = {
        # What costs nothing yet is ranked by how often it was asked; a minute weighs more than a thousand questions.
        "cost": cast(minutes * 1000.0 + count, Float),
        "count": cast(count * 1000.0 + func.least(minutes, 999.0), Float),
        "recent": cast(func.extract("epoch", func.coalesce(sums.c.newest, GapRow.last_at)), Float),
    }
    base = select(GapRow, sums).outerjoin(sums, sums.c.gap_id == GapRow.id)
    if sort == "growth":
        late = _asked(halfway, until, filters).subquery("late")
        base = base.outerjoin(late, late.c.gap_id == GapRow.id)
        newer = func.coalesce(late.c["count"], 0)
        keys["growth"] = cast((2 * newer - count) * 1000.0 + func.least(minutes, 999.0), Float)
    key = keys[sort].label("key")
    query = base.add_columns(key)
    if only is not None:
        query = query.where(GapRow.id == only)
    else:
        # An answered gap stays in its list when nobody asks any more: that is what was hoped for.
        kept = GapRow.status.in_(("drafted", "answered", "dismissed"))
        query = query.where(or_(count >= least, kept) if not any(filters.values()) else count >= least)
    if statuses is not None:
        query = query.where(GapRow.status.in_(statuses))
    if q:
        pattern = q.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
        inside = select(Q.gap_id).where(Q.gap_id == GapRow.id, Q.text.ilike(f"%{pattern}%"), ~Q.excluded)
        query = query.where(or_(GapRow.name.ilike(f"%{pattern}%"), inside.exists()))
    if after is not None:
        query = query.where(tuple_(keys[sort], GapRow.id) < after)
    query = query.order_by(keys[sort].desc(), GapRow.id.desc()).limit(limit)
    found: list[tuple[GapRow, Mapping[str, Any], float]] = []
    for row in (await db.execute(query)).mappings():
        figures_of = {name: row[name] for name in ("count", "asked", "handed_over", "minutes", "csat")}
        found.append((row["GapRow"], figures_of, float(row["key"])))
    return found


async def counted(db: Session, since: datetime, until: datetime, least: int, **filters: Any) -> dict[str, Any]:
    """Gaps by status, with what those still open cost together."""
    sums = _asked(since, until, filters).subquery("sums")
    count = func.coalesce(sums.c["count"], 0)
    kept = GapRow.status.in_(("drafted", "answered", "dismissed"))
    shown = or_(count >= least, kept) if not any(filters.values()) else count >= least
    todo = GapRow.status.in_(("open", "drafted"))
    names = ("open", "drafted", "answered", "dismissed")
    query = (
        select(
            *(func.count().filter(GapRow.status == name).label(name) for name in names),
            func.count().filter(GapRow.status == "open", GapRow.returned_at.is_not(None)).label("returned"),
            func.coalesce(func.sum(count).filter(todo), 0).label("questions"),
            func.coalesce(func.sum(sums.c.handed_over).filter(todo), 0).label("handed_over"),
            func.coalesce(func.sum(sums.c.minutes).filter(todo), 0.0).label("minutes"),
        )
        .select_from(GapRow)
        .outerjoin(sums, sums.c.gap_id == GapRow.id)
        .where(shown)
    )
    return dict((await db.execute(query)).mappings().one())


async def channels(db: Session, since: datetime) -> list[str]:
    return sorted((await db.execute(select(Q.channel).where(Q.asked_at >= since).distinct())).scalars())


def _day(zone: str) -> Any:
    return cast(func.timezone(zone, Q.asked_at), Date)


async def by_day(db: Session, ids: Sequence[UUID], since: datetime, zone: str) -> dict[UUID, dict[date, int]]:
    """Questions without a good answer, by gap and day."""
    day = _day(zone).label("day")
    query = select(Q.gap_id, day, func.sum(Q.times)).where(
        Q.gap_id.in_(ids), Q.asked_at >= since, _UNANSWERED, ~Q.excluded
    )
    found: dict[UUID, dict[date, int]] = {}
    for gap_id, at, number in await db.execute(query.group_by(Q.gap_id, day)):
        found.setdefault(gap_id, {})[at] = int(number)
    return found


async def shares(db: Session, gap_id: UUID, since: datetime, until: datetime) -> dict[str, list[tuple[str, int]]]:
    """How the questions of a gap came: by kind, channel and language."""
    found: dict[str, list[tuple[str, int]]] = {}
    for name in ("kind", "channel", "locale"):
        column = getattr(Q, name)
        number = func.sum(Q.times)
        query = select(column, number).where(Q.gap_id == gap_id, Q.asked_at >= since, Q.asked_at < until, ~Q.excluded)
        if name != "kind":
            query = query.where(_UNANSWERED)
        rows = await db.execute(query.group_by(column).order_by(number.desc(), column))
        found[name] = [(row[0], int(row[1])) for row in rows]
    return found


async def around(db: Session, gap_ids: Iterable[UUID], since: datetime) -> dict[UUID, list[tuple[datetime, bool, int]]]:
    """(when, handed over, times) of all questions of some gaps."""
    query = select(Q.gap_id, Q.asked_at, Q.handed_over, Q.times).where(
        Q.gap_id.in_(list(gap_ids)), Q.asked_at >= since, ~Q.excluded
    )
    found: dict[UUID, list[tuple[datetime, bool, int]]] = {}
    for gap_id, at, handed, times in await db.execute(query):
        if gap_id is not None:
            found.setdefault(gap_id, []).append((at, handed, times))
    return found


async def texts(db: Session, reader: Reader, ids: Sequence[UUID]) -> dict[UUID, Mapping[str, Any]]:
    """Those of `ids` the reader may read."""
    if not ids:
        return {}
    relation = headings()
    query = select(relation.c.id, relation.c.source, relation.c.title, relation.c.status, relation.c.locale).where(
        relation.c.id.in_(ids), readable(relation.c.readers, reader)
    )
    return {row["id"]: dict(row) for row in (await db.execute(query)).mappings()}


async def owned(db: Session, gap_id: UUID, question_ids: Sequence[UUID]) -> list[tuple[UUID, str]]:
    """(question, text) of those of `question_ids` that are in this gap."""
    query = select(Q.id, Q.text).where(Q.gap_id == gap_id, Q.id.in_(list(question_ids)), ~Q.excluded)
    return [(row[0], row[1]) for row in await db.execute(query.order_by(Q.id))]


async def exclude(db: Session, ids: Sequence[UUID]) -> None:
    """Kept without a gap: known, so that it is not taken in again."""
    statement = update(Q).where(Q.id.in_(list(ids))).values(gap_id=None, excluded=True, text="")
    await db.execute(statement.execution_options(synchronize_session=False))


async def conversations_kept(db: Session, after: UUID | None, limit: int) -> list[UUID]:
    """The conversations questions are kept of, in the order of their keys."""
    query = select(Q.conversation_id).where(Q.conversation_id.is_not(None)).distinct()
    if after is not None:
        query = query.where(Q.conversation_id > after)
    return [
        key for key in (await db.execute(query.order_by(Q.conversation_id).limit(limit))).scalars() if key is not None
    ]


async def nameless(db: Session, since: datetime, limit: int) -> list[UUID]:
    """Open gaps called after a question, those that cost most first."""
    sums = _asked(since, datetime.max.replace(tzinfo=since.tzinfo), {}).subquery("sums")
    query = (
        select(GapRow.id)
        .join(sums, sums.c.gap_id == GapRow.id)
        .where(GapRow.status == "open", GapRow.named_by == "question", sums.c["count"] >= 3)
        .order_by(sums.c.minutes.desc(), GapRow.id)
    )
    return list((await db.execute(query.limit(limit))).scalars())


async def of_conversation(db: Session, conversation_id: UUID) -> list[UUID]:
    """The gaps a conversation's questions are in."""
    query = select(Q.gap_id).where(Q.conversation_id == conversation_id, Q.gap_id.is_not(None)).distinct()
    return [key for key in (await db.execute(query)).scalars() if key is not None]
