"""Values of a type's fields: are they what the field takes, who sees them, which are needed now. Pure.

Stored forms: text as typed; number as number; money `{"minor": 12900, "currency": "CNY"}`; date `2026-01-31`; moment in
UTC; choice its key, choices a list of keys, cascade the keys from the top; person and customer an id, order its number;
file a list of `{"file_id": …}`; table a list of rows by column key.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation
from functools import lru_cache
from math import isfinite
from typing import Any, Final
from uuid import UUID

from qiao.core.conditions import holds
from qiao.core.errors import FieldError
from qiao.core.money import coins, places
from qiao.core.money import words as amount_words
from qiao.desk.tickets.definition import PERSONAL, Column, Definition, FieldSpec, Option
from qiao.desk.tickets.policy import Doer
from qiao.people.customers.policy import clean_email, clean_phone
from qiao.people.personal import mask

LINE: Final = 500
LONG: Final = 20_000
PATTERNED: Final = 200
"""Longest text a pattern is tried on: patterns are checked, but time still grows with the text."""
ROWS: Final = 200
FILES: Final = 20
LARGEST_MINOR: Final = 10**15
_ORDER: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
_DATE: Final = re.compile(r"\d{4}-\d{2}-\d{2}")


class Bad(Exception):
    """A value the field does not take: a code below `errors.` and what its sentence needs. `at` is a place within."""

    def __init__(self, code: str, at: str = "", **params: Any):
        super().__init__(code)
        self.code, self.at, self.params = code, at, params


@dataclass(frozen=True, slots=True)
class Outcome:
    """All values as they are to be stored, what was wrong, and which keys differ from before."""

    values: dict[str, Any]
    errors: list[FieldError]
    changed: list[str] = field(default_factory=list)


# -- who sees what -----------------------------------------------------------------------------------------------------


def readable(spec: FieldSpec, doer: Doer) -> bool:
    """Whether `doer` may see the field at all."""
    if not doer.limited:
        return True
    if doer.side not in spec.sides:
        return False
    return doer.side == "customer" or not spec.view_roles or bool(doer.roles.intersection(spec.view_roles))


def writable(spec: FieldSpec, doer: Doer) -> bool:
    """Whether `doer` may fill the field."""
    if not doer.limited:
        return True
    if not readable(spec, doer):
        return False
    return doer.side == "customer" or not spec.edit_roles or bool(doer.roles.intersection(spec.edit_roles))


def is_masked(spec: FieldSpec, doer: Doer) -> bool:
    """Whether `doer` sees the value in part only: personal data without the right to reveal it."""
    return spec.kind in PERSONAL and doer.actor.kind == "user" and not doer.actor.may("customers.reveal")


def shown_to(definition: Definition, values: Mapping[str, Any], doer: Doer) -> tuple[dict[str, Any], list[str]]:
    """The values `doer` may read, and the keys of those shown in part."""
    shown: dict[str, Any] = {}
    masked: list[str] = []
    for spec in definition.fields:
        if spec.key not in values or not readable(spec, doer):
            continue
        value = values[spec.key]
        if is_masked(spec, doer):
            masked.append(spec.key)
            value = mask(PERSONAL[spec.kind], value)
        shown[spec.key] = value
    return shown, masked


def access(definition: Definition, facts: Mapping[str, Any], doer: Doer) -> dict[str, str]:
    """`read` or `write` for every field that is shown now and that `doer` may see."""
    visible = visible_now(definition, facts)
    return {
        spec.key: "write" if writable(spec, doer) else "read"
        for spec in definition.fields
        if spec.key in visible and readable(spec, doer)
    }


def granted(definition: Definition, doer: Doer) -> dict[str, str]:
    """`read` or `write` for every field `doer` may see at some time, whatever stands in the others."""
    return {spec.key: "write" if writable(spec, doer) else "read" for spec in definition.fields if readable(spec, doer)}


# -- conditions --------------------------------------------------------------------------------------------------------


def for_conditions(definition: Definition, values: Mapping[str, Any]) -> dict[str, Any]:
    """Values as conditions read them: money also as `<key>_minor`, files as their names."""
    found: dict[str, Any] = {}
    for spec in definition.fields:
        value = values.get(spec.key)
        if value is None:
            continue
        found[spec.key] = value
        if spec.kind == "money" and isinstance(value, Mapping):
            found[f"{spec.key}_minor"] = value.get("minor")
        elif spec.kind == "file" and isinstance(value, list):
            found[spec.key] = [str(one.get("name") or one.get("file_id")) for one in value if isinstance(one, Mapping)]
    return found


def with_values(facts: Mapping[str, Any], definition: Definition, values: Mapping[str, Any]) -> dict[str, Any]:
    """`facts` with these values in place of the ticket's own."""
    return {**facts, "ticket": {**facts.get("ticket", {}), "fields": for_conditions(definition, values)}}


