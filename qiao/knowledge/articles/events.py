"""The facts of the knowledge base."""

from uuid import UUID

from qiao.core.events import Event, event


@event("knowledge.changed")
class KnowledgeChanged(Event, frozen=True, kw_only=True):
    """`items` are FAQs or articles (`source`) that were written, moved to another state, or removed."""

    source: str
    items: tuple[UUID, ...]


@event("knowledge.words_changed")
class WordsChanged(Event, frozen=True, kw_only=True):
    """The company's synonyms and terms are others now."""


@event("knowledge.review_requested")
class ReviewRequested(Event, frozen=True, kw_only=True):
    """Somebody asks that a text be approved."""

    source: str
    item_id: UUID


@event("knowledge.reviewed")
class Reviewed(Event, frozen=True, kw_only=True):
    """A reviewer approved a text or sent it back to `editor_id`."""

    source: str
    item_id: UUID
    approved: bool
    editor_id: UUID | None = None


@event("knowledge.review_due")
class ReviewDue(Event, frozen=True, kw_only=True):
    """The day has come on which `owner_id` wanted to look at a text again."""

    source: str
    item_id: UUID
    owner_id: UUID | None = None
