"""REST of conversations for staff."""

from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from fastapi import Query, Response
from starlette.responses import PlainTextResponse

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.web import Cursor, Locale, Read, Tx
from qiao.core.web.pages import Limit
from qiao.core.web.routing import Router
from qiao.desk.conversations import schemas, service, transcripts
from qiao.people.accounts import audit
from qiao.people.accounts.access import Needs

router = Router(prefix="/conversations", tags=["conversations"])
Viewer = Annotated[Actor, Needs("conversations.handle", "conversations.view_all")]
Handler = Annotated[Actor, Needs("conversations.handle")]
Monitor = Annotated[Actor, Needs("conversations.monitor")]

View = Literal[
    "mine", "mentions", "joined", "queue", "unassigned", "bot", "live", "all", "snoozed", "resolved", "closed"
]
Sort = Literal["recent", "oldest", "waiting", "priority"]
_encoder = msgspec.json.Encoder()


def answer(body: Any, status: int = 200) -> Response:
    """A msgspec view as JSON, without a second validation of what we have just built."""
    return Response(_encoder.encode(body), status_code=status, media_type="application/json")


async def _fresh(db: Session, actor: Actor, conversation_id: UUID) -> Response:
    await db.flush()
    return answer(await service.get(db, actor, conversation_id))


