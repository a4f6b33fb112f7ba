"""The format of a flow: one document, the same as a file (YAML or JSON) and in the database. `checking` says what is wrong.

Field names are the file's keys. Nothing in a document is ever executed: texts are filled, conditions are data.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from qiao.bot.tools.ports import Key, ToolName, Words

FORMAT: Final = 1
MOST_STEPS: Final = 120
SlotType = Literal[
    "text", "number", "amount", "date", "phone", "email", "order_number", "choice", "yes_no", "address", "code"
]
Path = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]*(\.[a-zA-Z0-9_]+)*$", max_length=120)]
StepId = Key


class Part(BaseModel):
    """Unknown fields are errors: a misspelt one would be ignored for ever."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)


class Phrases(Part):
    """Examples per language; the two lists are not translations of each other."""

    zh_cn: Annotated[
        list[Annotated[str, Field(min_length=1, max_length=200)]], Field(alias="zh-CN", max_length=60)
    ] = []
    en: Annotated[list[Annotated[str, Field(min_length=1, max_length=200)]], Field(max_length=60)] = []

    def texts(self, locale: str) -> list[str]:
        return self.en if locale == "en" else self.zh_cn


class Triggers(Part):
    """What begins a flow. `start_on` and `offer_on` are the `action` of FAQs: one starts, the other shows a button."""

    phrases: Phrases = Phrases()
    start_on: list[Annotated[str, Field(max_length=60)]] = Field(default_factory=list, max_length=20)
    offer_on: list[Annotated[str, Field(max_length=60)]] = Field(default_factory=list, max_length=20)


class Choice(Part):
    """One possible value, what it is called, and the words by which it is recognised besides."""

    value: Annotated[str, Field(min_length=1, max_length=60)]
    label: Words
    words: Phrases = Phrases()


class ChoicesFrom(Part):
    """Choices out of a tool's output: a list, and where each entry has its value and its label."""

    list: Path
    value: Path
    label: Path


class Slot(Part):
    """Something to find out. `format` is a pattern of literals, `#` digit, `@` letter, `*` either."""

    type: SlotType = "text"
    label: Words
    ask: Words
    again: Words | None = None
    choices: list[Choice] | None = Field(None, max_length=30)
    choices_from: ChoicesFrom | None = None
    format: Annotated[str, Field(max_length=40)] | None = None
    min: float | None = None
    max: float | None = None
    cues: Phrases = Phrases()
    """Words after which a text stands in a longer sentence (因为, because)."""
    volunteer: bool | None = None
    """Whether it is taken from sentences that were not asked for it; by default all types but text, address, yes_no."""
    optional: bool = False
    """Saying 没有 / skip leaves it empty."""
    personal: bool = False
    """Masked in logs and for people without the right to reveal."""


class Condition(Part):
    """Exactly one test of one value, or `all`, `any`, `not` of others."""

    value: Path | None = None
    equals: Any = None
    not_equals: Any = None
    is_in: Annotated[list[Any] | None, Field(alias="in", max_length=60)] = None
    not_in: Annotated[list[Any] | None, Field(max_length=60)] = None
    above: float | None = None
    below: float | None = None
    at_least: float | None = None
    at_most: float | None = None
    contains: str | None = None
    present: bool | None = None
    all: Annotated[list["Condition"] | None, Field(max_length=20)] = None
    any: Annotated[list["Condition"] | None, Field(max_length=20)] = None
    negate: Annotated["Condition | None", Field(alias="not")] = None


class Step(Part):
    """`next` left out: the step that follows in the list, or the end after the last."""

    id: StepId
    note: Annotated[str, Field(max_length=1000)] | None = None
    """For whoever edits the flow."""
    next: StepId | None = None


class Say(Step):
    """Words to the customer. `card`: where a tool's output holds a card (an order) to show with them."""

    type: Literal["say"] = "say"
    text: Words
    card: Path | None = None


class Ask(Step):
    """Finds out a slot, unless it is known (`fresh`: even then). After `tries` misses it goes to `failed`, or a person."""

    type: Literal["ask"] = "ask"
    slot: Key
    fresh: bool = False
    tries: Annotated[int, Field(ge=1, le=10)] = 3
    failed: StepId | None = None


class Case(Part):
    when: Condition
    next: StepId


class Branch(Step):
    """The first case whose condition holds; else `next`."""

    type: Literal["branch"] = "branch"
    cases: Annotated[list[Case], Field(min_length=1, max_length=20)]


class CallTool(Step):
    """Calls a tool. Inputs are texts with {{…}} or plain values; the output is kept as `save_as`.

    `on_error`: code of a failure → step; `default` for all others (without it, a person takes over).
    """

    type: Literal["tool"] = "tool"
    tool: ToolName
    inputs: dict[Key, Any] = Field(default_factory=dict, max_length=30)
    save_as: Key | None = None
    on_error: dict[Key, StepId] = Field(default_factory=dict, max_length=20)
    timeout_s: Annotated[float, Field(ge=0.5, le=20)] = 8
    sample: Any = None
    """What rehearsals get instead of a call that writes or leaves the house."""


