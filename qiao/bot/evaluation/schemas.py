"""What crosses the border of evaluation."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

Line = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Question = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000)]
Knowledge = Literal["live", "scheduled", "drafts", "at", "import"]
Expects = Literal["texts", "none", "flow"]
Reader = Literal["public", "customers", "internal"]
Locale = Literal["zh-CN", "en"]
Verdict = Literal["right", "silent", "offered", "missed", "false_choices", "wrong", "false_answer"]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class _View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Config(_Body):
    """What a set is asked of. `at` goes with knowledge `at`, `import_id` and `duplicates` with `import`. `max_error`:
    the bot's own unless given."""

    knowledge: Knowledge = "live"
    at: AwareDatetime | None = None
    import_id: UUID | None = None
    duplicates: str = "skip"
    max_error: Annotated[float, Field(ge=0.01, le=0.5)] | None = None
    model: bool = False

    @model_validator(mode="after")
    def _whole(self) -> "Config":
        if (self.knowledge == "at") != (self.at is not None):
            raise PydanticCustomError("evaluation.moment_mismatch", "a moment, and only with knowledge at one")
        if (self.knowledge == "import") != (self.import_id is not None):
            raise PydanticCustomError("evaluation.import_mismatch", "an import, and only with its knowledge")
        return self


class SetBody(_Body):
    name: Line
    description: str = Field("", max_length=500)
    gate: bool = False


class SetPatch(_Body):
    """Only what is given changes."""

    name: Line | None = None
    description: str | None = Field(None, max_length=500)
    gate: bool | None = None


class SetName(_View):
    """A set as it is chosen."""

    id: UUID
    name: str


class RunBrief(_View):
    """A run as lists show it."""

    id: UUID
    set_id: UUID
    purpose: str
    name: str
    config: dict[str, Any]
    state: str
    done: int
    total: int
    texts: int | None
    figures: dict[str, Any] | None
    error: str | None
    created_by: UUID | None
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None


class SetView(_View):
    """`cases` by what they expect; `last`: the newest run that is done."""

    id: UUID
    name: str
    description: str
    gate: bool
    cases: int
    in_scope: int
    out_of_scope: int
    created_at: datetime
    updated_at: datetime
    last: RunBrief | None = None


class Source(_Body):
    """Where a case comes from."""

    kind: Literal["written", "conversation", "vote", "assist", "phrasing", "file"] = "written"
    conversation_id: UUID | None = None
    message_id: UUID | None = None
    faq_id: UUID | None = None


class CaseBody(_Body):
    """A question and what should come of it: `expected` texts (any of them is right), nothing, or a `flow`."""

    question: Question
    context: Annotated[str, Field(max_length=2000)] | None = None
    locale: Locale = "zh-CN"
    channel: str = Field("webchat", max_length=20)
    reader: Reader = "public"
    expects: Expects = "texts"
    expected: Annotated[list[UUID], Field(max_length=10)] = []
    flow: str | None = Field(None, max_length=60)
    note: str = Field("", max_length=500)
    source: Source = Source()


class FromConversation(CaseBody):
    """The same from a message of a conversation: its source is where the caller saw it."""

    conversation_id: UUID
    message_id: UUID


class TextRef(BaseModel):
    """A text by name; what the reader may not see has neither title nor kind."""

    id: UUID
    kind: str | None = None
    title: str | None = None
    status: str | None = None


class CaseView(_View):
    id: UUID
    set_id: UUID
    question: str
    context: str | None
    locale: str
    channel: str
    reader: str
    expects: str
    expected: list[TextRef]
    flow: str | None
    note: str
    source: dict[str, Any]
    gone: bool = False
    """A text it expects exists no longer, or is no longer live."""
    updated_at: datetime


class Added(BaseModel):
    """`known`: the set has this question already; nothing was added."""

    id: UUID
    known: bool = False


class Proposal(BaseModel):
    """A case as a conversation suggests it, to be confirmed. `because`: why the first of `options` is thought right."""

    question: str
    context: str | None
    locale: str
    channel: str
    reader: str
    options: list["Option"]
    flow: str | None = None
    because: Literal["agent", "helpful", "answered", "found"] | None = None
    source: Source


class Option(BaseModel):
    id: UUID
    kind: str
    title: str
    because: Literal["agent", "helpful", "answered", "unhelpful", "found"]


class VoteView(BaseModel):
    """A judged answer of the bot, ready to become a case."""

    message_id: UUID
    conversation_id: UUID
    at: datetime
    helpful: bool
    question: str
    answer: str
    expected: list[TextRef]
    in_set: bool


class AddVotes(_Body):
    message_ids: Annotated[list[UUID], Field(min_length=1, max_length=200)]


