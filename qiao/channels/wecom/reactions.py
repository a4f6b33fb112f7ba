"""Where people answer inside WeCom: what becomes of a conversation here is done to its session there."""

from typing import Final
from uuid import UUID

import structlog

from qiao.channels.contract import deliveries
from qiao.channels.contract.channel import DeliveryFailed
from qiao.channels.contract.endpoints import Endpoints, Place
from qiao.channels.contract.places import InboxesOf
from qiao.channels.wecom import sessions
from qiao.channels.wecom.api import WecomApi, WecomError
from qiao.channels.wecom.channel import MANIFEST
from qiao.core.db import Session
from qiao.core.errors import NotFound
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit
from qiao.core.runtime import runtime_of
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import (
    BotResumed,
    ConversationAssigned,
    ConversationClosed,
    ConversationQueued,
    ConversationResolved,
)
from qiao.people.notifications import service as notifications

logger = structlog.get_logger(__name__)
RETRIES: Final = 5


async def _move(db: Session, envelope: Envelope, to: int, user_id: UUID | None = None) -> None:
    runtime = runtime_of(db)
    if not any(one.plain.get("served_in") == "wecom" for one in await InboxesOf.of(runtime).channel(MANIFEST.name)):
        return
    servicer = ""
    async with runtime.db.read() as own:  # closed before WeCom is asked: a slow answer holds no connection of ours
        found = await _session_of(own, envelope)
        if found is None:
            return
        if to == sessions.PERSON:
            servicer = await notifications.account_of(own, user_id, MANIFEST.name) if user_id is not None else ""
    if to == sessions.PERSON and not servicer:
        to = sessions.POOL  # nobody WeCom knows: whoever is on duty there takes it
    place, address = found
    try:
        await sessions.move(runtime.get(WecomApi), place.endpoint, address, to, servicer)
    except WecomError as error:
        if error.word is None:
            raise DeliveryFailed(str(error)) from error
        logger.warning("wecom_session_not_moved", to=to, code=error.code)


async def _session_of(db: Session, envelope: Envelope) -> tuple[Place, str] | None:
    """The inbox and the customer's address, where the conversation is one that WeCom's own people serve."""
    if envelope.conversation_id is None:
        return None
    about = await conversations.facts(db, envelope.conversation_id)
    if about is None or about.channel != MANIFEST.name:
        return None
    try:
        place = await Endpoints.of(runtime_of(db)).get(about.inbox_id)
    except NotFound:
        return None
    if place.endpoint.settings.get("served_in") != "wecom":
        return None
    return place, await deliveries.address_of(db, place.channel, about)


@on_commit(ConversationQueued, name="wecom.queued", retries=RETRIES)
async def queued(db: Session, fact: ConversationQueued, envelope: Envelope) -> None:
    """Into the waiting pool 待接入池."""
    await _move(db, envelope, sessions.POOL)


@on_commit(ConversationAssigned, name="wecom.assigned", retries=RETRIES)
async def assigned(db: Session, fact: ConversationAssigned, envelope: Envelope) -> None:
    """To the person, where they have told their WeCom account."""
    await _move(db, envelope, sessions.PERSON, fact.user_id)


@on_commit(BotResumed, name="wecom.bot_resumed", retries=RETRIES)
async def bot_resumed(db: Session, fact: BotResumed, envelope: Envelope) -> None:
    """To the assistant 智能助手, where WeCom allows the way back."""
    await _move(db, envelope, sessions.ASSISTANT)


@on_commit(ConversationResolved, name="wecom.resolved", retries=RETRIES)
async def resolved(db: Session, fact: ConversationResolved, envelope: Envelope) -> None:
    """Over, so that the customer's next message begins a new session with the bot."""
    await _move(db, envelope, sessions.OVER)


@on_commit(ConversationClosed, name="wecom.closed", retries=RETRIES)
async def closed(db: Session, fact: ConversationClosed, envelope: Envelope) -> None:
    await _move(db, envelope, sessions.OVER)
