"""REST of tickets and their types."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Path, Query, Response
from starlette.responses import PlainTextResponse

from qiao.core.actor import Actor
from qiao.core.errors import Invalid
from qiao.core.web import Cursor, Locale, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.desk.tickets import opening, schemas, service
from qiao.desk.tickets.definition import Status
from qiao.desk.tickets.schemas import UNSET, TypeSummary, TypeView
from qiao.desk.tickets.types import service as types
from qiao.people.accounts import audit
from qiao.people.accounts.access import Needs

router = Router(prefix="/tickets", tags=["tickets"])
type_router = Router(prefix="/ticket-types", tags=["ticket types"])
routers = [router, type_router]
Viewer = Annotated[Actor, Needs("tickets.handle", "tickets.view_all", "tasks.handle")]
Worker = Annotated[Actor, Needs("tickets.handle", "tasks.handle")]
Handler = Annotated[Actor, Needs("tickets.handle")]
Manager = Annotated[Actor, Needs("tickets.manage")]
TicketKey = Annotated[str, Path(min_length=1, max_length=60)]
_encoder = msgspec.json.Encoder()


def answer(body: Any, status: int = 200) -> Response:
    """A msgspec view as JSON, without a second validation of what we have just built."""
    return Response(_encoder.encode(body), status_code=status, media_type="application/json")


# -- types -------------------------------------------------------------------------------------------------------------


@type_router.get("")
async def list_types(actor: Viewer, db: Read, archived: bool = False) -> list[TypeSummary]:
    """Types in order; with `archived` all of them, and how many tickets each has."""
    return await types.summaries(db, archived=archived)


@type_router.get("/{key}")
async def read_type(key: str, actor: Viewer, db: Read) -> TypeView:
    """Fields, workflow, routing, approval; and how many tickets stand in each state."""
    return await types.get_type(db, key, reader=actor)


@type_router.post("", status_code=201)
async def create_type(body: schemas.TypeCreate, actor: Manager, db: Tx) -> TypeView:
    """A new type. Everything that is wrong with it comes back at once, each with its place."""
    return await types.create(db, actor, body)


@type_router.post("/check")
async def check_type(body: schemas.TypeCreate, actor: Manager, db: Read, locale: Locale) -> Response:
    """What is wrong with a definition, without saving it: `{faults: [{field, code, message}]}`."""
    problem = Invalid("invalid", fields=await types.check(db, body.definition))
    return answer({"faults": problem.body(locale)["errors"]})


@type_router.put("/{key}")
async def update_type(key: str, body: schemas.TypePatch, actor: Manager, db: Tx) -> TypeView:
    """Another definition for what had `revision`. States in which tickets stand cannot go."""
    return await types.update(db, actor, key, body)


@type_router.post("/{key}/archive")
async def archive_type(key: str, body: schemas.TypeArchive, actor: Manager, db: Tx) -> TypeView:
    """Takes a type out of use, or brings it back. Its tickets live on."""
    return await types.set_active(db, actor, key, body.active)


@type_router.post("/order")
async def reorder_types(body: schemas.TypeOrder, actor: Manager, db: Tx) -> list[TypeSummary]:
    await types.reorder(db, actor, body.keys)
    return await types.summaries(db, archived=True)


@type_router.post("/{key}/duplicate", status_code=201)
async def duplicate_type(key: str, body: schemas.TypeDuplicate, actor: Manager, db: Tx) -> TypeView:
    return await types.duplicate(db, actor, key, body)


@type_router.get("/{key}/file")
async def export_type(key: str, actor: Manager, db: Read) -> PlainTextResponse:
    """The type as a YAML file."""
    text = await types.as_file(db, key)
    headers = {"Content-Disposition": f'attachment; filename="{key}.yaml"'}
    return PlainTextResponse(text, media_type="application/yaml", headers=headers)


@type_router.post("/import", status_code=201)
async def import_type(body: schemas.TypeImport, actor: Manager, db: Tx) -> TypeView:
    """A type from a file; with `revision` it replaces the one of the same key."""
    return await types.from_file(db, actor, body)


# -- tickets -----------------------------------------------------------------------------------------------------------


@router.get("")
async def list_tickets(
    actor: Viewer,
    db: Read,
    customer_id: UUID | None = None,
    conversation_id: UUID | None = None,
    assignee_id: UUID | None = None,
    department_id: UUID | None = None,
    status: Status | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Tickets the caller may see, last changed first: `{items, next_cursor}`. Views, filters and search: `/ticket-lists`."""
    items, following = await service.listing(
        db,
        actor,
        customer_id=customer_id,
        conversation_id=conversation_id,
        assignee_id=assignee_id,
        department_id=department_id,
        status=status,
        cursor=cursor,
        limit=limit,
    )
    return answer({"items": items, "next_cursor": following})


