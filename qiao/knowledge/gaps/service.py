"""The verbs of knowledge gaps: the room's public face."""

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import Invalid, NotFound, Refused
from qiao.core.ids import new_id
from qiao.core.runtime import runtime_of
from qiao.knowledge.articles.audience import Reader, reader_of
from qiao.knowledge.gaps import collecting, policy, repository
from qiao.knowledge.gaps.collecting import forget, forget_question, note
from qiao.knowledge.gaps.models import GapRow, GapSettingsRow
from qiao.knowledge.gaps.repository import conversations_kept, of_conversation, questions
from qiao.knowledge.gaps.schemas import (
    DismissBody,
    Effect,
    Figures,
    GapDetail,
    GapSettings,
    GapView,
    Near,
    Share,
    Standing,
    Status,
    Summary,
    TextRef,
)
from qiao.knowledge.search.service import SearchService
from qiao.people.accounts import audit
from qiao.people.organization import service as organization

TREND_DAYS: Final = 14
LONGEST_DAYS: Final = 400
DEFAULT_DAYS: Final = 30

__all__ = [
    "attach_draft",
    "conversations_kept",
    "dismiss",
    "exclude",
    "forget",
    "forget_question",
    "get",
    "get_settings",
    "listing",
    "merge",
    "name_by_model",
    "nameless",
    "note",
    "of_conversation",
    "period",
    "put_settings",
    "questions",
    "rename",
    "reopen",
    "split",
    "standing",
    "stretch",
    "summary",
    "texts_changed",
    "titles",
]


# -- settings ----------------------------------------------------------------------------------------------------------


async def get_settings(db: Session) -> GapSettings:
    stored = await db.scalar(select(GapSettingsRow.settings).where(GapSettingsRow.id == 1))
    known = {key: value for key, value in (stored or {}).items() if key in GapSettings.model_fields}
    return GapSettings.model_validate(known)


async def put_settings(db: Session, actor: Actor, settings: GapSettings) -> GapSettings:
    """Replaces the settings."""
    before = (await get_settings(db)).model_dump()
    values = settings.model_dump()
    query = insert(GapSettingsRow).values(id=1, settings=values)
    await db.execute(query.on_conflict_do_update(index_elements=["id"], set_={"settings": values}))
    changes = {key: {"from": before[key], "to": value} for key, value in values.items() if before[key] != value}
    await audit.record(db, actor, "gap.settings", "gap_settings", 1, changes)
    return settings


# -- reading -----------------------------------------------------------------------------------------------------------


async def _zone(db: Session) -> ZoneInfo:
    return ZoneInfo((await organization.get_workspace(db)).timezone)


async def period(db: Session, since: date | None, until: date | None) -> tuple[date, date]:
    """Both days included, in the company's time zone; the last thirty when nothing is said. Raises Invalid."""
    until = until or clock.now().astimezone(await _zone(db)).date()
    since = since or until - timedelta(days=DEFAULT_DAYS - 1)
    if since > until:
        raise Invalid.field("since", "gaps.reversed")
    if (until - since).days >= LONGEST_DAYS:
        raise Invalid.field("since", "gaps.too_long", days=LONGEST_DAYS)
    return since, until


def _begin(day: date, zone: ZoneInfo) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC)


async def stretch(db: Session, since: date, until: date) -> tuple[datetime, datetime]:
    zone = await _zone(db)
    return _begin(since, zone), _begin(until + timedelta(days=1), zone)


def _figures(row: Mapping[str, Any], settings: GapSettings) -> Figures:
    minutes = round(float(row.get("minutes") or 0.0), 1)
    return Figures(
        count=int(row.get("count") or 0),
        asked=int(row.get("asked") or 0),
        handed_over=int(row.get("handed_over") or 0),
        minutes=minutes,
        cost=_cost(minutes, settings),
        csat=round(float(row["csat"]), 2) if row.get("csat") is not None else None,
    )


def _cost(minutes: float, settings: GapSettings) -> int | None:
    return round(minutes * settings.hourly_cost / 60) if settings.hourly_cost is not None else None