def visible_now(definition: Definition, facts: Mapping[str, Any]) -> set[str]:
    """Fields whose condition to be shown holds."""
    return {one.key for one in definition.fields if one.shown_when is None or holds(one.shown_when, facts)}


def required_now(definition: Definition, facts: Mapping[str, Any]) -> list[str]:
    """Fields needed as things stand, in order; hidden ones never are."""
    visible = visible_now(definition, facts)
    return [
        one.key
        for one in definition.fields
        if one.key in visible and (one.required or (one.required_when is not None and holds(one.required_when, facts)))
    ]


def _without_hidden(
    definition: Definition, facts: Mapping[str, Any], values: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any]]:
    """Drops hidden fields' values; dropping one may hide another. Returns the values and the facts with them."""
    for _ in range(len(definition.fields) + 1):
        now = with_values(facts, definition, values)
        visible = visible_now(definition, now)
        kept = {key: value for key, value in values.items() if key in visible}
        if len(kept) == len(values):
            return kept, now
        values = kept
    return values, with_values(facts, definition, values)


# -- taking values in --------------------------------------------------------------------------------------------------


def fill(
    definition: Definition,
    before: Mapping[str, Any],
    given: Mapping[str, Any],
    facts: Mapping[str, Any],
    doer: Doer,
    *,
    new: bool = False,
) -> Outcome:
    """What the fields hold after `given` was filled in: checked, in stored form, hidden ones dropped.

    With `new` everything required must be there, as far as the one who fills may fill it. Later only what was emptied or
    has become required by this change is asked for. The system and the bot may leave anything empty.
    """
    specs = {spec.key: spec for spec in definition.fields}
    errors: list[FieldError] = []
    values = {key: value for key, value in before.items() if key in specs}
    if new:
        for spec in definition.fields:
            if spec.default is not None and spec.key not in given and spec.key not in values:
                try:
                    values[spec.key] = normal(spec, spec.default)
                except Bad:
                    continue  # a default of an older revision
    for key, value in given.items():
        name = f"fields.{key}"
        found = specs.get(key)
        if found is None or not readable(found, doer):
            errors.append(FieldError(name, "ticket.field.unknown", {"key": key}))
            continue
        if is_masked(found, doer) and value == mask(PERSONAL[found.kind], before.get(key)):
            continue  # a form that sends back what it was shown changes nothing
        try:
            filled = normal(found, value)
        except Bad as bad:
            errors.append(FieldError(f"{name}.{bad.at}" if bad.at else name, bad.code, bad.params))
            continue
        if found.kind == "file" and filled is not None:
            known_files = {one["file_id"]: one for one in before.get(key) or ()}
            filled = [known_files.get(one["file_id"], one) for one in filled]
        if not writable(found, doer) and filled != before.get(key):
            errors.append(FieldError(name, "ticket.field.not_yours", {}))
            continue
        if filled is None:
            values.pop(key, None)
        else:
            values[key] = filled
    values, now = _without_hidden(definition, facts, values)
    if doer.limited and not errors:
        needed = required_now(definition, now)
        known = set() if new else set(required_now(definition, with_values(facts, definition, before)))
        for key in needed:
            if key in values or not writable(specs[key], doer):
                continue
            if new or key in given or key not in known:
                errors.append(FieldError(f"fields.{key}", "ticket.field.required", {}))
    changed = [spec.key for spec in definition.fields if values.get(spec.key) != before.get(spec.key)]
    changed += [key for key in before if key not in specs]
    return Outcome(values, errors, changed)


