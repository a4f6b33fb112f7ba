"""REST of evaluation: test sets, runs, comparisons, the check before publishing, shadow runs."""

from typing import Annotated, Literal
from uuid import UUID

from fastapi import Query, Request, Response
from starlette.datastructures import UploadFile

from qiao.bot.evaluation import files, gate, proposals, runs, sets, shadow
from qiao.bot.evaluation.schemas import (
    Added,
    AddVotes,
    Adopted,
    CaseBody,
    CaseView,
    CheckBody,
    CheckView,
    Comparison,
    Count,
    Expects,
    FromConversation,
    GateSettings,
    GateState,
    HoldOut,
    Override,
    Pair,
    Proposal,
    ResultView,
    RunBody,
    RunBrief,
    SetBody,
    SetName,
    SetPatch,
    SetView,
    ShadowAnswerView,
    ShadowBody,
    ShadowView,
    Uploaded,
    Verdict,
    VoteView,
)
from qiao.core.actor import Actor
from qiao.core.errors import Invalid, TooLarge
from qiao.core.web import Cursor, Locale, Page, Read, Runtime_, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs

router = Router(prefix="/evaluation", tags=["evaluation"])
Manager = Annotated[Actor, Needs("evaluation.manage", "evaluation.decide")]
Decider = Annotated[Actor, Needs("evaluation.decide")]
Adder = Annotated[Actor, Needs("conversations.handle", "evaluation.manage")]
Publisher = Annotated[Actor, Needs("knowledge.publish")]
_LARGEST = 8 * 1024 * 1024


# -- sets --------------------------------------------------------------------------------------------------------------


@router.get("/sets/names")
async def list_set_names(actor: Adder, db: Read) -> list[SetName]:
    """Every set by name, for the one who adds a case out of a conversation."""
    return await sets.names(db)


@router.get("/sets")
async def list_sets(actor: Manager, db: Read, cursor: Cursor = None, limit: Limit = 50) -> Page[SetView]:
    items, following = await sets.list_sets(db, cursor, limit)
    return Page(items=items, next_cursor=following)


@router.post("/sets", status_code=201)
async def create_set(body: SetBody, actor: Manager, db: Tx) -> SetView:
    return await sets.create_set(db, actor, body)


@router.get("/sets/{set_id}")
async def read_set(set_id: UUID, actor: Manager, db: Read) -> SetView:
    return await sets.get_set(db, set_id)


@router.patch("/sets/{set_id}")
async def update_set(set_id: UUID, body: SetPatch, actor: Manager, db: Tx) -> SetView:
    return await sets.update_set(db, actor, set_id, body)


@router.delete("/sets/{set_id}", status_code=204)
async def delete_set(set_id: UUID, actor: Manager, db: Tx) -> None:
    """With its cases and runs."""
    await sets.delete_set(db, actor, set_id)


