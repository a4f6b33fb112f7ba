"""How procedures go: figures per step, ways between them, and the runs behind a figure."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.web.pages import decode_cursor, encode_cursor
from qiao.desk.conversations import service as conversations
from qiao.desk.sop import checking, repository
from qiao.desk.sop.document import Branch, End, Procedure, Sub
from qiao.desk.sop.models import RunRow
from qiao.desk.sop.schemas import FiguresView, RunSummary, StepFigures, WayFigures
from qiao.desk.sop.service import showing
from qiao.desk.sop.service.procedures import row_of
from qiao.desk.tickets import service as tickets


async def figures(db: Session, procedure_id: UUID, *, number: int | None = None, days: int = 90) -> FiguresView:
    """Of runs begun in the last `days`; of one version, or of all."""
    row = await row_of(db, procedure_id)
    found = await repository.figures(db, procedure_id, number, clock.now() - timedelta(days=days))
    document = await _document(db, row.id, row.published_id, row.draft, number)
    totals = found["runs"][0]._mapping
    left = {one[0]: one for one in found["left"]}
    standing = {one[0]: one for one in found["standing"]}
    shown = {step.id: step for step in document.steps if not isinstance(step, Branch | Sub | End)} if document else {}
    steps: list[StepFigures] = []
    for step_id in dict.fromkeys([*shown, *left, *standing]):
        gone, here = left.get(step_id), standing.get(step_id)
        stopped, waiting = (here[1], here[2]) if here else (0, 0)
        step = shown.get(step_id)
        steps.append(
            StepFigures(
                step=step_id,
                title=showing.title_of(step) if step else {},
                type=step.type if step else "",
                entered=(gone[1] if gone else 0) + stopped + waiting,
                left=gone[1] if gone else 0,
                stopped=stopped,
                waiting=waiting,
                skipped=gone[2] if gone else 0,
                deviated=gone[3] if gone else 0,
                back=gone[4] if gone else 0,
                median_s=round(float(gone[5]), 1) if gone and gone[5] is not None else None,
            )
        )
    return FiguresView(
        runs=totals["runs"],
        finished=totals["finished"],
        good=totals["good"],
        stopped=totals["stopped"],
        open=totals["open"],
        deviating=totals["deviating"],
        median_s=round(float(totals["median_s"]), 1) if totals["median_s"] is not None else None,
        outcomes=[
            {"outcome": one[0], "label": showing.outcome_of(document, one[0]) if document else {}, "count": one[1]}
            for one in found["outcomes"]
        ],
        steps=steps,
        ways=[WayFigures(frm=one[0], to=one[1], count=one[2]) for one in found["ways"] if one[0]],
        versions=sorted(totals["versions"], reverse=True),
        deviations={one[0]: one[1] for one in found["deviations"]},
    )


async def _document(
    db: Session, procedure_id: UUID, published: UUID | None, draft: dict[str, Any], number: int | None
) -> Procedure | None:
    """What names the steps: the version asked about, else the one in use, else the draft."""
    if number is not None:
        version = await repository.version(db, procedure_id, number)
        data = version.document if version else None
    elif published is not None:
        data = (await repository.documents(db, [published])).get(published)
    else:
        data = draft
    try:
        return checking.parse(data) if data is not None else None
    except checking.Faulty:
        return None


async def runs(
    db: Session,
    actor: Actor,
    procedure_id: UUID,
    *,
    number: int | None = None,
    days: int = 90,
    state: str | None = None,
    step: str | None = None,
    how: str | None = None,
    cursor: str | None = None,
    limit: int = 50,
) -> tuple[list[RunSummary], str | None]:
    """The runs behind a figure, newest first. They say how it went, not what was said; that is seen where it happened."""
    await row_of(db, procedure_id)
    version = await repository.version(db, procedure_id, number) if number is not None else None
    rows = await repository.runs_page(
        db,
        procedure_id,
        versions=[version.id] if version else ([] if number is not None else None),
        since=clock.now() - timedelta(days=days),
        state=state,
        step=step,
        how=how,
        after=decode_cursor(cursor, tuple[datetime, UUID]),
        limit=limit + 1,
    )
    shown = rows[:limit]
    items = await showing.summaries(db, shown, await labels(db, shown))
    return items, encode_cursor(shown[-1].started_at, shown[-1].id) if len(rows) > limit else None


async def labels(db: Session, rows: Sequence[RunRow]) -> dict[UUID, str]:
    """The numbers of what runs were walked for."""
    talks = await conversations.facts_many(db, [row.subject_id for row in rows if row.subject_kind == "conversation"])
    cases = await tickets.facts_many(db, [row.subject_id for row in rows if row.subject_kind == "ticket"])
    return {key: f"#{one.number}" for key, one in talks.items()} | {key: one.ref for key, one in cases.items()}
