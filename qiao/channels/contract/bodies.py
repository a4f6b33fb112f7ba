"""Formatted bodies, shown without letting them do anything."""

import re
from typing import Final
from uuid import UUID

from starlette.responses import Response

from qiao.channels.contract.models import MessageBody
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.files import service as files
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations

# Nothing runs, nothing is fetched from elsewhere (a picture that is fetched tells its sender that it was read).
POLICY: Final = (
    "default-src 'none'; img-src 'self' data:; style-src 'unsafe-inline'; font-src 'none'; "
    "sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'"
)
_CID: Final = re.compile(r"""(["'(])cid:([^"')\s]{1,200})""", re.IGNORECASE)


async def page(db: Session, runtime: Runtime, actor: Actor, message_id: UUID) -> Response:
    """Raises NotFound for a message without one, and for those who may not see its conversation."""
    row = await db.get(MessageBody, message_id)
    if row is None:
        raise NotFound("channel_body_not_found")
    await conversations.require_visible(db, actor, row.conversation_id)
    view = (await conversations.messages_by_id(db, [message_id])).get(message_id)
    if view is None or view.recalled_at is not None:
        raise NotFound("channel_body_not_found")

    def picture(found: re.Match[str]) -> str:
        file_id = row.inline.get(found[2])
        if file_id is None:
            return f"{found[1]}data:,"
        linked = files.with_links(runtime, {"file_id": file_id, "name": "image"})
        return f"{found[1]}{linked['url']}"

    html = (
        '<!doctype html><meta charset="utf-8"><meta name="referrer" content="no-referrer"><base target="_blank">'
        "<style>body{font:14px/1.6 system-ui,sans-serif;margin:8px;overflow-wrap:anywhere}img{max-width:100%;height:auto}"
        "table{max-width:100%}pre{white-space:pre-wrap}</style>" + _CID.sub(picture, row.html)
    )
    headers = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "no-referrer",
        "Cache-Control": "private, max-age=300",
        "X-Frame-Options": "SAMEORIGIN",
    }
    return Response(html, media_type="text/html", headers=headers)
