"""Conditions over tickets as SQL: a filter of a list means exactly what `core.conditions.holds` says of a ticket's facts.

`resolve` checks a condition and turns words that depend on the reader and the moment (`@me`, `@my_department`,
`@today+1d`) into values; `compiled` makes SQL of what came out, which `holds` understands as well. Every piece of SQL made
here is true or false, never null.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from math import isfinite
from typing import Any, Final, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Double,
    Text,
    and_,
    case,
    cast,
    exists,
    false,
    func,
    literal,
    not_,
    or_,
    select,
    true,
)
from sqlalchemy.dialects.postgresql import ARRAY, JSONB

from qiao.core.actor import Actor
from qiao.core.conditions import DEEPEST, Condition, Group, Test, depth
from qiao.core.errors import Invalid
from qiao.desk.tickets.definition import FieldKind, FieldSpec
from qiao.desk.tickets.models import Ticket, TicketInvolved, TicketType
from qiao.people.customers import choosing

Kind = Literal["word", "id", "number", "moment", "date", "text", "flag", "tags", "key", "keys", "watchers", "there"]
LIVE: Final = ("new", "open", "pending", "on_hold")
MOST_TESTS: Final = 100

COLUMNS: Final[Mapping[str, Kind]] = {
    "type": "word",
    "status": "word",
    "state": "word",
    "source": "word",
    "channel": "word",
    "locale": "word",
    "title": "text",
    "description": "text",
    "number": "number",
    "priority": "number",
    "tier": "number",
    "rating": "number",
    "reopened": "number",
    "breached": "flag",
    "tags": "tags",
    "watchers": "watchers",
    "customer_id": "id",
    "requester_id": "id",
    "conversation_id": "id",
    "assignee_id": "id",
    "department_id": "id",
    "parent_id": "id",
    "merged_into_id": "id",
    "created_by": "id",
    "due_at": "moment",
    "next_due_at": "moment",
    "created_at": "moment",
    "updated_at": "moment",
    "first_response_at": "moment",
    "customer_wrote_at": "moment",
    "solved_at": "moment",
    "closed_at": "moment",
    "customer.level": "word",
    "customer.tags": "tags",
}
"""Every fact of a ticket a list can be filtered by, besides `fields.<key>`."""
_SAME: Final = frozenset({"is", "is_not", "in", "not_in"})
_ORDER: Final = frozenset({"above", "below", "at_least", "at_most"})
_THERE: Final = frozenset({"filled", "empty"})
_WITHIN: Final = frozenset({"contains", "not_contains"})
OPERATORS: Final[Mapping[Kind, frozenset[str]]] = {
    "word": _SAME | _THERE,
    "key": _SAME | _THERE,
    "id": _SAME | _THERE,
    "number": _SAME | _ORDER | _THERE,
    "moment": _ORDER | _THERE,
    "date": _SAME | _ORDER | _THERE,
    "text": _SAME | _WITHIN | _THERE,
    "flag": frozenset({"is", "is_not"}) | _THERE,
    "tags": frozenset({"in", "not_in"}) | _WITHIN | _THERE,
    "keys": frozenset({"in", "not_in"}) | _WITHIN | _THERE,
    "watchers": frozenset({"in", "not_in"}) | _WITHIN,
    "there": _THERE,
}
_FIELDS: Final[Mapping[FieldKind, Kind]] = {
    "text": "text",
    "long_text": "text",
    "phone": "text",
    "email": "text",
    "number": "number",
    "money": "there",
    "date": "date",
    "moment": "moment",
    "yes_no": "flag",
    "choice": "key",
    "choices": "keys",
    "cascade": "keys",
    "person": "key",
    "customer": "key",
    "order": "key",
    "file": "there",
    "table": "there",
}
_DONE: Final = frozenset({"solved_at", "closed_at"})
_NARROW: Final = frozenset({"assignee_id", "customer_id", "requester_id", "conversation_id", "parent_id", "number"})
_MOMENT: Final = re.compile(r"@(now|today|week|month)?(?:([+-]\d{1,5})([mhdw]))?")
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_WHO: Final = frozenset({"@me", "@my_department"})
_NOTHING: Final[tuple[Any, ...]] = (None, "", [], {})
_LOWER: Final = frozenset({"status", "state", "source", "locale"})
"""Columns that hold small letters only."""


@dataclass(frozen=True, slots=True)
class Field:
    """A field a reader may filter by. `masked`: they see it in part only, so only whether it is filled may be asked."""

    spec: FieldSpec
    masked: bool = False


@dataclass(frozen=True, slots=True)
class Reading:
    """Who asks and when: what words in a filter stand for."""

    actor: Actor
    now: datetime
    zone: ZoneInfo
    fields: Mapping[str, Field]


@dataclass(frozen=True, slots=True)
class Filter:
    """`where` holds of what is wanted. `live`: all of it is not done yet. `narrow`: an index finds few rows for it."""

    where: ColumnElement[bool]
    live: bool
    narrow: bool


def everything() -> Filter:
    return Filter(true(), live=False, narrow=False)


# -- checking ----------------------------------------------------------------------------------------------------------


def resolve(condition: Condition, reading: Reading, at: str = "filter") -> Condition:
    """The condition with values in stored form. Raises Invalid naming the place of what cannot be asked."""
    if depth(condition) > DEEPEST:
        raise Invalid.field(at, "ticketlists.too_deep", most=DEEPEST)
    left = [MOST_TESTS]
    return _resolved(condition, reading, at, left)


def _resolved(condition: Condition, reading: Reading, at: str, left: list[int]) -> Condition:
    if isinstance(condition, Group):
        parts = [
            _resolved(part, reading, f"{at}.conditions.{index}", left)
            for index, part in enumerate(condition.conditions)
        ]
        return Group(match=condition.match, conditions=parts)
    left[0] -= 1
    if left[0] < 0:
        raise Invalid.field(at, "ticketlists.too_many_tests", most=MOST_TESTS)
    fact = condition.fact.removeprefix("ticket.")
    kind, masked = kind_of(fact, reading.fields)
    if kind is None:
        raise Invalid.field(f"{at}.fact", "ticketlists.fact_unknown", fact=condition.fact)
    if condition.op not in OPERATORS[kind] or (masked and condition.op not in _THERE):
        raise Invalid.field(f"{at}.op", "ticketlists.operator_unfit", op=condition.op, fact=condition.fact)
    if condition.op in _THERE:
        return Test(fact=fact, op=condition.op)
    given = condition.value
    many = condition.op in ("in", "not_in")
    values = given if many and isinstance(given, list) else [given]
    if len(values) > 500:
        raise Invalid.field(f"{at}.value", "ticketlists.too_many_values", most=500)
    try:
        found = [_value(kind, value, condition.op, reading) for value in values]
    except ValueError:
        raise Invalid.field(f"{at}.value", "ticketlists.value_unfit", fact=condition.fact) from None
    return Test(fact=fact, op=condition.op, value=found if many else found[0])


def kind_of(fact: str, fields: Mapping[str, Field]) -> tuple[Kind | None, bool]:
    """How a fact is compared, None for one that does not exist; and whether its values must not be guessed at."""
    if not fact.startswith("fields."):
        return COLUMNS.get(fact), False
    key = fact.removeprefix("fields.")
    found = fields.get(key)
    if found is None and key.endswith("_minor"):
        found = fields.get(key.removesuffix("_minor"))
        return ("number", found.masked) if found is not None and found.spec.kind == "money" else (None, False)
    return (_FIELDS[found.spec.kind], found.masked) if found is not None else (None, False)


def _value(kind: Kind, value: Any, op: str, reading: Reading) -> Any:
    if value is None:
        if op in ("is", "is_not", "in", "not_in"):
            return None
        raise ValueError(value)
    if isinstance(value, str) and kind in ("id", "key", "watchers") and value in _WHO:
        who = reading.actor.id if value == "@me" else reading.actor.department_id
        return str(who or UUID(int=0))
    match kind:
        case "number":
            number = float(value) if isinstance(value, int | float | str) and not isinstance(value, bool) else None
            if number is None or not isfinite(number):
                raise ValueError(value)
            return int(number) if number.is_integer() else number
        case "flag":
            if not isinstance(value, bool):
                raise ValueError(value)
            return value
        case "moment":
            return moment(value, reading).isoformat()
        case "date":
            if isinstance(value, str) and value.startswith("@"):
                return moment(value, reading).astimezone(reading.zone).date().isoformat()
            return date.fromisoformat(str(value)[:10]).isoformat()
        case "id" | "watchers":
            return str(UUID(str(value)))
        case _:
            if isinstance(value, bool | list | dict) or len(str(value)) > 500 or "\x00" in str(value):
                raise ValueError(value)
            return str(value)


def moment(value: Any, reading: Reading) -> datetime:
    """`2026-01-31`, a whole moment, or words: `@now-2h`, `@today+1d`, `@week`, `@-7d`. In UTC. Raises ValueError."""
    if not isinstance(value, str):
        raise ValueError(value)
    if value.startswith("@"):
        match = _MOMENT.fullmatch(value)
        if match is None or value == "@":
            raise ValueError(value)
        start = reading.now
        if match[1] in ("today", "week", "month"):
            day = reading.now.astimezone(reading.zone).date()
            if match[1] == "week":
                day -= timedelta(days=day.weekday())
            elif match[1] == "month":
                day = day.replace(day=1)
            shift = timedelta(**{_UNITS[match[3]]: int(match[2])}) if match[2] else timedelta()
            whole = match[3] in ("d", "w")
            start = datetime.combine(day + (shift if whole else timedelta()), time(), reading.zone)
            return (start if whole else start + shift).astimezone(UTC)
        shift = timedelta(**{_UNITS[match[3]]: int(match[2])}) if match[2] else timedelta()
        return (start + shift).astimezone(UTC)
    if len(value) == 10:
        return datetime.combine(date.fromisoformat(value), time(), reading.zone).astimezone(UTC)
    found = datetime.fromisoformat(value)
    return (found if found.tzinfo else found.replace(tzinfo=reading.zone)).astimezone(UTC)


# -- SQL ---------------------------------------------------------------------------------------------------------------


def compiled(condition: Condition, fields: Mapping[str, Field]) -> Filter:
    """SQL of a resolved condition."""
    return Filter(_sql(condition, fields), live=_live(condition), narrow=_narrow(condition, fields))


def _live(condition: Condition) -> bool:
    if isinstance(condition, Group):
        if condition.match == "all":
            return any(_live(part) for part in condition.conditions)
        if condition.match == "any":
            return bool(condition.conditions) and all(_live(part) for part in condition.conditions)
        return False
    if condition.fact != "status":
        return False
    if condition.op in ("is", "in"):
        wanted = condition.value if isinstance(condition.value, list) else [condition.value]
        return all(str(one).casefold() in LIVE for one in wanted)
    if condition.op == "not_in" and isinstance(condition.value, list):
        return {"solved", "closed"} <= {str(one).casefold() for one in condition.value}
    return False


def _narrow(condition: Condition, fields: Mapping[str, Field]) -> bool:
    if isinstance(condition, Group):
        if condition.match == "all":
            return any(_narrow(part, fields) for part in condition.conditions)
        return (
            condition.match == "any"
            and bool(condition.conditions)
            and all(_narrow(part, fields) for part in condition.conditions)
        )
    if condition.op not in ("is", "in", "contains") or condition.value is None:
        return False
    if isinstance(condition.value, list) and None in condition.value:
        return False
    if condition.fact in _NARROW or condition.fact in ("tags", "watchers"):
        return True
    return kind_of(condition.fact, fields)[0] in ("key", "keys")


def _sql(condition: Condition, fields: Mapping[str, Field], *, bare: bool = True) -> ColumnElement[bool]:
    """`bare` conditions may be null where they do not hold, which an index prefers; below a NOT they must not be."""
    if isinstance(condition, Group):
        inner = bare and condition.match != "none"
        parts = [_sql(part, fields, bare=inner) for part in condition.conditions]
        if condition.match == "all":
            return and_(true(), *parts)
        some = or_(false(), *parts)
        return some if condition.match == "any" else not_(some)
    found = _test(condition, fields)
    if condition.op in ("is_not", "not_in", "not_contains"):
        return not_(func.coalesce(found, false()))
    return found if bare else func.coalesce(found, false())


def _test(test: Test, fields: Mapping[str, Field]) -> ColumnElement[bool]:
    """What the positive form of a test asks; null counts as no."""
    kind, _masked = kind_of(test.fact, fields)
    if test.fact.startswith("fields."):
        return _field(test, test.fact.removeprefix("fields."), kind, fields)
    if test.fact.startswith("customer."):
        return _customer(test)
    values: Sequence[Any] = test.value if isinstance(test.value, list) else [test.value]
    if test.fact == "watchers":
        return exists().where(
            TicketInvolved.ticket_id == Ticket.id,
            TicketInvolved.kind == "user",
            TicketInvolved.party_id.in_([UUID(str(one)) for one in values if one is not None]),
            TicketInvolved.watching,
        )
    if test.fact == "tags":
        if test.op in _THERE:
            bare = func.cardinality(Ticket.tags) == 0
            return bare if test.op == "empty" else not_(bare)
        tags: Any = Ticket.tags
        overlap: ColumnElement[bool] = tags.overlap(cast([str(one) for one in values if one is not None], ARRAY(Text)))
        return overlap
    if test.fact == "type":
        keys = [str(one).casefold() for one in values if one is not None]
        if test.op in _THERE:
            return true() if test.op == "filled" else false()
        return Ticket.type_id.in_(select(TicketType.id).where(TicketType.key.in_(keys)))
    column = _column(test.fact)
    if test.op in _THERE:
        there = and_(column.is_not(None), column != "") if kind == "text" else column.is_not(None)
        return there if test.op == "filled" else not_(there)
    if kind == "moment":
        at = literal(datetime.fromisoformat(str(test.value)))
        if test.fact in _DONE and test.op in ("above", "at_least"):
            # Nothing is done after its last change, and that one indexes know.
            return and_(_ordered(test.op, column, at), Ticket.updated_at >= at)
        return _ordered(test.op, column, at)
    if test.op in _ORDER:
        return _ordered(test.op, column, _number(test.value))
    lowered = column if test.fact in _LOWER else func.lower(column)
    if test.op in _WITHIN:
        return lowered.contains(str(test.value).casefold(), autoescape=True)
    equal: dict[str, Callable[[Any], ColumnElement[bool]]] = {
        "id": lambda one: column == UUID(str(one)),
        "flag": lambda one: column.is_(bool(one)),
        "number": lambda one: column == _number(one),
    }
    same = equal.get(str(kind), lambda one: lowered == str(one).casefold())
    return _some(values, column.is_(None), same)


def _customer(test: Test) -> ColumnElement[bool]:
    """What is asked of the ticket's customer. A ticket without one has no such facts."""
    values: Sequence[Any] = test.value if isinstance(test.value, list) else [test.value]
    words = [str(one) for one in values if one is not None]
    if test.fact == "customer.tags":
        found: ColumnElement[bool] = Ticket.customer_id.in_(choosing.tagged(None if test.op in _THERE else words))
    elif test.op in _THERE:
        found = Ticket.customer_id.is_not(None)
    else:
        missing = Ticket.customer_id.is_(None) if None in values else false()
        found = or_(missing, Ticket.customer_id.in_(choosing.of_level([one.casefold() for one in words])))
    return not_(func.coalesce(found, false())) if test.op == "empty" else found