def normal(spec: FieldSpec, value: Any) -> Any:
    """`value` in stored form, None for nothing. Raises Bad."""
    if value is None or value == "" or value == [] or value == {}:
        return None
    return _KINDS[spec.kind](spec, value)


def _text(spec: FieldSpec, value: Any) -> str | None:
    return _words(value, LINE, one_line=True, pattern=spec.pattern)


def _long_text(spec: FieldSpec, value: Any) -> str | None:
    return _words(value, LONG, one_line=False, pattern=None)


def _words(value: Any, longest: int, *, one_line: bool, pattern: str | None) -> str | None:
    if isinstance(value, int | float) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        raise Bad("ticket.field.text")
    value = value.replace("\x00", "")
    text = " ".join(value.split()) if one_line else value.strip()
    if len(text) > longest:
        raise Bad("text_too_long", max_length=longest)
    if text and pattern is not None and (len(text) > PATTERNED or not compiled(pattern).fullmatch(text)):
        raise Bad("ticket.field.pattern")
    return text or None


@lru_cache(maxsize=512)
def compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _number(spec: FieldSpec, value: Any) -> int | float:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise Bad("number_invalid")
    try:
        number = float(value)
    except (ValueError, OverflowError):
        raise Bad("number_invalid") from None
    if not isfinite(number) or abs(number) > LARGEST_MINOR:
        raise Bad("ticket.field.number_large")
    _within(spec, number)
    return int(number) if number == int(number) else number


def _within(spec: FieldSpec, number: float) -> None:
    if spec.minimum is not None and number < spec.minimum:
        raise Bad("ticket.field.at_least", limit=_plain(spec.minimum))
    if spec.maximum is not None and number > spec.maximum:
        raise Bad("ticket.field.at_most", limit=_plain(spec.maximum))


def _plain(number: float) -> str:
    return str(int(number)) if number == int(number) else str(number)


def _money(spec: FieldSpec, value: Any) -> dict[str, Any]:
    return _amount(spec, spec.currency, value)


def _amount(spec: FieldSpec | None, currency: str, value: Any) -> dict[str, Any]:
    cents = coins(currency)
    if isinstance(value, Mapping):
        if value.get("currency", currency) != currency:
            raise Bad("ticket.field.currency", currency=currency)
        minor = value.get("minor")
        if set(value) - {"minor", "currency"} or isinstance(minor, bool) or not isinstance(minor, int):
            raise Bad("ticket.field.money")
    else:
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise Bad("ticket.field.money")
        try:
            exact = Decimal(str(value).strip().lstrip("¥$€£").replace(",", "")) * cents
            minor = int(exact.to_integral_value(ROUND_HALF_UP))
        except (InvalidOperation, ValueError, OverflowError):
            raise Bad("ticket.field.money") from None
        # What a person typed is taken as it stands or not at all; a computed number may carry the dust of its making.
        if isinstance(value, str) and exact != minor:
            if cents == 1:
                raise Bad("ticket.field.money_whole", currency=currency)
            raise Bad("ticket.field.money_places", currency=currency, places=str(places(currency)))
    if abs(minor) > LARGEST_MINOR:
        raise Bad("ticket.field.number_large")
    if spec is not None:
        _within(spec, minor / cents)
    return {"minor": minor, "currency": currency}


def _date(spec: FieldSpec, value: Any) -> str:
    return _day(value)


def _day(value: Any) -> str:
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise Bad("ticket.field.date")
    try:
        return date.fromisoformat(value).isoformat()
    except ValueError:
        raise Bad("ticket.field.date") from None


def _moment(spec: FieldSpec, value: Any) -> str:
    if not isinstance(value, str) or len(value) > 40:
        raise Bad("datetime_invalid")
    try:
        at = datetime.fromisoformat(value)
        if at.tzinfo is None:
            raise Bad("datetime_needs_zone")
        return at.astimezone(UTC).isoformat().replace("+00:00", "Z")
    except (ValueError, OverflowError):
        raise Bad("datetime_invalid") from None


def _yes_no(spec: FieldSpec, value: Any) -> bool:
    if not isinstance(value, bool):
        raise Bad("boolean_invalid")
    return value


def _choice(spec: FieldSpec, value: Any) -> str:
    if not isinstance(value, str) or all(option.key != value for option in spec.options):
        raise Bad("ticket.field.choice", value=_short(value))
    return value


