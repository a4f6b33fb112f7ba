"""A type's fields as a plain form, and a plain form as values. Pure.

Inputs are called `f.<key>`; rows of a table `f.<key>.<row>.<column>`; a step of a cascade is the way of option keys
joined by their places (`0.2`), since a key may hold any character.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from qiao.core.money import amount, places
from qiao.desk.tickets.definition import Definition, FieldSpec, Option
from qiao.desk.tickets.fields import money

SKIPPED: Final = frozenset({"person", "customer"})
"""Kinds a customer cannot fill in: whom they would choose from is not theirs to see."""
ROWS: Final = 3
MOST_ROWS: Final = 50
_INPUTS: Final = {
    "text": ("text", "text", None),
    "order": ("text", "text", None),
    "phone": ("tel", "tel", "tel"),
    "email": ("email", "email", "email"),
    "number": ("text", "decimal", None),
    "money": ("text", "decimal", None),
    "date": ("date", None, None),
    "moment": ("datetime-local", None, None),
}


@dataclass(frozen=True, slots=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class Input:
    """One field as the template draws it."""

    key: str
    name: str
    kind: str
    label: str
    help: str
    required: bool
    shown: bool
    value: str = ""
    type: str = "text"
    mode: str | None = None
    complete: str | None = None
    suffix: str = ""
    choices: list[Choice] = field(default_factory=list)
    columns: list[tuple[str, str, str]] = field(default_factory=list)
    rows: list[dict[str, str]] = field(default_factory=list)
    files: list[tuple[str, str]] = field(default_factory=list)
    fault: str = ""


def words(text: Mapping[Any, str], locale: str) -> str:
    """An admin's words in the reader's language, else in another."""
    return text.get(locale) or next((one for one in text.values() if one), "")


def own_fields(definition: Definition) -> list[FieldSpec]:
    """The fields a customer fills in."""
    return [one for one in definition.fields if "customer" in one.sides and one.kind not in SKIPPED]


def asks(definition: Definition) -> bool:
    """Whether the form changes with what is filled in."""
    return any(one.shown_when is not None or one.required_when is not None for one in own_fields(definition))


# -- from the form -----------------------------------------------------------------------------------------------------


def values_of(
    definition: Definition, given: Mapping[str, Sequence[str]], files: Mapping[str, Sequence[str]], zone: ZoneInfo
) -> dict[str, Any]:
    """What was filled in, as fields take it. What makes no sense is passed on as it is: the fields say so."""
    found: dict[str, Any] = {}
    for spec in own_fields(definition):
        value = _value(spec, given, files, zone)
        if value not in (None, "", []):
            found[spec.key] = value
    return found


def _value(
    spec: FieldSpec, given: Mapping[str, Sequence[str]], files: Mapping[str, Sequence[str]], zone: ZoneInfo
) -> Any:
    name = f"f.{spec.key}"
    typed = [one for one in given.get(name, ()) if one]
    last = typed[-1] if typed else ""
    if spec.kind == "choices":
        return typed
    if spec.kind == "cascade":
        return _path(spec.options, last) if last else None
    if spec.kind == "yes_no":
        return {"yes": True, "no": False}.get(last, last)
    if spec.kind == "moment":
        return _moment(last, zone)
    if spec.kind == "file":
        return list(files.get(spec.key, ()))
    if spec.kind == "table":
        return _rows(spec, given)
    return last


def _path(options: Sequence[Option], places: str) -> list[str] | str:
    keys: list[str] = []
    level = options
    for place in places.split("."):
        if not place.isascii() or not place.isdigit() or int(place[:6]) >= len(level):
            return places
        option = level[int(place[:6])]
        keys.append(option.key)
        level = option.children
    return keys


def _moment(typed: str, zone: ZoneInfo) -> str:
    try:
        at = datetime.fromisoformat(typed)
    except ValueError:
        return typed
    return at.replace(tzinfo=zone).isoformat() if at.tzinfo is None else typed


def _rows(spec: FieldSpec, given: Mapping[str, Sequence[str]]) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    for number in range(MOST_ROWS):
        row: dict[str, Any] = {}
        for column in spec.columns:
            typed = next(iter(given.get(f"f.{spec.key}.{number}.{column.key}", ())), "")
            if column.kind == "yes_no" and typed:
                row[column.key] = {"yes": True, "no": False}.get(typed, typed)
            elif typed:
                row[column.key] = typed
        if row:
            rows.append(row)
    return rows


# -- to the form -------------------------------------------------------------------------------------------------------


def inputs(
    definition: Definition,
    given: Mapping[str, Sequence[str]],
    *,
    locale: str,
    visible: set[str],
    required: Sequence[str],
    faults: Mapping[str, str],
    files: Mapping[str, Sequence[tuple[str, str]]],
    zone: ZoneInfo,
    first: bool,
) -> list[Input]:
    """The fields as they stand. `first`: nobody has filled in anything yet, so defaults stand there."""
    return [
        _input(
            spec,
            _defaults(spec, zone) if first and f"f.{spec.key}" not in given else given.get(f"f.{spec.key}", ()),
            given,
            locale=locale,
            shown=spec.key in visible,
            required=spec.key in required,
            fault=faults.get(spec.key, ""),
            files=list(files.get(spec.key, ())),
        )
        for spec in own_fields(definition)
    ]


def _input(
    spec: FieldSpec,
    typed: Sequence[str],
    given: Mapping[str, Sequence[str]],
    *,
    locale: str,
    shown: bool,
    required: bool,
    fault: str,
    files: list[tuple[str, str]],
) -> Input:
    kind, mode, complete = _INPUTS.get(spec.kind, ("text", None, None))
    if spec.kind == "money" and not places(spec.currency):
        mode = "numeric"
    return Input(
        key=spec.key,
        name=f"f.{spec.key}",
        kind=spec.kind,
        label=words(spec.label, locale),
        help=words(spec.help, locale),
        required=required,
        shown=shown,
        value=typed[-1] if typed else "",
        type=kind,
        mode=mode,
        complete=complete,
        suffix=spec.currency if spec.kind == "money" else "",
        choices=_choices(spec, typed, locale),
        columns=[(column.key, words(column.label, locale), column.kind) for column in spec.columns],
        rows=_table(spec, given),
        files=files,
        fault=fault,
    )


def _choices(spec: FieldSpec, typed: Sequence[str], locale: str) -> list[Choice]:
    if spec.kind == "cascade":
        return [Choice(place, label, place in typed) for place, label in _leaves(spec.options, locale)]
    if spec.kind in ("choice", "choices"):
        return [Choice(one.key, words(one.label, locale), one.key in typed) for one in spec.options]
    return []


def _leaves(options: Sequence[Option], locale: str, place: str = "", above: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for index, option in enumerate(options):
        here, label = f"{place}{index}", above + words(option.label, locale)
        if option.children:
            found.extend(_leaves(option.children, locale, f"{here}.", f"{label} / "))
        else:
            found.append((here, label))
    return found


def _table(spec: FieldSpec, given: Mapping[str, Sequence[str]]) -> list[dict[str, str]]:
    if spec.kind != "table":
        return []
    rows = [
        {column.key: next(iter(given.get(f"f.{spec.key}.{number}.{column.key}", ())), "") for column in spec.columns}
        for number in range(MOST_ROWS)
    ]
    filled = max((number + 1 for number, row in enumerate(rows) if any(row.values())), default=0)
    return rows[: min(MOST_ROWS, max(ROWS, filled + 1))]


def _defaults(spec: FieldSpec, zone: ZoneInfo) -> list[str]:
    """A type's default as the form shows it."""
    value = spec.default
    if value is None or spec.kind in ("table", "file"):
        return []
    if spec.kind == "yes_no":
        return ["yes" if value is True else "no"]
    if spec.kind == "choices":
        return [str(one) for one in value] if isinstance(value, list) else []
    if spec.kind == "money" and isinstance(value, dict):
        minor = value.get("minor")
        return [amount(minor, spec.currency)] if isinstance(minor, int) else []
    if spec.kind == "cascade":
        return []
    if spec.kind == "moment":
        try:
            return [datetime.fromisoformat(str(value)).astimezone(zone).strftime("%Y-%m-%dT%H:%M")]
        except ValueError:
            return []
    return [str(value)]


