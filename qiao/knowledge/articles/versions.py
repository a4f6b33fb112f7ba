"""What a version of a text holds, and how a step is noted in its history."""

from typing import Any, Final

import msgspec

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.ids import new_id
from qiao.knowledge.articles.models import ArticleRow, FaqRow, VersionRow

WORDS: Final = frozenset({"question", "variants", "answer", "title", "summary", "body"})
"""What a reader reads; restoring brings back these and the tags, never who may read it."""

_COMMON: Final = (
    "tags", "space_id", "category_id", "audience", "department_ids", "conditions", "valid_from", "valid_until", "owner_id",
    "review_by",
)  # fmt: skip
FIELDS: Final = {
    "faq": ("question", "variants", "answer", "action", *_COMMON),
    "article": ("title", "summary", "body", *_COMMON),
}


def source_of(row: FaqRow | ArticleRow) -> str:
    return "faq" if isinstance(row, FaqRow) else "article"


def content_of(row: FaqRow | ArticleRow) -> dict[str, Any]:
    """Everything of a text that a person writes, as plain values."""
    return {key: plain(getattr(row, key)) for key in FIELDS[source_of(row)]}


def plain(value: Any) -> Any:
    """As JSON keeps it."""
    return msgspec.to_builtins(value)


def note(
    db: Session,
    actor: Actor,
    row: FaqRow | ArticleRow,
    step: str,
    text: str | None,
    *,
    words: bool = True,
    content: dict[str, Any] | None = None,
) -> None:
    """Writes a step into the history of a text, under the version it has now.

    With `words` the version's content goes with it: the row's, or `content` where a working draft was saved.
    """
    db.add(
        VersionRow(
            id=new_id(),
            item_id=row.id,
            source=source_of(row),
            number=row.version,
            step=step,
            note=text or None,
            content=(content if content is not None else content_of(row)) if words else None,
            actor_id=actor.id,
            actor_name=actor.name[:80],
            at=clock.now(),
        )
    )
