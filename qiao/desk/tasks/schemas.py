"""What crosses the border of tasks."""

from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

State = Literal["waiting", "doing", "done", "returned", "cancelled"]
Scope = Literal["mine", "department", "asked", "all"]
Which = Literal["open", "overdue", "over", "all"]


def _nul_free(value: str) -> str:
    return value.replace("\x00", "")


def _line(value: str) -> str:
    cleaned = " ".join(_nul_free(value).split())
    if not cleaned:
        raise PydanticCustomError("task.text_empty", "empty")
    return cleaned


Title = Annotated[str, Field(max_length=200), AfterValidator(_line)]
Words = Annotated[str, Field(max_length=10_000), AfterValidator(_nul_free)]
Reason = Annotated[str, Field(max_length=500), AfterValidator(_line)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class TaskCreate(Body):
    """Something a department is asked to do. While a blocking one is open the ticket is on hold."""

    title: Title
    details: Words = ""
    department_id: UUID
    assignee_id: UUID | None = None
    due_at: AwareDatetime | None = None
    blocking: bool = True


class TaskPatch(Body):
    """Only what is given changes; `due_at` null takes the date away."""

    title: Title | None = None
    details: Words | None = None
    due_at: AwareDatetime | None = None
    blocking: bool | None = None


class AssignBody(Body):
    """Null: nobody in particular, whoever of the department takes it."""

    user_id: UUID | None


class FinishBody(Body):
    """`files` are attachments uploaded before; they go into the ticket's timeline as a note."""

    result: Words = ""
    files: Annotated[list[UUID], Field(max_length=20)] = Field(default_factory=list)


class ReasonBody(Body):
    reason: Reason


class OptionalReason(Body):
    reason: Annotated[str, Field(max_length=500), AfterValidator(_nul_free)] = ""


class Named(BaseModel):
    """A person or a department. Without a name: it does not exist any more."""

    id: UUID
    name: str | None


class TicketRef(BaseModel):
    """The ticket a task belongs to, as lists name it."""

    id: UUID
    number: int
    ref: str
    title: str
    status: str
    priority: int


class TaskView(BaseModel):
    """`may` says what the reader may do now."""

    id: UUID
    ticket: TicketRef
    title: str
    details: str
    department: Named
    assignee: Named | None
    due_at: datetime | None
    overdue: bool
    blocking: bool
    state: State
    result: str
    reason: str
    created_by: Named | None
    created_at: datetime
    accepted_at: datetime | None
    closed_at: datetime | None
    closed_by: Named | None
    version: int
    may: dict[str, bool]


class TaskCounts(BaseModel):
    """Open tasks: assigned to the caller, of their department, and how many of either are overdue."""

    mine: int
    department: int
    overdue: int


class Progress(BaseModel):
    """What a customer may know of a task: who works on it."""

    department: str
    state: Literal["working", "finished"]
    since: datetime