class Confirm(Step):
    """Shows what was understood and waits for yes, no, or a correction of one of `slots`."""

    type: Literal["confirm"] = "confirm"
    text: Words
    slots: list[Key] = Field(default_factory=list, max_length=15)
    yes: Words | None = None
    tries: Annotated[int, Field(ge=1, le=10)] = 3


class Verify(Step):
    """Makes sure who it is: nobody is asked who is signed in; others prove an order with the phone number it has on file."""

    type: Literal["verify"] = "verify"
    slot: Key | None = None
    """The slot that holds the order number, where the flow has one."""
    tries: Annotated[int, Field(ge=1, le=5)] = 3
    failed: StepId | None = None


class Handoff(Step):
    """A person takes over, with everything found out so far."""

    type: Literal["handoff"] = "handoff"
    text: Words | None = None


class End(Step):
    type: Literal["end"] = "end"
    text: Words | None = None


AnyStep = Annotated[Say | Ask | Branch | CallTool | Confirm | Verify | Handoff | End, Field(discriminator="type")]


class Expect(Part):
    """What should have happened after one utterance of a test; everything given must hold."""

    customer: Annotated[str, Field(max_length=2000)]
    step: StepId | None = None
    """The step that now waits for the customer."""
    slots: dict[Key, Any] = Field(default_factory=dict)
    says: Annotated[str, Field(max_length=500)] | None = None
    """Words that the answer contains."""
    ended: Literal["completed", "cancelled", "handoff", "failed"] | None = None
    starts: bool | None = None


class FlowTest(Part):
    """A conversation with its expected course. `tools`: outputs in place of calls ({"error": code} for a failure)."""

    name: Annotated[str, Field(min_length=1, max_length=120)]
    locale: Literal["zh-CN", "en"] = "zh-CN"
    signed_in: bool = True
    tools: dict[ToolName, Any] = Field(default_factory=dict)
    today: Annotated[str, StringConstraints(pattern=r"^\d{4}-\d{2}-\d{2}$")] | None = None
    turns: Annotated[list[Expect], Field(min_length=1, max_length=60)]


class Flow(Part):
    """A whole flow."""

    format: Literal[1] = FORMAT
    flow: Key
    name: Words
    description: Words | None = None
    triggers: Triggers = Triggers()
    timeout_minutes: Annotated[int, Field(ge=2, le=1440)] = 30
    slots: dict[Key, Slot] = Field(default_factory=dict, max_length=60)
    steps: Annotated[list[AnyStep], Field(min_length=1, max_length=MOST_STEPS)]
    layout: dict[StepId, tuple[float, float]] = Field(default_factory=dict)
    """Where the editor draws each step."""
    tests: Annotated[list[FlowTest], Field(max_length=60)] = []

    def index_of(self, step_id: str) -> int:
        return next(i for i, step in enumerate(self.steps) if step.id == step_id)

    def step(self, step_id: str) -> "AnyStep":
        return self.steps[self.index_of(step_id)]

    def after(self, step: "AnyStep") -> str | None:
        """Where `step` leads without a branch; None is the end."""
        if step.next is not None:
            return step.next
        following = self.index_of(step.id) + 1
        return self.steps[following].id if following < len(self.steps) else None

    def asking(self, slot: str) -> Ask | None:
        """The first step that asks for a slot."""
        return next((step for step in self.steps if isinstance(step, Ask) and step.slot == slot), None)


def dump(flow: Flow) -> dict[str, Any]:
    """The document as data: the file's keys, defaults left out."""
    data = flow.model_dump(by_alias=True, exclude_defaults=True, mode="json")
    steps = [{"id": step.id, "type": step.type, **data["steps"][i]} for i, step in enumerate(flow.steps)]
    return {"format": FORMAT, **{key: value for key, value in data.items() if key != "steps"}, "steps": steps}


def _places() -> dict[str, int]:
    """Where each key of the format stands among the others."""
    parts: list[type[Part]] = [Flow, Triggers, Phrases, Slot, Choice, ChoicesFrom, Say, Ask, Case, Condition, Branch]
    parts += [CallTool, Confirm, Verify, Handoff, End, FlowTest, Expect]
    found = ["format", "flow", "id", "type"]
    found += [field.alias or name for part in parts for name, field in part.model_fields.items()]
    return {key: at for at, key in enumerate(dict.fromkeys(found))}


def in_order(data: Any) -> Any:
    """The data with its keys in the order of the format, which a database does not keep; names of one's own as they are."""
    if isinstance(data, Mapping):
        return {key: in_order(data[key]) for key in sorted(data, key=lambda key: _PLACES.get(str(key), len(_PLACES)))}
    return [in_order(one) for one in data] if isinstance(data, list) else data


_PLACES: Final = _places()
