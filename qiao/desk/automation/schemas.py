"""What crosses the border of automation: triggers, conditions and actions as data; rules, runs, dry runs, macros."""

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, JsonValue
from pydantic_core import PydanticCustomError

from qiao.core.conditions import Condition

Subject = Literal["ticket", "conversation", "none"]
LivingSubject = Literal["ticket", "conversation"]
Clock = Literal["wall", "business"]
Since = Literal["created", "customer_message", "staff_reply", "status_change", "due"]
Outcome = Literal["done", "unmatched", "failed", "limited"]
TEXT_LIMIT = 4000


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _nul_free(value: str) -> str:
    return value.replace("\x00", "")


def _line(value: str) -> str:
    cleaned = " ".join(value.replace("\x00", "").split())
    if not cleaned:
        raise PydanticCustomError("automation.empty", "empty")
    return cleaned


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise PydanticCustomError("timezone_unknown", "no such zone") from None
    return value


Words = Annotated[str, Field(max_length=TEXT_LIMIT), AfterValidator(_nul_free)]
Texts = Annotated[dict[Literal["zh-CN", "en"], Words], Field(min_length=1)]
"""The same text in the languages of those who read it; `{{ticket.number}}` and the like are filled in."""
Tag = Annotated[str, Field(min_length=1, max_length=40), AfterValidator(_line)]
Time = Annotated[str, Field(pattern=r"^([01]\d|2[0-3]):[0-5]\d$")]
Minutes = Annotated[int, Field(ge=1, le=525_600)]

# -- when --------------------------------------------------------------------------------------------------------------


class EventTrigger(Part):
    """Something happened. `event` is a name of `catalogue.EVENTS`; the others narrow it where they make sense for it.

    `field` names what must have changed (`priority`, `fields.amount`), `before` and `after` are values it had and has.
    """

    kind: Literal["event"] = "event"
    event: Annotated[str, Field(max_length=60)]
    field: Annotated[str, Field(max_length=60)] | None = None
    before: Annotated[list[JsonValue], Field(max_length=50)] = Field(default_factory=list)
    after: Annotated[list[JsonValue], Field(max_length=50)] = Field(default_factory=list)
    by: Annotated[list[Literal["customer", "user", "bot", "system"]], Field(max_length=4)] = Field(default_factory=list)
    public: bool | None = None


class TimeTrigger(Part):
    """So many minutes after a moment (`before`: ahead of one, for `due`), while the object is in one of `statuses`."""

    kind: Literal["time"] = "time"
    since: Since
    minutes: Minutes
    before: bool = False
    clock: Clock = "wall"
    calendar_id: UUID | None = None
    statuses: Annotated[list[Annotated[str, Field(max_length=12)]], Field(max_length=12)] = Field(default_factory=list)


class ScheduleTrigger(Part):
    """At a time of day in a zone. `each`: for every ticket or conversation that is not over, instead of once.

    `day` 29 to 31 of a shorter month is its last day.
    """

    kind: Literal["schedule"] = "schedule"
    every: Literal["day", "week", "month"]
    weekdays: Annotated[list[Annotated[int, Field(ge=1, le=7)]], Field(max_length=7)] = Field(default_factory=list)
    day: Annotated[int, Field(ge=1, le=31)] = 1
    time: Time
    timezone: Annotated[str, Field(max_length=60), AfterValidator(_zone)] = "Asia/Shanghai"


Trigger = Annotated[EventTrigger | TimeTrigger | ScheduleTrigger, Field(discriminator="kind")]

# -- if ----------------------------------------------------------------------------------------------------------------


class Built(Part):
    """Made with the builder."""

    kind: Literal["builder"] = "builder"
    condition: Condition


class Expression(Part):
    """Written in CEL."""

    kind: Literal["cel"] = "cel"
    source: Annotated[str, Field(min_length=1, max_length=4000)]


When = Annotated[Built | Expression, Field(discriminator="kind")]

# -- then --------------------------------------------------------------------------------------------------------------


class SetField(Part):
    """A field of the ticket's type, or its title."""

    do: Literal["set_field"] = "set_field"
    field: Annotated[str, Field(pattern=r"^(title|fields\.[a-z][a-z0-9_]{0,39})$")]
    value: JsonValue = None


class SetPriority(Part):
    """To a value, or by steps up (or down); never beyond the ends."""

    do: Literal["set_priority"] = "set_priority"
    to: Annotated[int, Field(ge=0, le=3)] | None = None
    by: Annotated[int, Field(ge=-3, le=3)] = 0


class SetType(Part):
    do: Literal["set_type"] = "set_type"
    type_key: Annotated[str, Field(max_length=40)]


