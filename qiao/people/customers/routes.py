"""HTTP doors of customers."""

from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Query

from qiao.core.actor import Actor
from qiao.core.web import Cursor, Page, Read, Tx, decode_cursor, encode_cursor
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs
from qiao.people.customers import consenting, merging, service, suggesting
from qiao.people.customers.schemas import (
    ConsentBody,
    ConsentView,
    CustomerCreate,
    CustomerPatch,
    CustomerView,
    Level,
    MergeBody,
    MergePreview,
    MergeView,
    OtherBody,
    Revealed,
    SuggestionView,
)

router = Router(prefix="/customers", tags=["customers"])
Viewer = Annotated[Actor, Needs("customers.view")]
Editor = Annotated[Actor, Needs("customers.edit")]
Merger = Annotated[Actor, Needs("customers.merge")]


@router.get("")
async def list_customers(
    actor: Viewer,
    db: Read,
    q: Annotated[str | None, Query(max_length=200, description="Words of the name, number, phone or e-mail.")] = None,
    level: Level | None = None,
    tag: Annotated[str | None, Query(max_length=40)] = None,
    blocked: bool | None = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Page[CustomerView]:
    """Customers, those heard of last first. Contact data is masked unless one may reveal it."""
    after = decode_cursor(cursor, tuple[datetime, UUID])
    items = await service.find(db, actor, q=q, level=level, tag=tag, blocked=blocked, after=after, limit=limit + 1)
    more = len(items) > limit
    items = items[:limit]
    return Page(items=items, next_cursor=encode_cursor(items[-1].last_seen_at, items[-1].id) if more else None)


@router.post("", status_code=201)
async def create_customer(actor: Editor, db: Tx, body: CustomerCreate) -> CustomerView:
    return await service.create(db, actor, body)


@router.get("/{customer_id}")
async def get_customer(actor: Viewer, db: Read, customer_id: UUID) -> CustomerView:
    return await service.get(db, actor, customer_id)


@router.patch("/{customer_id}")
async def update_customer(actor: Editor, db: Tx, customer_id: UUID, body: CustomerPatch) -> CustomerView:
    return await service.update(db, actor, customer_id, body)


@router.post("/{customer_id}/reveal")
async def reveal_customer(actor: Annotated[Actor, Needs("customers.reveal")], db: Tx, customer_id: UUID) -> Revealed:
    """Phone, e-mail and identities in full; who looked is noted in the audit log."""
    return await service.reveal(db, actor, customer_id)


@router.post("/{customer_id}/block")
async def block_customer(actor: Editor, db: Tx, customer_id: UUID) -> CustomerView:
    """Keeps a customer from writing."""
    return await service.set_blocked(db, actor, customer_id, True)


@router.post("/{customer_id}/unblock")
async def unblock_customer(actor: Editor, db: Tx, customer_id: UUID) -> CustomerView:
    return await service.set_blocked(db, actor, customer_id, False)


@router.get("/{customer_id}/suggestions")
async def suggested_customers(
    actor: Viewer, db: Read, customer_id: UUID, refused: bool = False
) -> list[SuggestionView]:
    """Who may be the same person, the likeliest first, with what speaks for it; `refused`: whom somebody has said is not."""
    return await suggesting.of_customer(db, actor, customer_id, refused=refused)


@router.post("/{customer_id}/suggestions/dismiss", status_code=204)
async def dismiss_suggestion(actor: Editor, db: Tx, customer_id: UUID, body: OtherBody) -> None:
    """They are two people; it is remembered."""
    await suggesting.dismiss(db, actor, customer_id, body.other_id)


@router.post("/{customer_id}/suggestions/reconsider", status_code=204)
async def reconsider_suggestion(actor: Editor, db: Tx, customer_id: UUID, body: OtherBody) -> None:
    """They may be one person after all: takes back that they are two."""
    await suggesting.reconsider(db, actor, customer_id, body.other_id)


@router.get("/{customer_id}/merge-preview")
async def preview_merge(actor: Merger, db: Read, customer_id: UUID, other_id: UUID) -> MergePreview:
    """What would move and change if `other_id` became part of this customer."""
    return await merging.preview(db, actor, customer_id, other_id)


@router.post("/{customer_id}/merge", status_code=201)
async def merge_customers(actor: Merger, db: Tx, customer_id: UUID, body: MergeBody) -> MergeView:
    """Makes another record part of this customer. It can be undone for thirty days."""
    return await merging.merge(db, actor, customer_id, body.other_id, reason=body.reason)


@router.get("/{customer_id}/merges")
async def list_merges(actor: Viewer, db: Read, customer_id: UUID) -> list[MergeView]:
    """The merges that made this record, newest first."""
    return await merging.merges(db, customer_id)


@router.post("/merges/{merge_id}/undo")
async def undo_merge(actor: Merger, db: Tx, merge_id: UUID) -> MergeView:
    """Takes a merge back: what moved goes back where it was."""
    return await merging.undo(db, actor, merge_id)


@router.get("/{customer_id}/identities/{identity_id}/consents")
async def list_consents(actor: Viewer, db: Read, customer_id: UUID, identity_id: UUID) -> list[ConsentView]:
    """What was said about writing to this address, newest first."""
    return await consenting.history(db, customer_id, identity_id)


@router.post("/{customer_id}/identities/{identity_id}/consents", status_code=201)
async def note_consent(actor: Editor, db: Tx, customer_id: UUID, identity_id: UUID, body: ConsentBody) -> ConsentView:
    """Notes that the customer allowed or forbade us to write to this address."""
    return await consenting.record(db, actor, customer_id, identity_id, body.state, body.source, body.proof)
