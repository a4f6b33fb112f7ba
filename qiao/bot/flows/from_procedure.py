"""A procedure's steps that a customer can be asked, as a flow: one source for the agent's walk and the bot's. Pure.

Forms become questions, choices become questions with buttons, scripts are said, ends say goodbye. A yes-or-no check is
asked only where its words are for customers, which nobody can know: it and all other steps that need a person's eyes or
hands hand over, with everything found out so far.
"""

from collections.abc import Mapping
from typing import Any, Final

from qiao.bot.flows import document as flows
from qiao.bot.flows.document import Flow, dump
from qiao.core import i18n
from qiao.desk.sop import document as sop
from qiao.desk.sop.texts import gaps
from qiao.desk.tickets.definition import FieldSpec

_TYPES: Final[dict[str, str]] = {
    "text": "text",
    "long_text": "text",
    "number": "number",
    "money": "amount",
    "date": "date",
    "moment": "date",
    "yes_no": "yes_no",
    "choice": "choice",
    "choices": "choice",
    "order": "order_number",
    "phone": "phone",
    "email": "email",
}
"""Kinds of fields a bot can ask for; the others need a person."""
_PERSONAL: Final = ("phone", "email")
_LONGEST: Final = 2000


def to_flow(procedure: sop.Procedure, *, key: str | None = None) -> dict[str, Any]:
    """The draft of a flow. It is sound wherever the procedure is."""
    made = _Maker(procedure)
    steps: list[dict[str, Any]] = []
    for step in procedure.steps:
        steps += made.steps(step)
    start = procedure.start
    phrases = {
        locale: list(dict.fromkeys(start.phrases.get(locale, [])))[:60]  # keywords alone would begin it far too often
        for locale in sop.LOCALES
    }
    flow = {
        "flow": (key or procedure.procedure)[:40],
        "name": _both(procedure.name),
        "description": _both(procedure.description or procedure.name),
        "triggers": {"phrases": {locale: listed for locale, listed in phrases.items() if listed}},
        "slots": made.slots,
        "steps": steps,
    }
    return dump(_reached(Flow.model_validate(flow)))


def _reached(flow: Flow) -> Flow:
    """Without steps nothing leads to any more: what stood behind a person's step is the person's."""
    reached: set[str] = set()
    waiting = [flow.steps[0].id]
    while waiting:
        current = waiting.pop()
        if current in reached:
            continue
        reached.add(current)
        step = flow.step(current)
        if step.type in ("end", "handoff"):
            continue
        targets = [flow.after(step)]
        if isinstance(step, flows.Branch):
            targets += [case.next for case in step.cases]
        waiting += [target for target in targets if target is not None]
    pinned = [
        step if step.type in ("end", "handoff") else step.model_copy(update={"next": flow.after(step)})
        for step in flow.steps
    ]
    steps = [step for step in pinned if step.id in reached]
    asked = {step.slot for step in steps if isinstance(step, flows.Ask)}
    slots = {name: slot for name, slot in flow.slots.items() if name in asked}
    return flow.model_copy(update={"steps": steps, "slots": slots})