@router.post("", status_code=201)
async def create_ticket(body: schemas.TicketCreate, actor: Handler, db: Tx) -> Response:
    """A new ticket. The same `key` again returns the first."""
    return answer(await service.create(db, actor, body), 201)


@router.get("/prefill")
async def prefill(
    actor: Handler, db: Read, conversation_id: UUID, type_key: Annotated[str | None, Query(max_length=40)] = None
) -> Response:
    """What a ticket from this conversation begins with: type, order, amount, phone, summary as read from what was said."""
    return answer(await opening.prefill(db, actor, conversation_id, type_key))


@router.get("/{ticket}")
async def read_ticket(ticket: TicketKey, actor: Viewer, db: Read) -> Response:
    """One ticket by id or number (`R-10023`), with what the caller may do."""
    return answer(await service.get(db, actor, await service.resolve(db, ticket)))


@router.patch("/{ticket_id}")
async def update_ticket(ticket_id: UUID, body: schemas.TicketPatch, actor: Handler, db: Tx) -> Response:
    """Changes what is given; with `version`, refused where somebody else changed the same meanwhile."""
    return answer(await service.update(db, actor, ticket_id, body))


@router.get("/{ticket_id}/timeline")
async def read_timeline(
    ticket_id: UUID,
    actor: Viewer,
    db: Read,
    before_seq: int | None = None,
    after_seq: int | None = None,
    kind: Annotated[list[schemas.EntryKind] | None, Query(max_length=4)] = None,
    limit: Limit = 50,
) -> Response:
    """`{items, more, names}` in order: the newest, those before `before_seq`, or those after `after_seq`."""
    return answer(
        await service.timeline(
            db, actor, ticket_id, before_seq=before_seq, after_seq=after_seq, limit=limit, kinds=kind or ()
        )
    )


@router.post("/{ticket_id}/move")
async def move_ticket(ticket_id: UUID, body: schemas.MoveBody, actor: Handler, db: Tx) -> Response:
    """Takes a way of the workflow. A refusal says which are open instead."""
    view = await service.move(
        db,
        actor,
        ticket_id,
        transition=body.transition,
        status=body.status,
        comment=body.comment,
        public=body.public,
        fields=body.fields,
        reason=body.reason,
        version=body.version,
    )
    return answer(view)


@router.post("/{ticket_id}/assign")
async def assign_ticket(ticket_id: UUID, body: schemas.AssignBody, actor: Handler, db: Tx) -> Response:
    """To a department, a person, or nobody (null). What is left out stays."""
    given = body.model_fields_set
    view = await service.assign(
        db,
        actor,
        ticket_id,
        department_id=body.department_id if "department_id" in given else UNSET,
        user_id=body.user_id if "user_id" in given else UNSET,
        reason=body.reason,
    )
    changes = {
        "department_id": str(view.department.id) if view.department else None,
        "user_id": str(view.assignee.id) if view.assignee else None,
    }
    await audit.record(db, actor, "ticket.assigned", "ticket", ticket_id, changes)
    return answer(view)


@router.post("/{ticket_id}/escalate")
async def escalate_ticket(ticket_id: UUID, body: schemas.EscalateBody, actor: Handler, db: Tx) -> Response:
    """One tier up, or to the one named, with a reason."""
    view = await service.escalate(db, actor, ticket_id, tier=body.tier, reason=body.reason)
    changes = {"tier": view.tier, "reason": body.reason}
    await audit.record(db, actor, "ticket.escalated", "ticket", ticket_id, changes)
    return answer(view)


@router.post("/{ticket_id}/priority")
async def set_priority(ticket_id: UUID, body: schemas.PriorityBody, actor: Handler, db: Tx) -> Response:
    """0 low, 1 normal, 2 high, 3 urgent."""
    await service.set_priority(db, actor, ticket_id, body.priority)
    return answer(await service.get(db, actor, ticket_id))


@router.post("/{ticket_id}/tags")
async def set_tags(ticket_id: UUID, body: schemas.TagsBody, actor: Handler, db: Tx) -> Response:
    await service.set_tags(db, actor, ticket_id, add=body.add, remove=body.remove)
    return answer(await service.get(db, actor, ticket_id))


@router.post("/{ticket_id}/hold")
async def hold_ticket(ticket_id: UUID, body: schemas.HoldBody, actor: Handler, db: Tx) -> Response:
    """Waits for somebody else; says whom."""
    return answer(await service.hold(db, actor, ticket_id, waiting_on=body.waiting_on, reason=body.reason))


