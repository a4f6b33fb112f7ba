"""What a ticket type is made of, as data: fields, workflow, numbering, routing. Admins make it without code."""

from typing import Annotated, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from qiao.core.conditions import Condition

Text = dict[Literal["zh-CN", "en"], Annotated[str, Field(max_length=200)]]
"""Words in the languages of the product; at least one."""
Key = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,39}$")]
Status = Literal["new", "open", "pending", "on_hold", "solved", "closed"]
FieldKind = Literal[
    "text", "long_text", "number", "money", "date", "moment", "yes_no", "choice", "choices", "cascade",
    "person", "customer", "order", "phone", "email", "file", "table",
]  # fmt: skip
Side = Literal["customer", "staff"]
PERSONAL: Final = {"phone": "phone", "email": "email"}
"""Kinds of fields whose values are personal data, masked for who may not see it whole."""


class Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Option(Part):
    """One choice; `children` are the next level of a cascade."""

    key: Annotated[str, Field(min_length=1, max_length=60)]
    label: Text
    children: Annotated[list["Option"], Field(max_length=200)] = Field(default_factory=list)


class Column(Part):
    """A column of a table field."""

    key: Key
    label: Text
    kind: Literal["text", "number", "money", "date", "yes_no"] = "text"


class FieldSpec(Part):
    """One field. `required` always, or `required_when` a condition holds; shown always, or `shown_when` one does.

    `sides` is who sees it at all; `edit_roles` (keys or ids of roles) narrows which staff may write it, `view_roles` which
    may read it: empty means all. Money is `{"minor": 12900, "currency": "CNY"}`; a cascade is the list of keys from the
    top; person, customer, order, file hold ids (order its number); a table is a list of rows by column key.
    """

    key: Key
    kind: FieldKind
    label: Text
    help: Text = Field(default_factory=dict)
    required: bool = False
    required_when: Condition | None = None
    shown_when: Condition | None = None
    default: JsonValue = None
    options: Annotated[list[Option], Field(max_length=500)] = Field(default_factory=list)
    columns: Annotated[list[Column], Field(max_length=20)] = Field(default_factory=list)
    minimum: float | None = None
    maximum: float | None = None
    pattern: Annotated[str, Field(max_length=200)] | None = None
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")] = "CNY"
    sides: Annotated[list[Side], Field(min_length=1)] = ["staff"]
    view_roles: list[str] = Field(default_factory=list)
    edit_roles: list[str] = Field(default_factory=list)
    searchable: bool = True


class State(Part):
    key: Key
    label: Text
    status: Status
    """What it means to everything that does not know this type: lists, clocks, figures."""


class TaskEffect(Part):
    """Asks a department to do something."""

    do: Literal["task"] = "task"
    department_id: UUID
    title: Text
    within_hours: Annotated[float, Field(gt=0, le=24 * 365)] | None = None


class AssignEffect(Part):
    do: Literal["assign"] = "assign"
    department_id: UUID | None = None
    to: Literal["nobody", "whoever_moves", "creator"] = "nobody"


class SetEffect(Part):
    do: Literal["set"] = "set"
    field: Literal["priority", "tags", "due_in_hours"] | Annotated[str, Field(pattern=r"^fields\.[a-z][a-z0-9_]*$")]
    value: JsonValue


class TellEffect(Part):
    """Writes the customer a public comment; `{{ticket.number}}`, `{{customer.name}}` and fields stand in braces."""

    do: Literal["tell_customer"] = "tell_customer"
    text: dict[Literal["zh-CN", "en"], Annotated[str, Field(max_length=2000)]]


Effect = Annotated[TaskEffect | AssignEffect | SetEffect | TellEffect, Field(discriminator="do")]


class Transition(Part):
    """A way from states to a state. `by`: who may take it; `roles` (keys or ids) narrows staff further.

    `require` are fields that must be filled then; `approval` asks that an approval of the type's rules was granted first.
    """

    key: Key
    label: Text
    from_states: Annotated[list[Key], Field(min_length=1)]
    to: Key
    by: Annotated[list[Literal["staff", "assignee", "customer"]], Field(min_length=1)] = ["staff"]
    roles: list[str] = Field(default_factory=list)
    when: Condition | None = None
    require: list[Key] = Field(default_factory=list)
    require_comment: bool = False
    approval: bool = False
    effects: Annotated[list[Effect], Field(max_length=20)] = Field(default_factory=list)


class Workflow(Part):
    """States and ways between them. `initial` is where a ticket starts."""

    initial: Key
    states: Annotated[list[State], Field(min_length=2, max_length=40)]
    transitions: Annotated[list[Transition], Field(max_length=200)]


class Tier(Part):
    """Where tickets of a tier go: a department, and within it people with a skill of at least a level (1–5)."""

    tier: Annotated[int, Field(ge=1, le=3)]
    department_id: UUID | None = None
    skill_id: UUID | None = None
    level: Annotated[int, Field(ge=1, le=5)] = 1


class Routing(Part):
    """Who gets a new ticket. `nobody`: it waits in its department; `least_loaded` and `round_robin` choose a person there."""

    department_id: UUID | None = None
    strategy: Literal["nobody", "creator", "least_loaded", "round_robin"] = "nobody"
    tiers: Annotated[list[Tier], Field(max_length=3)] = Field(default_factory=list)


class ApprovalStep(Part):
    """Everyone of `roles` may decide; `above_minor` says from which amount on (exclusive) the step is needed."""

    label: Text
    roles: Annotated[list[str], Field(min_length=1)]
    above_minor: Annotated[int, Field(ge=0)] | None = None
    needs: Literal["one", "all"] = "one"


class ApprovalRule(Part):
    """Who must agree. `amount_field` is a money field. `order`: one step after the other, or all at once."""

    amount_field: Key | None = None
    order: Literal["sequence", "parallel"] = "sequence"
    expires_hours: Annotated[int, Field(ge=1, le=24 * 90)] = 72
    steps: Annotated[list[ApprovalStep], Field(min_length=1, max_length=10)]


class Definition(Part):
    """A whole ticket type. `prefix` stands before the number people see (`R-10023`)."""

    name: Text
    description: Text = Field(default_factory=dict)
    icon: Annotated[str, Field(max_length=40)] = "ticket"
    prefix: Annotated[str, Field(pattern=r"^[A-Z]{1,4}$")] = "T"
    priority: Annotated[int, Field(ge=0, le=3)] = 1
    open_to_customers: bool = False
    """Whether customers may open one themselves, in the portal."""
    fields: Annotated[list[FieldSpec], Field(max_length=200)] = Field(default_factory=list)
    workflow: Workflow
    routing: Routing = Field(default_factory=Routing)
    approval: ApprovalRule | None = None
    close_after_hours: Annotated[int, Field(ge=1, le=24 * 365)] | None = 72
    """A solved ticket the customer does not answer closes after this long."""