@router.get("")
async def list_conversations(
    actor: Viewer,
    db: Read,
    view: View = "all",
    sort: Sort = "recent",
    queue_id: UUID | None = None,
    assignee_id: UUID | None = None,
    inbox_id: UUID | None = None,
    customer_id: UUID | None = None,
    tag: Annotated[str | None, Query(max_length=40)] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> Response:
    """Conversations the caller may see: `{items, next_cursor}`."""
    items, following = await service.listing(
        db,
        actor,
        view=view,
        sort=sort,
        queue_id=queue_id,
        assignee_id=assignee_id,
        inbox_id=inbox_id,
        customer_id=customer_id,
        tag=tag,
        cursor=cursor,
        limit=limit,
    )
    return answer({"items": items, "next_cursor": following})


@router.get("/counts")
async def count_conversations(actor: Viewer, db: Read) -> Response:
    """The badges: mine, unread, queue, bot, assigned, snoozed, mentions, and waiting by queue."""
    return answer(await service.counts(db, actor))


@router.get("/{conversation_id}")
async def read_conversation(conversation_id: UUID, actor: Viewer, db: Read) -> Response:
    """One conversation with `may`: what the caller may do to it now."""
    return answer(await service.get(db, actor, conversation_id))


@router.get("/{conversation_id}/messages")
async def read_messages(
    conversation_id: UUID,
    actor: Viewer,
    db: Read,
    before_seq: Annotated[int | None, Query(ge=1)] = None,
    after_seq: Annotated[int | None, Query(ge=0)] = None,
    limit: Limit = 50,
) -> Response:
    """A stretch of the transcript in order: `{items, has_more}`."""
    items, more = await service.transcript(
        db, actor, conversation_id, before_seq=before_seq, after_seq=after_seq, limit=limit
    )
    return answer({"items": items, "has_more": more})


@router.get("/{conversation_id}/elsewhere")
async def read_elsewhere(
    conversation_id: UUID, actor: Viewer, db: Read, cursor: Cursor = None, limit: Limit = 50
) -> Response:
    """What was said with this customer in their other conversations, on every channel, going back in time."""
    return answer(await service.elsewhere(db, actor, conversation_id, cursor=cursor, limit=limit))


@router.get("/{conversation_id}/transcript.txt")
async def read_transcript(conversation_id: UUID, actor: Viewer, db: Read, locale: Locale) -> PlainTextResponse:
    """The whole conversation as text."""
    text = await transcripts.as_text(db, actor, conversation_id, locale)
    return PlainTextResponse(
        text, headers={"Content-Disposition": f'attachment; filename="conversation-{conversation_id}.txt"'}
    )


@router.post("/{conversation_id}/messages", status_code=201)
async def send_message(conversation_id: UUID, body: schemas.SendBody, actor: Handler, db: Tx) -> Response:
    """Says something to the customer; a repeated `client_id` returns the first message."""
    outgoing = schemas.Outgoing(kind=body.kind, body=body.body, payload=body.payload, client_id=body.client_id)
    return answer(await service.send(db, actor, conversation_id, outgoing), 201)


@router.post("/{conversation_id}/notes", status_code=201)
async def add_note(conversation_id: UUID, body: schemas.NoteBody, actor: Handler, db: Tx) -> Response:
    """An internal note; people in `mentions` are told."""
    view = await service.note(
        db,
        actor,
        conversation_id,
        body=body.body,
        client_id=body.client_id,
        mentions=body.mentions,
        payload=body.payload,
    )
    return answer(view, 201)


@router.post("/{conversation_id}/whisper", status_code=201)
async def add_whisper(conversation_id: UUID, body: schemas.NoteBody, actor: Monitor, db: Tx) -> Response:
    """A word to the agent that the customer never sees."""
    view = await service.whisper(
        db, actor, conversation_id, body=body.body, client_id=body.client_id, payload=body.payload
    )
    return answer(view, 201)


@router.post("/{conversation_id}/messages/{message_id}/recall")
async def recall_message(conversation_id: UUID, message_id: UUID, actor: Handler, db: Tx) -> Response:
    """Takes back one's own message, within the time its channel allows."""
    return answer(await service.recall(db, actor, conversation_id, message_id))


@router.get("/{conversation_id}/messages/{message_id}/versions")
async def read_versions(
    conversation_id: UUID,
    message_id: UUID,
    actor: Annotated[Actor, Needs("audit.view")],
    db: Tx,
) -> Response:
    """What a message said before it was changed or taken back; looking is noted."""
    return answer(await service.versions(db, actor, conversation_id, message_id))


@router.post("/{conversation_id}/assign")
async def assign(conversation_id: UUID, body: schemas.AssignBody, actor: Handler, db: Tx) -> Response:
    """Makes somebody responsible."""
    await service.assign(db, actor, conversation_id, body.user_id)
    await audit.record(
        db, actor, "conversation.assigned", "conversation", conversation_id, {"user_id": str(body.user_id)}
    )
    # Who has given it away may not see it any more; the answer is still about what they did.
    return answer(await service.get(db, Actor.system(), conversation_id))


@router.post("/{conversation_id}/transfer")
async def transfer(conversation_id: UUID, body: schemas.TransferBody, actor: Handler, db: Tx) -> Response:
    """Passes it to a person, a queue or back to the bot."""
    await service.transfer(db, actor, conversation_id, body.to, body.note)
    changes = {"to": body.to.type, "id": str(body.to.id) if body.to.id else None}
    await audit.record(db, actor, "conversation.transferred", "conversation", conversation_id, changes)
    return answer(await service.get(db, Actor.system(), conversation_id))


@router.post("/{conversation_id}/snooze")
async def snooze(conversation_id: UUID, body: schemas.SnoozeBody, actor: Handler, db: Tx) -> Response:
    """Puts it aside until a moment in the future."""
    await service.snooze(db, actor, conversation_id, body.until)
    return await _fresh(db, actor, conversation_id)


@router.post("/{conversation_id}/unsnooze")
async def unsnooze(conversation_id: UUID, actor: Handler, db: Tx) -> Response:
    """Takes it up again."""
    await service.unsnooze(db, actor, conversation_id)
    return await _fresh(db, actor, conversation_id)


@router.post("/{conversation_id}/resolve")
async def resolve(conversation_id: UUID, body: schemas.ResolveBody, actor: Handler, db: Tx) -> Response:
    """Ends the work with a wrap-up."""
    await service.resolve(db, actor, conversation_id, disposition=body.disposition, note=body.note, tags=body.tags)
    changes = {"disposition": body.disposition}
    await audit.record(db, actor, "conversation.resolved", "conversation", conversation_id, changes)
    return await _fresh(db, actor, conversation_id)


@router.post("/{conversation_id}/reopen")
async def reopen(conversation_id: UUID, actor: Handler, db: Tx) -> Response:
    """Brings a resolved conversation back to the caller."""
    await service.reopen(db, actor, conversation_id)
    return await _fresh(db, actor, conversation_id)


@router.post("/{conversation_id}/close")
async def close(conversation_id: UUID, actor: Handler, db: Tx) -> Response:
    """Ends it for good."""
    await service.close(db, actor, conversation_id)
    await audit.record(db, actor, "conversation.closed", "conversation", conversation_id, {})
    return await _fresh(db, actor, conversation_id)


@router.post("/{conversation_id}/tags")
async def change_tags(conversation_id: UUID, body: schemas.TagsBody, actor: Handler, db: Tx) -> Response:
    """Adds and removes tags."""
    await service.set_tags(db, actor, conversation_id, add=body.add, remove=body.remove)
    return await _fresh(db, actor, conversation_id)


@router.post("/{conversation_id}/priority")
async def change_priority(conversation_id: UUID, body: schemas.PriorityBody, actor: Handler, db: Tx) -> Response:
    """0 low, 1 normal, 2 high, 3 urgent."""
    await service.set_priority(db, actor, conversation_id, body.priority)
    return await _fresh(db, actor, conversation_id)


@router.post("/{conversation_id}/read", status_code=204)
async def mark_read(conversation_id: UUID, body: schemas.ReadBody, actor: Viewer, db: Tx) -> None:
    """Moves the staff's read mark (only for those who answer it) and clears the caller's mentions."""
    await service.mark_read(db, actor, conversation_id, body.seq)


@router.post("/{conversation_id}/join")
async def join(conversation_id: UUID, actor: Monitor, db: Tx) -> Response:
    """Steps in beside the agent."""
    await service.join(db, actor, conversation_id)
    await audit.record(db, actor, "conversation.joined", "conversation", conversation_id, {})
    return await _fresh(db, actor, conversation_id)


@router.post("/{conversation_id}/leave", status_code=204)
async def leave(conversation_id: UUID, actor: Viewer, db: Tx) -> None:
    """Steps out again."""
    await service.leave(db, actor, conversation_id)


@router.post("/{conversation_id}/take-over")
async def take_over(conversation_id: UUID, actor: Monitor, db: Tx) -> Response:
    """Makes the caller responsible instead of the agent."""
    await service.take_over(db, actor, conversation_id)
    await audit.record(db, actor, "conversation.taken_over", "conversation", conversation_id, {})
    return await _fresh(db, actor, conversation_id)