class _Maker:
    def __init__(self, procedure: sop.Procedure):
        self.procedure = procedure
        self.slots: dict[str, dict[str, Any]] = {}
        self.keys = self._slot_keys()

    def _slot_keys(self) -> set[str]:
        found: set[str] = set()
        for step in self.procedure.steps:
            if isinstance(step, sop.Choice):
                found.add(step.id)
            elif isinstance(step, sop.Form):
                found |= {spec.key for spec in step.fields if spec.kind in _TYPES}
        return found

    def steps(self, step: sop.AnyStep) -> list[dict[str, Any]]:
        """The steps of the flow for one of the procedure; the first has its name, so that ways lead on to it."""
        onward = self.procedure.after(step)
        if isinstance(step, sop.Script):
            return [{"id": step.id, "type": "say", "text": self._words(step.say), "next": onward}]
        if isinstance(step, sop.End):
            return [{"id": step.id, "type": "end", **({"text": self._words(step.text)} if step.text else {})}]
        if isinstance(step, sop.Choice):
            return self._choice(step, onward)
        if isinstance(step, sop.Form) and all(spec.kind in _TYPES for spec in step.fields if spec.required):
            asked = [spec for spec in step.fields if spec.kind in _TYPES and _asked_always(spec)]
            if asked:
                return self._form(step, asked, onward)
        if (step.optional and onward is not None) or isinstance(step, sop.Instruction):
            # What only the agent does is passed: a flow has no empty step, so a branch that never branches stands there.
            return [{"id": step.id, "type": "branch", "cases": [_never(onward or step.id)], "next": onward}]
        return [{"id": step.id, "type": "handoff", "note": "".join(step.title.values()) if step.title else None}]

    def _choice(self, step: sop.Choice, onward: str | None) -> list[dict[str, Any]]:
        self.slots[step.id] = {
            "type": "choice",
            "label": _both(step.title or step.text),
            "ask": self._words(step.text),
            "choices": [
                {
                    "value": option.key,
                    "label": _both(option.label),
                    **({"words": dict(option.words)} if any(option.words.values()) else {}),
                }
                for option in step.options
            ],
        }
        ask: dict[str, Any] = {"id": step.id, "type": "ask", "slot": step.id, "fresh": True}
        cases = [
            {"when": {"value": step.id, "equals": option.key}, "next": option.next}
            for option in step.options
            if option.next is not None
        ]
        if not cases:
            return [{**ask, "next": onward}]
        # Where every option has its own way nothing is left for the last line; the last option takes it.
        otherwise = onward if len(cases) < len(step.options) else step.options[-1].next
        where = f"{step.id[:33]}_goes"
        return [
            {**ask, "next": where},
            {"id": where, "type": "branch", "cases": cases, "next": otherwise},
        ]

    def _form(self, step: sop.Form, asked: list[FieldSpec], onward: str | None) -> list[dict[str, Any]]:
        made: list[dict[str, Any]] = []
        for number, spec in enumerate(asked):
            self.slots[spec.key] = _slot(spec)
            following = f"{step.id[:36]}_{number + 2}" if number + 1 < len(asked) else onward
            step_id = step.id if number == 0 else f"{step.id[:36]}_{number + 1}"
            made.append({"id": step_id, "type": "ask", "slot": spec.key, "next": following})
        return made

    def _words(self, text: Mapping[Any, str]) -> dict[str, str]:
        """In both languages, with what the bot knows; sentences about what it cannot know are said without it."""
        return {locale: self._known(one) for locale, one in _both(text).items()}

    def _known(self, text: str) -> str:
        for path, written in gaps(text):
            answer = path.removeprefix("answers.").split(".")[0] if path and path.startswith("answers.") else None
            if answer in self.keys:
                text = text.replace("{{" + written + "}}", "{{" + answer + "}}")
            elif path != "customer.name":
                text = text.replace("{{" + written + "}}", "…")
        return text[:_LONGEST]


def _asked_always(spec: FieldSpec) -> bool:
    """A field that shows or is needed under a condition is a person's to judge."""
    return spec.required and spec.shown_when is None


def _never(target: str) -> dict[str, Any]:
    return {"when": {"value": "flow.key", "equals": "-"}, "next": target}


def _slot(spec: FieldSpec) -> dict[str, Any]:
    label = _both(spec.label)
    ask = {locale: i18n.t("flows.ask_for", locale, label=text) for locale, text in label.items()}
    slot: dict[str, Any] = {"type": _TYPES[spec.kind], "label": label, "ask": ask}
    if spec.help:
        slot["again"] = _both(spec.help)
    if spec.options:
        slot["choices"] = [{"value": one.key, "label": _both(one.label)} for one in spec.options[:30]]
    if spec.kind in ("number", "money"):
        slot |= {name: value for name, value in (("min", spec.minimum), ("max", spec.maximum)) if value is not None}
    if spec.kind in _PERSONAL:
        slot["personal"] = True
    return slot


def _both(text: Mapping[Any, str]) -> dict[str, str]:
    """A flow speaks both languages; where one is missing, the other stands in for it."""
    some = next(iter(text.values()))
    return {locale: (text.get(locale) or some)[:_LONGEST] for locale in sop.LOCALES}