@router.post("/{ticket_id}/release")
async def release_ticket(ticket_id: UUID, body: schemas.ReasonBody, actor: Handler, db: Tx) -> Response:
    """Waits no longer."""
    return answer(await service.release(db, actor, ticket_id, reason=body.reason))


@router.post("/{ticket_id}/comments", status_code=201)
async def add_comment(ticket_id: UUID, body: schemas.CommentBody, actor: Worker, db: Tx) -> Response:
    """Words for the customer (`public`), else for colleagues. The same `client_id` again returns the first."""
    view = await service.comment(
        db,
        actor,
        ticket_id,
        body=body.body,
        public=body.public,
        mentions=body.mentions,
        files=body.files,
        client_id=body.client_id,
    )
    return answer(view, 201)


@router.post("/{ticket_id}/watchers")
async def change_watchers(ticket_id: UUID, body: schemas.WatchersBody, actor: Viewer, db: Tx) -> Response:
    """Has colleagues watch, or not any more. Oneself: everybody who sees the ticket may."""
    if body.add:
        await service.watch(db, actor, ticket_id, users=body.add)
    if body.remove:
        await service.unwatch(db, actor, ticket_id, users=body.remove)
    return answer(await service.get(db, actor, ticket_id))


@router.post("/{ticket_id}/links")
async def add_link(ticket_id: UUID, body: schemas.LinkBody, actor: Handler, db: Tx) -> Response:
    return answer(await service.link(db, actor, ticket_id, body.ticket, body.kind))


@router.post("/{ticket_id}/links/remove")
async def remove_link(ticket_id: UUID, body: schemas.LinkBody, actor: Handler, db: Tx) -> Response:
    return answer(await service.unlink(db, actor, ticket_id, body.ticket, body.kind))


@router.post("/{ticket_id}/parent")
async def set_parent(ticket_id: UUID, body: schemas.ParentBody, actor: Handler, db: Tx) -> Response:
    """Makes it a part of another ticket; null takes it out."""
    return answer(await service.set_parent(db, actor, ticket_id, body.ticket))


@router.post("/{ticket_id}/merge")
async def merge_tickets(ticket_id: UUID, body: schemas.MergeBody, actor: Handler, db: Tx) -> Response:
    """Puts other tickets into this one; they close and lead on to it."""
    view = await service.merge(db, actor, ticket_id, body.sources, confirmed=body.confirmed, comment=body.comment)
    await audit.record(db, actor, "ticket.merged", "ticket", ticket_id, {"sources": list(body.sources)})
    return answer(view)


@router.post("/{ticket_id}/split", status_code=201)
async def split_ticket(ticket_id: UUID, body: schemas.SplitBody, actor: Handler, db: Tx) -> Response:
    """Makes a new ticket of chosen comments; answers it."""
    view = await service.split(db, actor, ticket_id, body)
    await audit.record(db, actor, "ticket.split", "ticket", ticket_id, {"into": view.ref})
    return answer(view, 201)


@router.post("/{ticket_id}/checklist", status_code=201)
async def add_item(ticket_id: UUID, body: schemas.ItemBody, actor: Worker, db: Tx) -> Response:
    return answer(await service.add_item(db, actor, ticket_id, body.text), 201)


@router.patch("/{ticket_id}/checklist/{item_id}")
async def change_item(ticket_id: UUID, item_id: UUID, body: schemas.ItemPatch, actor: Worker, db: Tx) -> Response:
    """Other words, done or not, another place. Answers the whole list."""
    return answer(await service.change_item(db, actor, ticket_id, item_id, body))


@router.delete("/{ticket_id}/checklist/{item_id}")
async def remove_item(ticket_id: UUID, item_id: UUID, actor: Worker, db: Tx) -> Response:
    return answer(await service.remove_item(db, actor, ticket_id, item_id))


@router.get("/{ticket_id}/worklogs")
async def read_worklogs(ticket_id: UUID, actor: Viewer, db: Read) -> Response:
    """Time spent, oldest first."""
    return answer(await service.worklogs(db, actor, ticket_id))


@router.post("/{ticket_id}/worklogs", status_code=201)
async def add_worklog(ticket_id: UUID, body: schemas.WorklogBody, actor: Worker, db: Tx) -> Response:
    """Time the caller spent."""
    found = await service.log_work(
        db, actor, ticket_id, seconds=body.seconds, note=body.note, started_at=body.started_at
    )
    return answer(found, 201)


@router.delete("/{ticket_id}/worklogs/{worklog_id}")
async def remove_worklog(ticket_id: UUID, worklog_id: UUID, actor: Worker, db: Tx) -> Response:
    return answer(await service.remove_work(db, actor, ticket_id, worklog_id))
