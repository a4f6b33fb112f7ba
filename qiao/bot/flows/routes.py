"""REST of flows."""

from typing import Annotated
from uuid import UUID

from qiao.bot.flows import schemas, service
from qiao.core.actor import Actor
from qiao.core.web import Cursor, Locale, Page, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs

router = Router(prefix="/bot/flows", tags=["flows"])
Editor = Annotated[Actor, Needs("flows.manage")]


@router.get("")
async def list_flows(actor: Editor, db: Read) -> list[schemas.FlowItem]:
    """Every flow, with how its runs of the last 30 days ended."""
    return await service.listing(db)


@router.post("", status_code=201)
async def create_flow(body: schemas.FlowCreate, actor: Editor, db: Tx, locale: Locale) -> schemas.FlowView:
    """A new flow from a file or an empty one; customers meet it once it is published."""
    return await service.create(db, actor, body, locale)


@router.post("/from-procedure", status_code=201)
async def flow_from_procedure(body: schemas.FromProcedure, actor: Editor, db: Tx, locale: Locale) -> schemas.FlowView:
    """The draft of a flow made of a standard procedure's steps that a customer can be asked."""
    return await service.from_procedure(db, actor, body, locale)


@router.post("/check")
async def check_flow(body: schemas.CheckBody, actor: Editor, db: Read, locale: Locale) -> schemas.CheckView:
    """A document in both forms and what is wrong with it, step by step."""
    return await service.check(db, body.document, body.yaml, locale)


@router.post("/rehearse")
async def rehearse_flow(body: schemas.RehearseBody, actor: Editor, db: Read) -> schemas.RehearseView:
    """One more message to a draft, in the machine customers meet; nothing is written."""
    return await service.rehearse(db, actor, body)


@router.post("/test")
async def test_flow(body: schemas.CheckBody, actor: Editor, db: Read) -> list[schemas.TestView]:
    """Runs the tests a document brings along."""
    return await service.run_tests(db, body)


@router.get("/{flow_id}")
async def read_flow(flow_id: UUID, actor: Editor, db: Read, locale: Locale) -> schemas.FlowView:
    return await service.get(db, flow_id, locale)


@router.put("/{flow_id}/draft")
async def save_flow_draft(
    flow_id: UUID, body: schemas.DraftBody, actor: Editor, db: Tx, locale: Locale
) -> schemas.FlowView:
    """Replaces the draft; an unfinished one is kept, too."""
    return await service.save_draft(db, actor, flow_id, body, locale)


@router.post("/{flow_id}/publish")
async def publish_flow(
    flow_id: UUID, body: schemas.PublishBody, actor: Editor, db: Tx, locale: Locale
) -> schemas.FlowView:
    """Makes the draft what customers meet from now on."""
    return await service.publish(db, actor, flow_id, revision=body.revision, note=body.note, locale=locale)


@router.post("/{flow_id}/unpublish")
async def unpublish_flow(flow_id: UUID, actor: Editor, db: Tx, locale: Locale) -> schemas.FlowView:
    return await service.unpublish(db, actor, flow_id, locale)


@router.delete("/{flow_id}", status_code=204)
async def delete_flow(flow_id: UUID, actor: Editor, db: Tx) -> None:
    """Deletes a flow that is not in use, with its versions."""
    await service.delete(db, actor, flow_id)


@router.get("/{flow_id}/versions")
async def list_flow_versions(
    flow_id: UUID, actor: Editor, db: Read, cursor: Cursor = None, limit: Limit = 50
) -> Page[schemas.VersionView]:
    items, following = await service.versions(db, flow_id, cursor, limit)
    return Page(items=items, next_cursor=following)


@router.get("/{flow_id}/versions/{number}")
async def read_flow_version(flow_id: UUID, number: int, actor: Editor, db: Read) -> schemas.VersionDetail:
    return await service.version(db, flow_id, number)


@router.post("/{flow_id}/versions/{number}/restore")
async def restore_flow_version(flow_id: UUID, number: int, actor: Editor, db: Tx, locale: Locale) -> schemas.FlowView:
    """Makes an old version the draft again."""
    return await service.restore(db, actor, flow_id, number, locale)


@router.get("/{flow_id}/runs")
async def list_flow_runs(
    flow_id: UUID, actor: Editor, db: Read, cursor: Cursor = None, limit: Limit = 50
) -> Page[schemas.RunView]:
    """Runs with customers, newest first."""
    items, following = await service.runs(db, flow_id, cursor, limit)
    return Page(items=items, next_cursor=following)
