"""REST of knowledge gaps. What needs conversations (examples, answers, drafts) is in `insight/gaps`."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Query

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, Tx, decode_cursor, encode_cursor
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.knowledge.articles.audience import reader_of
from qiao.knowledge.gaps import service
from qiao.knowledge.gaps.schemas import (
    DismissBody,
    GapDetail,
    GapSettings,
    GapView,
    MergeBody,
    QuestionsBody,
    RenameBody,
    Sort,
    Status,
    Summary,
)
from qiao.people.accounts.access import Needs

router = Router(prefix="/knowledge/gaps", tags=["knowledge"])
Reader = Annotated[Actor, Needs("reports.view", "knowledge.edit")]
Editor = Annotated[Actor, Needs("knowledge.edit")]
Manager = Annotated[Actor, Needs("knowledge.manage")]
Day = Annotated[date | None, Query(description="A day in the company's time zone; the last thirty when left out.")]


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which questions count."""

    since: Day = None
    until: Day = None
    least: Annotated[int, Query(ge=1, le=1000, description="Gaps with at least so many questions.")] = 2
    language: Annotated[str | None, Query(max_length=10)] = None
    channel: Annotated[str | None, Query(max_length=30)] = None
    space_id: Annotated[UUID | None, Query(description="Whose closest text stands in this space.")] = None

    def filters(self) -> dict[str, Any]:
        return {"least": self.least, "locale": self.language, "channel": self.channel, "space_id": self.space_id}


Filters = Annotated[Wanted, Depends()]


@router.get("")
async def list_gaps(
    actor: Reader,
    db: Read,
    wanted: Filters,
    status: Status | None = None,
    sort: Sort = "cost",
    q: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[GapView]:
    """Gaps with their figures in the time asked for, greatest first. `cost`: by what people spent on them; `growth`: by
    how many more questions came in the later half of the time than in the earlier."""
    after = decode_cursor(cursor, tuple[float, UUID])
    since, until = await service.period(db, wanted.since, wanted.until)
    words = (q or "").replace("\x00", "").strip() or None
    items, following = await service.listing(
        db,
        reader_of(actor),
        since,
        until,
        status=status,
        sort=sort,
        q=words,
        after=after,
        limit=limit,
        **wanted.filters(),
    )
    return Page(items=items, next_cursor=encode_cursor(*following) if following else None)


@router.get("/summary")
async def read_summary(actor: Reader, db: Read, wanted: Filters) -> Summary:
    """How many gaps are open, drafted, answered and dismissed, and what those not yet answered cost."""
    since, until = await service.period(db, wanted.since, wanted.until)
    return await service.summary(db, since, until, **wanted.filters())


@router.get("/settings")
async def read_settings(actor: Reader, db: Read) -> GapSettings:
    return await service.get_settings(db)


@router.put("/settings")
async def save_settings(body: GapSettings, actor: Manager, db: Tx) -> GapSettings:
    """What an hour of an agent costs; without it gaps are ranked by time alone."""
    return await service.put_settings(db, actor, body)


@router.get("/{gap_id}")
async def read_gap(gap_id: UUID, actor: Reader, db: Read, since: Day = None, until: Day = None) -> GapDetail:
    """One gap: how its questions came, which texts come closest, what its answer has changed."""
    return await service.get(db, reader_of(actor), gap_id, *await service.period(db, since, until))


async def _view(db: Any, actor: Actor, gap_id: UUID) -> GapDetail:
    return await service.get(db, reader_of(actor), gap_id, *await service.period(db, None, None))


@router.patch("/{gap_id}")
async def rename_gap(gap_id: UUID, body: RenameBody, actor: Editor, db: Tx) -> GapDetail:
    """Gives it a name that stays."""
    await service.rename(db, actor, gap_id, body.name)
    return await _view(db, actor, gap_id)


@router.post("/{gap_id}/merge")
async def merge_gaps(gap_id: UUID, body: MergeBody, actor: Editor, db: Tx) -> GapDetail:
    """Takes the questions of other gaps into this one; the others are gone."""
    await service.merge(db, actor, gap_id, body.gap_ids)
    return await _view(db, actor, gap_id)


@router.post("/{gap_id}/split", status_code=201)
async def split_gap(gap_id: UUID, body: QuestionsBody, actor: Editor, db: Tx) -> GapDetail:
    """Puts some of its questions into a new gap, which is the answer. All of them leave nothing behind."""
    return await _view(db, actor, await service.split(db, actor, gap_id, body.question_ids))


@router.post("/{gap_id}/exclude", status_code=204)
async def exclude_questions(gap_id: UUID, body: QuestionsBody, actor: Editor, db: Tx) -> None:
    """Some questions are none of ours: they count nowhere any more."""
    await service.exclude(db, actor, gap_id, body.question_ids)


@router.post("/{gap_id}/dismiss")
async def dismiss_gap(gap_id: UUID, body: DismissBody, actor: Editor, db: Tx) -> GapDetail:
    """Puts it aside with a reason; it returns by itself when it has grown notably."""
    await service.dismiss(db, actor, gap_id, body)
    return await _view(db, actor, gap_id)


@router.post("/{gap_id}/reopen")
async def reopen_gap(gap_id: UUID, actor: Editor, db: Tx) -> GapDetail:
    await service.reopen(db, actor, gap_id)
    return await _view(db, actor, gap_id)
