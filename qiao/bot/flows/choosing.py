"""A language model chooses a flow where no phrase did: published flows are its tools.

It only chooses and says what the customer has named already. The flow then runs as ever: what it named is read like the
customer's own words, and nothing is proven, confirmed or called here.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final
from uuid import UUID

import msgspec

from qiao.bot.flows import entities
from qiao.bot.flows.document import Flow, Slot, Verify
from qiao.bot.llm import prompts
from qiao.bot.llm.gateway import Llm, Unanswered
from qiao.bot.llm.protocol import Tool
from qiao.core.runtime import Runtime
from qiao.core.text import normalize

MOST_TOOLS: Final = 64
_NEVER: Final = frozenset({"code", "yes_no"})
"""A proof of who it is, and a yes to something that was not asked yet."""
_QUOTED: Final = frozenset({"text", "address", "order_number", "email"})
_MARKS: Final = {"#": "[0-9]", "@": "[A-Za-z]", "*": "[A-Za-z0-9]"}


@dataclass(frozen=True, slots=True)
class Wish:
    """The flow a model chose, what it says the customer named, and what the customer really said (the message last)."""

    flow: str
    arguments: Mapping[str, Any]
    said: tuple[str, ...]


def namable(flow: Flow) -> dict[str, Slot]:
    """The slots a customer may name before being asked."""
    proven = {step.slot for step in flow.steps if isinstance(step, Verify)}
    return {
        name: slot
        for name, slot in flow.slots.items()
        if slot.type not in _NEVER
        and slot.volunteer is not False
        and (slot.type != "choice" or slot.choices)
        and (flow.asking(name) is not None or name in proven)
    }


def tools_of(flows: Mapping[str, Flow], locale: str) -> list[Tool]:
    """Flows as a model is told of them, in the language of the question."""
    made = []
    for key, flow in list(flows.items())[:MOST_TOOLS]:
        about = flow.description.text(locale) if flow.description else ""
        inputs = {
            "type": "object",
            "properties": {name: _schema(slot, locale) for name, slot in namable(flow).items()},
            "additionalProperties": False,
        }
        made.append(Tool(key, ": ".join(part for part in (flow.name.text(locale), about) if part), inputs))
    return made


def _schema(slot: Slot, locale: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "description": slot.label.text(locale)}
    if slot.type in ("number", "amount"):
        schema["type"] = "number"
        schema |= {key: at for key, at in (("minimum", slot.min), ("maximum", slot.max)) if at is not None}
    elif slot.type == "choice":
        choices = slot.choices or []
        names = ", ".join(f"{choice.value} = {choice.label.text(locale)}" for choice in choices)
        schema |= {"enum": [choice.value for choice in choices], "description": f"{schema['description']}: {names}"}
    elif slot.type == "order_number" and slot.format:
        schema["pattern"] = "^" + "".join(_MARKS.get(c, c if c.isalnum() else f"\\{c}") for c in slot.format) + "$"
    elif slot.type in ("date", "email"):
        schema["format"] = slot.type
    return schema


async def choose(
    runtime: Runtime,
    flows: Mapping[str, Flow],
    message: str,
    before: Sequence[str],
    *,
    locale: str,
    conversation_id: UUID | None = None,
) -> Wish | None:
    """The flow a model says the customer asks for; None without a model, an answer in time, or a usable one."""
    llm = runtime.get(Llm)
    if not flows or not await llm.ready("tools"):
        return None
    tools = tools_of(flows, locale)
    try:
        asked = prompts.choose(message, before, locale)
        chosen = await llm.choose("tools", asked, tools, conversation_id=conversation_id)
    except Unanswered:
        return None
    if chosen is None or chosen.name not in {tool.name for tool in tools}:
        return None
    try:
        arguments = msgspec.json.decode(chosen.arguments or "{}")
    except (msgspec.MsgspecError, ValueError, RecursionError):
        return None
    return Wish(chosen.name, arguments, (*before, message)) if isinstance(arguments, dict) else None


def known(flow: Flow, wish: Wish, today: date) -> dict[str, Any]:
    """The values to begin with: those that would do as an answer to the flow's question and that the customer has said.

    What the message itself says is left to the machine, which reads it from there.
    """
    found: dict[str, Any] = {}
    for name, slot in namable(flow).items():
        value = wish.arguments.get(name)
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            continue
        choices = slot.choices or ()
        if entities.spot(slot, wish.said[-1], today, choices) is not None:
            continue
        heard = entities.fit(slot, str(value), today, choices)
        if heard.ok and heard.value not in (None, "") and _said(slot, heard.value, wish.said, today):
            found[name] = heard.value
    return found


def _said(slot: Slot, value: Any, said: Sequence[str], today: date) -> bool:
    if slot.type == "choice":
        return True  # one of a list, whatever the words for it were
    if slot.type in _QUOTED:
        return any(normalize(str(value)) in normalize(line) for line in said)
    return any(entities.fit(slot, line, today) == entities.Heard(value) for line in said)
