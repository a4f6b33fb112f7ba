"""REST of ticket lists."""

from typing import Annotated, Any, Literal
from urllib.parse import quote
from uuid import UUID

import msgspec
from fastapi import Query, Response
from starlette.responses import FileResponse, StreamingResponse

from qiao.core.actor import Actor
from qiao.core.errors import NotFound
from qiao.core.files.store import BlobStore
from qiao.core.web import Cursor, Page, Read, Runtime_, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.desk.ticketlists import bulk, exports, lists, saved
from qiao.desk.ticketlists.schemas import (
    Asked,
    BulkBody,
    BulkItemView,
    BulkView,
    ExportBody,
    ExportView,
    FactView,
    GroupsBody,
    QueryBody,
    SortKey,
    ViewCreate,
    ViewOrder,
    ViewPatch,
    ViewView,
)
from qiao.people.accounts.access import Needs

router = Router(prefix="/ticket-lists", tags=["ticket lists"])
Viewer = Annotated[Actor, Needs("tickets.handle", "tickets.view_all", "tasks.handle")]
Handler = Annotated[Actor, Needs("tickets.handle")]


def _json(value: Any) -> Response:
    return Response(msgspec.json.encode(value), media_type="application/json")


@router.post("/query")
async def query_tickets(body: QueryBody, actor: Viewer, db: Read) -> Response:
    """A page `{items, next_cursor, columns, sort, names}` of what a view and a filter find, in any order lists have."""
    return _json(await lists.query(db, actor, body))


@router.get("")
async def read_view(
    actor: Viewer,
    db: Read,
    view: UUID,
    q: Annotated[str | None, Query(max_length=200)] = None,
    sort: SortKey | None = None,
    descending: bool = True,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """A page of a saved view as it is saved, or in another order."""
    order = {"by": sort, "descending": descending} if sort else None
    body = QueryBody.model_validate({"view_id": view, "q": q, "sort": order, "cursor": cursor, "limit": limit})
    return _json(await lists.query(db, actor, body))


@router.post("/count")
async def count_tickets(body: Asked, actor: Viewer, db: Read) -> Response:
    """`{count, more}`: exact up to 10,000."""
    return _json(await lists.count(db, actor, body))


@router.post("/groups")
async def group_tickets(body: GroupsBody, actor: Viewer, db: Read) -> Response:
    """`{items: [{value, label, count, rows}], more}`, at most 500 groups, those with most tickets first."""
    return _json(await lists.groups(db, actor, body))


@router.get("/facts")
async def list_facts(actor: Viewer, db: Read) -> list[FactView]:
    """Everything lists can be filtered, grouped or shown by, as far as the caller may know of it."""
    return await lists.facts(db, actor)


# -- views -------------------------------------------------------------------------------------------------------------


@router.get("/views")
async def list_views(actor: Viewer, db: Read) -> list[ViewView]:
    """The caller's own views, their department's, everyone's."""
    return await saved.listing(db, actor)


@router.get("/views/counts")
async def count_views(actor: Viewer, db: Read) -> Response:
    """`{count, more}` of every view of the caller, by its id."""
    return _json(await lists.view_counts(db, actor))


@router.post("/views", status_code=201)
async def create_view(body: ViewCreate, actor: Viewer, db: Tx) -> ViewView:
    """An own view, one of the caller's department, or with `tickets.manage` one of everyone's."""
    await lists.check_body(db, actor, body.body)
    return await saved.create(db, actor, body)


@router.put("/views/order")
async def order_views(body: ViewOrder, actor: Viewer, db: Tx) -> list[ViewView]:
    """Puts views in this order; those the caller may not move stay where they are."""
    return await saved.reorder(db, actor, body)


@router.get("/views/{view_id}")
async def read_saved_view(view_id: UUID, actor: Viewer, db: Read) -> ViewView:
    return await saved.get(db, actor, view_id)


@router.patch("/views/{view_id}")
async def update_view(view_id: UUID, body: ViewPatch, actor: Viewer, db: Tx) -> ViewView:
    """Changes what is given."""
    if body.body is not None:
        await lists.check_body(db, actor, body.body)
    return await saved.change(db, actor, view_id, body)


@router.delete("/views/{view_id}", status_code=204)
async def delete_view(view_id: UUID, actor: Viewer, db: Tx) -> None:
    """Those that came with the product stay."""
    await saved.remove(db, actor, view_id)


# -- bulk --------------------------------------------------------------------------------------------------------------


@router.post("/bulk", status_code=202)
async def start_bulk(body: BulkBody, actor: Handler, db: Tx) -> BulkView:
    """One action on many tickets, as a job. A ticket the caller may not change is skipped, with the reason."""
    return await bulk.ask(db, actor, body)


@router.get("/bulk")
async def list_bulks(actor: Handler, db: Read) -> list[BulkView]:
    """The caller's last operations."""
    return await bulk.recent(db, actor)


@router.get("/bulk/{bulk_id}")
async def read_bulk(bulk_id: UUID, actor: Handler, db: Read) -> BulkView:
    return await bulk.get(db, actor, bulk_id)


@router.get("/bulk/{bulk_id}/items")
async def list_bulk_items(
    bulk_id: UUID,
    actor: Handler,
    db: Read,
    state: Literal["waiting", "changed", "same", "skipped", "restored", "kept"] | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[BulkItemView]:
    """What was done to each ticket."""
    items, following = await bulk.items(db, actor, bulk_id, state=state, cursor=cursor, limit=limit)
    return Page(items=items, next_cursor=following)


@router.post("/bulk/{bulk_id}/undo", status_code=202)
async def undo_bulk(bulk_id: UUID, actor: Handler, db: Tx) -> BulkView:
    """Within a day, once: gives back what nobody has changed since."""
    return await bulk.ask_undo(db, actor, bulk_id)


# -- exports -----------------------------------------------------------------------------------------------------------


@router.post("/exports", status_code=202)
async def start_export(body: ExportBody, actor: Viewer, db: Tx) -> ExportView:
    """The whole list as a file, however long, as a job."""
    return await exports.ask(db, actor, body)


@router.get("/exports")
async def list_exports(actor: Viewer, db: Read) -> list[ExportView]:
    """The caller's last exports."""
    return await exports.recent(db, actor)


@router.get("/exports/{export_id}")
async def read_export(export_id: UUID, actor: Viewer, db: Read) -> ExportView:
    """The caller's own."""
    return exports.view(await exports.own(db, actor, export_id))


@router.get("/exports/{export_id}/file")
async def download_export(export_id: UUID, actor: Viewer, db: Read, runtime: Runtime_) -> Response:
    """The file, for its asker alone."""
    row = await exports.own(db, actor, export_id)
    if row.blob is None:
        raise NotFound("ticketlists.export_not_found")
    store: BlobStore = runtime.get(BlobStore)
    headers = {"cache-control": "private, no-store", "x-content-type-options": "nosniff"}
    path = store.local_path(row.blob)
    if path is not None:
        return FileResponse(path, media_type=exports.mime(row), filename=row.name, headers=headers)
    headers["content-disposition"] = f"attachment; filename*=utf-8''{quote(row.name, safe='')}"
    return StreamingResponse(store.open(row.blob), media_type=exports.mime(row), headers=headers)
