"""Facts about the widget."""

from uuid import UUID

from qiao.core.events import Event, event


@event("webchat.session_ended")
class SessionEnded(Event, frozen=True, kw_only=True):
    """A visitor's token no longer works; open sockets with it are closed."""

    session_id: UUID
    customer_id: UUID


@event("webchat.answer_rated")
class AnswerRated(Event, frozen=True, kw_only=True):
    """A customer said whether a bot answer helped. `previous` is what they said before, if anything.

    `faq_id` and `sources` (`type:id`) are taken from the answer itself.
    """

    message_id: UUID
    helpful: bool
    previous: bool | None
    faq_id: UUID | None
    sources: tuple[str, ...] = ()
