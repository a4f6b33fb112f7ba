"""The facts conversations announce. Who may hear of them over realtime stands in the audience, not here."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from qiao.core.events import Event, event


@event("conversation.started")
class ConversationStarted(Event, frozen=True, kw_only=True):
    inbox_id: UUID
    customer_id: UUID
    status: str


@event("conversation.message_created")
class MessageCreated(Event, frozen=True, kw_only=True):
    """A message stands in the conversation. `public` is false for notes and whispers, which only staff see."""

    hot: ClassVar[bool] = True
    message_id: UUID
    seq: int
    author_kind: str
    message_kind: str
    public: bool
    status: str
    assignee_id: UUID | None = None
    queue_id: UUID | None = None
    author_id: UUID | None = None
    mentions: tuple[UUID, ...] = ()


@event("conversation.message_changed")
class MessageChanged(Event, frozen=True, kw_only=True):
    """Recalled, edited, or its delivery state moved."""

    message_id: UUID
    seq: int
    public: bool


@event("conversation.message_recalled")
class MessageRecalled(Event, frozen=True, kw_only=True):
    """Staff took a message back. `remote`: its channel has to be asked, and has not been yet."""

    message_id: UUID
    remote: bool


@event("conversation.queued")
class ConversationQueued(Event, frozen=True, kw_only=True):
    """Waits for a person. `entered_at` is set when an earlier place in the queue is kept."""

    queue_id: UUID | None
    reason: str
    previous_user_id: UUID | None = None
    previous_queue_id: UUID | None = None
    preferred_user_id: UUID | None = None
    entered_at: datetime | None = None
    leave_message: bool = False


@event("conversation.assigned")
class ConversationAssigned(Event, frozen=True, kw_only=True):
    user_id: UUID
    previous_user_id: UUID | None
    reason: str


@event("conversation.bot_resumed")
class BotResumed(Event, frozen=True, kw_only=True):
    """Handed (back) to the bot."""

    previous_user_id: UUID | None
    reason: str


@event("conversation.snoozed")
class ConversationSnoozed(Event, frozen=True, kw_only=True):
    user_id: UUID | None
    until: datetime


@event("conversation.unsnoozed")
class ConversationUnsnoozed(Event, frozen=True, kw_only=True):
    """Snooze ended and the conversation is its agent's again."""

    user_id: UUID
    reason: str


@event("conversation.resolved")
class ConversationResolved(Event, frozen=True, kw_only=True):
    """`user_id` is who was responsible; None when the bot or the system resolved it."""

    user_id: UUID | None
    by_bot: bool
    disposition: str | None = None


@event("conversation.reopened")
class ConversationReopened(Event, frozen=True, kw_only=True):
    """Resolved before, live again: `status` tells whether it is assigned to `user_id` or waits in its queue."""

    status: str
    user_id: UUID | None


@event("conversation.closed")
class ConversationClosed(Event, frozen=True, kw_only=True):
    previous_status: str
    user_id: UUID | None


@event("conversation.priority_changed")
class PriorityChanged(Event, frozen=True, kw_only=True):
    priority: int


@event("conversation.updated")
class ConversationUpdated(Event, frozen=True, kw_only=True):
    """Something else people see changed: tags, wrap-up, customer."""

    fields: tuple[str, ...]


@event("conversation.promises_changed")
class PromisesChanged(Event, frozen=True, kw_only=True):
    """What is promised about it runs out at another time, was broken or is done."""


@event("conversation.read")
class ConversationRead(Event, frozen=True, kw_only=True):
    """`side` is `customer` or `staff`."""

    side: str
    seq: int


@event("conversation.participant_changed")
class ParticipantChanged(Event, frozen=True, kw_only=True):
    user_id: UUID
    role: str | None


LIFECYCLE = (
    ConversationStarted,
    ConversationQueued,
    ConversationAssigned,
    BotResumed,
    ConversationSnoozed,
    ConversationUnsnoozed,
    ConversationResolved,
    ConversationReopened,
    ConversationClosed,
    PriorityChanged,
    ConversationUpdated,
    ParticipantChanged,
)
