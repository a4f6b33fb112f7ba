"""What is wrong with a flow: each fault names the step and the field, and has words in both languages. Pure."""

import dataclasses
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, get_args

import yaml
from pydantic import BaseModel, ValidationError

from qiao.bot.flows import document
from qiao.bot.flows.conditions import tests_of
from qiao.bot.flows.document import Ask, Branch, CallTool, Condition, Confirm, Flow, Say, Verify, in_order
from qiao.bot.flows.templates import FILTERS, gaps
from qiao.bot.tools.ports import COMMON_ERRORS, ToolSpec, Words
from qiao.core import i18n
from qiao.core.documents import Unreadable, read_document

LARGEST_FILE: Final = 512 * 1024
KEY: Final = re.compile(r"[a-z][a-z0-9_]{0,39}")
BUILT_IN: Final = frozenset({"customer", "flow"})
"""Names that every flow may use: the customer's name, the flow's own name."""
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
    "less_than_equal": "too_large",
}


@dataclass(frozen=True, slots=True)
class Fault:
    """`step` is empty for the flow itself, its slots and its tests. A `warning` does not keep it from being published."""

    code: str
    step: str = ""
    field: str = ""
    params: dict[str, Any] = dataclasses.field(default_factory=dict)
    warning: bool = False

    def text(self, locale: str) -> str:
        return i18n.t(f"flows.fault.{self.code}", locale, **self.params)


class FlowFaulty(Exception):
    """A document that is no flow."""

    def __init__(self, faults: list[Fault]):
        super().__init__("; ".join(f"{f.step or '-'}.{f.field}: {f.text('en')}" for f in faults[:5]))
        self.faults = faults


