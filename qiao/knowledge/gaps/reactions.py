"""What gaps learn from the knowledge base and the help centre."""

from collections.abc import Sequence
from hashlib import blake2b
from zoneinfo import ZoneInfo

from qiao.core.db import Session
from qiao.core.events import Envelope
from qiao.core.reactions import on_commit_batch
from qiao.core.text import normalize
from qiao.knowledge.articles.events import KnowledgeChanged
from qiao.knowledge.gaps import service
from qiao.knowledge.gaps.masking import mask
from qiao.knowledge.gaps.schemas import Noted
from qiao.knowledge.helpcenter.events import HelpUsed
from qiao.people.organization import service as organization


def _in_vain(envelope: Envelope) -> bool:
    return any(found == 0 for _, _, found, _ in envelope.payload["searches"])


@on_commit_batch(HelpUsed, name="knowledge.gaps_searches", from_start=True, when=_in_vain, linger=2.0, most=100)
async def take_searches(db: Session, batch: Sequence[tuple[HelpUsed, Envelope]]) -> None:
    """Searches that found nothing. The same words on one day are one question, asked several times."""
    zone = ZoneInfo((await organization.get_workspace(db)).timezone)
    noted: dict[str, Noted] = {}
    for fact, envelope in batch:
        for locale, words, found, times in fact.searches:
            text = mask(words, locale)
            if found or len(normalize(text)) < 2:
                continue
            digest = blake2b(normalize(text).encode(), digest_size=16).hexdigest()
            key = f"s:{envelope.at.astimezone(zone).date()}:{locale}:{digest}"
            before = noted[key].times if key in noted else 0
            noted[key] = Noted(key, "search", text, "helpcenter", locale, envelope.at, times=before + times)
    if noted:
        await service.note(db, list(noted.values()))


@on_commit_batch(KnowledgeChanged, name="knowledge.gaps_texts")
async def follow_texts(db: Session, batch: Sequence[tuple[KnowledgeChanged, Envelope]]) -> None:
    """An FAQ drafted for a gap went live, or is gone."""
    items = [item for fact, _ in batch if fact.source == "faq" for item in fact.items]
    if items:
        await service.texts_changed(db, items)
