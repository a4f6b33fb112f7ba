"""How one goes through a procedure: where one stands, what an answer leads to, what is a deviation. Pure.

A position is a stack: the procedure that was started, and those begun within it. Steps that pass by themselves (branches,
procedures within, ends) are never stood on.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final, Literal, NamedTuple, Protocol
from urllib.parse import urlsplit

from qiao.core.conditions import holds
from qiao.core.errors import FieldError
from qiao.desk.sop.document import (
    AnyStep,
    Branch,
    Check,
    Choice,
    End,
    Evidence,
    Form,
    Procedure,
    Sub,
    Timer,
)
from qiao.desk.tickets.definition import FieldSpec
from qiao.desk.tickets.fields import Bad, normal

DEEPEST: Final = 6
"""Procedures within each other."""
MOST_HOPS: Final = 500
LONGEST_TEXT: Final = 4000

DeviationKind = Literal["skipped", "against", "early", "late", "jumped"]


class Frame(NamedTuple):
    """A step of a version of a procedure."""

    version: str
    step: str


Position = tuple[Frame, ...]


class Library(Protocol):
    """Documents by version, and which version of a procedure is in use."""

    def document(self, version: str) -> Procedure: ...

    def current(self, key: str) -> str | None: ...


class Endless(Exception):
    """Steps that pass by themselves lead to each other without end."""


class Unanswerable(Exception):
    """An answer the step does not take."""

    def __init__(self, fields: Sequence[FieldError]):
        super().__init__(", ".join(f"{one.field}: {one.code}" for one in fields))
        self.fields = tuple(fields)


@dataclass(frozen=True, slots=True)
class Arrival:
    """Where one stands now, or how it came out. `via` are the steps passed on the way (version, step)."""

    position: Position
    outcome: str | None = None
    good: bool | None = None
    via: tuple[Frame, ...] = ()


@dataclass(frozen=True, slots=True)
class Verdict:
    """What an answer means: its stored form, the values it gives, where it leads, whether it is as it should be."""

    stored: dict[str, Any]
    answers: dict[str, Any]
    target: str | None
    passes: bool = True


@dataclass(frozen=True, slots=True)
class Visit:
    """One step left: from where, how, to where. One that was gone back from is `undone` and counts no more."""

    frm: Position
    to: Position
    answers: Mapping[str, Any] = field(default_factory=dict)
    undone: bool = False


def standing(origin: Position, visits: Iterable[Visit]) -> Position:
    """Where the history says one stands. Raises ValueError where it does not hang together."""
    here = origin
    for visit in visits:
        if visit.undone:
            continue
        if visit.frm != here:
            raise ValueError(f"left {visit.frm} while standing at {here}")
        here = visit.to
    return here


def known_answers(visits: Iterable[Visit]) -> dict[str, Any]:
    """What has been found out, by key; later answers replace earlier ones."""
    found: dict[str, Any] = {}
    for visit in visits:
        if not visit.undone:
            found.update(visit.answers)
    return found


def begin(library: Library, version: str, facts: Mapping[str, Any]) -> Arrival:
    return arrive(library, (Frame(version, library.document(version).steps[0].id),), facts)


def onward(library: Library, position: Position, target: str | None, facts: Mapping[str, Any]) -> Arrival:
    """From `position` to the step `target` of the same procedure; None leaves it as its end would."""
    rest, here = position[:-1], position[-1]
    if target is not None:
        return arrive(library, (*rest, Frame(here.version, target)), facts)
    return _left(library, rest, facts, [])


def arrive(library: Library, position: Position, facts: Mapping[str, Any]) -> Arrival:
    """Passes what passes by itself. Raises Endless."""
    return _arrive(library, position, facts, [])


def _arrive(library: Library, position: Position, facts: Mapping[str, Any], via: list[Frame]) -> Arrival:
    while True:
        if len(via) > MOST_HOPS:
            raise Endless
        rest, here = position[:-1], position[-1]
        document = library.document(here.version)
        step = document.step(here.step)
        if not isinstance(step, Branch | Sub | End):
            return Arrival(position, via=tuple(via))
        via.append(here)
        if isinstance(step, End):
            if not rest:
                return Arrival((), step.outcome, step.good, tuple(via))
            return _left(library, rest, facts, via)
        if isinstance(step, Sub):
            inner = library.current(step.procedure) if len(position) < DEEPEST else None
            if inner is not None:
                position = (*position, Frame(inner, library.document(inner).steps[0].id))
                continue
            target = document.after(step)  # withdrawn since: nothing to do there
        else:
            target = next((case.next for case in step.cases if holds(case.when, facts)), None) or document.after(step)
        if target is None:
            return _left(library, rest, facts, via)
        position = (*rest, Frame(here.version, target))


def _left(library: Library, rest: Position, facts: Mapping[str, Any], via: list[Frame]) -> Arrival:
    """A procedure within is over: on behind the step that began it."""
    while rest:
        outer = rest[-1]
        document = library.document(outer.version)
        target = document.after(document.step(outer.step))
        if target is not None:
            return _arrive(library, (*rest[:-1], Frame(outer.version, target)), facts, via)
        rest = rest[:-1]
    return Arrival((), "done", True, tuple(via))


# -- answers -----------------------------------------------------------------------------------------------------------


def judge(document: Procedure, step: AnyStep, answer: Mapping[str, Any], facts: Mapping[str, Any]) -> Verdict:
    """What `answer` means at `step`. Raises Unanswerable."""
    if isinstance(step, Check):
        return _check(document, step, answer, facts)
    if isinstance(step, Choice):
        option = next((one for one in step.options if one.key == answer.get("value")), None)
        if option is None:
            raise Unanswerable([FieldError("answer.value", "sop.answer_choice", {})])
        return Verdict({"value": option.key}, {step.id: option.key}, option.next or document.after(step))
    if isinstance(step, Form):
        values = _form(step, answer.get("values"), facts)
        return Verdict(
            {"values": values}, {spec.key: values.get(spec.key) for spec in step.fields}, _on(document, step)
        )
    if isinstance(step, Evidence):
        items = _items(step, answer.get("items"))
        shown = [item.get("text") or item.get("url") or item.get("name") or "" for item in items]
        return Verdict({"items": items}, {step.id: shown}, _on(document, step))
    return Verdict({}, {}, _on(document, step))


def _on(document: Procedure, step: AnyStep) -> str | None:
    return document.after(step)


def _check(document: Procedure, step: Check, answer: Mapping[str, Any], facts: Mapping[str, Any]) -> Verdict:
    value = answer.get("value")
    if step.value is None:
        if not isinstance(value, bool):
            raise Unanswerable([FieldError("answer.value", "sop.answer_yes_no", {})])
        good = value is step.expect
    else:
        try:
            value = normal(step.value, value)
        except Bad as bad:
            raise Unanswerable([FieldError("answer.value", bad.code, bad.params)]) from None
        if value is None:
            raise Unanswerable([FieldError("answer.value", "sop.answer_missing", {})])
        good = step.passes is None or holds(step.passes, with_answers(facts, {step.id: value}))
    target = document.after(step) if good else step.failed
    return Verdict({"value": value}, {step.id: value}, target, passes=good)


def with_answers(facts: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """The facts with answers in them; money is known by its minor number as well."""
    known = {**facts.get("answers", {}), **more}
    minor = {f"{key}_minor": one["minor"] for key, one in known.items() if isinstance(one, Mapping) and "minor" in one}
    return {**facts, "answers": {**known, **minor}}


def _form(step: Form, given: Any, facts: Mapping[str, Any]) -> dict[str, Any]:
    if not isinstance(given, Mapping):
        raise Unanswerable([FieldError("answer.values", "sop.answer_missing", {})])
    errors: list[FieldError] = []
    known = {spec.key for spec in step.fields}
    errors += [FieldError(f"answer.values.{key}", "sop.answer_unknown", {}) for key in given if key not in known]
    values: dict[str, Any] = {}
    for spec in step.fields:
        now = with_answers(facts, {one.key: values.get(one.key) for one in step.fields})
        if spec.shown_when is not None and not holds(spec.shown_when, now):
            continue
        where = f"answer.values.{spec.key}"
        try:
            value = normal(spec, given.get(spec.key, spec.default))
        except Bad as bad:
            errors.append(FieldError(f"{where}.{bad.at}" if bad.at else where, bad.code, bad.params))
            continue
        if value is None:
            if needed(spec, now):
                errors.append(FieldError(where, "sop.answer_missing", {}))
            continue
        values[spec.key] = value
    if errors:
        raise Unanswerable(errors)
    return values


def needed(spec: FieldSpec, facts: Mapping[str, Any]) -> bool:
    return spec.required or (spec.required_when is not None and holds(spec.required_when, facts))


def _items(step: Evidence, given: Any) -> list[dict[str, Any]]:
    """What is said of files is replaced by what is known of them, by whoever may look."""
    if not isinstance(given, list) or len(given) < step.at_least:
        raise Unanswerable([FieldError("answer.items", "sop.evidence_missing", {"at_least": step.at_least})])
    if len(given) > 20:
        raise Unanswerable([FieldError("answer.items", "list_too_long", {"max_length": 20})])
    items: list[dict[str, Any]] = []
    for number, item in enumerate(given):
        where = f"answer.items.{number}"
        kind = item.get("kind") if isinstance(item, Mapping) else None
        if kind not in step.accept:
            raise Unanswerable([FieldError(where, "sop.evidence_kind", {"kinds": ", ".join(step.accept)})])
        if kind in ("file", "image"):
            file_id = item.get("file_id")
            if not isinstance(file_id, str):
                raise Unanswerable([FieldError(where, "file.not_yours", {})])
            items.append({"kind": kind, "file_id": file_id})
            continue
        text = item.get("url" if kind == "link" else "text")
        text = text.replace("\x00", "").strip() if isinstance(text, str) else ""
        if not text or len(text) > LONGEST_TEXT:
            raise Unanswerable([FieldError(where, "sop.answer_missing", {})])
        if kind == "link" and not _is_link(text):
            raise Unanswerable([FieldError(where, "sop.evidence_link", {})])
        items.append({"kind": "link", "url": text} if kind == "link" else {"kind": "text", "text": text})
    return items


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)


def timing(step: AnyStep, entered: datetime, now: datetime) -> DeviationKind | None:
    """Whether leaving a timer now is too early or too late."""
    if not isinstance(step, Timer):
        return None
    if step.at_least is not None and now < entered + timedelta(minutes=step.at_least):
        return "early"
    if step.at_most is not None and now > entered + timedelta(minutes=step.at_most):
        return "late"
    return None


def reminders(step: AnyStep, entered: datetime) -> list[datetime]:
    """When whoever is on a timer is told: once it may go on, and when it is late."""
    if not isinstance(step, Timer):
        return []
    minutes = (step.at_least, step.at_most)
    return sorted({entered + timedelta(minutes=one) for one in minutes if one is not None})