def read_text(text: str) -> Any:
    """YAML or JSON as data. Raises FlowFaulty with the line."""
    if len(text.encode()) > LARGEST_FILE:
        raise FlowFaulty([Fault("file_too_large", params={"kb": LARGEST_FILE // 1024})])
    try:
        return read_document(text)
    except Unreadable as error:
        raise FlowFaulty([Fault("not_yaml", params={"line": error.line, "problem": error.problem})]) from None


def parse(data: Any) -> Flow:
    """The document as a flow. Raises FlowFaulty where its shape is wrong; `faults` checks the sense."""
    if not isinstance(data, Mapping):
        raise FlowFaulty([Fault("not_a_mapping")])
    try:
        return Flow.model_validate(data)
    except ValidationError as error:
        raise FlowFaulty(list(_from_pydantic(error, data))) from None


def everything(data: Any, tools: Mapping[str, ToolSpec] | None = None) -> tuple[Flow | None, list[Fault]]:
    """The document as a flow where it is one, and all that is wrong with it at once: where its shape is wrong, too, the
    rest is still looked at, so that nobody mends a file fault by fault."""
    try:
        flow = parse(data)
    except FlowFaulty as faulty:
        return None, [*faulty.faults, *_in_the_rest(data, faulty.faults, tools)]
    return flow, faults(flow, tools)


def _in_the_rest(data: Any, misshapen: list[Fault], tools: Mapping[str, ToolSpec] | None) -> list[Fault]:
    """What does not make sense in the parts of a document whose shape is right. What is misshapen keeps its name, so that
    what points to it is no fault."""
    if not isinstance(data, Mapping):
        return []
    parts = {key: value for key, value in data.items() if key in Flow.model_fields}
    for key in {fault.field.split(".")[0] for fault in misshapen if not fault.step} - {"slots", "steps"}:
        parts.pop(key, None)
    slots, steps = parts.get("slots"), parts.get("steps")
    if not isinstance(steps, list) or not isinstance(slots, Mapping | None):
        return []
    bad_slots = {fault.field.split(".")[1] for fault in misshapen if fault.field.startswith("slots.")}
    bad_steps = {fault.step for fault in misshapen if fault.step}
    parts["slots"] = {
        str(name): _ANY_SLOT if str(name) in bad_slots else slot
        for name, slot in (slots or {}).items()
        if KEY.fullmatch(str(name))
    }
    parts["steps"] = []
    for number, step in enumerate(steps, start=1):
        name, broken = _name_of(step, number), not isinstance(step, Mapping)
        if not broken and name not in bad_steps:
            parts["steps"].append(step)
        elif KEY.fullmatch(name):
            saved = step.get("save_as") if isinstance(step, Mapping) else None
            keeps = {"save_as": saved} if isinstance(saved, str) and KEY.fullmatch(saved) else {}
            parts["steps"].append({"id": name, "type": "tool", "tool": "unknown", **keeps})
    try:
        rest = Flow.model_validate({"flow": "unknown", "name": _ANY_WORDS, **parts})
    except ValidationError:
        return []
    return [
        fault
        for fault in faults(rest, tools)
        if not (
            fault.warning or fault.step in bad_steps or any(fault.field.startswith(f"slots.{b}.") for b in bad_slots)
        )
    ]


_ANY_WORDS: Final = {"zh-CN": "?", "en": "?"}
_ANY_SLOT: Final = {"label": _ANY_WORDS, "ask": _ANY_WORDS}


def _name_of(step: Any, number: int) -> str:
    """What a step is called in a fault: its id, or where it stands."""
    return str(step.get("id") or f"#{number}") if isinstance(step, Mapping) else f"#{number}"


def _from_pydantic(error: ValidationError, data: Mapping[str, Any]) -> Iterator[Fault]:
    for problem in error.errors(include_url=False):
        loc = list(problem["loc"])
        if loc[0] == "steps" and len(loc) > 3:
            del loc[2]  # the kind of step, which is no field
        step, rest = "", loc
        if len(loc) >= 2 and loc[0] == "steps" and isinstance(loc[1], int):
            steps = data.get("steps")
            raw = steps[loc[1]] if isinstance(steps, list) and loc[1] < len(steps) else None
            step = _name_of(raw, loc[1] + 1)
            rest = loc[2:]
        if problem["type"].startswith("union_tag"):
            rest = [*rest, "type"]
        context = {key: str(value) for key, value in (problem.get("ctx") or {}).items()}
        code = _CODES.get(problem["type"], "bad_value")
        given = problem.get("input")
        if code == "bad_name" and given == "":
            code = "too_short"  # nothing chosen yet: no word about letters
        shown = str(given)[:60] if not isinstance(given, Mapping | list) else ""
        yield Fault(code, step, ".".join(str(part) for part in rest), {**context, "given": shown})


def faults(flow: Flow, tools: Mapping[str, ToolSpec] | None = None) -> list[Fault]:
    """What does not make sense in a well-formed flow. Without `tools`, their names and inputs are taken on trust."""
    return list(_Checker(flow, tools).run())


class _Checker:
    def __init__(self, flow: Flow, tools: Mapping[str, ToolSpec] | None):
        self.flow = flow
        self.tools = tools
        self.ids = {step.id for step in flow.steps}
        self.saved = {step.save_as for step in flow.steps if isinstance(step, CallTool) and step.save_as}
        self.names = set(flow.slots) | self.saved | BUILT_IN

    def run(self) -> Iterator[Fault]:
        seen: set[str] = set()
        for step in self.flow.steps:
            if step.id in seen:
                yield Fault("step_twice", step.id, "id", {"given": step.id})
            seen.add(step.id)
        for name in sorted((set(self.flow.slots) & self.saved) | (BUILT_IN & (set(self.flow.slots) | self.saved))):
            yield Fault("name_twice", "", f"slots.{name}", {"given": name})
        for name, slot in self.flow.slots.items():
            yield from self._slot(name, slot)
        for step in self.flow.steps:
            yield from self._step(step)
        yield from self._reachable()
        yield from self._tests()

    def _slot(self, name: str, slot: document.Slot) -> Iterator[Fault]:
        where = f"slots.{name}"
        if slot.type == "choice" and not slot.choices and slot.choices_from is None:
            yield Fault("choices_missing", "", f"{where}.choices", {"slot": name})
        if slot.choices and len({choice.value for choice in slot.choices}) < len(slot.choices):
            yield Fault("choice_twice", "", f"{where}.choices", {"slot": name})
        if slot.choices_from is not None and slot.choices_from.list.split(".")[0] not in self.names:
            yield Fault("unknown_name", "", f"{where}.choices_from.list", {"given": slot.choices_from.list})
        if slot.min is not None and slot.max is not None and slot.min > slot.max:
            yield Fault("min_above_max", "", f"{where}.min", {"slot": name})
        if slot.format is not None and not any(mark in slot.format for mark in "#@*"):
            yield Fault("format_fixed", "", f"{where}.format", {"slot": name})
        yield from self._texts("", where, (("label", slot.label), ("ask", slot.ask), ("again", slot.again)))

    def _step(self, step: Any) -> Iterator[Fault]:
        targets: list[tuple[str, str | None]] = [("next", step.next)]
        if isinstance(step, Ask | Verify):
            targets.append(("failed", step.failed))
            if step.slot is not None and step.slot not in self.flow.slots:
                yield Fault("unknown_slot", step.id, "slot", {"given": step.slot})
        if isinstance(step, Branch):
            for number, case in enumerate(step.cases):
                targets.append((f"cases.{number}.next", case.next))
                yield from self._condition(step.id, f"cases.{number}.when", case.when)
        if isinstance(step, CallTool):
            targets += [(f"on_error.{code}", target) for code, target in step.on_error.items()]
            yield from self._tool(step)
        if isinstance(step, Confirm):
            for name in step.slots:
                if name not in self.flow.slots:
                    yield Fault("unknown_slot", step.id, "slots", {"given": name})
        if isinstance(step, Say) and step.card is not None and step.card.split(".")[0] not in self.names:
            yield Fault("unknown_name", step.id, "card", {"given": step.card})
        for name, target in targets:
            if target is not None and target not in self.ids:
                yield Fault("unknown_step", step.id, name, {"given": target})
        words = ((name, getattr(step, name)) for name in ("text", "yes") if hasattr(step, name))
        yield from self._texts(step.id, "", words)

    def _tool(self, step: CallTool) -> Iterator[Fault]:
        for key, value in step.inputs.items():
            yield from self._gaps(step.id, f"inputs.{key}", value)
        if self.tools is None:
            return
        spec = self.tools.get(step.tool)
        if spec is None:
            yield Fault("unknown_tool", step.id, "tool", {"given": step.tool})
            return
        for key in step.inputs:
            if key not in spec.inputs:
                yield Fault("unknown_input", step.id, f"inputs.{key}", {"given": key, "tool": step.tool})
        for key, wanted in spec.inputs.items():
            if wanted.required and key not in step.inputs:
                yield Fault("input_missing", step.id, f"inputs.{key}", {"given": key, "tool": step.tool})
        known = {*spec.errors, *COMMON_ERRORS, "default"}
        for code in step.on_error:
            if code not in known:
                yield Fault("unknown_error", step.id, f"on_error.{code}", {"given": code}, warning=True)

    def _condition(self, step: str, where: str, condition: Condition) -> Iterator[Fault]:
        tests = tests_of(condition)
        if len(tests) != 1:
            yield Fault("condition_tests", step, where, {"count": len(tests)})
            return
        if tests[0] in ("all", "any", "negate"):
            parts = [condition.negate] if condition.negate else (condition.all or condition.any or [])
            for number, part in enumerate(parts):
                yield from self._condition(step, f"{where}.{number}", part)
        elif condition.value is None:
            yield Fault("missing", step, f"{where}.value")
        elif condition.value.split(".")[0] not in self.names:
            yield Fault("unknown_name", step, f"{where}.value", {"given": condition.value})

    def _texts(self, step: str, where: str, texts: Iterable[tuple[str, Words | None]]) -> Iterator[Fault]:
        for name, words in texts:
            if words is None:
                continue
            for locale in i18n.LOCALES:
                path = ".".join(part for part in (where, name, locale) if part)
                yield from self._gaps(step, path, words.text(locale))

    def _gaps(self, step: str, where: str, template: Any) -> Iterator[Fault]:
        if isinstance(template, Mapping):
            for key, value in template.items():
                yield from self._gaps(step, f"{where}.{key}", value)
        elif isinstance(template, list):
            for number, value in enumerate(template):
                yield from self._gaps(step, f"{where}.{number}", value)
        elif isinstance(template, str):
            for path, name in gaps(template):
                if path is None:
                    yield Fault("bad_gap", step, where, {"given": name})
                elif path.split(".")[0] not in self.names:
                    yield Fault("unknown_name", step, where, {"given": path})
                elif name is not None and name not in FILTERS:
                    yield Fault("unknown_filter", step, where, {"given": name, "known": ", ".join(FILTERS)})

    def _reachable(self) -> Iterator[Fault]:
        if any(step.next is not None and step.next not in self.ids for step in self.flow.steps):
            return
        reached: set[str] = set()
        waiting = [self.flow.steps[0].id]
        while waiting:
            current = waiting.pop()
            if current in reached or current not in self.ids:
                continue
            reached.add(current)
            waiting += self._leads_to(self.flow.step(current))
        for step in self.flow.steps:
            if step.id not in reached:
                yield Fault("unreachable", step.id, "id", warning=True)

    def _leads_to(self, step: Any) -> list[str]:
        if step.type in ("end", "handoff"):
            return []
        targets = [self.flow.after(step), getattr(step, "failed", None)]
        if isinstance(step, Branch):
            targets += [case.next for case in step.cases]
        if isinstance(step, CallTool):
            targets += list(step.on_error.values())
        return [target for target in targets if target is not None]

    def _tests(self) -> Iterator[Fault]:
        for test in self.flow.tests:
            for number, turn in enumerate(test.turns):
                where = f"tests.{test.name}.turns.{number}"
                if turn.step is not None and turn.step not in self.ids:
                    yield Fault("unknown_step", "", f"{where}.step", {"given": turn.step})
                for name in turn.slots:
                    if name not in self.flow.slots:
                        yield Fault("unknown_slot", "", f"{where}.slots", {"given": name})


def hindrances(found: Iterable[Fault]) -> list[Fault]:
    """Those that keep a flow from being published."""
    return [fault for fault in found if not fault.warning]


def load(text: str, tools: Mapping[str, ToolSpec] | None = None) -> Flow:
    """A flow from a file's text, checked. Raises FlowFaulty."""
    flow = parse(read_text(text))
    serious = hindrances(faults(flow, tools))
    if serious:
        raise FlowFaulty(serious)
    return flow


def to_yaml(data: Mapping[str, Any]) -> str:
    """The document as a file people like to read. Reading it back gives the same document."""
    return yaml.dump(in_order(data), Dumper=_Dumper, allow_unicode=True, sort_keys=False, width=120)


class _Dumper(yaml.SafeDumper):
    """Blocks for texts of several lines; no aliases."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


def _as_text(dumper: yaml.SafeDumper, value: str) -> yaml.ScalarNode:
    style = "|" if "\n" in value and not any(line.endswith(" ") for line in value.split("\n")) else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", value, style=style)


_Dumper.add_representer(str, _as_text)
STEP_TYPES: Final = tuple(
    str(model.model_fields["type"].default)
    for model in get_args(get_args(document.AnyStep)[0])
    if issubclass(model, BaseModel)
)
