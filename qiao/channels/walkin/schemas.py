"""What crosses the border of the counter: bodies, what staff see, what the public pages show."""

import re
from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from qiao.desk.inboxes.schemas import Bilingual
from qiao.people.customers.schemas import CustomerRef
from qiao.people.organization.schemas import check_timezone


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


def _storable(text: str) -> str:
    if "\x00" in text:
        raise PydanticCustomError("text_not_storable", "not storable")
    return text


Plain = Annotated[str, StringConstraints(strip_whitespace=True), AfterValidator(_storable)]
Key = Annotated[str, Field(min_length=8, max_length=80), AfterValidator(_storable)]
Locale = Literal["zh-CN", "en"]
Timezone = Annotated[str, AfterValidator(check_timezone)]


def _prefix(text: str) -> str:
    text = text.strip().upper()
    if not re.fullmatch(r"[A-Z]{1,2}", text):
        raise PydanticCustomError("walkin_prefix_invalid", "one or two letters")
    return text


def _named(text: Bilingual) -> Bilingual:
    if not text.text("en"):
        raise PydanticCustomError("field_missing", "a name is needed")
    if max(len(text.zh_cn), len(text.en)) > 60:
        raise PydanticCustomError("walkin_name_too_long", "too long")
    return text


Prefix = Annotated[str, AfterValidator(_prefix)]
Label = Annotated[Bilingual, AfterValidator(_named)]

# -- structure ---------------------------------------------------------------------------------------------------------


class ServiceView(View):
    id: UUID
    name: Bilingual
    prefix: str
    queue_id: UUID
    calendar_id: UUID | None
    handle_s: int
    slot_minutes: int
    slot_capacity: int
    days_ahead: int
    position: int
    active: bool


class CounterView(View):
    """A counter. `staff_name` is who has it open."""

    id: UUID
    name: str
    service_ids: list[UUID]
    taking: list[UUID]
    staff_id: UUID | None
    staff_name: str | None
    opened_at: datetime | None
    active: bool


class SiteView(View):
    """A site with what it consists of."""

    id: UUID
    inbox_id: UUID
    name: str
    title: Bilingual
    address: Bilingual
    timezone: str
    active: bool
    rules: dict[str, int | bool]
    services: list[ServiceView]
    counters: list[CounterView]


class LinkView(View):
    """The address of a public page, and the same as a QR code."""

    kind: Literal["kiosk", "join", "display"]
    url: str
    qr_svg: str


class SiteBody(Body):
    name: Annotated[Plain, Field(min_length=1, max_length=80)]
    title: Bilingual = Bilingual()
    address: Bilingual = Bilingual()
    timezone: Timezone | None = None
    queue_id: UUID | None = None


class SitePatch(Body):
    """Only what is given changes; `rules` are merged by name."""

    name: Annotated[Plain, Field(min_length=1, max_length=80)] | None = None
    title: Bilingual | None = None
    address: Bilingual | None = None
    timezone: Timezone | None = None
    active: bool | None = None
    rules: dict[str, Any] | None = None


class ServiceBody(Body):
    """A service, complete. No queue: the inbox's, or the default one."""

    name: Label
    prefix: Prefix
    queue_id: UUID | None = None
    calendar_id: UUID | None = None
    handle_s: int = Field(600, ge=10, le=4 * 3600)
    slot_minutes: int = Field(30, ge=5, le=480)
    slot_capacity: int = Field(0, ge=0, le=200)
    days_ahead: int = Field(14, ge=0, le=180)
    position: int = Field(0, ge=0, le=1000)
    active: bool = True


class CounterBody(Body):
    """A counter, complete. No services: it may take all."""

    name: Annotated[Plain, Field(min_length=1, max_length=12)]
    service_ids: list[UUID] = Field(default_factory=list, max_length=50)
    active: bool = True


class RotateBody(Body):
    kind: Literal["kiosk", "join", "display"]


# -- what staff do -----------------------------------------------------------------------------------------------------


class OpenBody(Body):
    """Which services to take; empty: all this person may and the counter does."""

    service_ids: list[UUID] = Field(default_factory=list, max_length=50)


class TakeBody(Body):
    service_id: UUID
    client_key: Key
    locale: Locale = "zh-CN"
    priority: int = Field(1, ge=1, le=3)
    phone: Annotated[Plain, Field(max_length=40)] | None = None
    customer_id: UUID | None = None


class TransferBody(Body):
    """To another service, or to a counter (of the same service unless one is named)."""

    service_id: UUID | None = None
    counter_id: UUID | None = None
    note: Annotated[Plain, Field(max_length=2000)] = ""


class EndBody(Body):
    disposition: Annotated[Plain, Field(max_length=120)] | None = None
    note: Annotated[Plain, Field(max_length=4000)] = ""
    tags: list[Annotated[Plain, Field(max_length=40)]] | None = Field(None, max_length=30)


class CustomerBody(Body):
    """Who it is, as staff has verified at the counter: a known customer, or whoever has this phone number."""

    customer_id: UUID | None = None
    phone: Annotated[Plain, Field(max_length=40)] | None = None
    name: Annotated[Plain, Field(max_length=80)] | None = None


class PriorityBody(Body):
    priority: int = Field(ge=1, le=3)


