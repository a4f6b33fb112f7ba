"""What crosses the border of the organization."""

import datetime
from itertools import pairwise
from typing import Annotated, Any, Literal
from uuid import UUID
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import phonenumbers
from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from qiao.people.organization.hours import WEEKDAYS, Interval, parse_interval

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
CompanyName = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=120)]
Tag = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=40)]
Locale = Literal["zh-CN", "en"]
MIB = 1024 * 1024


def check_timezone(name: str) -> str:
    """An IANA zone name that this machine knows."""
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise PydanticCustomError("timezone_unknown", "unknown time zone") from None
    return name


def check_region(code: str) -> str:
    """A country or territory whose telephone numbers are understood."""
    if code not in phonenumbers.SUPPORTED_REGIONS:
        raise PydanticCustomError("phone_region_unknown", "unknown region")
    return code


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class View(BaseModel):
    model_config = ConfigDict(frozen=True, from_attributes=True)


class WorkspaceSettings(BaseModel):
    """What a company decides about its service, with the defaults. Unknown names are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    reopen_hours: Annotated[int, Field(ge=0, le=720)] = 48
    """How long after it was resolved a customer's message reopens a conversation."""
    wrap_up_required: bool = False
    tags: Annotated[list[Tag], Field(max_length=200)] = []
    """Tags offered for conversations."""
    upload_max_bytes: Annotated[int, Field(ge=64 * 1024, le=200 * MIB)] = 20 * MIB
    """Largest file in a conversation; the installation's own limit applies as well."""
    phone_region: Annotated[str, AfterValidator(check_region)] = "CN"
    """The country of telephone numbers that are written without a code."""
    demo: bool = False
    """Seeded with the demo company: its shop page is served."""
    service_level_s: Annotated[int, Field(ge=1, le=3600)] = 30
    """A conversation answered within this time counts as served in time."""


class WorkspaceView(View):
    name: str
    locale: str
    timezone: str
    setup_done: bool
    settings: WorkspaceSettings


class WorkspacePatch(Body):
    """`settings` are merged by name."""

    name: CompanyName | None = None
    locale: Locale | None = None
    timezone: str | None = None
    settings: dict[str, Any] | None = None

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str | None) -> str | None:
        return value if value is None else check_timezone(value)


class DepartmentView(View):
    id: UUID
    name: str
    description: str
    parent_id: UUID | None
    users: int = 0


class DepartmentBody(Body):
    name: Name
    description: str = Field("", max_length=300)
    parent_id: UUID | None = None


class DepartmentPatch(Body):
    name: Name | None = None
    description: str | None = Field(None, max_length=300)
    parent_id: UUID | None = None


Pair = Annotated[list[str], Field(min_length=2, max_length=2)]
Hours = Annotated[list[Pair], Field(max_length=12)]


def check_hours(pairs: list[list[str]], *, field: str = "hours") -> list[list[str]]:
    """Intervals of one day in order. Raises when a time is malformed or two intervals cross."""
    spans: list[tuple[Interval, list[str]]] = []
    for pair in pairs:
        try:
            spans.append((parse_interval(*pair), pair))
        except ValueError:
            raise PydanticCustomError("hours_invalid", "not an interval") from None
    spans.sort()
    for (one, _), (other, _) in pairwise(spans):
        if other[0] < one[1]:
            raise PydanticCustomError("hours_overlap", "intervals cross")
    return [pair for _, pair in spans]


class ExceptionDay(Body):
    """A dated day that replaces the pattern: `hours` empty means closed."""

    date: datetime.date
    hours: Hours = Field(default_factory=list)
    name: str = Field("", max_length=80)

    @field_validator("hours")
    @classmethod
    def _hours(cls, value: list[list[str]]) -> list[list[str]]:
        return check_hours(value)


class CalendarSpec(Body):
    """A whole business calendar."""

    name: Name
    timezone: str = "Asia/Shanghai"
    weekly: dict[str, Hours] = Field(default_factory=dict)
    holidays_country: Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")] | None = None
    follow_makeup_workdays: bool = True
    exceptions: list[ExceptionDay] = Field(default_factory=list, max_length=1000)

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        return check_timezone(value)

    @field_validator("weekly")
    @classmethod
    def _weekly(cls, value: dict[str, list[list[str]]], info: ValidationInfo) -> dict[str, list[list[str]]]:
        if set(value) - set(WEEKDAYS):
            raise PydanticCustomError("weekday_unknown", "unknown weekday")
        return {day: check_hours(value.get(day, [])) for day in WEEKDAYS}

    @field_validator("exceptions")
    @classmethod
    def _dates(cls, value: list[ExceptionDay]) -> list[ExceptionDay]:
        if len({day.date for day in value}) != len(value):
            raise PydanticCustomError("exception_twice", "a date appears twice")
        return sorted(value, key=lambda day: day.date)


class CalendarPatch(Body):
    """Fields left out stay; each given one replaces the whole of its part."""

    name: Name | None = None
    timezone: str | None = None
    weekly: dict[str, Hours] | None = None
    holidays_country: str | None = None
    follow_makeup_workdays: bool | None = None
    exceptions: list[ExceptionDay] | None = None


class CalendarView(View):
    id: UUID
    name: str
    timezone: str
    weekly: dict[str, list[list[str]]]
    holidays_country: str | None
    follow_makeup_workdays: bool
    exceptions: list[ExceptionDay]


class PreviewDay(View):
    """One day as routing will see it. `reason`: weekly, holiday, makeup or exception."""

    date: datetime.date
    hours: list[list[str]]
    reason: Literal["weekly", "holiday", "makeup", "exception"]
    name: str | None
    clock_change: bool


class Preview(View):
    open_now: bool
    next_open: str | None
    next_close: str | None
    days: list[PreviewDay]
