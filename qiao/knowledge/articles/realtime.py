"""Open pages of the console hear that the knowledge base moved: a hint without content, whoever shows a text asks anew."""

from collections.abc import Sequence

from qiao.core.events import Envelope
from qiao.core.realtime import Push, Target, enrich
from qiao.core.runtime import Runtime
from qiao.knowledge.articles.events import KnowledgeChanged, Reviewed, ReviewRequested


@enrich(KnowledgeChanged.kind, ReviewRequested.kind, Reviewed.kind)
async def moved(runtime: Runtime, envelopes: Sequence[Envelope]) -> list[tuple[Envelope, Push]]:
    """One `knowledge.changed` a batch, however much changed: which texts, not everybody may know."""
    return [(envelopes[-1], Push(Target(permission="knowledge.view"), "knowledge.changed", {}))] if envelopes else []
