"""Triggers and schedules: pure decisions, held against slow and obvious reckoning."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.core.conditions import Group, Test, holds
from qiao.desk.automation import policy
from qiao.desk.automation.schemas import EventTrigger, ScheduleTrigger
from qiao.desk.automation.timed import business_back
from qiao.people.organization.hours import Calendar, business_seconds

moments = st.integers(0, 3 * 366 * 24 * 3600).map(lambda s: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(seconds=s))


@given(
    st.sampled_from(["day", "week", "month"]),
    st.lists(st.integers(1, 7), min_size=1, max_size=3),
    st.integers(1, 31),
    st.sampled_from(["00:00", "02:30", "09:15", "23:59"]),
    st.sampled_from(["Asia/Shanghai", "Europe/Berlin", "America/New_York", "Asia/Kolkata"]),
    moments,
)
@settings(max_examples=60)
def test_the_next_moment_is_the_latest_one_once_it_has_come(
    every: str, weekdays: list[int], day: int, time: str, zone: str, at: datetime
) -> None:
    trigger = ScheduleTrigger.model_validate(
        {"every": every, "weekdays": weekdays, "day": day, "time": time, "timezone": zone}
    )
    following = policy.following(trigger, at)
    assert following is not None and following > at
    assert policy.latest(trigger, following) == following
    before = policy.latest(trigger, following - timedelta(seconds=1))
    assert before is not None and before <= at
    local = following.astimezone(ZoneInfo(zone))
    if every == "week":
        assert local.isoweekday() in weekdays
    if every == "month":
        assert local.day == day or (local + timedelta(days=1)).day == 1
    assert following - before <= timedelta(days={"day": 1, "week": 7, "month": 31}[every], hours=2)


def test_what_the_clocks_skip_and_repeat() -> None:
    trigger = ScheduleTrigger(every="day", time="02:30", timezone="Europe/Berlin")
    spring = policy.following(trigger, datetime(2026, 3, 28, 12, tzinfo=UTC))
    autumn = policy.following(trigger, datetime(2026, 10, 24, 12, tzinfo=UTC))
    assert spring == datetime(2026, 3, 29, 1, 30, tzinfo=UTC)  # 03:30 in summer: right after the gap
    assert autumn == datetime(2026, 10, 25, 0, 30, tzinfo=UTC)  # the first of the two
    month = ScheduleTrigger(every="month", day=31, time="09:00", timezone="Asia/Shanghai")
    assert policy.following(month, datetime(2026, 2, 1, tzinfo=UTC)) == datetime(2026, 2, 28, 1, tzinfo=UTC)


def test_events_are_narrowed() -> None:
    moved = {"ticket_id": "x", "previous_status": "open", "status": "pending", "previous_state": "a", "state": "b"}
    assert policy.fits(
        EventTrigger(event="ticket.moved", before=["open"], after=["pending"]), "ticket.moved", moved, "user"
    )
    assert policy.fits(EventTrigger(event="ticket.moved", after=["b"]), "ticket.moved", moved, "user")
    assert not policy.fits(EventTrigger(event="ticket.moved", after=["solved"]), "ticket.moved", moved, "user")
    assert not policy.fits(EventTrigger(event="ticket.moved", by=["customer"]), "ticket.moved", moved, "user")
    said = {"author_kind": "customer", "public": True}
    assert policy.fits(
        EventTrigger(event="ticket.commented", by=["customer"], public=True), "ticket.commented", said, "system"
    )
    assert not policy.fits(EventTrigger(event="ticket.commented", public=False), "ticket.commented", said, "user")
    assert not policy.fits(EventTrigger(event="nothing.known"), "ticket.moved", moved, "user")
    assert policy.fits(EventTrigger(event="sla.breached"), "sla.breached", {"again": False}, "system")
    assert not policy.fits(EventTrigger(event="sla.breached"), "sla.breached", {"again": True}, "system")


facts = st.fixed_dictionaries({"a": st.integers(0, 2), "b": st.integers(0, 2)})
parts = st.builds(Test, fact=st.sampled_from(["a", "b"]), op=st.sampled_from(["is", "above"]), value=st.integers(0, 2))
groups = st.recursive(
    parts,
    lambda inner: st.builds(
        Group, match=st.sampled_from(["all", "any", "none"]), conditions=st.lists(inner, max_size=3)
    ),
    max_leaves=6,
)


@given(groups, facts)
def test_there_is_a_reason_exactly_where_a_condition_does_not_hold(
    condition: Test | Group, known: dict[str, int]
) -> None:
    reason = policy.first_failed(condition, known)
    assert (reason is None) is holds(condition, known)
    if reason is not None and "fact" in reason:
        assert reason["seen"] == known[reason["fact"]]


@given(st.integers(1, 60 * 40), moments)
@settings(max_examples=25)
def test_business_minutes_back_are_the_inverse_of_counting_them(minutes: int, now: datetime) -> None:
    office = ((9 * 60, 12 * 60), (13 * 60, 18 * 60))
    calendar = Calendar("Asia/Shanghai", (office,) * 5 + ((), ()))
    back = business_back(calendar, now, minutes * 60)
    assert back is not None
    assert business_seconds(calendar, back, now) >= minutes * 60
    assert business_seconds(calendar, back + timedelta(seconds=1), now) < minutes * 60
