"""The format of a procedure: one document, the same as a file (YAML or JSON) and in the database; `checking` judges it.

Field names are the file's keys. Nothing in a document is ever executed: texts are filled, conditions are data.
"""

from collections.abc import Iterator
from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from qiao.core.conditions import Condition
from qiao.desk.tickets.definition import FieldSpec, Key

FORMAT: Final = 1
MOST_STEPS: Final = 200
LOCALES: Final = ("zh-CN", "en")
StepId = Key
LocaleName = Literal["zh-CN", "en"]
Words = Annotated[
    dict[LocaleName, Annotated[str, StringConstraints(min_length=1, max_length=4000)]], Field(min_length=1)
]
Label = Annotated[
    dict[LocaleName, Annotated[str, StringConstraints(min_length=1, max_length=200)]], Field(min_length=1)
]
Phrase = Annotated[str, StringConstraints(min_length=1, max_length=200)]
Phrases = dict[LocaleName, Annotated[list[Phrase], Field(max_length=60)]]
Minutes = Annotated[float, Field(gt=0, le=60 * 24 * 90)]


class Part(BaseModel):
    """Unknown fields are errors: a misspelt one would be ignored for ever."""

    model_config = ConfigDict(extra="forbid")


class Start(Part):
    """When a procedure fits. `phrases` are sentences customers say, `keywords` words within them. `when` must hold besides.

    `by_itself`: a new ticket of one of `ticket_types` (for which `when` holds) starts it; else it is only proposed.
    """

    phrases: Phrases = Field(default_factory=dict)
    keywords: Phrases = Field(default_factory=dict)
    ticket_types: Annotated[list[Key], Field(max_length=60)] = Field(default_factory=list)
    when: Condition | None = None
    by_itself: bool = False


class Step(Part):
    """`next` left out: the step that follows in the list. `optional`: passing it over is no deviation."""

    id: StepId
    title: Label | None = None
    next: StepId | None = None
    optional: bool = False
    note: Annotated[str, Field(max_length=1000)] | None = None
    """For whoever edits the procedure."""


class Instruction(Step):
    """Something to do or to know."""

    type: Literal["instruction"] = "instruction"
    text: Words


class Check(Step):
    """A question that must come out well; else it goes to `failed`. Going on all the same is a deviation.

    Without `value` it is yes or no, and `expect` is the good answer; with it a value is taken and `passes` is tested on
    `answers.<step id>`.
    """

    type: Literal["check"] = "check"
    text: Words
    expect: bool = True
    value: FieldSpec | None = None
    passes: Condition | None = None
    failed: StepId


class Option(Part):
    """One way to go on. `words` are how customers say it (for the bot)."""

    key: Annotated[str, StringConstraints(min_length=1, max_length=40, pattern=r"^[a-z0-9][a-z0-9_-]*$")]
    label: Label
    next: StepId | None = None
    words: Phrases = Field(default_factory=dict)


class Choice(Step):
    """What is the case? Each option leads on its own way, or to `next`."""

    type: Literal["choice"] = "choice"
    text: Words
    options: Annotated[list[Option], Field(min_length=2, max_length=30)]


class Form(Step):
    """Things to find out. Values are known as `answers.<field key>` from then on."""

    type: Literal["form"] = "form"
    text: Words
    fields: Annotated[list[FieldSpec], Field(min_length=1, max_length=40)]


class Script(Step):
    """Words for the customer, read out or sent with one click. `{{…}}` are filled with what is known."""

    type: Literal["script"] = "script"
    text: Words
    say: Words
    """What the customer hears; `text` is what the agent is told about it."""


class Evidence(Step):
    """Proof of what was found: files, pictures, a text or a link."""

    type: Literal["evidence"] = "evidence"
    text: Words
    accept: Annotated[list[Literal["file", "image", "text", "link"]], Field(min_length=1)] = ["file", "image"]
    at_least: Annotated[int, Field(ge=1, le=20)] = 1


class Timer(Step):
    """Time must pass. Going on sooner than `at_least` minutes, or later than `at_most`, is a deviation."""

    type: Literal["timer"] = "timer"
    text: Words
    at_least: Minutes | None = None
    at_most: Minutes | None = None


class SetField(Part):
    """Sets a field of the ticket: one of its type's fields, or its priority. A text is filled with what is known."""

    do: Literal["set_field"] = "set_field"
    field: Annotated[str, StringConstraints(pattern=r"^(priority|fields\.[a-z][a-z0-9_]{0,39})$")]
    value: Any


class AddTags(Part):
    do: Literal["add_tags"] = "add_tags"
    tags: Annotated[list[Annotated[str, StringConstraints(min_length=1, max_length=40)]], Field(min_length=1)]


