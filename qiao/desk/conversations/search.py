"""Finding conversations by the words in them; two-character Chinese words included."""

from uuid import UUID

import msgspec
from sqlalchemy import select, text

from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.text import query_tokens
from qiao.desk.conversations import repository, views
from qiao.desk.conversations.models import Conversation, Message, MessageSearch
from qiao.desk.conversations.schemas import ConversationView

CANDIDATES = 400


class Hit(msgspec.Struct, frozen=True):
    """A message that matched. `spans` are [start, end) pairs into `snippet` that a client may mark."""

    message_id: UUID
    seq: int
    author_kind: str
    created_at: str
    snippet: str
    spans: list[tuple[int, int]]


class Found(msgspec.Struct, frozen=True):
    conversation: ConversationView
    hits: list[Hit]


async def search(db: Session, actor: Actor, query: str, limit: int = 20) -> list[Found]:
    """Conversations `actor` may see with all words of `query` in one message, or whose number it is; newest first."""
    tokens = sorted(set(query_tokens(query)))
    conditions = repository.visible_to(actor)
    found: dict[UUID, list[Message]] = {}
    number = query.strip().lstrip("#")
    if number.isascii() and number.isdigit() and len(number) < 15:
        row = (await db.execute(select(Conversation.id).where(Conversation.number == int(number), conditions))).scalar()
        if row is not None:
            found[row] = []
    if tokens:
        matches = text("message_search.tokens @@ CAST(:wanted AS tsquery)").bindparams(
            wanted=" & ".join(_quote(token) for token in tokens)
        )
        rows = await db.execute(
            select(Message)
            .join(MessageSearch, MessageSearch.message_id == Message.id)
            .join(Conversation, Conversation.id == MessageSearch.conversation_id)
            .where(matches, conditions)
            .order_by(Message.id.desc())
            .limit(CANDIDATES)
        )
        for message in rows.scalars():
            found.setdefault(message.conversation_id, []).append(message)
    ids = list(found)[:limit]
    by_id = {row.id: row for row in await repository.many(db, ids)}
    listed = await views.conversations(db, [by_id[key] for key in ids if key in by_id])
    return [Found(view, [_hit(message, query) for message in found[view.id][:3]]) for view in listed]


def _quote(token: str) -> str:
    return "'" + token.replace("'", "''").replace("\\", "\\\\") + "'"


def _hit(message: Message, query: str) -> Hit:
    # A card or a file is found by what it is called.
    body = message.body or str(message.payload.get("title") or message.payload.get("name") or "")
    snippet, spans = excerpt(body, query)
    return Hit(message.id, message.seq, message.author_kind, message.created_at.isoformat(), snippet, spans)


def excerpt(body: str, query: str, width: int = 120) -> tuple[str, list[tuple[int, int]]]:
    """The part of `body` around the first match, and where the words of `query` stand in it."""
    words = [word for word in query.lower().split() if word]
    low = body.lower()
    if len(low) != len(body):  # a few letters change length when lowered; then offsets would lie
        low = body
    first = min((at for at in (low.find(word) for word in words) if at >= 0), default=0)
    start = max(0, first - width // 3)
    end = min(len(body), start + width)
    head, tail = ("…" if start else ""), ("…" if end < len(body) else "")
    snippet = head + body[start:end].replace("\n", " ") + tail
    spans: list[tuple[int, int]] = []
    view = low[start:end]
    for word in words:
        at = view.find(word)
        while at >= 0:
            spans.append((at + len(head), at + len(word) + len(head)))
            at = view.find(word, at + len(word))
    spans.sort()
    merged: list[tuple[int, int]] = []
    for left, right in spans:
        if merged and left <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(right, merged[-1][1]))
        else:
            merged.append((left, right))
    return snippet, merged
