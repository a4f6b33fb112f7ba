"""Facts about surveys."""

from uuid import UUID

from qiao.core.events import Event, event


@event("survey.rated")
class ConversationRated(Event, frozen=True, kw_only=True):
    """`previous` is the score before, when the customer changed their mind. `agent_id` None: the bot had it alone."""

    score: int
    previous: int | None
    agent_id: UUID | None
    queue_id: UUID | None
