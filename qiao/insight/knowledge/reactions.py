"""Follows conversations for the statistics of texts."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from qiao.channels.webchat.events import AnswerRated
from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit_batch
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.events import ConversationAssigned, ConversationQueued, MessageCreated
from qiao.desk.conversations.schemas import MessageView
from qiao.knowledge.statistics import service as statistics
from qiao.knowledge.statistics.reactions import votes
from qiao.knowledge.statistics.schemas import Use

Fact = MessageCreated | ConversationQueued | ConversationAssigned | AnswerRated


def _telling(envelope: Envelope) -> bool:
    """Of messages those that may name a text: the bot's, a customer's choice, an agent's card."""
    if envelope.kind != MessageCreated.kind:
        return True
    payload = envelope.payload
    if not payload["public"]:
        return False
    match payload["author_kind"]:
        case "bot":
            return payload["message_kind"] in ("text", "choices", "card")
        case "customer":
            return bool(payload["message_kind"] == "text" and payload["status"] == "bot")
        case "user":
            return payload["message_kind"] in ("text", "card")
    return False


@on_commit_batch(
    MessageCreated,
    ConversationQueued,
    ConversationAssigned,
    AnswerRated,
    name="insight.knowledge",
    from_start=True,
    when=_telling,
    linger=0.5,
)
async def follow(db: Session, batch: Sequence[tuple[Fact, Envelope]]) -> None:
    """Uses first, then handovers: an answer and the handover after it often come in one batch."""
    wanted = [fact.message_id for fact, _ in batch if isinstance(fact, MessageCreated)]
    messages = await conversations.messages_by_id(db, wanted) if wanted else {}
    uses: dict[tuple[UUID, UUID, str, int], Use] = {}
    handed: dict[UUID, datetime] = {}
    happened: list[tuple[datetime, UUID, str, int]] = []
    for fact, envelope in batch:
        match fact:
            case MessageCreated():
                for use in _uses(messages.get(fact.message_id)):
                    uses[use.conversation_id, use.item_id, use.kind, use.seq] = use
            case ConversationQueued() | ConversationAssigned():
                if envelope.conversation_id is not None:
                    handed[envelope.conversation_id] = envelope.at
            case AnswerRated():
                for item in _items(fact.sources):
                    happened += votes(envelope.at, item, fact.helpful, fact.previous)
    await statistics.note_uses(db, list(uses.values()))
    await statistics.note_handovers(db, handed)
    await statistics.count(db, happened)


def _items(sources: Sequence[str]) -> Iterator[UUID]:
    """The texts among `type:id`."""
    for source in sources:
        kind, _, key = source.partition(":")
        item = _uuid(key) if kind in ("faq", "article") else None
        if item is not None:
            yield item


def _uses(message: MessageView | None) -> Iterator[Use]:
    if message is None or message.recalled_at is not None:
        return
    payload = message.payload

    def use(item: UUID | None, kind: Any) -> Iterator[Use]:
        if item is not None:
            yield Use(item, message.conversation_id, kind, message.seq, message.created_at)

    if message.author.kind == "bot":
        for source in _listed(payload.get("sources")):
            if source.get("type") in ("faq", "article"):
                yield from use(_uuid(source.get("id")), "answered")
        for option in _listed(payload.get("options")):
            yield from use(_uuid(option.get("id")), "offered")
    elif message.author.kind == "customer":
        yield from use(_uuid(message.chosen), "chosen")
    elif message.kind == "card" and payload.get("type") in ("article", "faq"):
        nested = payload.get("article")
        yield from use(_uuid(payload.get("id") or (nested.get("id") if isinstance(nested, dict) else None)), "inserted")
    else:
        for source in _listed(payload.get("sources")):
            if source.get("type") in ("faq", "article"):
                yield from use(_uuid(source.get("id")), "inserted")


def _listed(value: Any) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _uuid(value: Any) -> UUID | None:
    try:
        return UUID(value) if isinstance(value, str) else None
    except ValueError:
        return None
