"""The api channel over HTTP."""

from typing import Annotated, Any

import msgspec
from fastapi import Query, Request, Response

from qiao.channels.api import service
from qiao.channels.api.channel import message
from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.core.web import Runtime_
from qiao.core.web.routing import Router
from qiao.desk.files.routes import upload
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxView
from qiao.people.accounts.access import Needs

router = Router(prefix="/channels/api", tags=["api channel"])
Integrator = Annotated[Actor, Needs("api.channel")]

_BODY: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["client_id", "from"],
                    "properties": {
                        "client_id": {"type": "string", "maxLength": 80, "description": "Makes a retry harmless."},
                        "from": {
                            "type": "object",
                            "required": ["id"],
                            "properties": {
                                "id": {"type": "string", "maxLength": 200, "description": "Your id of the customer."},
                                "name": {"type": "string"},
                                "phone": {"type": "string"},
                                "email": {"type": "string"},
                            },
                        },
                        "kind": {"enum": ["text", "image", "file", "card"], "default": "text"},
                        "body": {"type": "string", "maxLength": 10000},
                        "payload": {"type": "object"},
                        "locale": {"enum": ["zh-CN", "en"]},
                    },
                }
            }
        },
    }
}


async def _inbox(runtime: Runtime, key: str) -> InboxView:
    async with runtime.db.read() as db:
        return await inboxes.by_key(db, key, "api")


@router.post("/{inbox_key}/messages", status_code=201, openapi_extra=_BODY)
async def post_message(inbox_key: str, request: Request, actor: Integrator, runtime: Runtime_) -> Response:
    """Takes in a customer's message; 200 with the first result when its `client_id` is known."""
    inbox = await _inbox(runtime, inbox_key)
    taken = await service.take_in(runtime, actor, inbox, message(await request.body()))
    return Response(msgspec.json.encode(taken), 200 if taken.duplicate else 201, media_type="application/json")


@router.get("/{inbox_key}/messages")
async def read_outbox(
    inbox_key: str,
    actor: Integrator,
    runtime: Runtime_,
    after: Annotated[str | None, Query(max_length=60, description="`next_cursor` of the answer before.")] = None,
    wait: Annotated[float, Query(ge=0, le=25, description="Seconds to wait for something.")] = 0,
    limit: Annotated[int, Query(ge=1, le=200)] = 100,
) -> Response:
    """Messages to the customers of this inbox, in order."""
    batch = await service.outbox(runtime, await _inbox(runtime, inbox_key), after, wait, limit)
    return Response(msgspec.json.encode(batch), media_type="application/json")


@router.post("/{inbox_key}/files", status_code=201)
async def upload_file(inbox_key: str, request: Request, actor: Integrator, runtime: Runtime_) -> Response:
    """Stores a file; post it with a message of kind `image` or `file` under the same token's owner."""
    await _inbox(runtime, inbox_key)
    return await upload(runtime, actor, request)