def _choices(spec: FieldSpec, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Bad("ticket.field.list")
    chosen = list(dict.fromkeys(_choice(spec, one) for one in value))
    return [option.key for option in spec.options if option.key in chosen]


def _cascade(spec: FieldSpec, value: Any) -> list[str]:
    if not isinstance(value, list):
        raise Bad("ticket.field.cascade_list")
    level: list[Option] = spec.options
    for key in value:
        found = next((option for option in level if option.key == key), None)
        if found is None:
            raise Bad("ticket.field.choice", value=_short(key))
        level = found.children
    if level:
        raise Bad("ticket.field.cascade_more")
    return list(value)


def _id(spec: FieldSpec, value: Any) -> str:
    try:
        return str(UUID(value))
    except (ValueError, TypeError, AttributeError):
        raise Bad("uuid_invalid") from None


def _order(spec: FieldSpec, value: Any) -> str:
    text = value.strip() if isinstance(value, str) else ""
    if not _ORDER.fullmatch(text):
        raise Bad("ticket.field.order")
    return text


def _phone(spec: FieldSpec, value: Any) -> str:
    found = clean_phone(value) if isinstance(value, str) and len(value) <= 60 else None
    if found is None:
        raise Bad("ticket.field.phone")
    return found


def _email(spec: FieldSpec, value: Any) -> str:
    found = clean_email(value) if isinstance(value, str) else None
    if found is None:
        raise Bad("ticket.field.email")
    return found


def _file(spec: FieldSpec, value: Any) -> list[dict[str, Any]]:
    """Ids, or what was shown before; the caller fills in what is known of each file."""
    listed = value if isinstance(value, list) else [value]
    if len(listed) > FILES:
        raise Bad("list_too_long", max_length=FILES)
    found: dict[str, dict[str, Any]] = {}
    for one in listed:
        key = one.get("file_id") if isinstance(one, Mapping) else one
        try:
            file_id = str(UUID(key)) if isinstance(key, str) else str(UUID(str(key)))
        except ValueError:
            raise Bad("ticket.field.file") from None
        found[file_id] = {"file_id": file_id}
    return list(found.values())


def _table(spec: FieldSpec, value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list):
        raise Bad("ticket.field.list")
    if len(value) > ROWS:
        raise Bad("list_too_long", max_length=ROWS)
    columns = {column.key: column for column in spec.columns}
    rows: list[dict[str, Any]] = []
    for index, row in enumerate(value):
        if not isinstance(row, Mapping):
            raise Bad("ticket.field.row", at=str(index))
        filled: dict[str, Any] = {}
        for key, cell in row.items():
            column = columns.get(key)
            if column is None:
                raise Bad("ticket.field.column", at=f"{index}.{_short(key)}", key=_short(key))
            if cell is None or cell == "":
                continue
            try:
                filled[key] = _cell(spec, column, cell)
            except Bad as bad:
                raise Bad(bad.code, at=f"{index}.{key}", **bad.params) from None
        if filled:
            rows.append(filled)
    return rows


def _cell(spec: FieldSpec, column: Column, cell: Any) -> Any:
    if column.kind == "money":
        return _amount(None, spec.currency, cell)
    if column.kind == "date":
        return _day(cell)
    if column.kind == "yes_no":
        return _yes_no(spec, cell)
    if column.kind == "number":
        return _number(FieldSpec(key="n", kind="number", label={}), cell)
    return _words(cell, LINE, one_line=True, pattern=None)


def _short(value: Any) -> str:
    return str(value)[:60]


_KINDS: Final[dict[str, Callable[[FieldSpec, Any], Any]]] = {
    "text": _text,
    "long_text": _long_text,
    "number": _number,
    "money": _money,
    "date": _date,
    "moment": _moment,
    "yes_no": _yes_no,
    "choice": _choice,
    "choices": _choices,
    "cascade": _cascade,
    "person": _id,
    "customer": _id,
    "order": _order,
    "phone": _phone,
    "email": _email,
    "file": _file,
    "table": _table,
}


# -- words for people -------------------------------------------------------------------------------------------------


def money(minor: int, currency: str) -> str:
    """`12900, CNY` → `¥129.00`."""
    return amount_words(minor, currency)