class VisitView(View):
    """A visit as staff see it. `customer` only once verified; `phone` is masked."""

    id: UUID
    site_id: UUID
    service_id: UUID
    conversation_id: UUID
    code: str
    state: str
    source: str
    locale: str
    priority: int
    counter_id: UUID | None
    counter: str | None
    wanted_counter_id: UUID | None
    staff_id: UUID | None
    staff_name: str | None
    calls: int
    customer: CustomerRef | None
    phone: str | None
    appointment_at: datetime | None
    appointment_name: str | None
    """In whose name it was booked: what somebody has said, not who they are."""
    sort_at: datetime
    taken_at: datetime
    called_at: datetime | None
    started_at: datetime | None
    ended_at: datetime | None
    missed_at: datetime | None
    return_by: datetime | None
    postponed: int
    served_s: int
    secret: str | None = None
    """Only in the answer to who took it, for the printed ticket."""


class BookingView(View):
    """An appointment as staff see it; `phone` is masked."""

    id: UUID
    site_id: UUID
    service_id: UUID
    starts_at: datetime
    ends_at: datetime
    state: str
    code: str
    name: str
    phone: str | None
    customer_id: UUID | None
    note: str
    visit_id: UUID | None


class SiteChoice(View):
    """A site somebody may work at, and which of its services are theirs."""

    id: UUID
    name: str
    title: Bilingual
    timezone: str
    services: list[ServiceView]
    counters: list[CounterView]
    may_take: list[UUID]


class LineFigures(View):
    service_id: UUID
    waiting: int
    longest_wait_s: int
    counters: int
    estimate_s: int | None


class DeskView(View):
    """Everything on the staff's screen."""

    site: SiteChoice
    counter_id: UUID | None
    current: VisitView | None
    next: UUID | None
    waiting: list[VisitView]
    waiting_total: int
    parked: list[VisitView]
    missed: list[VisitView]
    at_counters: list[VisitView]
    figures: list[LineFigures]
    appointments: list[BookingView]
    rules: dict[str, int | bool]
    now: datetime


class BookBody(Body):
    service_id: UUID
    starts_at: AwareDatetime
    name: Annotated[Plain, Field(min_length=1, max_length=80)]
    phone: Annotated[Plain, Field(max_length=40)] | None = None
    note: Annotated[Plain, Field(max_length=300)] = ""
    client_key: Key
    locale: Locale = "zh-CN"


class StaffBookBody(BookBody):
    customer_id: UUID | None = None


# -- the day in figures ------------------------------------------------------------------------------------------------


class ServiceFigures(View):
    service_id: UUID
    taken: int
    waiting: int
    served: int
    missed: int
    cancelled: int
    wait_p50_s: float | None
    wait_p90_s: float | None
    handle_mean_s: float | None


class HourFigures(View):
    """`hour` is on the site's clock. Waits are of numbers taken in that hour and called since."""

    hour: int
    taken: int
    served: int
    wait_p50_s: float | None
    wait_p90_s: float | None


class Statistics(View):
    day: date
    total: ServiceFigures
    services: list[ServiceFigures]
    hours: list[HourFigures]
    appointments: dict[str, int]


# -- the public pages --------------------------------------------------------------------------------------------------


class EntryService(View):
    id: UUID
    name: Bilingual
    prefix: str
    open: bool
    next_open: datetime | None
    waiting: int
    estimate_s: int | None
    bookable: bool


class EntryView(View):
    """What the kiosk and the visitor's own phone show before a number is taken."""

    mode: Literal["kiosk", "phone"]
    title: Bilingual
    address: Bilingual
    timezone: str
    services: list[EntryService]
    ask_phone: bool
    idle_seconds: int
    early_minutes: int


class PublicTakeBody(Body):
    service_id: UUID
    client_key: Key
    device: Annotated[str, Field(min_length=1, max_length=80)] = "?"
    locale: Locale = "zh-CN"
    phone: Annotated[Plain, Field(max_length=40)] | None = None


class PublicBookBody(BookBody):
    device: Annotated[str, Field(min_length=1, max_length=80)] = "?"


class CheckInBody(Body):
    code: Annotated[Plain, Field(pattern=r"^\d{6}$")]
    client_key: Key | None = None


class PublicVisit(View):
    """A number, on its holder's phone: no names, nothing about anybody else."""

    secret: str
    code: str
    state: str
    service: Bilingual
    site: Bilingual
    address: Bilingual
    timezone: str
    counter: str | None
    calls: int
    ahead: int | None
    estimate_s: int | None
    taken_at: datetime
    called_at: datetime | None
    return_by: datetime | None
    may_return: bool
    may_postpone: bool
    may_cancel: bool
    may_rate: bool
    rating: int | None
    comment: str
    near: int
    parked: bool
    path: str


class PublicBooking(View):
    secret: str
    code: str
    state: str
    service: Bilingual
    site: Bilingual
    address: Bilingual
    timezone: str
    starts_at: datetime
    ends_at: datetime
    check_in_from: datetime
    may_check_in: bool
    may_cancel: bool
    visit_path: str | None
    path: str


class SlotView(View):
    starts_at: datetime
    ends_at: datetime
    free: int


class DayView(View):
    day: date
    slots: list[SlotView]


class BoardCall(View):
    """Somebody being called, or at a counter. `call` is another one with each call."""

    call: str
    code: str
    counter: str | None
    state: str
    called_at: datetime
    calls: int


class BoardNext(View):
    code: str
    service: Bilingual


class BoardView(View):
    """The display. Numbers only."""

    title: Bilingual
    timezone: str
    calls: list[BoardCall]
    next: list[BoardNext]
    missed: list[str]
    waiting: int
    sound: bool
    now: datetime


class RateBody(Body):
    score: int = Field(ge=1, le=5)
    comment: Annotated[Plain, Field(max_length=1000)] = ""


class RatingView(View):
    score: int
    comment: str
