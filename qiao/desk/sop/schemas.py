"""What crosses the border of procedures."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

SubjectKind = Literal["ticket", "conversation"]
LocaleName = Literal["zh-CN", "en"]
Text = dict[str, str]
"""Words by language, as they were written."""
Reason = Literal["hand", "intent", "type", "automation"]


class FaultView(BaseModel):
    """What is wrong: `step` and `field` say where, `line` and `column` where in the file it was read from.

    A warning does not hinder publishing.
    """

    code: str
    step: str
    field: str
    text: str
    warning: bool
    line: int | None = None
    column: int | None = None


class ProcedureItem(BaseModel):
    """A procedure in the list. `runs` are those of the last 30 days by state."""

    id: UUID
    key: str
    name: Text
    description: Text | None
    published: int | None
    changed: bool
    faults: int
    steps: int
    updated_at: datetime
    runs: dict[str, int]


class ProcedureView(BaseModel):
    """A procedure as it is edited: the draft, what is wrong with it, and which version is started."""

    id: UUID
    key: str
    revision: int
    document: dict[str, Any]
    yaml: str
    faults: list[FaultView]
    published: int | None
    changed: bool
    updated_at: datetime


class VersionView(BaseModel):
    id: UUID
    number: int
    note: str
    published_at: datetime
    published_by: str | None
    current: bool
    runs: int


class VersionDetail(VersionView):
    document: dict[str, Any]
    yaml: str


class ChangeView(BaseModel):
    """One difference. `step` is empty for the procedure itself; `before` or `after` is null where it was not there."""

    step: str
    field: str
    kind: Literal["added", "removed", "changed"]
    before: Any = None
    after: Any = None


class DiffView(BaseModel):
    """What one version, or the draft, has otherwise than another."""

    before: str
    after: str
    changes: list[ChangeView]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ProcedureCreate(Body):
    """A procedure out of a file (`yaml`, which may be JSON), or a short one under `key`."""

    yaml: str | None = Field(None, max_length=512 * 1024)
    key: str | None = Field(None, pattern=r"^[a-z][a-z0-9_]{0,39}$")
    name: str | None = Field(None, min_length=1, max_length=80)


class DraftBody(Body):
    """The whole draft, as data or as a file's text; `revision` is the one it was made from."""

    revision: int
    document: dict[str, Any] | None = None
    yaml: str | None = Field(None, max_length=512 * 1024)


class PublishBody(Body):
    revision: int
    note: str = Field("", max_length=500)


class CheckBody(Body):
    document: dict[str, Any] | None = None
    yaml: str | None = Field(None, max_length=512 * 1024)


class CheckView(BaseModel):
    """The document in both forms, as far as it can be read."""

    document: dict[str, Any] | None
    yaml: str | None
    faults: list[FaultView]


# -- runs --------------------------------------------------------------------------------------------------------------


class Person(BaseModel):
    id: UUID
    name: str


class StartBody(Body):
    procedure: Annotated[str, Field(max_length=40)]
    subject_kind: SubjectKind
    subject_id: UUID
    reason: Literal["hand", "intent", "type"] = "hand"


class StepBody(Body):
    """What is done at the step one stands on. `version` and `step` are what the caller saw.

    `answer`: a check takes `{"value": …}`, a choice `{"value": key}`, a form `{"values": {…}}`, evidence `{"items": […]}`,
    all others nothing. `against` goes on although a check failed; `skip` passes a step over; `jump` goes to the step `to`.
    Whatever is a deviation needs a `reason`. `send` sends a script to the customer.
    """

    version: int
    step: Annotated[str, Field(max_length=40)]
    act: Literal["answer", "skip", "against", "jump"] = "answer"
    answer: dict[str, Any] = Field(default_factory=dict)
    note: Annotated[str, Field(max_length=2000)] = ""
    reason: Annotated[str, Field(max_length=1000)] | None = None
    to: Annotated[str, Field(max_length=40)] | None = None
    send: bool = False
    client_id: Annotated[str, Field(min_length=1, max_length=80)] | None = None


class RunBody(Body):
    """`version` is what the caller saw."""

    version: int
    note: Annotated[str, Field(max_length=2000)] = ""
    client_id: Annotated[str, Field(min_length=1, max_length=80)] | None = None


