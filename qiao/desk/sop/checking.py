"""What is wrong with a procedure: each fault names step, field and place in the file, in both languages. Pure."""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import yaml
from pydantic import ValidationError

from qiao.core import i18n
from qiao.core.conditions import DEEPEST, Condition, depth, tests_of
from qiao.core.documents import Unreadable, places, read_document
from qiao.desk.sop.document import (
    Action,
    AnyStep,
    Branch,
    Check,
    Choice,
    End,
    Form,
    MakeTask,
    Procedure,
    Read,
    SendText,
    SetField,
    Sub,
    Timer,
    answer_keys,
    known_as,
)
from qiao.desk.sop.texts import VARIABLES, gaps
from qiao.desk.tickets.definition import FieldSpec
from qiao.desk.tickets.fields import Bad, normal

LARGEST_FILE: Final = 512 * 1024
KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
FACTS: Final = frozenset({"ticket", "customer", "conversation", "answers", "order"})
"""What conditions may speak of."""
_ROOTS: Final = frozenset(name.split(".")[0] for name in VARIABLES)
_CODES: Final = {
    "missing": "missing",
    "extra_forbidden": "unknown_field",
    "literal_error": "not_a_choice",
    "union_tag_invalid": "unknown_type",
    "union_tag_not_found": "type_missing",
    "string_pattern_mismatch": "bad_name",
    "string_too_long": "too_long",
    "string_too_short": "too_short",
    "too_long": "too_many",
    "too_short": "too_few",
    "greater_than_equal": "too_small",
    "greater_than": "too_small",
    "less_than_equal": "too_large",
}
_TAGS: Final = frozenset({
    "instruction", "check", "choice", "form", "script", "evidence", "timer", "action", "read", "branch", "procedure",
    "end", "set_field", "add_tags", "task", "approval", "send_text", "Test", "Group",
})  # fmt: skip
Path = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Fault:
    """`step` is empty for the procedure itself. `line` and `column` are those of the file it was read from, if any.

    A `warning` does not keep it from being published.
    """

    code: str
    path: Path = ()
    step: str = ""
    params: dict[str, Any] = dataclasses.field(default_factory=dict)
    warning: bool = False
    line: int | None = None
    column: int | None = None

    @property
    def field(self) -> str:
        """The place within its step, or within the document."""
        inside = self.path[2:] if self.step and self.path[:1] == ("steps",) else self.path
        return ".".join(str(part) for part in inside)

    def text(self, locale: str) -> str:
        return i18n.t(f"sop.fault.{self.code}", locale, **self.params)


class Faulty(Exception):
    """A document that is no procedure."""

    def __init__(self, faults: list[Fault]):
        super().__init__("; ".join(f"{f.step or '-'}.{f.field}: {f.text('en')}" for f in faults[:5]))
        self.faults = faults


