"""What may become of a row that repeats or resembles something. Pure."""

from collections.abc import Mapping
from typing import Any, Final

_SAME_KIND: Final = {"faq": ("skip", "variant", "update", "import"), "article": ("skip", "update", "import")}
_OTHER: Final = ("skip", "import")


def choices(kind: str, twin: Mapping[str, Any] | None) -> tuple[str, ...]:
    """The choices that make sense: a phrasing goes into an FAQ only, and no FAQ takes the text of an article."""
    if twin is None:
        return _OTHER
    like = kind if twin["type"] == "row" else twin["type"]
    return _SAME_KIND.get(kind, _OTHER) if like == kind else _OTHER


def decided(
    kind: str, duplicate: Mapping[str, Any] | None, similar: Mapping[str, Any] | None, choice: str | None, for_all: str
) -> str:
    """What becomes of a row: its own choice, else that for all rows that repeat something; what only resembles something
    is imported. Where the choice for all makes no sense the row is skipped."""
    if choice is not None:
        return choice
    if duplicate is None:
        return "import"
    return for_all if for_all in choices(kind, duplicate) else "skip"
