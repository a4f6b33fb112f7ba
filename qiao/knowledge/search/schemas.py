"""What search shows of a hit."""

from pydantic import BaseModel

from qiao.knowledge.articles.audience import level_of
from qiao.knowledge.search.document import Hit
from qiao.knowledge.search.highlight import highlights
from qiao.knowledge.search.text import opening, without_rules


class HitView(BaseModel):
    """`probability` that this text answers the question; `matched` is the phrasing or passage that fitted best."""

    id: str
    kind: str
    title: str
    matched: str
    excerpt: str
    locale: str
    audience: str
    score: float
    probability: float
    title_highlights: list[tuple[int, int]]
    """Spans of the title, from and to, that say what was looked for; likewise of `matched`."""
    matched_highlights: list[tuple[int, int]]


def hit_view(hit: Hit) -> HitView:
    document = hit.document
    matched = without_rules(hit.matched)
    return HitView(
        id=document.id,
        kind=document.kind,
        title=document.title,
        matched=matched,
        excerpt=opening(document.body, 280),
        locale=document.locale,
        audience=level_of(document.audience),
        score=round(hit.score, 4),
        probability=round(hit.probability, 4),
        title_highlights=highlights(document.title, hit.said),
        matched_highlights=highlights(matched, hit.said),
    )
