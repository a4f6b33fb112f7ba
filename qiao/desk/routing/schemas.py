"""What crosses the border of routing."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal
from uuid import UUID

import msgspec
from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from qiao.desk.conversations.schemas import ConversationView, PersonRef, Ref
from qiao.desk.routing.policy import AgentState, Cause, Mode, OverflowAction, Strategy


class Availability(msgspec.Struct, frozen=True):
    """What to tell a customer before they wait. `estimate_s` is None when nobody can say; 0 when somebody is free."""

    queue_id: UUID
    open: bool
    next_open: datetime | None
    agents_online: int
    waiting: int
    estimate_s: int | None
    mode: Mode


class SkillNeed(msgspec.Struct, frozen=True):
    skill_id: UUID
    level: int
    name: str = ""


class OverflowView(msgspec.Struct, frozen=True):
    action: str
    on: list[str]
    queue_id: UUID | None = None
    after_s: int | None = None


class QueueView(msgspec.Struct, frozen=True):
    """A queue as its managers see it."""

    id: UUID
    name: str
    description: str
    priority: int
    strategy: str
    required_skills: list[SkillNeed]
    calendar_id: UUID | None
    accept_timeout_s: int | None
    sticky: bool
    max_waiting: int | None
    overflow: OverflowView | None
    is_default: bool
    active: bool
    members: list[PersonRef]


class SkillView(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    description: str


class UserSkillView(msgspec.Struct, frozen=True):
    skill_id: UUID
    name: str
    level: int


class SkilledPerson(msgspec.Struct, frozen=True):
    id: UUID
    name: str
    avatar_url: str | None
    skills: list[UserSkillView]


class QueueLive(msgspec.Struct, frozen=True):
    """A queue at this moment."""

    queue: Ref
    waiting: int
    longest_wait_s: int
    oldest_entered_at: datetime | None
    agents_online: int
    agents_available: int
    open: bool


class AgentView(msgspec.Struct, frozen=True):
    """Somebody who handles conversations, at this moment. `conversations` counts what is assigned to them now."""

    user: PersonRef
    state: str
    reason: str | None
    since: datetime | None
    load: float
    capacity: float
    conversations: int
    queue_ids: list[UUID]


class OfferView(msgspec.Struct, frozen=True):
    """A conversation offered to one person until `expires_at`."""

    id: UUID
    conversation_id: UUID
    conversation: ConversationView | None
    queue: Ref
    user_id: UUID
    state: str
    offered_at: datetime
    expires_at: datetime


class LogCandidate(msgspec.Struct, frozen=True):
    user_id: UUID
    name: str
    eligible: bool
    why_not: list[str]
    load: float
    capacity: float
    idle_s: int | None


class LogEntry(msgspec.Struct, frozen=True):
    """One decision. `decision`, `rule`, `cause` and `why_not` are codes listed in the room's README."""

    id: UUID
    at: datetime
    decision: str
    queue: Ref | None
    user: PersonRef | None
    rule: str | None
    cause: str | None
    candidates: list[LogCandidate]
    others: int
    details: dict[str, Any]


class Place(msgspec.Struct, frozen=True):
    """Where a waiting customer stands, from 1."""

    place: int
    estimate_s: int | None
    mode: Mode


# -- request bodies --------------------------------------------------------------------------------------------------


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


Name = Annotated[str, Field(min_length=1, max_length=80)]


class SkillNeedBody(_Body):
    skill_id: UUID
    level: int = Field(ge=1, le=5)


class OverflowBody(_Body):
    action: OverflowAction
    on: list[Cause] = Field(min_length=1, max_length=4)
    queue_id: UUID | None = Field(None, validate_default=True)
    after_s: int | None = Field(None, ge=5, le=86_400, validate_default=True)

    @field_validator("queue_id", "after_s")
    @classmethod
    def _complete(cls, value: object, info: ValidationInfo) -> object:
        """Which queue, where it goes to one; after how long, where time runs out. `action` and `on` are read before."""
        needed = (
            info.data.get("action") == "queue"
            if info.field_name == "queue_id"
            else "timeout" in info.data.get("on", ())
        )
        if needed and value is None:
            raise PydanticCustomError("field_missing", "needed")
        return value


