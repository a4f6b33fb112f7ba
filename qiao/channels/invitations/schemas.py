"""What crosses the border of invitations."""

from datetime import date, datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError


def _pattern(text: str) -> str:
    if not text.startswith(("/", "http://", "https://", "*")) or "\x00" in text or any(c.isspace() for c in text):
        raise PydanticCustomError("invitation.pattern_invalid", "not a pattern")
    return text


def _plain(text: str) -> str:
    return text.replace("\x00", "")


Pattern = Annotated[
    str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_pattern)
]
Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=300), AfterValidator(_plain)]
Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80), AfterValidator(_plain)]


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Conditions(Body):
    """All that is given has to hold. `pages`: any of these, `*` stands for anything; a path, or a whole address."""

    pages: list[Pattern] = Field(default_factory=list, max_length=20)
    not_pages: list[Pattern] = Field(default_factory=list, max_length=20)
    seconds: int = Field(15, ge=0, le=3600, description="On this page at least so long.")
    visits: int = Field(0, ge=0, le=100, description="At least so many visits, this one included.")
    scroll: int = Field(0, ge=0, le=100, description="Scrolled down at least so far, in percent.")
    leaving: bool = Field(False, description="When the pointer leaves the page at its top.")
    idle_cart: int = Field(0, ge=0, le=3600, description="Something in the cart, and nothing done for so many seconds.")
    who: Literal["anybody", "known", "unknown"] = Field("anybody", description="Known: the site says who is signed in.")
    only_open: bool = Field(True, description="In business hours only, and when somebody can answer.")


class Caps(Body):
    """How often one browser sees an invitation."""

    per_day: int = Field(1, ge=1, le=10)
    total: int = Field(5, ge=1, le=100)
    rest_days: int = Field(7, ge=0, le=365, description="Days of silence after it was dismissed.")


class InvitationBody(Body):
    """A rule, complete."""

    name: Name
    active: bool = True
    conditions: Conditions = Conditions()
    text_zh: Words = ""
    text_en: Words = ""
    caps: Caps = Caps()


class OrderBody(Body):
    ids: list[UUID] = Field(max_length=200)


class Figures(BaseModel):
    shown: int = 0
    accepted: int = 0
    dismissed: int = 0
    conversations: int = 0


class InvitationView(BaseModel):
    id: UUID
    inbox_id: UUID
    name: str
    active: bool
    position: int
    conditions: Conditions
    text_zh: str
    text_en: str
    caps: Caps
    figures: Figures
    updated_at: datetime


class DayFigures(Figures):
    day: date


class PublicRule(BaseModel):
    """What a page needs to know when to speak."""

    id: UUID
    pages: list[str]
    not_pages: list[str]
    seconds: int
    visits: int
    scroll: int
    leaving: bool
    idle_cart: int
    who: str
    text: str


class Published(BaseModel):
    """The rules that may speak to this browser now, and its memory, renewed."""

    rules: list[PublicRule]
    memory: str


class SeenBody(BaseModel):
    """`ask`: may this be shown now? It counts as shown when the answer is yes."""

    model_config = ConfigDict(extra="ignore")

    id: UUID
    what: Literal["ask", "accepted", "dismissed"]
    memory: str = Field("", max_length=4000)


class Allowed(BaseModel):
    show: bool
    memory: str
