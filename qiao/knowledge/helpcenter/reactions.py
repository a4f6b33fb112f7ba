"""What the help centre does when knowledge changes."""

from qiao.core.db import Session
from qiao.core.events import Envelope, in_transaction
from qiao.knowledge.articles.events import KnowledgeChanged
from qiao.knowledge.helpcenter import projection


@in_transaction(KnowledgeChanged)
async def follow(db: Session, fact: KnowledgeChanged, envelope: Envelope) -> None:
    """In the same transaction: a text that nobody may read any more must not be listed for a moment longer."""
    await projection.follow(db, fact.source, fact.items)