class ChangeTags(Part):
    do: Literal["tags"] = "tags"
    add: Annotated[list[Tag], Field(max_length=30)] = Field(default_factory=list)
    remove: Annotated[list[Tag], Field(max_length=30)] = Field(default_factory=list)


class SetDue(Part):
    """So many minutes from now, or (without) no due date."""

    do: Literal["set_due"] = "set_due"
    minutes: Minutes | None = None
    clock: Clock = "wall"
    calendar_id: UUID | None = None


class Assign(Part):
    """`least_loaded`: whoever of the department has the fewest tickets that are not done."""

    do: Literal["assign"] = "assign"
    to: Literal["person", "department", "least_loaded", "nobody", "queue", "bot"]
    user_id: UUID | None = None
    department_id: UUID | None = None
    queue_id: UUID | None = None


class Move(Part):
    """By the key of a transition of the type's workflow, or to what every type shares. Conversations: resolved, closed."""

    do: Literal["move"] = "move"
    transition: Annotated[str, Field(max_length=40)] | None = None
    status: Literal["open", "pending", "on_hold", "solved", "closed", "resolved"] | None = None


class Escalate(Part):
    do: Literal["escalate"] = "escalate"
    tier: Annotated[int, Field(ge=2, le=3)] | None = None
    reason: Annotated[str, Field(max_length=300), AfterValidator(_line)]


class Comment(Part):
    """Public: the customer reads it. On a conversation: a message, or a note."""

    do: Literal["comment"] = "comment"
    public: bool
    text: Texts


class Notify(Part):
    """Tells colleagues, by the bell."""

    do: Literal["notify"] = "notify"
    users: Annotated[list[UUID], Field(max_length=100)] = Field(default_factory=list)
    roles: Annotated[list[UUID | Literal["admin", "supervisor", "agent", "back_office"]], Field(max_length=20)] = Field(
        default_factory=list
    )
    departments: Annotated[list[UUID], Field(max_length=20)] = Field(default_factory=list)
    assignee: bool = False
    watchers: bool = False
    own_department: bool = False
    text: Texts


class Mail(Part):
    """One mail; the same address gets at most one a day from the same rule."""

    do: Literal["mail"] = "mail"
    to: Literal["customer", "assignee", "address"]
    address: Annotated[str, Field(max_length=254)] | None = None
    title: Texts
    text: Texts


class Webhook(Part):
    """Tells another program, signed; tried again for a day while it does not answer."""

    do: Literal["webhook"] = "webhook"
    url: Annotated[str, Field(min_length=8, max_length=1000, pattern=r"^https?://\S+$")]


class CreateTicket(Part):
    """A new ticket; `child`: below the one the rule runs for. Fields are filled with text in which variables may stand."""

    do: Literal["create_ticket"] = "create_ticket"
    type_key: Annotated[str, Field(max_length=40)]
    title: Annotated[str, Field(min_length=1, max_length=200)]
    description: Words = ""
    fields: dict[str, JsonValue] = Field(default_factory=dict)
    priority: Annotated[int, Field(ge=0, le=3)] | None = None
    tags: Annotated[list[Tag], Field(max_length=30)] = Field(default_factory=list)
    department_id: UUID | None = None
    assignee_id: UUID | None = None
    due_minutes: Minutes | None = None
    child: bool = False


class StartProcedure(Part):
    do: Literal["start_procedure"] = "start_procedure"
    procedure_key: Annotated[str, Field(max_length=60)]


class AskBot(Part):
    """The bot looks up what the customer asks. Colleagues get what it finds as a note; with `reply` the customer gets the
    answer instead, where the bot is as sure as it has to be to answer by itself."""

    do: Literal["ask_bot"] = "ask_bot"
    reply: bool = False


Action = Annotated[
    SetField
    | SetPriority
    | SetType
    | ChangeTags
    | SetDue
    | Assign
    | Move
    | Escalate
    | Comment
    | Notify
    | Mail
    | Webhook
    | CreateTicket
    | StartProcedure
    | AskBot,
    Field(discriminator="do"),
]
Actions = Annotated[list[Action], Field(min_length=1, max_length=20)]

# -- rules -------------------------------------------------------------------------------------------------------------

Name = Annotated[str, Field(max_length=120), AfterValidator(_line)]
Description = Annotated[str, Field(max_length=500), AfterValidator(_nul_free)]


class RuleBody(Part):
    """A whole rule. `stop`: once it has acted on an object, no later rule looks at the same occasion.

    `revision` is the one the caller edited; a change by somebody else meanwhile is refused.
    """

    name: Name
    description: Description = ""
    subject: Subject = "ticket"
    trigger: Trigger
    condition: When | None = None
    actions: Actions
    stop: bool = False
    enabled: bool = False
    active_from: AwareDatetime | None = None
    active_until: AwareDatetime | None = None
    revision: Annotated[int, Field(ge=1)] | None = None


