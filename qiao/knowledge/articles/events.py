"""The facts of the knowledge base."""

from uuid import UUID

from qiao.core.events import Event, event


@event("knowledge.changed")
class KnowledgeChanged(Event, frozen=True, kw_only=True):
    """`items` are FAQs or articles (`source`) that were written, moved to another state, or removed."""

    source: str
    items: tuple[UUID, ...]