async def listing(
    db: Session,
    reader: Reader,
    since: date,
    until: date,
    *,
    status: Status | None = "open",
    sort: str = "cost",
    least: int = 2,
    q: str | None = None,
    after: tuple[float, UUID] | None = None,
    limit: int = 50,
    **filters: Any,
) -> tuple[list[GapView], tuple[float, UUID] | None]:
    """One page of gaps with their figures in the time, greatest first, and where the next begins."""
    begin, end = await stretch(db, since, until)
    found = await repository.gaps_page(
        db, begin, end, begin + (end - begin) / 2, statuses=[status] if status else None, sort=sort, least=least, q=q,
        after=after, limit=limit + 1, **filters,
    )  # fmt: skip
    following = (found[limit - 1][2], found[limit - 1][0].id) if len(found) > limit else None
    found = found[:limit]
    return await _views(db, reader, [(gap, figures) for gap, figures, _ in found]), following


async def _views(db: Session, reader: Reader, found: Sequence[tuple[GapRow, Mapping[str, Any]]]) -> list[GapView]:
    gaps = [gap for gap, _ in found]
    if not gaps:
        return []
    settings, zone, now = await get_settings(db), await _zone(db), clock.now()
    today = now.astimezone(zone).date()
    first = today - timedelta(days=TREND_DAYS - 1)
    days = await repository.by_day(db, [gap.id for gap in gaps], _begin(first, zone), zone.key)
    wanted = {key for gap in gaps for key in (gap.faq_id, gap.elsewhere_id) if key is not None}
    texts = {
        key: TextRef.model_validate(dict(row))
        for key, row in (await repository.texts(db, reader, list(wanted))).items()
    }
    effects = await _effects(db, [gap for gap in gaps if gap.published_at is not None], now)
    views = []
    for gap, figures in found:
        own = days.get(gap.id, {})
        views.append(
            GapView(
                id=gap.id,
                name=gap.name,
                named_by=gap.named_by,
                status=gap.status,
                figures=_figures(figures, settings),
                trend=[own.get(first + timedelta(days=n), 0) for n in range(TREND_DAYS)],
                last_at=gap.last_at,
                text=texts.get(gap.faq_id) if gap.faq_id else None,
                elsewhere=texts.get(gap.elsewhere_id) if gap.elsewhere_id else None,
                dismissed_at=gap.dismissed_at,
                dismiss_reason=gap.dismiss_reason,
                dismiss_note=gap.dismiss_note,
                returned_at=gap.returned_at,
                drafted_at=gap.drafted_at,
                published_at=gap.published_at,
                effect=effects.get(gap.id),
            )
        )
    return views


async def _effects(db: Session, gaps: Sequence[GapRow], now: datetime) -> dict[UUID, Effect]:
    """What each gap's answer has changed, over equal times before and after it went live."""
    if not gaps:
        return {}
    spans = {gap.id: policy.windows(gap.published_at, now) for gap in gaps if gap.published_at is not None}
    asked = await repository.around(db, spans, min(begin for begin, _, _ in spans.values()))
    found: dict[UUID, Effect] = {}
    for gap in gaps:
        if gap.published_at is None:
            continue
        begin, end, days = spans[gap.id]
        handed, all_asked = [[0] * days, [0] * days], [0, 0]
        for at, to_people, times in asked.get(gap.id, ()):
            if not begin <= at < end:
                continue
            later = int(at >= gap.published_at)
            all_asked[later] += times
            if to_people:
                handed[later][(at - (gap.published_at if later else begin)).days] += 1
        changed = policy.change(sum(handed[0]), sum(handed[1]), days)
        found[gap.id] = Effect(
            verdict=changed.verdict, published_at=gap.published_at, days=days, before=changed.before, after=changed.after,
            asked_before=all_asked[0], asked_after=all_asked[1], ratio=changed.ratio, low=changed.low, high=changed.high,
            by_day_before=handed[0], by_day_after=handed[1],
        )  # fmt: skip
    return found


async def get(db: Session, reader: Reader, gap_id: UUID, since: date, until: date) -> GapDetail:
    """One gap with how its questions came, and the texts that come closest. Raises NotFound."""
    begin, end = await stretch(db, since, until)
    found = await repository.gaps_page(
        db, begin, end, begin, statuses=None, sort="recent", least=0, q=None, after=None, limit=1, only=gap_id
    )
    if not found:
        raise NotFound("gaps.not_found")
    view = (await _views(db, reader, [(found[0][0], found[0][1])]))[0]
    shares = await repository.shares(db, gap_id, begin, end)
    hits = await runtime_of(db).get(SearchService).search(view.name, audience=reader, limit=3)
    own = view.text.id if view.text is not None else None
    refs = await repository.texts(db, reader, [UUID(hit.id) for hit in hits])
    near = [
        Near(text=TextRef.model_validate(dict(refs[UUID(hit.id)])), probability=round(hit.probability, 3))
        for hit in hits
        if UUID(hit.id) in refs and UUID(hit.id) != own
    ]
    by = {name: [Share(name=key, count=number) for key, number in pairs] for name, pairs in shares.items()}
    return GapDetail(**view.model_dump(), kinds=by["kind"], channels=by["channel"], locales=by["locale"], near=near)


