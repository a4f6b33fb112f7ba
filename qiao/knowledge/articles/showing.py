"""Which stored pictures texts show."""

from collections.abc import Collection
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Text, cast, func, select

from qiao.core.db import Session
from qiao.knowledge.articles.models import ArticleRow, DraftRow, FaqRow

_LINK: Final = "/api/v1/files/"
_ID: Final = f"{_LINK}([0-9a-f-]{{36}})"


async def never_given(db: Session, items: Collection[UUID]) -> set[UUID]:
    """Of texts those that were never an answer: no conversation shows their words, or their pictures."""
    found: set[UUID] = set()
    for table in (FaqRow, ArticleRow):
        query: Any = select(table.id).where(table.id.in_(items), table.used == 0)
        found |= set((await db.execute(query)).scalars())
    return found


async def shown(db: Session, files: Collection[UUID]) -> set[UUID]:
    """Of stored pictures those that some text shows, or a draft would."""
    if not files:
        return set()
    held: set[str] = set()
    for words in (ArticleRow.body, FaqRow.answer, cast(DraftRow.changes, Text)):
        query = select(func.regexp_matches(words, _ID, "g")).where(words.contains(_LINK))
        held |= {found[0] for found in (await db.execute(query)).scalars()}
    return {one for one in files if str(one) in held}
