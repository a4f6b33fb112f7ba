"""Help texts while somebody writes a request: the help centre's search, only what this customer may read."""

from typing import Final
from uuid import UUID

from qiao.knowledge.helpcenter import content, finding
from qiao.knowledge.helpcenter.finding import Result
from qiao.knowledge.helpcenter.pages import Visit

MOST: Final = 4
LEAST_LETTERS: Final = 2


async def find(visit: Visit, written: str) -> list[Result]:
    """What may answer it already; nothing while too little is written."""
    query = content.clean_query(written)
    if len(query) < LEAST_LETTERS:
        return []
    found = await finding.search(visit.runtime, visit.db, visit.reader, visit.locale, query)
    return found[:MOST]


def links(visit: Visit, form: UUID, found: list[Result]) -> list[dict[str, str]]:
    """Each leads over a page that notes that it was opened."""
    return [
        {
            "title": result.entry.title,
            "text": str(result.excerpt.striptags()),
            "url": f"/help/{visit.locale}/my/suggested/{form}/{result.entry.id}",
        }
        for result in found
    ]
