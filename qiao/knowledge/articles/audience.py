"""Who may read what. The one place that says it: lists, search, bot, help centre and assist all ask here.

A text carries *tags*, a reader carries *tags*, and a reader may read what shares at least one with them. A text has the
tags of the narrowest of its space and itself; `readers` columns hold them, the search index gets the same.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias
from uuid import UUID

from sqlalchemy import ColumnElement, Text, cast, true
from sqlalchemy.dialects.postgresql import ARRAY

from qiao.core.actor import Actor

Level = Literal["public", "customers", "internal", "departments"]
LEVELS: Final[tuple[Level, ...]] = ("public", "customers", "internal", "departments")

Reader: TypeAlias = frozenset[str] | None
"""The tags of a reader; None is a reader who may see everything."""

ANONYMOUS: Final = frozenset({"public"})
"""Anybody: a visitor, the open help centre."""
IDENTIFIED: Final = frozenset({"public", "customers"})
"""A customer whose identity was verified."""
STAFF: Final = frozenset({"public", "customers", "internal"})
"""Anybody of the company, of no department in particular."""
EVERYTHING: Final[Reader] = None

_DEPARTMENT: Final = "department:"


@dataclass(frozen=True, slots=True)
class Audience:
    """What a space or a text says of its readers. `departments` counts at the level of that name only."""

    level: Level = "public"
    departments: frozenset[UUID] = frozenset()


def department_tag(department_id: UUID) -> str:
    return f"{_DEPARTMENT}{department_id}"


def tags_of(*audiences: Audience) -> frozenset[str]:
    """The tags of a text that all of `audiences` bind: the narrowest wins, named departments are those in all of them.

    Without a department left nobody has a tag for it; only readers who may see everything do.
    """
    narrowest = max((audience.level for audience in audiences), key=LEVELS.index, default="public")
    if narrowest != "departments":
        return frozenset({narrowest})
    named = [audience.departments for audience in audiences if audience.level == "departments"]
    return frozenset(map(department_tag, frozenset.intersection(*named)))


def level_of(tags: Iterable[str]) -> Level:
    """The level a text's tags stand for."""
    found = next(iter(tags), "departments")
    return "departments" if found.startswith(_DEPARTMENT) else found  # type: ignore[return-value]  # tags are levels else


def departments_named(tags: Iterable[str]) -> frozenset[UUID] | None:
    """The departments a text is for; None where it is not for departments only."""
    tags = list(tags)
    if level_of(tags) != "departments":
        return None
    return frozenset(UUID(tag.removeprefix(_DEPARTMENT)) for tag in tags)


def reader_of(actor: Actor) -> Reader:
    """The tags of an actor: staff read what is for customers, for staff, and for their own department.

    The bot and a customer are nobody in particular here; see `customer_reader` for whom the bot speaks to.
    """
    if actor.kind == "system" or (actor.kind == "user" and actor.may("knowledge.view_all")):
        return EVERYTHING
    if actor.kind != "user":
        return ANONYMOUS
    return STAFF | {department_tag(actor.department_id)} if actor.department_id else STAFF


def customer_reader(*, identified: bool) -> frozenset[str]:
    """The tags of a customer; `identified` when the company vouched for who they are (a verified identity)."""
    return IDENTIFIED if identified else ANONYMOUS


def may_read(tags: Iterable[str], reader: Reader) -> bool:
    return reader is None or not reader.isdisjoint(tags)


def readable(column: Any, reader: Reader) -> ColumnElement[bool]:
    """The SQL condition on a `readers` column."""
    if reader is None:
        return true()
    condition: ColumnElement[bool] = column.op("&&")(cast(sorted(reader), ARRAY(Text)))
    return condition