def _some(
    values: Sequence[Any], missing: ColumnElement[bool], equal: Callable[[Any], ColumnElement[bool]]
) -> ColumnElement[bool]:
    return or_(false(), *[missing if one is None else equal(one) for one in values])


def _number(value: Any) -> ColumnElement[Any]:
    if isinstance(value, int) and abs(value) < 2**53:
        return literal(value, BigInteger)
    return literal(float(value), Double)


def _ordered(op: str, left: Any, right: Any) -> ColumnElement[bool]:
    found: dict[str, Callable[[], ColumnElement[bool]]] = {
        "above": lambda: left > right,
        "below": lambda: left < right,
        "at_least": lambda: left >= right,
        "at_most": lambda: left <= right,
    }
    return found[op]()


def _field(test: Test, key: str, kind: Kind | None, fields: Mapping[str, Field]) -> ColumnElement[bool]:
    value: Any = Ticket.data[key]
    if key not in fields and key.endswith("_minor"):
        value = Ticket.data[key.removesuffix("_minor")]["minor"]
    if test.op in _THERE:
        empty = func.coalesce(value.in_([literal(nothing, JSONB) for nothing in _NOTHING]), true())
        return empty if test.op == "empty" else not_(empty)
    words: Any = value.astext
    missing = words.is_(None)
    values: Sequence[Any] = test.value if isinstance(test.value, list) else [test.value]
    match kind:
        case "text":
            lowered = func.lower(words)
            if test.op in _WITHIN:
                return lowered.contains(str(test.value).casefold(), autoescape=True)
            return _some(values, missing, lambda one: lowered == str(one).casefold())
        case "key":
            return _some(values, missing, lambda one: or_(*[_holds(key, form) for form in _spellings(str(one))]))
        case "keys":
            return _some(values, missing, lambda one: or_(*[_holds(key, [form]) for form in _spellings(str(one))]))
        case "flag":
            return _some(values, missing, lambda one: _holds(key, bool(one)))
        case "number":
            number = case((func.jsonb_typeof(value) == "number", cast(words, Double)))
            if test.op in _ORDER:
                return _ordered(test.op, number, literal(float(str(test.value)), Double))
            return _some(values, missing, lambda one: number == literal(float(one), Double))
        case _:
            plain = words.collate("C")
            if test.op in _ORDER:
                return and_(_ordered(test.op, plain, literal(str(test.value))), func.length(words) >= 10)
            return _some(values, missing, lambda one: plain == str(one))


def _holds(key: str, value: Any) -> ColumnElement[bool]:
    return Ticket.data.contains({key: value})


def _spellings(word: str) -> list[str]:
    """An index knows words as they are written; these are the ways a key or a number is."""
    return list(dict.fromkeys((word, word.lower(), word.upper())))


def _column(fact: str) -> Any:
    return getattr(Ticket, fact)
