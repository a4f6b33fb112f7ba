"""Conversations as staff see them, kept in memory while customers write, so that a message costs no reading.

A customer's message in a running conversation changes a few counters in a known way; everything else that happens to a
conversation makes its entry worthless. An entry is believed for a few seconds only: names come from other rooms.
"""

import time
from collections import OrderedDict
from typing import Final
from uuid import UUID

from msgspec.structs import replace

from qiao.core.events import Envelope
from qiao.core.realtime import Target
from qiao.desk.conversations import policy
from qiao.desk.conversations.events import MessageCreated
from qiao.desk.conversations.schemas import ConversationView, LastMessage, MessageView

SECONDS: Final = 10.0
LIMIT: Final = 5_000
Shown = tuple[ConversationView, Target]


class LiveConversations:
    """A bounded memory of views by conversation, each with who may see it; a miss means: read the database."""

    def __init__(self) -> None:
        self._kept: OrderedDict[UUID, tuple[float, ConversationView, Target]] = OrderedDict()

    def keep(self, view: ConversationView, target: Target) -> None:
        """Remembers a view just read, unless a later state of it is known already (a reconnecting client reads, too)."""
        known = self._kept.get(view.id)
        if known is not None and known[1].version > view.version:
            return
        self._kept[view.id] = (time.monotonic(), view, target)
        self._kept.move_to_end(view.id)
        while len(self._kept) > LIMIT:
            self._kept.popitem(last=False)

    def forget(self, conversation_id: UUID) -> None:
        self._kept.pop(conversation_id, None)

    def after(self, conversation_id: UUID, said: list[tuple[Envelope, MessageView]]) -> Shown | None:
        """The conversation after these customer messages, which follow each other in the log; None: it must be read."""
        found = self._kept.get(conversation_id)
        if found is None or time.monotonic() - found[0] > SECONDS:
            return None
        read_at, view, target = found
        for envelope, message in said:
            if message.seq <= view.last_seq:
                continue
            payload = envelope.payload
            assignee = str(view.assignee.id) if view.assignee else None
            if message.seq != view.last_seq + 1 or (payload["status"], payload["assignee_id"]) != (
                view.status,
                assignee,
            ):
                return None
            view = _with_message(view, message)
        self._kept[conversation_id] = (read_at, view, target)
        return view, target


def is_plain(envelope: Envelope) -> bool:
    """Whether an event is a customer's message, whose effect on its conversation is known from itself."""
    return envelope.kind == MessageCreated.kind and envelope.payload.get("author_kind") == "customer"


def _with_message(view: ConversationView, message: MessageView) -> ConversationView:
    """What `intake` does to the row."""
    waiting = view.waiting_since if view.status == "bot" else view.waiting_since or message.created_at
    return replace(
        view,
        last_seq=message.seq,
        version=view.version + 1,
        last_message=LastMessage(
            policy.preview_of(message.kind, message.body, message.payload), "customer", message.created_at
        ),
        unread=view.unread + 1,
        customer_read_seq=message.seq,
        waiting_since=waiting,
    )