class StopBody(RunBody):
    reason: Annotated[str, Field(min_length=1, max_length=1000)]


class HandOverBody(RunBody):
    user_id: UUID


class StepView(BaseModel):
    """The step one stands on, ready to be shown: `step` is as in the document; texts are filled with what is known.

    `say` is what the customer hears, in the subject's language first. `missing` names the variables nothing is known of.
    """

    id: str
    type: str
    step: dict[str, Any]
    text: str
    title: str
    say: dict[str, str] | None = None
    say_locale: str | None = None
    missing: list[str] = []
    before: dict[str, Any] | None = None
    """What was answered here before going back."""
    ready_at: datetime | None = None
    late_at: datetime | None = None
    can_send: bool = False
    within: list[Text] = []
    """Names of the procedures around the one it belongs to, outermost first."""


class StepLine(BaseModel):
    """One line of a run's history. `undone`: it was gone back from."""

    seq: int
    act: str
    step: str | None
    title: Text
    type: str | None
    procedure: Text
    answer: dict[str, Any]
    shown: str
    """The answer in words."""
    note: str
    deviation: str | None
    reason: str | None
    done: dict[str, Any] | None
    by: str
    entered_at: datetime
    left_at: datetime
    to_step: str | None
    undone: bool


class RunSummary(BaseModel):
    id: UUID
    procedure_id: UUID
    key: str
    name: Text
    number: int
    """The number of the version it keeps."""
    subject_kind: SubjectKind
    subject_id: UUID
    subject: str
    state: str
    step: str | None
    step_title: Text | None
    outcome: Text | None
    good: bool | None
    owner: Person | None
    start_reason: Reason
    deviations: int
    version: int
    started_at: datetime
    entered_at: datetime
    ended_at: datetime | None


class RunView(RunSummary):
    """A run with the step it stands on and all that was done. `done` of about `done + left` steps are behind."""

    done: int
    left: int
    current: StepView | None
    history: list[StepLine]
    others: list[Person]
    """Colleagues who have worked on it, too."""
    steps: dict[str, Text]
    """The steps of the procedure one stands in, by id: where one may go to."""
    may: bool
    """Whether the reader may act."""


class SuggestionView(BaseModel):
    """A procedure that fits. `why` says by what: a phrase, a keyword, the ticket's type, a condition."""

    id: UUID
    key: str
    name: Text
    description: Text | None
    score: float
    why: list[dict[str, str]]
    steps: int


class ForSubject(BaseModel):
    """Runs of a ticket or conversation, what fits it, and all that may be started."""

    runs: list[RunSummary]
    suggestions: list[SuggestionView]
    startable: list[SuggestionView]
    may: bool


class RehearseBody(Body):
    """One more act in a rehearsal of a draft: `acts` are those before it. Nothing is written; facts are those given."""

    document: dict[str, Any]
    acts: list["RehearsedAct"] = Field(default_factory=list, max_length=400)
    locale: LocaleName = "zh-CN"


class RehearsedAct(Body):
    act: Literal["answer", "skip", "against", "jump", "back"] = "answer"
    answer: dict[str, Any] = Field(default_factory=dict)
    to: str | None = None


class RehearseView(BaseModel):
    current: StepView | None
    path: list[str]
    outcome: Text | None
    good: bool | None
    deviations: list[str]
    errors: list[dict[str, str]]
    """What the last act's answer lacked; it was not counted then."""
    done: int
    left: int
    acts: list[RehearsedAct]


# -- figures -----------------------------------------------------------------------------------------------------------


class StepFigures(BaseModel):
    """`entered` counts arrivals, `left` those who went on; `stopped` and `waiting` are runs that stand here."""

    step: str
    title: Text
    type: str
    entered: int
    left: int
    stopped: int
    waiting: int
    skipped: int
    deviated: int
    back: int
    median_s: float | None


class WayFigures(BaseModel):
    frm: str
    to: str | None
    count: int


class FiguresView(BaseModel):
    """How runs of a procedure went. `versions` are those that have runs in the time asked about."""

    runs: int
    finished: int
    good: int
    stopped: int
    open: int
    deviating: int
    median_s: float | None
    outcomes: list[dict[str, Any]]
    steps: list[StepFigures]
    ways: list[WayFigures]
    versions: list[int]
    deviations: dict[str, int]


RehearseBody.model_rebuild()