def read_text(text: str) -> Any:
    """YAML or JSON as data. Raises Faulty with the line."""
    if len(text.encode()) > LARGEST_FILE:
        raise Faulty([Fault("file_too_large", params={"kb": LARGEST_FILE // 1024})])
    try:
        return read_document(text)
    except Unreadable as error:
        params = {"line": error.line, "problem": error.problem}
        raise Faulty([Fault("not_yaml", params=params, line=error.line, column=1)]) from None


def placed(found: Iterable[Fault], text: str | None) -> list[Fault]:
    """Each with its place in the file: that of the field, or of what should hold it."""
    listed = list(found)
    if text is None or not listed:
        return listed
    try:
        known = places(text)
    except Unreadable:
        return listed

    def put(fault: Fault) -> Fault:
        if fault.line is not None:
            return fault
        path = fault.path
        while path and path not in known:
            path = path[:-1]
        place = known.get(path)
        return dataclasses.replace(fault, line=place.line, column=place.column) if place else fault

    return [put(fault) for fault in listed]


def parse(data: Any) -> Procedure:
    """The document as a procedure. Raises Faulty where its shape is wrong; `faults` checks the sense."""
    if not isinstance(data, Mapping):
        raise Faulty([Fault("not_a_mapping")])
    try:
        return Procedure.model_validate(data)
    except ValidationError as error:
        raise Faulty(list(_from_pydantic(error, data))) from None


def _from_pydantic(error: ValidationError, data: Mapping[str, Any]) -> Iterator[Fault]:
    seen: set[tuple[Path, str]] = set()
    for problem in error.errors(include_url=False):
        path = _path_in(data, problem["loc"])
        if problem["type"].startswith("union_tag"):
            path = (*path, "do" if path[-1:] == ("action",) else "type")
        code = _CODES.get(problem["type"], "bad_value")
        if (path, code) in seen:
            continue
        seen.add((path, code))
        context = {key: str(value) for key, value in (problem.get("ctx") or {}).items()}
        context.setdefault("ge", context.get("gt", ""))
        given = problem.get("input")
        shown = str(given)[:60] if not isinstance(given, Mapping | list) else ""
        yield Fault(code, path, _step_at(data, path), {**context, "given": shown})


def _path_in(data: Any, loc: tuple[str | int, ...]) -> Path:
    """Without the names of alternatives, which the file does not have."""
    path: list[str | int] = []
    value = data
    for part in loc:
        inside = isinstance(value, Mapping) and part in value
        if not inside and part in _TAGS:
            continue
        path.append(part)
        if inside or (isinstance(value, list) and isinstance(part, int) and part < len(value)):
            value = value[part]
        else:
            value = None
    return tuple(path)


def _step_at(data: Mapping[str, Any], path: Path) -> str:
    if len(path) < 2 or path[0] != "steps" or not isinstance(path[1], int):
        return ""
    steps = data.get("steps")
    raw = steps[path[1]] if isinstance(steps, list) and path[1] < len(steps) else None
    return str(raw.get("id") or f"#{path[1] + 1}") if isinstance(raw, Mapping) else f"#{path[1] + 1}"


def faults(document: Procedure, known: Mapping[str, Procedure] | None = None) -> list[Fault]:
    """What does not make sense in a well-formed procedure. Without `known` (the others), their names are taken on trust."""
    return list(_Checker(document, known).run())


class _Checker:
    def __init__(self, document: Procedure, known: Mapping[str, Procedure] | None):
        self.document = document
        self.known = known
        self.ids = {step.id for step in document.steps}
        self.answers = known_as(document)
        # What other procedures within this one find out is known afterwards, too.
        for step in document.steps:
            if isinstance(step, Sub):
                inner = (known or {}).get(step.procedure)
                if inner is None:
                    self.answers.add("*")
                else:
                    self.answers |= known_as(inner)

    def run(self) -> Iterator[Fault]:
        seen: set[str] = set()
        for number, step in enumerate(self.document.steps):
            if step.id in seen:
                yield Fault("step_twice", ("steps", number, "id"), step.id, {"given": step.id})
            seen.add(step.id)
        given: dict[str, int] = {}
        for key, number in answer_keys(self.document):
            if key in given:
                step = self.document.steps[number]
                yield Fault("answer_twice", ("steps", number), step.id, {"given": key})
            given[key] = number
        if self.document.start.when is not None:
            yield from self._condition(("start", "when"), "", self.document.start.when, answers=False)
        if self.document.start.by_itself and not self.document.start.ticket_types:
            yield Fault("by_itself_without_type", ("start", "by_itself"))
        for number, step in enumerate(self.document.steps):
            yield from self._step(("steps", number), step)
        yield from self._words(("name",), "", self.document.name)
        if len(seen) == len(self.document.steps):
            yield from self._ways()

    def _step(self, path: Path, step: AnyStep) -> Iterator[Fault]:
        targets: list[tuple[Path, str | None]] = [((*path, "next"), step.next)]
        if isinstance(step, Check):
            targets.append(((*path, "failed"), step.failed))
            if step.value is not None:
                yield from self._field((*path, "value"), step.id, step.value)
                if step.passes is None:
                    yield Fault("passes_missing", (*path, "passes"), step.id)
            elif step.passes is not None:
                yield Fault("value_missing", (*path, "value"), step.id)
            if step.passes is not None:
                yield from self._condition((*path, "passes"), step.id, step.passes)
        if isinstance(step, Choice):
            targets += [((*path, "options", i, "next"), option.next) for i, option in enumerate(step.options)]
            if len({option.key for option in step.options}) < len(step.options):
                yield Fault("option_twice", (*path, "options"), step.id)
        if isinstance(step, Branch):
            for i, case in enumerate(step.cases):
                targets.append(((*path, "cases", i, "next"), case.next))
                yield from self._condition((*path, "cases", i, "when"), step.id, case.when)
        if isinstance(step, Form):
            for i, spec in enumerate(step.fields):
                yield from self._field((*path, "fields", i), step.id, spec)
        if isinstance(step, Timer):
            if step.at_least is None and step.at_most is None:
                yield Fault("timer_empty", (*path, "at_least"), step.id)
            elif step.at_least is not None and step.at_most is not None and step.at_least > step.at_most:
                yield Fault("timer_never", (*path, "at_most"), step.id)
        if isinstance(step, Read) and not (step.article or step.faq or step.search or step.url):
            yield Fault("read_nothing", (*path, "search"), step.id)
        if isinstance(step, Sub):
            yield from self._sub(path, step)
        if isinstance(step, End) and step.next is not None:
            yield Fault("end_goes_on", (*path, "next"), step.id)
        for where, target in targets:
            if target is not None and target not in self.ids:
                yield Fault("unknown_step", where, step.id, {"given": target})
        yield from self._texts(path, step)

    def _sub(self, path: Path, step: Sub) -> Iterator[Fault]:
        where = (*path, "procedure")
        if step.procedure == self.document.procedure:
            yield Fault("within_itself", where, step.id, {"given": step.procedure})
            return
        if self.known is None:
            return
        if step.procedure not in self.known:
            yield Fault("unknown_procedure", where, step.id, {"given": step.procedure})
            return
        waiting, met = [step.procedure], set[str]()
        while waiting:
            key = waiting.pop()
            if key == self.document.procedure:
                yield Fault("within_itself", where, step.id, {"given": step.procedure})
                return
            if key not in met and key in self.known:
                met.add(key)
                waiting += [inner.procedure for inner in self.known[key].steps if isinstance(inner, Sub)]

    def _field(self, path: Path, step: str, spec: FieldSpec) -> Iterator[Fault]:
        if spec.kind in ("choice", "choices", "cascade") and not spec.options:
            yield Fault("options_missing", (*path, "options"), step, {"given": spec.key})
        if spec.kind == "table" and not spec.columns:
            yield Fault("columns_missing", (*path, "columns"), step, {"given": spec.key})
        if not spec.label:
            yield Fault("missing", (*path, "label"), step)
        if spec.minimum is not None and spec.maximum is not None and spec.minimum > spec.maximum:
            yield Fault("min_above_max", (*path, "minimum"), step, {"given": spec.key})
        if spec.pattern is not None:
            try:
                re.compile(spec.pattern)
            except re.error as error:
                yield Fault("bad_pattern", (*path, "pattern"), step, {"problem": str(error)})
        for name in ("required_when", "shown_when"):
            condition: Condition | None = getattr(spec, name)
            if condition is not None:
                yield from self._condition((*path, name), step, condition)
        if spec.default is not None:
            try:
                normal(spec, spec.default)
            except Bad:
                yield Fault("bad_default", (*path, "default"), step, {"given": spec.key})
        yield from self._words((*path, "label"), step, spec.label)

    def _condition(self, path: Path, step: str, condition: Condition, *, answers: bool = True) -> Iterator[Fault]:
        if depth(condition) > DEEPEST:
            yield Fault("condition_deep", path, step, {"max": DEEPEST})
        for test in tests_of(condition):
            root, _, rest = test.fact.partition(".")
            if root not in FACTS or (root == "answers" and not answers) or not rest:
                yield Fault("unknown_fact", path, step, {"given": test.fact})
            elif root == "answers":
                yield from self._answer(path, step, rest)
                # The amount with its currency equals nothing and is neither above nor below anything.
                if test.op not in ("filled", "empty") and {rest, f"{rest}_minor"} <= self.answers:
                    yield Fault("money_by_minor", path, step, {"given": test.fact})

    def _answer(self, path: Path, step: str, rest: str) -> Iterator[Fault]:
        if rest.split(".")[0] not in self.answers and "*" not in self.answers:
            yield Fault("unknown_answer", path, step, {"given": f"answers.{rest}"})

    def _texts(self, path: Path, step: AnyStep) -> Iterator[Fault]:
        found: list[tuple[Path, Mapping[Any, str] | None]] = [((*path, "title"), step.title)]
        for name in ("text", "say", "label", "search"):
            if hasattr(step, name):
                found.append(((*path, name), getattr(step, name)))
        if isinstance(step, Choice):
            found += [((*path, "options", i, "label"), option.label) for i, option in enumerate(step.options)]
        if isinstance(step, Action):
            deed = step.action
            if isinstance(deed, SendText):
                found.append(((*path, "action", "text"), deed.text))
            elif isinstance(deed, MakeTask):
                found.append(((*path, "action", "title"), deed.title))
            elif isinstance(deed, SetField) and isinstance(deed.value, str):
                yield from self._gaps((*path, "action", "value"), step.id, deed.value)
        for where, text in found:
            if text is not None:
                yield from self._words(where, step.id, text)

    def _words(self, path: Path, step: str, text: Mapping[Any, str]) -> Iterator[Fault]:
        for locale in i18n.LOCALES:
            if locale not in text:
                yield Fault("language_missing", path, step, {"language": locale}, warning=True)
        for locale, one in text.items():
            if not one.strip(" .…"):
                yield Fault("not_written", (*path, locale), step)
            yield from self._gaps((*path, locale), step, one)

    def _gaps(self, path: Path, step: str, text: str) -> Iterator[Fault]:
        for name, written in gaps(text):
            if name is None:
                yield Fault("bad_gap", path, step, {"given": written})
                continue
            root, _, rest = name.partition(".")
            if root == "answers" and rest:
                yield from self._answer(path, step, rest)
            elif name not in VARIABLES and not (name.startswith("ticket.fields.") and name.count(".") == 2):
                yield Fault("unknown_variable", path, step, {"given": name, "known": ", ".join(VARIABLES)})

    # -- ways -----------------------------------------------------------------------------------------------------------

    def _ways(self) -> Iterator[Fault]:
        document = self.document
        leads = {step.id: [to for to in document.leads_to(step) if to in self.ids] for step in document.steps}
        number = {step.id: i for i, step in enumerate(document.steps)}
        for step in document.steps:
            if not isinstance(step, End) and document.after(step) is None and not _branches_off(step):
                yield Fault("dead_end", ("steps", number[step.id]), step.id)
        reached = _closure([document.steps[0].id], leads)
        for step in document.steps:
            if step.id not in reached:
                yield Fault("unreachable", ("steps", number[step.id], "id"), step.id)
        back: dict[str, list[str]] = {step.id: [] for step in document.steps}
        for start, targets in leads.items():
            for target in targets:
                back[target].append(start)
        ends = [step.id for step in document.steps if isinstance(step, End)]
        if not ends:
            yield Fault("no_end", ("steps",))
        ending = _closure(ends, back)
        stopped = {step.id for step in document.steps if not isinstance(step, End) and not leads[step.id]}
        for step in document.steps:
            if ends and step.id in reached and step.id not in ending and step.id not in stopped:
                yield Fault("no_exit", ("steps", number[step.id], "id"), step.id)
        yield from self._circling(leads, number)

    def _circling(self, leads: Mapping[str, list[str]], number: Mapping[str, int]) -> Iterator[Fault]:
        """Steps that are passed by themselves and lead to each other would turn for ever."""
        automatic = {step.id for step in self.document.steps if isinstance(step, Branch)}
        only = {start: [to for to in leads[start] if to in automatic] for start in automatic}
        for start in sorted(automatic, key=number.__getitem__):
            if start in _closure(only[start], only):
                yield Fault("circling", ("steps", number[start], "id"), start)


def _branches_off(step: AnyStep) -> bool:
    """Whether every way out of it is named, so that nothing need follow."""
    return isinstance(step, Choice) and all(option.next is not None for option in step.options)


def _closure(start: Iterable[str], leads: Mapping[str, list[str]]) -> set[str]:
    reached: set[str] = set()
    waiting = list(start)
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting += leads[current]
    return reached


def hindrances(found: Iterable[Fault]) -> list[Fault]:
    """Those that keep a procedure from being published."""
    return [fault for fault in found if not fault.warning]


def load(text: str, known: Mapping[str, Procedure] | None = None) -> Procedure:
    """A procedure from a file's text, checked. Raises Faulty."""
    document = parse_text(text)
    serious = hindrances(faults(document, known))
    if serious:
        raise Faulty(placed(serious, text))
    return document


def parse_text(text: str) -> Procedure:
    """Like `parse`, from a file's text; faults know their lines."""
    data = read_text(text)
    try:
        return parse(data)
    except Faulty as faulty:
        raise Faulty(placed(faulty.faults, text)) from None


def to_yaml(data: Mapping[str, Any]) -> str:
    """The document as a file people like to read. Reading it back gives the same document."""
    return yaml.dump(dict(data), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    """Blocks for texts of several lines; no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _as_text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value and not any(line.endswith(" ") for line in value.split("\n")) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _as_text)