@router.get("/sets/{set_id}/cases")
async def list_cases(
    set_id: UUID,
    actor: Manager,
    db: Read,
    expects: Expects | None = None,
    q: Annotated[str | None, Query(max_length=200)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CaseView]:
    items, following = await sets.list_cases(db, actor, set_id, expects=expects, q=q, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@router.post("/sets/{set_id}/cases", status_code=201)
async def add_case(set_id: UUID, body: CaseBody, actor: Manager, db: Tx) -> Added:
    """Personal data in the question is replaced by what it is. A question the set has is not added twice."""
    return await sets.add_case(db, actor, set_id, body)


@router.put("/cases/{case_id}")
async def update_case(case_id: UUID, body: CaseBody, actor: Manager, db: Tx) -> CaseView:
    return await sets.update_case(db, actor, case_id, body)


@router.delete("/cases/{case_id}", status_code=204)
async def delete_case(case_id: UUID, actor: Manager, db: Tx) -> None:
    await sets.delete_case(db, actor, case_id)


@router.post("/sets/{set_id}/upload")
async def upload_cases(set_id: UUID, request: Request, actor: Manager, db: Tx, locale: Locale) -> Uploaded:
    """Multipart with one `file`: CSV or JSON lines with the columns of the download. Good rows go in, the others are told."""
    if not request.headers.get("content-type", "").startswith("multipart/form-data"):
        raise Invalid.field("file", "field_missing")
    async with request.form(max_files=1, max_fields=2) as form:
        part = next((value for value in form.values() if isinstance(value, UploadFile)), None)
        if part is None:
            raise Invalid.field("file", "field_missing")
        data, name = await part.read(_LARGEST + 1), part.filename or ""
    if len(data) > _LARGEST:
        raise TooLarge("file.too_large", limit_mb=_LARGEST // (1024 * 1024))
    return await files.upload(db, actor, set_id, name, data, locale)


@router.get("/sets/{set_id}/download.{kind}")
async def download_cases(set_id: UUID, kind: Literal["csv", "jsonl"], actor: Manager, db: Read) -> Response:
    """The set as a file that can be uploaded again."""
    await sets.set_row(db, set_id)
    text = files.download(await sets.all_cases(db, set_id), kind)
    media = "text/csv" if kind == "csv" else "application/x-ndjson"
    headers = {"content-disposition": f'attachment; filename="test-set.{kind}"'}
    return Response(text, media_type=f"{media}; charset=utf-8", headers=headers)


# -- from what happened ------------------------------------------------------------------------------------------------


@router.get("/proposal")
async def propose_case(
    conversation_id: UUID, actor: Adder, runtime: Runtime_, locale: Locale, message_id: UUID | None = None
) -> Proposal:
    """A case as a conversation the caller may see suggests it: the question, and what was actually right."""
    return await proposals.propose(runtime, actor, conversation_id, message_id, locale)


@router.post("/sets/{set_id}/cases/from-conversation", status_code=201)
async def add_case_from_conversation(set_id: UUID, body: FromConversation, actor: Adder, db: Tx) -> Added:
    return await proposals.add_from_conversation(db, actor, set_id, body)


@router.get("/sets/{set_id}/votes")
async def list_votes(
    set_id: UUID, actor: Manager, db: Read, helpful: bool | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[VoteView]:
    """Answers customers judged, in conversations the caller may see."""
    items, following = await proposals.votes(db, actor, set_id, helpful=helpful, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@router.post("/sets/{set_id}/votes")
async def add_votes(set_id: UUID, body: AddVotes, actor: Manager, db: Tx) -> Count:
    """Makes cases of answers found helpful."""
    return await proposals.add_votes(db, actor, set_id, body.message_ids)


@router.post("/sets/{set_id}/hold-out")
async def hold_out(set_id: UUID, body: HoldOut, actor: Manager, db: Tx) -> Count:
    """Makes cases of FAQs' own phrasings; a run takes them away from their FAQ."""
    return await proposals.hold_out(db, actor, set_id, body)


# -- runs --------------------------------------------------------------------------------------------------------------


@router.post("/sets/{set_id}/runs", status_code=202)
async def start_run(set_id: UUID, body: RunBody, actor: Manager, db: Tx) -> RunBrief:
    """Asks the set of a configuration, in the background."""
    return await runs.start(db, actor, set_id, body)


@router.get("/sets/{set_id}/runs")
async def list_runs(
    set_id: UUID,
    actor: Manager,
    db: Read,
    purpose: Literal["manual", "gate"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[RunBrief]:
    items, following = await runs.listing(db, set_id, purpose=purpose, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@router.get("/runs/{run_id}")
async def read_run(run_id: UUID, actor: Manager, db: Read) -> RunBrief:
    return await runs.get(db, run_id)


@router.post("/runs/{run_id}/cancel")
async def cancel_run(run_id: UUID, actor: Manager, db: Tx) -> RunBrief:
    return await runs.cancel(db, run_id)


@router.delete("/runs/{run_id}", status_code=204)
async def delete_run(run_id: UUID, actor: Manager, db: Tx) -> None:
    await runs.remove(db, run_id)


@router.get("/runs/{run_id}/results")
async def list_results(
    run_id: UUID, actor: Manager, db: Read, verdict: Verdict | None = None, cursor: Cursor = None, limit: Limit = 50
) -> Page[ResultView]:
    items, following = await runs.results(db, actor, run_id, verdict=verdict, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@router.get("/runs/{before}/compare/{after}")
async def compare_runs(before: UUID, after: UUID, actor: Manager, db: Read) -> Comparison:
    """Two runs of one set in figures, and whether their difference is more than chance."""
    return await runs.compare(db, before, after)


@router.get("/runs/{before}/compare/{after}/cases")
async def compare_cases(
    before: UUID,
    after: UUID,
    actor: Manager,
    db: Read,
    only: Literal["worse", "better", "changed"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[Pair]:
    """Case by case, regressions first."""
    await runs.compare(db, before, after)
    items, following = await runs.pairs(db, actor, before, after, only=only, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


# -- the check before publishing ---------------------------------------------------------------------------------------


@router.get("/gate")
async def read_gate(actor: Manager, db: Read) -> GateSettings:
    return await gate.get_settings(db)


@router.put("/gate")
async def write_gate(body: GateSettings, actor: Decider, db: Tx) -> GateSettings:
    return await gate.put_settings(db, actor, body)


@router.get("/gate/imports/{import_id}")
async def read_gate_of_import(
    import_id: UUID,
    actor: Publisher,
    db: Read,
    texts: Annotated[int, Query(ge=0)],
    duplicates: Literal["skip", "variant", "update", "import"] = "skip",
) -> GateState:
    """Whether an import of so many texts needs a check before it may be published."""
    return await gate.state_of(db, actor, import_id, duplicates, texts)


@router.post("/checks", status_code=202)
async def start_check(body: CheckBody, actor: Publisher, db: Tx) -> CheckView:
    """Asks the gate sets of the knowledge as it is and with the import, in the background."""
    return await gate.start(db, actor, body)


@router.get("/checks/{check_id}")
async def read_check(check_id: UUID, actor: Publisher, db: Read) -> CheckView:
    return await gate.get(db, actor, check_id)


@router.post("/checks/{check_id}/override")
async def override_check(check_id: UUID, body: Override, actor: Decider, db: Tx) -> CheckView:
    """Lets an import through that did not pass. The reason is kept and is in the audit log."""
    return await gate.override(db, actor, check_id, body.reason)


# -- shadow ------------------------------------------------------------------------------------------------------------


@router.get("/shadows")
async def list_shadows(actor: Manager, db: Read, cursor: Cursor = None, limit: Limit = 20) -> Page[ShadowView]:
    items, following = await shadow.listing(db, cursor, limit)
    return Page(items=items, next_cursor=following)


@router.post("/shadows", status_code=201)
async def start_shadow(body: ShadowBody, actor: Decider, db: Tx, runtime: Runtime_) -> ShadowView:
    """From now on a share of the customers' questions is answered silently by the candidate as well."""
    started = await shadow.start(db, actor, body)
    runtime.get(shadow.Shadows).forget()
    return started


@router.get("/shadows/{shadow_id}")
async def read_shadow(shadow_id: UUID, actor: Manager, db: Read) -> ShadowView:
    return await shadow.get(db, shadow_id)


@router.get("/shadows/{shadow_id}/answers")
async def list_shadow_answers(
    shadow_id: UUID,
    actor: Manager,
    db: Read,
    only: Literal["differ", "live", "candidate"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[ShadowAnswerView]:
    items, following = await shadow.answers(db, actor, shadow_id, only=only, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@router.post("/shadows/{shadow_id}/stop")
async def stop_shadow(shadow_id: UUID, actor: Decider, db: Tx, runtime: Runtime_) -> ShadowView:
    stopped = await shadow.stop(db, actor, shadow_id)
    runtime.get(shadow.Shadows).forget()
    return stopped


@router.post("/shadows/{shadow_id}/adopt")
async def adopt_shadow(shadow_id: UUID, actor: Decider, db: Tx, runtime: Runtime_) -> Adopted:
    """Makes the candidate's settings the bot's; needs the right to change settings as well."""
    adopted = await shadow.adopt(db, actor, shadow_id)
    runtime.get(shadow.Shadows).forget()
    return adopted