async def summary(db: Session, since: date, until: date, *, least: int = 2, **filters: Any) -> Summary:
    begin, end = await stretch(db, since, until)
    settings = await get_settings(db)
    row = await repository.counted(db, begin, end, least, **filters)
    minutes = round(float(row.pop("minutes")), 1)
    return Summary(
        since=since,
        until=until,
        minutes=minutes,
        cost=_cost(minutes, settings),
        currency=settings.currency,
        hourly_cost=settings.hourly_cost,
        channels=await repository.channels(db, begin),
        **{key: int(value) for key, value in row.items()},
    )


# -- shaping -----------------------------------------------------------------------------------------------------------


async def _gap(db: Session, gap_id: UUID) -> GapRow:
    row = await db.get(GapRow, gap_id, with_for_update=True, populate_existing=True)
    if row is None:
        raise NotFound("gaps.not_found")
    return row


async def standing(db: Session, gap_id: UUID) -> Standing:
    """What a gap is, for those who draft. Raises NotFound."""
    row = await db.get(GapRow, gap_id)
    if row is None:
        raise NotFound("gaps.not_found")
    return Standing(row.id, row.name, row.status, row.faq_id, tuple(row.draft_sources))


async def titles(db: Session, reader: Reader, ids: Sequence[UUID]) -> dict[UUID, str]:
    """What texts are called, those the reader may read."""
    return {key: str(row["title"]) for key, row in (await repository.texts(db, reader, ids)).items()}


async def rename(db: Session, actor: Actor, gap_id: UUID, name: str) -> None:
    gap = await _gap(db, gap_id)
    before, gap.name, gap.named_by = gap.name, name, "person"
    gap.updated_at = clock.now()
    await audit.record(db, actor, "gap.renamed", "gap", gap_id, {"name": {"from": before, "to": name}})


async def merge(db: Session, actor: Actor, gap_id: UUID, others: Sequence[UUID]) -> None:
    """Takes the questions of other gaps into this one; the others are gone. One with an answer of its own stays."""
    await repository.lock(db)
    gap = await _gap(db, gap_id)
    for other_id in dict.fromkeys(others):
        if other_id == gap_id:
            raise Invalid.field("gap_ids", "gaps.merge_self")
        other = await _gap(db, other_id)
        if other.faq_id is not None:
            if gap.faq_id is not None:
                raise Refused("gaps.merge_answered")
            gap.faq_id, gap.drafted_at, gap.drafted_by = other.faq_id, other.drafted_at, other.drafted_by
            gap.draft_sources, gap.published_at = other.draft_sources, other.published_at
            gap.status = other.status
        await repository.move(db, gap_id, of=other_id)
        await audit.record(db, actor, "gap.merged", "gap", gap_id, {"name": other.name})
        await db.delete(other)
    gap.shaped = True
    await db.flush()
    await collecting.settle(db, [gap_id])


async def split(db: Session, actor: Actor, gap_id: UUID, question_ids: Sequence[UUID]) -> UUID:
    """Puts some questions of a gap into a new one. Returns its id."""
    await repository.lock(db)
    gap = await _gap(db, gap_id)
    own = await repository.owned(db, gap_id, question_ids)
    if not own:
        raise Invalid.field("question_ids", "gaps.no_questions")
    now = clock.now()
    made = GapRow(
        id=new_id(), name=own[0][1][:200], embedder=gap.embedder, centroid=gap.centroid, weight=0, shaped=True,
        last_at=gap.last_at, updated_at=now, created_at=now,
    )  # fmt: skip
    db.add(made)
    await db.flush()
    await repository.move(db, made.id, ids=[key for key, _ in own])
    gap.shaped = True
    await db.flush()
    await audit.record(db, actor, "gap.split", "gap", gap_id, {"questions": len(own)})
    await collecting.settle(db, [made.id, gap_id])
    return made.id


