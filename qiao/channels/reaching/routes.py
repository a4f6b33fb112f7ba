"""HTTP doors of reaching."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from fastapi import Response

from qiao.channels.reaching import service, story
from qiao.channels.reaching.schemas import ContinueBody
from qiao.core.actor import Actor
from qiao.core.web import Cursor, Locale, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.people.accounts.access import Needs

router = Router(tags=["conversations"])
Handler = Annotated[Actor, Needs("conversations.handle")]
_encode = msgspec.json.Encoder().encode


def _json(body: Any, status: int = 200) -> Response:
    return Response(_encode(body), status_code=status, media_type="application/json")


@router.get("/conversations/{conversation_id}/reachable")
async def list_ways(actor: Handler, db: Read, locale: Locale, conversation_id: UUID) -> Response:
    """Where else the customer can be written to, and why not where they cannot."""
    return _json(await service.ways(db, actor, conversation_id, locale))


@router.post("/conversations/{conversation_id}/continue", status_code=201)
async def continue_elsewhere(actor: Handler, db: Tx, conversation_id: UUID, body: ContinueBody) -> Response:
    """Goes on with the customer on another of their channels; each conversation gets a line that leads to the other."""
    return _json(
        await service.go_on(
            db,
            actor,
            conversation_id,
            inbox_id=body.inbox_id,
            identity_id=body.identity_id,
            body=body.body,
            payload=body.payload,
            client_id=body.client_id,
            resolve=body.resolve,
        ),
        201,
    )


@router.get("/customers/{customer_id}/story", tags=["customers"])
async def read_story(
    actor: Annotated[Actor, Needs("customers.view")],
    db: Read,
    customer_id: UUID,
    cursor: Cursor = None,
    limit: Limit = 30,
) -> Response:
    """Conversations on every channel, with what the customer thought of them, and tickets; newest first."""
    return _json(await story.of_customer(db, actor, customer_id, cursor=cursor, limit=limit))
