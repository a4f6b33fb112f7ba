"""What a flow reads out of a customer's words and how it words what it says: slots in sentences, options, filled texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Protocol

from qiao.bot.flows import entities
from qiao.bot.flows.document import AnyStep, Ask, CallTool, Choice, Confirm, Flow, Phrases, Slot, Verify
from qiao.bot.flows.state import Frame, Option, State
from qiao.bot.flows.templates import MISSING, fill, lookup
from qiao.bot.tools.ports import Result, Subject, Words
from qiao.core import i18n
from qiao.core.text import normalize

OWN: Final = "flow:"
"""How the choices begin that are a flow's own."""
CANCEL: Final = "flow:cancel"
YES: Final = "flow:yes"
CHANGE: Final = "flow:change:"
VALUE: Final = "flow:value:"
START: Final = "flow:start:"
ORDER_SLOT: Final = Slot(
    type="order_number", label=Words(zh_cn="订单号", en="order number"), ask=Words(zh_cn="订单号", en="order number")
)


class World(Protocol):
    """What the machine needs from outside, for one conversation and one message."""

    locale: str
    today: date
    customer_name: str
    signed_in: Subject | None

    def flow(self, version_id: str) -> Flow | None:
        """A version that runs in this conversation; None when it is gone."""

    async def call(self, step: CallTool, inputs: Mapping[str, Any], key: str) -> Result:
        """Calls a tool for whoever the customer is known to be."""

    async def prove(self, order_number: str, code: str) -> Subject | None:
        """Whose order it is, if the code fits. None says only "no": not which part, and not whether it is locked."""


@dataclass
class Wording:
    """One message in one state, as far as words go; it moves nothing but the slots it fills."""

    world: World
    state: State

    def _spot(self, flow: Flow, frame: Frame, text: str, expected: str | None) -> bool:
        """Fills slots nobody has asked for yet out of a longer sentence."""
        found = False
        for name, slot in flow.slots.items():
            if (
                name == expected
                or name in frame.slots
                or (flow.asking(name) is None and not self._verified_by(flow, name))
            ):
                continue
            value = entities.spot(slot, text, self.world.today, self._choices(slot, frame))
            if value is not None and value not in frame.slots.values():
                frame.slots[name] = value
                found = True
        return found

    def _verified_by(self, flow: Flow, name: str) -> bool:
        return any(isinstance(step, Verify) and step.slot == name for step in flow.steps)

    def _spotted(self, flow: Flow, frame: Frame, text: str, names: set[str]) -> dict[str, Any]:
        """Other values for slots that are filled already."""
        changed: dict[str, Any] = {}
        for name in names:
            if flow.asking(name) is None:
                continue
            value = entities.spot(flow.slots[name], text, self.world.today, self._choices(flow.slots[name], frame))
            if value is not None and value != frame.slots.get(name):
                changed[name] = value
        return changed

    def _named(self, flow: Flow, step: Confirm, text: str) -> str | None:
        """The slot a sentence like 改地址 or "change the address" names."""
        plain = normalize(text)
        for name in step.slots:
            label = flow.slots[name].label
            if flow.asking(name) and any(normalize(word) in plain for word in (label.zh_cn, label.en)):
                return name
        return None

    def _which(self, flow: Flow, step: Confirm) -> Slot:
        choices = [Choice(value=name, label=flow.slots[name].label, words=Phrases()) for name in step.slots]
        return Slot(type="choice", label=ORDER_SLOT.label, ask=ORDER_SLOT.ask, choices=choices)

    def _declines(self, flow: Flow, step: AnyStep, text: str) -> bool:
        """不用了 is an answer where no is one; only elsewhere it calls the whole matter off."""
        if not isinstance(step, Ask):
            return False
        slot = flow.slots[step.slot]
        if slot.type == "yes_no":
            return entities.fit(slot, text, self.world.today).ok
        return slot.optional and entities.fit(slot, text, self.world.today).value == ""

    def _choices(self, slot: Slot, frame: Frame) -> list[Choice]:
        if slot.choices_from is None:
            return list(slot.choices or [])
        found = lookup(slot.choices_from.list, {**frame.results, **frame.slots})
        made: list[Choice] = []
        for entry in found if isinstance(found, list) else []:
            value = lookup(slot.choices_from.value, entry) if isinstance(entry, Mapping) else MISSING
            label = lookup(slot.choices_from.label, entry) if isinstance(entry, Mapping) else MISSING
            if value is not MISSING and str(value) and len(made) < 10:
                shown = str(label if label is not MISSING else value)[:200]
                made.append(Choice(value=str(value)[:60], label=Words(zh_cn=shown, en=shown), words=Phrases()))
        return made

    def _options(self, slot: Slot, frame: Frame) -> tuple[Option, ...]:
        locale = self.world.locale
        if slot.type == "yes_no":
            return (Option(f"{VALUE}yes", self._t("yes_word")), Option(f"{VALUE}no", self._t("no_word")))
        return tuple(Option(VALUE + choice.value, choice.label.text(locale)) for choice in self._choices(slot, frame))

    def _change_options(self, flow: Flow, names: list[str]) -> tuple[Option, ...]:
        changes = [
            Option(CHANGE + name, self._t("change", label=flow.slots[name].label.text(self.world.locale)))
            for name in names[:6]
        ]
        return (*changes, *self._way_out())

    def _way_out(self) -> tuple[Option, ...]:
        return (Option(CANCEL, self._t("cancel")),)

    def _values(self, flow: Flow, frame: Frame) -> dict[str, Any]:
        return {
            **frame.results,
            **frame.slots,
            "customer": {"name": self.world.customer_name},
            "flow": {"name": flow.name.text(self.world.locale)},
        }

    def _fill(self, words: Words, flow: Flow, frame: Frame) -> str:
        values = self._values(flow, frame)
        for name, slot in flow.slots.items():
            if name in frame.slots and (slot.choices or slot.type == "yes_no"):
                values[name] = self._shown(flow, frame, name, frame.slots[name])
        return fill(words.text(self.world.locale), values, self.world.locale)

    def _shown(self, flow: Flow, frame: Frame, name: str, value: Any) -> str:
        """A slot's value as people read it."""
        slot = flow.slots[name]
        if slot.type == "yes_no":
            return self._t("yes_word" if value else "no_word")
        for choice in slot.choices or ():
            if choice.value == value:
                return choice.label.text(self.world.locale)
        return str(value)

    def summary(self, frame: Frame) -> dict[str, Any]:
        """What a person who takes over should see of a flow."""
        flow = self.world.flow(frame.version_id)
        if flow is None:
            return {"flow": frame.flow, "slots": []}
        locale = self.world.locale
        rows = [
            {"label": flow.slots[name].label.text(locale), "value": self._shown(flow, frame, name, value)}
            for name, value in frame.slots.items()
            if name in flow.slots and value not in (None, "")
        ]
        return {"flow": flow.name.text(locale), "slots": rows}

    def _limits(self, slot: Slot) -> dict[str, Any]:
        return {
            "min": "" if slot.min is None else f"{slot.min:g}",
            "max": "" if slot.max is None else f"{slot.max:g}",
        }

    def _t(self, key: str, **values: Any) -> str:
        return i18n.t(f"flows.{key}", self.world.locale, **values)