# -- what is shown of a request ----------------------------------------------------------------------------------------


def shown_values(
    definition: Definition, values: Mapping[str, Any], locale: str, zone: ZoneInfo, yes: str, no: str
) -> list[tuple[str, str]]:
    """Label and words of every filled field a customer may see; files stand apart."""
    found: list[tuple[str, str]] = []
    for spec in own_fields(definition):
        value = values.get(spec.key)
        if value is None or spec.kind == "file":
            continue
        found.append((words(spec.label, locale), _said(spec, spec.kind, value, locale, zone, yes, no)))
    return [(label, text) for label, text in found if text]


def _said(spec: FieldSpec, kind: str, value: Any, locale: str, zone: ZoneInfo, yes: str, no: str) -> str:
    if kind == "yes_no":
        return yes if value is True else no
    if kind == "money" and isinstance(value, Mapping):
        minor = value.get("minor")
        return money(minor, str(value.get("currency", ""))) if isinstance(minor, int) else ""
    if kind == "moment":
        try:
            return datetime.fromisoformat(str(value)).astimezone(zone).strftime("%Y-%m-%d %H:%M")
        except ValueError:
            return str(value)
    if kind in ("choice", "choices", "cascade"):
        level, names = spec.options, []
        for key in value if isinstance(value, list) else [value]:
            option = next((one for one in level if one.key == key), None)
            if option is None:
                continue
            names.append(words(option.label, locale))
            level = option.children if kind == "cascade" else level
        return (" / " if kind == "cascade" else ", ").join(names)
    if kind == "table" and isinstance(value, list):
        kinds = {column.key: column for column in spec.columns}
        lines = [
            ", ".join(
                f"{words(kinds[key].label, locale)}: {_said(spec, kinds[key].kind, cell, locale, zone, yes, no)}"
                for key, cell in row.items()
                if key in kinds
            )
            for row in value
        ]
        return "\n".join(lines)
    return str(value)