class HoldOut(_Body):
    """Cases from texts' own phrasings, which are then held out when the set is run: `per_faq` of each FAQ with enough."""

    per_faq: Annotated[int, Field(ge=1, le=5)] = 1
    most: Annotated[int, Field(ge=1, le=2000)] = 200
    space_id: UUID | None = None


class Count(BaseModel):
    added: int
    known: int = 0


class FileError(BaseModel):
    row: int
    field: str
    message: str


class Uploaded(BaseModel):
    """Rows with faults are listed and left out; the rest is in."""

    added: int
    known: int
    errors: list[FileError]


class RunBody(_Body):
    name: str = Field("", max_length=120)
    config: Config = Config()


class ResultView(BaseModel):
    """What came of a case in a run. `found`: the best five; what the reader may not see has no title."""

    case_id: UUID
    position: int
    question: str
    context: str | None
    locale: str
    reader: str
    expects: str
    expected: list[TextRef]
    flow: str | None
    decision: str
    given: list[TextRef]
    given_flow: str | None
    verdict: Verdict
    rank: int | None
    probability: float
    found: list[dict[str, Any]]
    why: dict[str, Any]
    ms: float


class SignView(BaseModel):
    better: int
    worse: int
    p: float
    says: str


class Comparison(BaseModel):
    """Two runs of one set. `before` is the earlier choice of the reader, `after` the other."""

    before: RunBrief
    after: RunBrief
    common: int
    only_before: int
    only_after: int
    regressions: int
    improvements: int
    sign: SignView


class Pair(BaseModel):
    """One case in both runs. `change` below zero is a regression. `mend`: the FAQ that should have answered, if the reader
    may change it."""

    before: ResultView
    after: ResultView
    change: int
    mend: UUID | None = None


class GateSettings(_Body):
    """`off`: no check; `warn`: it must have been run; `block`: it must be passed or overridden. `from_texts`: how many
    texts at once are many. `tolerance`: by how much the share of right outcomes may fall."""

    mode: Literal["off", "warn", "block"] = "off"
    from_texts: Annotated[int, Field(ge=1, le=100_000)] = 20
    max_regressions: Annotated[int, Field(ge=0, le=10_000)] = 2
    tolerance: Annotated[float, Field(ge=0, le=0.5)] = 0.02


class CheckBody(_Body):
    import_id: UUID
    duplicates: Literal["skip", "variant", "update", "import"] = "skip"


class CheckPair(BaseModel):
    """A gate set before and with the texts. `refused`: why it does not pass."""

    set_id: UUID
    set_name: str
    before: UUID
    after: UUID
    regressions: int = 0
    improvements: int = 0
    refused: Literal["regressions", "fall"] | None = None


class CheckView(BaseModel):
    """A check before publishing. `passes`: whether the import may be published now."""

    id: UUID
    import_id: UUID
    state: str
    done: int
    total: int
    pairs: list[CheckPair]
    passes: bool
    may_override: bool
    override_reason: str | None
    created_at: datetime
    finished_at: datetime | None


class GateState(BaseModel):
    """Whether an import needs a check, and the newest one of exactly this import."""

    mode: str
    needed: bool
    sets: int
    check: CheckView | None


class Override(_Body):
    reason: Annotated[str, StringConstraints(strip_whitespace=True, min_length=5, max_length=500)]


class ShadowBody(_Body):
    """A candidate: `share` of the questions, at most `most`, at most `per_minute`, until `ends_at`."""

    name: Line
    config: Config = Config()
    share: Annotated[float, Field(gt=0, le=1)] = 0.2
    most: Annotated[int, Field(ge=10, le=100_000)] = 500
    per_minute: Annotated[int, Field(ge=1, le=600)] = 30
    ends_at: AwareDatetime


class ShadowFigures(BaseModel):
    """`differ_favour`: of those where both differ, whom the later course of the conversation speaks for."""

    questions: int
    agree: int
    live_answered: int
    candidate_answered: int
    open: int
    favour_live: int
    favour_candidate: int
    favour_neither: int
    ms_p50: float | None
    sign: SignView


class ShadowView(_View):
    id: UUID
    name: str
    config: dict[str, Any]
    share: float
    most: int
    per_minute: int
    ends_at: datetime
    state: str
    skipped: int
    created_at: datetime
    ended_at: datetime | None
    figures: ShadowFigures | None = None


class SideView(BaseModel):
    decision: str
    given: list[TextRef]
    flow: str | None
    probability: float


class ShadowAnswerView(BaseModel):
    message_id: UUID
    conversation_id: UUID | None
    """Null where the reader may not see the conversation; then the question is hidden as well."""
    at: datetime
    question: str | None
    live: SideView
    candidate: SideView
    agrees: bool
    outcome: str
    favours: str
    ms: float


class Adopted(BaseModel):
    """`left`: what does not follow from settings and is left to do."""

    max_error: float | None
    model: bool | None
    left: list[Literal["publish_drafts", "configure_model"]]
