"""What follows a scan, a follow, a first message: greetings, and the way to the entry's queue or agent."""

from collections.abc import Sequence
from typing import Final
from uuid import UUID

import structlog

from qiao.channels.contract.channel import DeliveryFailed
from qiao.channels.contract.endpoints import Endpoints
from qiao.channels.contract.events import ChannelHappened
from qiao.channels.wechat import service
from qiao.channels.wechat.adapter import SEND
from qiao.channels.wechat.api import WechatApi
from qiao.channels.wechat.channel import MINI
from qiao.channels.wechat.codes import WechatError
from qiao.channels.wechat.models import EntryRow
from qiao.channels.wechat.service import NAMES
from qiao.channels.wechat.window import pieces
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit, on_commit_batch
from qiao.core.runtime import Runtime, runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import ConversationStarted

logger = structlog.get_logger(__name__)
REASON: Final = "entry"


def _came_in(envelope: Envelope) -> bool:
    payload = envelope.payload
    return payload["channel"] in NAMES and payload["what"] in ("entered", "subscribed")


@on_commit(ChannelHappened, name="wechat.came_in", retries=3, when=_came_in)
async def came_in(db: Session, fact: ChannelHappened, envelope: Envelope) -> None:
    """Greets who came, and leads a conversation that runs already to where the entry leads."""
    runtime = runtime_of(db)
    entry: EntryRow | None = None
    if fact.what == "entered":
        # In a transaction of its own, so that it holds nothing while WeChat is asked.
        entry = await runtime.db.run(lambda own: _enter(own, fact, envelope.id))
    await _greet(runtime, fact, entry)


async def _enter(db: Session, fact: ChannelHappened, event_id: int) -> EntryRow | None:
    scene = str(fact.data.get("scene") or "")
    entry = await service.came_in(db, fact.inbox_id, fact.customer_id, scene, event_id)
    if entry is not None:
        await _lead(db, fact.inbox_id, fact.customer_id, entry)
    return entry


async def _lead(db: Session, inbox_id: UUID, customer_id: UUID, entry: EntryRow) -> None:
    facts = await conversations.latest_of_customer(db, inbox_id, customer_id)
    if facts is None or facts.status not in ("bot", "queued"):
        return  # who talks to somebody goes on with them
    if entry.queue_id is None and entry.user_id is None:
        return
    await service.used(db, inbox_id, customer_id)
    await _enqueue(db, facts.id, entry)


async def _enqueue(db: Session, conversation_id: UUID, entry: EntryRow) -> None:
    await conversations.enqueue(
        db,
        Actor.system(),
        conversation_id,
        queue_id=entry.queue_id,
        reason=REASON,
        preferred_user_id=entry.user_id,
    )


async def _greet(runtime: Runtime, fact: ChannelHappened, entry: EntryRow | None) -> None:
    """With the entry's words, or the account's for who follows it or opens a mini program's customer service.

    A new follower who scanned comes twice, as follower and through the entry: the account's words leave with the first,
    the entry's with the second. What cannot be said now is said no more: a greeting that comes late is none.
    """
    try:
        place = await Endpoints.of(runtime).get(fact.inbox_id)
    except NotFound:
        return
    general = fact.what == "subscribed" or (fact.channel == MINI.name and entry is None)
    words = entry.welcome if entry is not None else str(place.endpoint.settings.get("welcome", "")) if general else ""
    if not words.strip():
        return
    for piece in pieces(words):
        body = {"touser": fact.address, "msgtype": "text", "text": {"content": piece}}
        try:
            await runtime.get(WechatApi).call(place.endpoint, "POST", SEND, body)
        except (WechatError, DeliveryFailed) as error:
            logger.info("wechat_greeting_failed", inbox_id=str(fact.inbox_id), error=str(error))
            return


@on_commit_batch(ConversationStarted, name="wechat.started")
async def started(db: Session, batch: Sequence[tuple[ConversationStarted, Envelope]]) -> None:
    """A conversation of somebody who came through an entry goes where that leads."""
    begun = {
        (fact.inbox_id, fact.customer_id): envelope.conversation_id
        for fact, envelope in batch
        if envelope.conversation_id is not None
    }
    for key, entry in (await service.came_through(db, list(begun))).items():
        conversation_id = begun[key]
        if entry.queue_id is not None or entry.user_id is not None:
            await _enqueue(db, conversation_id, entry)
