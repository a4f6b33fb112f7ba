"""What the wallboard shows."""

from datetime import date, datetime

import msgspec

from qiao.desk.routing.schemas import QueueLive
from qiao.desk.sla.schemas import QueuePromises


class ServiceLevel(msgspec.Struct, frozen=True):
    within_s: int
    percent: float | None


class WallQueue(QueueLive, frozen=True):
    """A queue at this moment, with today's service level and what of its conversations is late or soon will be."""

    service_level: ServiceLevel
    sla: QueuePromises


class Satisfaction(msgspec.Struct, frozen=True):
    mean: float | None
    count: int


class Today(msgspec.Struct, frozen=True):
    """Figures since midnight in the company's time zone; what they mean is defined in `insight/metrics`."""

    started: int
    resolved: int
    bot_resolved: int
    handoffs: int
    abandoned: int
    abandonment_percent: float | None
    containment_percent: float | None
    service_level: ServiceLevel
    asa_s: float | None
    aht_s: float | None
    first_response_s: float | None
    csat: Satisfaction


class HourPoint(msgspec.Struct, frozen=True):
    hour: int
    started: int
    resolved: int
    bot_resolved: int
    handoffs: int
    abandoned: int


class HourSeries(msgspec.Struct, frozen=True):
    """Hours with something in them. `previous` is the same weekday last week, `previous_day` its date."""

    hour: list[HourPoint]
    previous: list[HourPoint]
    previous_day: date


class Wallboard(msgspec.Struct, frozen=True):
    now: datetime
    timezone: str
    queues: list[WallQueue]
    agents: dict[str, int]
    today: Today
    series: HourSeries