class MakeTask(Part):
    """Asks a department to do something: the one that has one of these names, or is this id."""

    do: Literal["task"] = "task"
    department: Label
    title: Label
    within_hours: Annotated[float, Field(gt=0, le=24 * 365)] | None = None


class AskApproval(Part):
    """Asks for the approval the ticket's type has rules for."""

    do: Literal["approval"] = "approval"
    text: Words


class SendText(Part):
    do: Literal["send_text"] = "send_text"
    text: Words


Deed = Annotated[SetField | AddTags | MakeTask | AskApproval | SendText, Field(discriminator="do")]


class Action(Step):
    """Something the product does when the agent says so."""

    type: Literal["action"] = "action"
    text: Words
    action: Deed


class Read(Step):
    """Something to look up: an article or FAQ by id, words to search for, or an address."""

    type: Literal["read"] = "read"
    text: Words
    article: UUID | None = None
    faq: UUID | None = None
    search: Label | None = None
    url: Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://\S+$")] | None = None


class Case(Part):
    when: Condition
    next: StepId


class Branch(Step):
    """Goes on by itself: the first case whose condition holds; else `next`."""

    type: Literal["branch"] = "branch"
    cases: Annotated[list[Case], Field(min_length=1, max_length=20)]


class Sub(Step):
    """Another procedure within this one; afterwards it goes on here."""

    type: Literal["procedure"] = "procedure"
    procedure: Key


class End(Step):
    """How it came out. `good`: whether the matter was settled."""

    type: Literal["end"] = "end"
    outcome: Key
    label: Label
    text: Words | None = None
    good: bool = True


AnyStep = Annotated[
    Instruction | Check | Choice | Form | Script | Evidence | Timer | Action | Read | Branch | Sub | End,
    Field(discriminator="type"),
]
AUTOMATIC: Final = ("branch", "procedure", "end")
"""Steps nobody stands on: they are passed at once."""


class Procedure(Part):
    """A whole procedure."""

    format: Literal[1] = FORMAT
    procedure: Key
    name: Label
    description: Words | None = None
    start: Start = Field(default_factory=Start)
    steps: Annotated[list[AnyStep], Field(min_length=1, max_length=MOST_STEPS)]
    layout: dict[StepId, tuple[float, float]] = Field(default_factory=dict)
    """Where the editor draws each step."""

    def index_of(self, step_id: str) -> int:
        return next(i for i, step in enumerate(self.steps) if step.id == step_id)

    def step(self, step_id: str) -> "AnyStep":
        """Raises StopIteration when there is none."""
        return self.steps[self.index_of(step_id)]

    def after(self, step: "AnyStep") -> str | None:
        """Where `step` leads without a branch; None behind the last one."""
        if isinstance(step, End):
            return None
        if step.next is not None:
            return step.next
        following = self.index_of(step.id) + 1
        return self.steps[following].id if following < len(self.steps) else None

    def leads_to(self, step: "AnyStep") -> list[str]:
        """Every step that may come next."""
        found: list[str | None] = []
        if isinstance(step, Check):
            found.append(step.failed)
        if isinstance(step, Branch):
            found += [case.next for case in step.cases]
        onward = self.after(step)
        if isinstance(step, Choice):
            found += [option.next or onward for option in step.options]
        if not isinstance(step, Choice):
            found.append(onward)
        return list(dict.fromkeys(target for target in found if target is not None))


def answer_keys(document: Procedure) -> Iterator[tuple[str, int]]:
    """Names under `answers.` and the number of the step that gives each."""
    for number, step in enumerate(document.steps):
        if isinstance(step, Form):
            yield from ((spec.key, number) for spec in step.fields)
        elif isinstance(step, Check | Choice | Evidence):
            yield step.id, number


def known_as(document: Procedure) -> set[str]:
    """Every name conditions and texts may use under `answers.`; money is known by its minor number as well."""
    names = {key for key, _ in answer_keys(document)}
    for step in document.steps:
        if isinstance(step, Form):
            names |= {f"{spec.key}_minor" for spec in step.fields if spec.kind == "money"}
        elif isinstance(step, Check) and step.value is not None and step.value.kind == "money":
            names.add(f"{step.id}_minor")
    return names


def dump(document: Procedure) -> dict[str, Any]:
    """The document as data: the file's keys, defaults left out."""
    data = document.model_dump(exclude_defaults=True, mode="json")
    steps = []
    for i, step in enumerate(document.steps):
        one = {"id": step.id, "type": step.type, **data["steps"][i]}
        if isinstance(step, Action):
            one["action"] = {"do": step.action.do, **one["action"]}
        steps.append(one)
    return {
        "format": FORMAT,
        **{key: value for key, value in data.items() if key not in ("steps", "layout")},
        "steps": steps,
        **({"layout": data["layout"]} if data.get("layout") else {}),
    }
