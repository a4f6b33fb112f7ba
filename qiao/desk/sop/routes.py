"""REST of procedures."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Locale, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.desk.sop import schemas, service
from qiao.people.accounts.access import Needs

router = Router(prefix="/procedures", tags=["procedures"])
Editor = Annotated[Actor, Needs("sop.manage")]
Walker = Annotated[
    Actor, Needs("conversations.handle", "tickets.handle", "tasks.handle", "conversations.view_all", "tickets.view_all")
]
Days = Annotated[int, Query(ge=1, le=3650)]
Version = Annotated[int | None, Query(ge=1)]


@router.get("")
async def list_procedures(actor: Editor, db: Read) -> list[schemas.ProcedureItem]:
    """Every procedure, with its runs of the last 30 days by state."""
    return await service.listing(db)


@router.post("", status_code=201)
async def create_procedure(
    body: schemas.ProcedureCreate, actor: Editor, db: Tx, locale: Locale
) -> schemas.ProcedureView:
    """A new procedure from a file or a short one; it is walked once it is published."""
    return await service.create(db, actor, body, locale)


@router.post("/check")
async def check_procedure(body: schemas.CheckBody, actor: Editor, db: Read, locale: Locale) -> schemas.CheckView:
    """A document in both forms and what is wrong with it: step, field, line and column."""
    return await service.check(db, body.document, body.yaml, locale)


@router.post("/rehearse")
async def rehearse_procedure(body: schemas.RehearseBody, actor: Editor, db: Read) -> schemas.RehearseView:
    """Walks through a draft in the machine agents meet; nothing is written."""
    return await service.rehearse(db, body)


# -- runs --------------------------------------------------------------------------------------------------------------


@router.get("/for/{subject_kind}/{subject_id}")
async def procedures_for_subject(
    subject_kind: schemas.SubjectKind, subject_id: UUID, actor: Walker, db: Read
) -> schemas.ForSubject:
    """Runs of a ticket or conversation the caller may see, and which procedures fit it, best first."""
    return await service.for_subject(db, actor, subject_kind, subject_id)


@router.post("/runs", status_code=201)
async def start_procedure(body: schemas.StartBody, actor: Walker, db: Tx, locale: Locale) -> schemas.RunView:
    """Begins a procedure, or goes on with the one that is open for this ticket or conversation."""
    run_id = await service.start(db, actor, body.procedure, body.subject_kind, body.subject_id, reason=body.reason)
    return await service.get_run(db, actor, run_id, locale)


@router.get("/runs/{run_id}")
async def read_run(run_id: UUID, actor: Walker, db: Read, locale: Locale) -> schemas.RunView:
    """A run with the step it stands on and everything done so far."""
    return await service.get_run(db, actor, run_id, locale)


@router.post("/runs/{run_id}/step")
async def do_step(run_id: UUID, body: schemas.StepBody, actor: Walker, db: Tx, locale: Locale) -> schemas.RunView:
    """Does the step the run stands on: answers it, passes it over, or goes on against a check."""
    return await service.advance(db, actor, run_id, body, locale)


@router.post("/runs/{run_id}/back")
async def step_back(run_id: UUID, body: schemas.RunBody, actor: Walker, db: Tx, locale: Locale) -> schemas.RunView:
    """Goes back one step."""
    return await service.back(db, actor, run_id, body, locale)


@router.post("/runs/{run_id}/pause")
async def pause_run(run_id: UUID, body: schemas.RunBody, actor: Walker, db: Tx, locale: Locale) -> schemas.RunView:
    return await service.pause(db, actor, run_id, body, locale)


@router.post("/runs/{run_id}/resume")
async def resume_run(run_id: UUID, body: schemas.RunBody, actor: Walker, db: Tx, locale: Locale) -> schemas.RunView:
    return await service.resume(db, actor, run_id, body, locale)


@router.post("/runs/{run_id}/hand-over")
async def hand_over_run(
    run_id: UUID, body: schemas.HandOverBody, actor: Walker, db: Tx, locale: Locale
) -> schemas.RunView:
    """Makes it a colleague's turn."""
    return await service.hand_over(db, actor, run_id, body, locale)