class RuleFault(BaseModel):
    """Something the rule names that is not there (any more). `where` is a path like `actions.1`."""

    where: str
    code: str
    message: str


class RuleView(BaseModel):
    """`faults` are found each time it is read. `daily` counts runs that acted, per day, oldest first, for two weeks."""

    id: UUID
    key: str | None
    name: str
    description: str
    subject: Subject
    trigger: Trigger
    condition: When | None
    actions: list[Action]
    stop: bool
    enabled: bool
    active_from: datetime | None
    active_until: datetime | None
    position: int
    revision: int
    updated_at: datetime
    updated_by: str | None
    faults: list[RuleFault]
    daily: list[int]
    last_run_at: datetime | None
    failed: int
    """Runs of the last week that failed or were stopped by the loop guard."""
    next_at: datetime | None
    """For schedules: when it runs next."""


class SwitchBody(Part):
    enabled: bool


class OrderBody(Part):
    ids: Annotated[list[UUID], Field(min_length=1, max_length=500)]


class VersionView(BaseModel):
    revision: int
    changes: list[str]
    changed_at: datetime
    changed_by: str | None
    body: dict[str, Any]


class RunView(BaseModel):
    """`reason` of an unmatched run: the first test that failed and what was there. `object` names the subject."""

    id: UUID
    rule_id: UUID
    rule: str
    revision: int
    subject: Subject
    subject_id: UUID
    object: str | None
    trigger: str
    outcome: Outcome
    reason: dict[str, Any] | None
    actions: list[Any]
    chain_id: UUID
    depth: int
    milliseconds: float
    at: datetime


class ExpressionBody(Part):
    """What is being typed: CEL to be checked, or a builder's condition to be shown as CEL."""

    subject: Subject = "ticket"
    source: Annotated[str, Field(max_length=20_000)] | None = None
    condition: Condition | None = None


class ExpressionFault(BaseModel):
    """`line` and `column` count from 1."""

    code: str
    message: str
    line: int
    column: int


class ExpressionView(BaseModel):
    source: str
    faults: list[ExpressionFault]


class FactView(BaseModel):
    """Something conditions may test. `options` are its values, where they are known."""

    path: str
    label: str
    kind: Literal["text", "number", "yes_no", "choice", "list", "moment", "id"]
    options: list[dict[str, JsonValue]] = Field(default_factory=list)


class EventChoice(BaseModel):
    key: str
    label: str
    narrows: list[str]
    """Which of field, before, after, by and public make sense for it."""


class Catalogue(BaseModel):
    """Everything an editor of rules offers, in the reader's language."""

    events: dict[str, list[EventChoice]]
    facts: dict[str, list[FactView]]
    actions: dict[str, list[str]]
    variables: list[dict[str, str]]
    mail: bool
    """Whether this installation can send mail."""
    procedures: list[dict[str, str]]
    types: list[dict[str, str]]


class DryRunBody(Part):
    """`days` back. The rule as it is being edited, saved or not."""

    rule: RuleBody
    days: Annotated[int, Field(ge=1, le=90)] = 7


class DryRunAsked(BaseModel):
    job_id: UUID


class SecretView(BaseModel):
    secret: str


class LimitsBody(Part):
    mails_per_hour: Annotated[int, Field(ge=0, le=100_000)]


class LimitsView(BaseModel):
    mails_per_hour: int
    sent_last_hour: int


# -- macros ------------------------------------------------------------------------------------------------------------


class MacroBody(Part):
    """`shared`: everybody's, or with `department_id` that department's; else the caller's own."""

    name: Annotated[str, Field(max_length=80), AfterValidator(_line)]
    description: Annotated[str, Field(max_length=300), AfterValidator(_nul_free)] = ""
    subject: LivingSubject = "ticket"
    actions: Actions
    shared: bool = False
    department_id: UUID | None = None


class MacroView(BaseModel):
    id: UUID
    name: str
    description: str
    subject: LivingSubject
    actions: list[Action]
    scope: Literal["own", "department", "all"]
    department_id: UUID | None
    usage_count: int
    may_edit: bool
    faults: list[RuleFault]
    updated_at: datetime


class MacroTarget(Part):
    subject: LivingSubject
    subject_id: UUID
    client_id: Annotated[str, Field(min_length=1, max_length=60)] | None = None
    """Made by the client once per press: the same one acts once."""


class Step(BaseModel):
    """What an action does, or would do, in the reader's words. `fault`: why it cannot."""

    do: str
    text: str
    fault: str | None = None


class MacroResult(BaseModel):
    steps: list[Step]


class DryRunView(BaseModel):
    """`result` is there once `state` is done."""

    state: str
    done: int
    total: int | None
    result: dict[str, Any] | None
