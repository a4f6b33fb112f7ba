"""Variables in texts rules send: what there is, what is wrong with a text, how it is filled. Pure."""

import re
from collections.abc import Iterable, Mapping
from typing import Final, NamedTuple

VARIABLES: Final = (
    "ticket.number",
    "ticket.title",
    "ticket.status",
    "ticket.priority",
    "ticket.due_at",
    "ticket.url",
    "customer.name",
    "customer.level",
    "customer.city",
    "conversation.number",
    "assignee.name",
    "department.name",
    "company.name",
    "today",
)
FIELD: Final = "ticket.fields."
_VARIABLE: Final = re.compile(r"\{\{([^{}\n]{0,200})\}\}")
_OPENING: Final = re.compile(r"\{\{")
_FIELD: Final = re.compile(r"ticket\.fields\.[a-z][a-z0-9_]{0,39}")


class TextFault(NamedTuple):
    """Where a text cannot be filled, from 1. `name` is None for an opening without its end."""

    name: str | None
    line: int
    column: int


def faults(text: str) -> list[TextFault]:
    """What `{{…}}` in a text nobody could fill, in order."""
    whole = {match.start(): match[1].strip() for match in _VARIABLE.finditer(text)}
    found: list[TextFault] = []
    for opening in _OPENING.finditer(text):
        name = whole.get(opening.start())
        if name is not None and (name in VARIABLES or _FIELD.fullmatch(name)):
            continue
        before = text[: opening.start()]
        found.append(TextFault(name, before.count("\n") + 1, opening.start() - (before.rfind("\n") + 1) + 1))
    return found


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its variables filled; one without a value is left out. What is put in is not read again."""
    return _VARIABLE.sub(lambda match: values.get(match[1].strip(), ""), text)


def chosen(texts: Mapping[str, str], locales: Iterable[str | None]) -> str:
    """The text in the first of `locales` it is written in, else in any."""
    for locale in locales:
        if locale and texts.get(locale):
            return texts[locale]
    return next((text for text in texts.values() if text), "")