class QueueBody(_Body):
    """A queue, complete: what is left out gets its default."""

    name: Name
    description: str = Field("", max_length=500)
    priority: int = Field(0, ge=0, le=9)
    strategy: Strategy = "longest_idle"
    required_skills: list[SkillNeedBody] = Field(default_factory=list, max_length=20)
    calendar_id: UUID | None = None
    accept_timeout_s: int | None = Field(None, ge=5, le=600)
    sticky: bool = True
    max_waiting: int | None = Field(None, ge=0, le=10_000)
    overflow: OverflowBody | None = None
    is_default: bool = False
    active: bool = True
    member_ids: list[UUID] | None = Field(None, max_length=2000)


class QueuePatch(_Body):
    """Only what is given changes."""

    name: Name | None = None
    description: str | None = Field(None, max_length=500)
    priority: int | None = Field(None, ge=0, le=9)
    strategy: Strategy | None = None
    required_skills: list[SkillNeedBody] | None = Field(None, max_length=20)
    calendar_id: UUID | None = None
    accept_timeout_s: int | None = Field(None, ge=5, le=600)
    sticky: bool | None = None
    max_waiting: int | None = Field(None, ge=0, le=10_000)
    overflow: OverflowBody | None = None
    is_default: Literal[True] | None = None
    active: bool | None = None
    member_ids: list[UUID] | None = Field(None, max_length=2000)


class MembersBody(_Body):
    user_ids: list[UUID] = Field(max_length=2000)


class SkillBody(_Body):
    name: Name
    description: str = Field("", max_length=500)


class SkillPatch(_Body):
    """Only what is given changes."""

    name: Name | None = None
    description: str | None = Field(None, max_length=500)


class UserSkillsBody(_Body):
    skills: list[SkillNeedBody] = Field(max_length=100)


class PresenceBody(_Body):
    """Only what is given changes. `reason` belongs to the new state."""

    state: AgentState | None = None
    reason: str | None = Field(None, max_length=80)
    capacity: Decimal | None = Field(None, ge=0, le=100, decimal_places=2)


class Label(_Body):
    """A name in both languages."""

    zh: str = Field(min_length=1, max_length=80, alias="zh-CN")
    en: str = Field(min_length=1, max_length=80)
    model_config = ConfigDict(extra="forbid", populate_by_name=True, serialize_by_alias=True)


class Choice(_Body):
    """Something a person picks from a list. `key` is what is stored."""

    key: str = Field(min_length=1, max_length=40, pattern=r"^[a-z0-9_.-]+$")
    label: Label


class PresenceReason(Choice):
    state: Literal["busy", "away"]


Weight = Annotated[Decimal, Field(gt=0, le=100, decimal_places=2)]


def _choice(key: str, zh: str, en: str) -> dict[str, Any]:
    return {"key": key, "label": {"zh-CN": zh, "en": en}}


class RoutingSettings(_Body):
    """What a company decides about routing. A channel that is not named weighs 1."""

    channel_weights: dict[str, Weight] = Field(default_factory=dict, max_length=50)
    presence_reasons: list[PresenceReason] = Field(
        default_factory=lambda: [
            PresenceReason.model_validate({**_choice(key, zh, en), "state": state})
            for state, key, zh, en in (
                ("away", "break", "小休", "Short break"),
                ("away", "lunch", "用餐", "Lunch"),
                ("away", "meeting", "会议", "Meeting"),
                ("away", "training", "培训", "Training"),
                ("busy", "wrapping_up", "整理工单", "Wrapping up"),
                ("busy", "phone", "接听电话", "On the phone"),
            )
        ],
        max_length=50,
    )
    dispositions: list[Choice] = Field(
        default_factory=lambda: [
            Choice.model_validate(_choice(key, zh, en))
            for key, zh, en in (
                ("solved", "已解决", "Solved"),
                ("informed", "已答复咨询", "Question answered"),
                ("follow_up", "需后续跟进", "Follow-up needed"),
                ("no_answer", "客户未回应", "Customer did not answer"),
                ("spam", "无效或骚扰", "Spam"),
            )
        ],
        max_length=100,
    )
    missed_offers_to_away: int = Field(
        2, ge=0, le=20, description="Offers in a row somebody lets run out before they are set away; 0: never."
    )
    log_retention_days: int = Field(
        180, ge=7, le=3650, description="How long the reasons of decisions and offers that have ended are kept."
    )

    def weight(self, channel: str) -> Decimal:
        return self.channel_weights.get(channel, Decimal(1))