@router.post("/runs/{run_id}/stop")
async def stop_run(run_id: UUID, body: schemas.StopBody, actor: Walker, db: Tx, locale: Locale) -> schemas.RunView:
    """Leaves it for good, with the reason."""
    return await service.stop(db, actor, run_id, body, locale)


# -- one procedure -----------------------------------------------------------------------------------------------------


@router.get("/{procedure_id}")
async def read_procedure(procedure_id: UUID, actor: Editor, db: Read, locale: Locale) -> schemas.ProcedureView:
    return await service.get(db, procedure_id, locale)


@router.put("/{procedure_id}/draft")
async def save_procedure_draft(
    procedure_id: UUID, body: schemas.DraftBody, actor: Editor, db: Tx, locale: Locale
) -> schemas.ProcedureView:
    """Replaces the draft; an unfinished one is kept, too."""
    return await service.save_draft(db, actor, procedure_id, body, locale)


@router.post("/{procedure_id}/publish")
async def publish_procedure(
    procedure_id: UUID, body: schemas.PublishBody, actor: Editor, db: Tx, locale: Locale
) -> schemas.ProcedureView:
    """Makes the draft what is started from now on; open runs keep the version they have."""
    return await service.publish(db, actor, procedure_id, revision=body.revision, note=body.note, locale=locale)


@router.post("/{procedure_id}/unpublish")
async def unpublish_procedure(procedure_id: UUID, actor: Editor, db: Tx, locale: Locale) -> schemas.ProcedureView:
    return await service.unpublish(db, actor, procedure_id, locale)


@router.delete("/{procedure_id}", status_code=204)
async def delete_procedure(procedure_id: UUID, actor: Editor, db: Tx) -> None:
    """Deletes a procedure that is not in use and was never walked."""
    await service.delete(db, actor, procedure_id)


@router.get("/{procedure_id}/versions")
async def list_procedure_versions(
    procedure_id: UUID, actor: Editor, db: Read, cursor: Cursor = None, limit: Limit = 50
) -> Page[schemas.VersionView]:
    items, following = await service.versions(db, procedure_id, cursor, limit)
    return Page(items=items, next_cursor=following)


@router.get("/{procedure_id}/versions/{number}")
async def read_procedure_version(procedure_id: UUID, number: int, actor: Editor, db: Read) -> schemas.VersionDetail:
    return await service.version(db, procedure_id, number)


@router.post("/{procedure_id}/versions/{number}/restore")
async def restore_procedure_version(
    procedure_id: UUID, number: int, actor: Editor, db: Tx, locale: Locale
) -> schemas.ProcedureView:
    """Makes an old version the draft again."""
    return await service.restore(db, actor, procedure_id, number, locale)


@router.post("/{procedure_id}/versions/{number}/use")
async def roll_back_procedure(
    procedure_id: UUID, number: int, actor: Editor, db: Tx, locale: Locale
) -> schemas.ProcedureView:
    """Starts an old version again from now on; the draft stays."""
    return await service.roll_back(db, actor, procedure_id, number, locale)


@router.get("/{procedure_id}/diff")
async def diff_procedure(
    procedure_id: UUID, actor: Editor, db: Read, before: Annotated[int, Query(ge=1)], after: Version = None
) -> schemas.DiffView:
    """What version `after` (left out: the draft) has otherwise than `before`."""
    return await service.diff(db, procedure_id, before, after)


@router.get("/{procedure_id}/statistics")
async def procedure_statistics(
    procedure_id: UUID, actor: Editor, db: Read, number: Version = None, days: Days = 90
) -> schemas.FiguresView:
    """How its runs went, per step: where people leave it, and how long they take."""
    return await service.figures(db, procedure_id, number=number, days=days)


@router.get("/{procedure_id}/runs")
async def list_procedure_runs(
    procedure_id: UUID,
    actor: Editor,
    db: Read,
    number: Version = None,
    days: Days = 90,
    state: Literal["active", "paused", "finished", "stopped", "open", "deviating"] | None = None,
    step: Annotated[str | None, Query(max_length=40)] = None,
    how: Literal["entered", "stopped", "waiting", "deviated"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[schemas.RunSummary]:
    """The runs behind a figure, newest first."""
    items, following = await service.runs(
        db, actor, procedure_id, number=number, days=days, state=state, step=step, how=how, cursor=cursor, limit=limit
    )
    return Page(items=items, next_cursor=following)