async def exclude(db: Session, actor: Actor, gap_id: UUID, question_ids: Sequence[UUID]) -> None:
    """Says that some questions are none of ours: they count nowhere any more."""
    await repository.lock(db)
    await _gap(db, gap_id)
    own = await repository.owned(db, gap_id, question_ids)
    if not own:
        raise Invalid.field("question_ids", "gaps.no_questions")
    await repository.exclude(db, [key for key, _ in own])
    await audit.record(db, actor, "gap.excluded", "gap", gap_id, {"questions": len(own)})
    await collecting.settle(db, [gap_id])


async def dismiss(db: Session, actor: Actor, gap_id: UUID, body: DismissBody) -> None:
    """Puts a gap aside with a reason. It collects on and comes back when it has grown notably."""
    gap = await _gap(db, gap_id)
    if gap.status not in ("open", "drafted"):
        raise Refused("gaps.not_open")
    if body.reason == "elsewhere":
        readable = await repository.texts(db, reader_of(actor), [body.text_id] if body.text_id else [])
        if not readable:
            raise Invalid.field("text_id", "gaps.text_needed")
    gap.status, gap.dismissed_at, gap.dismissed_by = "dismissed", clock.now(), actor.id
    gap.dismiss_reason, gap.dismiss_note = body.reason, body.note.strip()
    gap.elsewhere_id = body.text_id if body.reason == "elsewhere" else None
    gap.dismissed_weight, gap.returned_at = gap.weight, None
    await audit.record(db, actor, "gap.dismissed", "gap", gap_id, {"name": gap.name, "reason": body.reason})


async def reopen(db: Session, actor: Actor, gap_id: UUID) -> None:
    """Takes a dismissed gap back."""
    gap = await _gap(db, gap_id)
    if gap.status != "dismissed":
        raise Refused("gaps.not_dismissed")
    gap.status = "drafted" if gap.faq_id is not None else "open"
    gap.dismissed_at = gap.dismissed_by = gap.dismiss_reason = gap.elsewhere_id = None
    gap.dismiss_note = ""
    await audit.record(db, actor, "gap.reopened", "gap", gap_id, {"name": gap.name})


async def nameless(db: Session, limit: int) -> list[tuple[UUID, str, list[str]]]:
    """(gap, its language, its newest questions) of the costliest gaps nobody has named."""
    found = []
    for gap_id in await repository.nameless(db, clock.now() - timedelta(days=DEFAULT_DAYS), limit):
        own = await repository.questions(db, gap_id, answered=False, limit=20)
        locale = max(
            sorted({q.locale for q in own}), key=lambda name: sum(q.locale == name for q in own), default="zh-CN"
        )
        found.append((gap_id, locale, [question.text for question in own]))
    return found


async def name_by_model(db: Session, gap_id: UUID, name: str) -> None:
    """A name a language model proposes; one that a person gave stays."""
    gap = await _gap(db, gap_id)
    if gap.named_by != "person":
        gap.name, gap.named_by, gap.updated_at = name[:200], "model", clock.now()


# -- an answer ---------------------------------------------------------------------------------------------------------


async def attach_draft(db: Session, actor: Actor, gap_id: UUID, faq_id: UUID, sources: Sequence[UUID]) -> None:
    """Remembers the FAQ drafted for a gap, and the conversations it was drafted from."""
    gap = await _gap(db, gap_id)
    if gap.faq_id is not None:
        raise Refused("gaps.has_draft")
    gap.faq_id, gap.drafted_at, gap.drafted_by = faq_id, clock.now(), actor.id
    gap.draft_sources, gap.status, gap.published_at = list(sources), "drafted", None
    await audit.record(db, actor, "gap.drafted", "gap", gap_id, {"name": gap.name})


async def texts_changed(db: Session, items: Sequence[UUID]) -> None:
    """FAQs were written, moved or removed: a gap is answered while its FAQ is published, and open again without it."""
    query = select(GapRow).where(GapRow.faq_id.in_(list(items))).order_by(GapRow.id).with_for_update()
    gaps = list((await db.execute(query)).scalars())
    if not gaps:
        return
    states = await repository.texts(db, None, [gap.faq_id for gap in gaps if gap.faq_id])
    for gap in gaps:
        text = states.get(gap.faq_id) if gap.faq_id else None
        match text["status"] if text is not None else None:
            case "published":
                gap.published_at = gap.published_at or clock.now()
                gap.status, gap.returned_at = "answered", None
            case None | "archived":
                gap.faq_id = gap.drafted_at = gap.drafted_by = gap.published_at = None
                gap.draft_sources = []
                gap.status = "open" if gap.status != "dismissed" else gap.status
            case _:
                gap.published_at = None
                gap.status = "drafted" if gap.status != "dismissed" else gap.status
