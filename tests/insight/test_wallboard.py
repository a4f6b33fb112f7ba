"""The wallboard against conversations written by hand: every figure, its hour, its day, its queue."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import event, text

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.insight.wallboard import service
from tests.conftest import SignIn
from tests.desk.routing.office import Office

SYSTEM = Actor.system()
# 10:30 on Wednesday 21 January 2026 in Shanghai.
NOW = datetime(2026, 1, 21, 2, 30, tzinfo=UTC)
INSERT = text(
    "INSERT INTO conversations (id, inbox_id, channel, customer_id, status, queue_id, assignee_id, priority, locale, tags,"
    " version, last_seq, last_message_at, customer_read_seq, staff_read_seq, unread, created_at, queued_at, assigned_at,"
    " first_response_at, resolved_at, handoff_reason, context)"
    " VALUES (:id, :inbox, 'webchat', :customer, :status, :queue, :assignee, 1, 'zh-CN', '{}', 1, 0, :created, 0, 0, 0,"
    " :created, :queued, :assigned, :responded, :resolved, :reason, '{}')"
)


@pytest.fixture
async def office(runtime: Runtime) -> Office:
    return Office(runtime)


class Day:
    """Writes conversations at minutes after 09:00 (Shanghai) of today, or of days before."""

    def __init__(self, office: Office, queue: UUID, inbox: UUID, customer: UUID, agent: UUID):
        self.office, self.queue, self.inbox, self.customer, self.agent = office, queue, inbox, customer, agent

    async def one(self, status: str, *, days: int = 0, reason: str | None = None, **at: float) -> None:
        start = datetime(2026, 1, 21, 1, 0, tzinfo=UTC) - timedelta(days=days)
        moments = {name: start + timedelta(minutes=minutes) for name, minutes in at.items()}
        values: dict[str, Any] = dict.fromkeys(("queued", "assigned", "responded", "resolved"))
        values |= moments | {"id": new_id(), "inbox": self.inbox, "customer": self.customer, "status": status}
        values |= {"queue": self.queue if "queued" in at else None, "reason": reason}
        values |= {"assignee": self.agent if "assigned" in at else None}
        await self.office.runtime.db.run(lambda db: db.execute(INSERT, values))


@pytest.fixture
async def day(office: Office) -> Day:
    agent = await office.person("li", state="online")
    queue = await office.queue("售后", [agent])
    inbox = await office.inbox(queue)
    return Day(office, queue, inbox, await office.customer(), agent)


async def test_every_figure_of_a_small_day(day: Day, runtime: Runtime) -> None:
    await day.one("resolved", created=0, resolved=5)  # the bot alone
    await day.one("resolved", created=1, queued=2, assigned=2.1, responded=2.25, resolved=12.1)  # 15 s, in time
    await day.one("assigned", created=61, queued=62, assigned=62.2, responded=64)  # 120 s, late
    await day.one("resolved", created=10, queued=11, resolved=11.25)  # left within the promise
    await day.one("closed", created=10, queued=11, resolved=21)  # left late
    await day.one("queued", created=80, queued=81)  # waits since 9 minutes: overdue
    await day.one("queued", created=89, queued=89.9)  # waits since 6 seconds
    await day.one("queued", created=3, queued=4, reason="leave_message")  # a message left is no handoff
    await day.one("resolved", days=1, created=0, queued=1, assigned=1, responded=2, resolved=3)  # yesterday
    await day.one("resolved", days=7, created=0, queued=1, assigned=1, responded=2, resolved=3)  # last Wednesday
    await day.one("queued", created=-9 * 60 - 1, queued=-9 * 60 - 0.5)  # 23:59 the evening before
    with clock.frozen(NOW):
        async with runtime.db.read() as db:
            board = await service.wallboard(db, SYSTEM)
    today = board.today
    assert (today.started, today.resolved, today.bot_resolved) == (8, 4, 1)
    assert (today.handoffs, today.abandoned, today.abandonment_percent) == (6, 2, 33.3)
    assert today.service_level.within_s == 30
    assert today.service_level.percent == 25.0  # 1 in time ÷ (2 answered + 1 left late + 1 overdue)
    assert today.asa_s == 67.5 and today.aht_s == 600.0 and today.containment_percent == 25.0
    assert today.first_response_s == round((75 + 180) / 2, 1)
    assert [queue.service_level.percent for queue in board.queues] == [25.0]
    assert {point.hour: (point.started, point.handoffs) for point in board.series.hour} == {9: (5, 3), 10: (3, 3)}
    assert [(p.hour, p.started, p.resolved) for p in board.series.previous] == [(9, 1, 1)]
    assert board.series.previous_day.isoformat() == "2026-01-14" and board.timezone == "Asia/Shanghai"
    assert board.agents == {"online": 1, "busy": 0, "away": 0, "offline": 0}


async def test_who_was_answered_before_and_came_back_is_not_measured_twice(day: Day, runtime: Runtime) -> None:
    await day.one("queued", days=1, created=0, responded=2, queued=24 * 60 + 30)
    with clock.frozen(NOW):
        async with runtime.db.read() as db:
            today = (await service.wallboard(db, SYSTEM)).today
    assert today.handoffs == 1 and today.asa_s is None and today.service_level.percent is None


async def test_it_follows_what_happens_and_needs_the_right(
    sign_in: SignIn, office: Office, day: Day, runtime: Runtime
) -> None:
    await day.office.state(day.agent, "offline")
    conversation = await office.arrive()
    boss, li = await sign_in("boss", role="supervisor"), await sign_in("chen", role="agent")
    assert (await li.get("/api/v1/wallboard")).status_code == 403
    board = (await boss.get("/api/v1/wallboard")).json()
    assert board["queues"][0]["waiting"] == 1 and board["today"]["handoffs"] == 1 and board["agents"]["offline"] >= 1
    assert board["today"]["csat"] == {"mean": None, "count": 0}
    await office.resolve(conversation)
    board = (await boss.get("/api/v1/wallboard")).json()
    assert board["queues"][0]["waiting"] == 0 and board["today"]["abandoned"] == 1


async def test_the_number_of_queries_does_not_grow_with_the_data(day: Day, runtime: Runtime) -> None:
    seen: list[str] = []

    def note(connection: Any, cursor: Any, statement: str, *rest: Any) -> None:
        seen.append(statement)

    async def more(times: int) -> list[str]:
        for minute in range(times):
            await day.one("resolved", created=minute, queued=minute, assigned=minute, responded=minute, resolved=40)
        for _ in range(times):
            await day.office.queue(f"q{new_id()}", [day.agent])
        seen.clear()
        async with runtime.db.read() as db:
            event.listen((await db.connection()).sync_connection, "before_cursor_execute", note)
            await service.wallboard(db, SYSTEM)
        return sorted(seen)

    with clock.frozen(NOW):
        assert len(await more(1)) == len(await more(12))
