"""What time does to promises: warnings and broken promises in one pass, each step of a ladder once, whatever crashes."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import text

from qiao.core.db import Session
from qiao.desk.sla import service
from qiao.desk.sla.service import ladder, sweeping
from qiao.desk.tickets import service as tickets
from qiao.people.accounts import service as accounts
from qiao.people.organization import service as organization
from qiao.people.organization.schemas import CalendarPatch, DepartmentBody
from tests.desk.sla.promises import SYSTEM, Promises

START = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)  # Monday 10:00 in Shanghai
ANSWER = {"first_response": {"business": False, "minutes": [60, 60, 60, 30]}}
TELL = {"do": "notify", "whom": "assignee"}


def step(key: str, at: str, value: int, action: dict[str, Any] = TELL, **more: Any) -> dict[str, Any]:
    return {"id": key, "when": {"at": at, "value": value}, "action": action, **more}


def minutes(count: float) -> datetime:
    return START + timedelta(minutes=count)


async def rows_of(office: Promises, query: str, **values: Any) -> list[Any]:
    async def work(db: Session) -> list[Any]:
        return list(await db.execute(text(query), values))

    return await office.do(work)


async def events(office: Promises, ticket_id: UUID) -> list[tuple[str, Any]]:
    query = "SELECT kind, payload FROM events WHERE conversation_id = :id AND kind LIKE 'sla.%' ORDER BY xid, id"
    return [(row[0], row[1]) for row in await rows_of(office, query, id=ticket_id)]


async def lines(office: Promises, ticket_id: UUID) -> list[str]:
    found = await office.do(lambda db: tickets.timeline(db, SYSTEM, ticket_id))
    return [str(entry.entry_type) for entry in found.items if str(entry.entry_type).startswith("sla.")]


async def told(office: Promises) -> list[tuple[str, str]]:
    query = "SELECT kind, link FROM notifications WHERE kind LIKE 'sla.%' ORDER BY at, id"
    return [tuple(row) for row in await rows_of(office, query)]


async def test_a_promise_is_warned_of_and_broken_once_and_at_its_due_time(office: Promises) -> None:
    await office.policy("Answers", targets=ANSWER, ladder=[step("warn", "percent", 75), step("late", "after", 0)])
    ticket_id = await office.ticket(START, assignee_id=office.agent.id)
    assert (await office.facts(ticket_id)).next_due_at == minutes(60)
    assert (await service.sweep(office.runtime, minutes(45), 100)).looked == 0  # at the moment itself it is not yet due
    swept = await service.sweep(office.runtime, minutes(46), 100)
    assert (swept.looked, swept.warned, swept.breached, swept.told) == (1, 1, 0, 1)
    assert (await service.sweep(office.runtime, minutes(60), 100)).looked == 0
    swept = await service.sweep(office.runtime, minutes(75), 100)
    assert (swept.warned, swept.breached, swept.told) == (0, 1, 1)
    assert (await service.sweep(office.runtime, minutes(500), 100)).looked == 0
    clock = await office.clock(ticket_id, "first_response")
    assert (clock.state, clock.breached_at) == ("breached", minutes(60))
    assert (await office.facts(ticket_id)).breached
    assert [kind for kind, _ in await events(office, ticket_id)] == ["sla.warned", "sla.breached"]
    assert await lines(office, ticket_id) == ["sla.warned", "sla.breached"]
    noted = "SELECT payload->>'entry_type' FROM events WHERE conversation_id = :id AND kind = 'ticket.noted' ORDER BY xid, id"
    assert [row[0] for row in await rows_of(office, noted, id=ticket_id)] == ["sla.warned", "sla.breached"]
    ref = (await office.facts(ticket_id)).ref
    assert await told(office) == [("sla.warning", f"/tickets/{ref}"), ("sla.breached", f"/tickets/{ref}")]
    # Done late: broken stays known, nothing is overdue any more.
    await office.says(ticket_id, minutes(600))
    clock = await office.clock(ticket_id, "first_response")
    assert (clock.state, clock.met_at, clock.breached_at) == ("met", minutes(600), minutes(60))
    facts = await office.facts(ticket_id)
    assert (facts.breached, facts.next_due_at) == (False, None)


async def test_a_promise_found_broken_by_a_change_before_the_sweep_is_told_of_once(office: Promises) -> None:
    await office.policy("Answers", targets=ANSWER, ladder=[step("late", "after", 0)])
    ticket_id = await office.ticket(START, assignee_id=office.agent.id)
    await office.move(ticket_id, "open", minutes(61))
    [broken] = await events(office, ticket_id)
    assert (broken[0], broken[1]["breached_at"], broken[1]["again"]) == ("sla.breached", "2026-03-02T03:00:00Z", False)
    assert (await office.facts(ticket_id)).breached
    await office.says(ticket_id, minutes(62))
    await service.sweep(office.runtime, minutes(90), 100)
    assert [kind for kind, _ in await events(office, ticket_id)] == ["sla.breached", "sla.met"]
    assert await lines(office, ticket_id) == ["sla.breached"]


async def test_an_answer_too_late_for_a_promise_is_told_of_in_the_timeline(office: Promises) -> None:
    await office.policy("Answers", targets=ANSWER)
    ticket_id = await office.ticket(START, assignee_id=office.agent.id)
    await office.says(ticket_id, minutes(61))
    found = await office.do(lambda db: tickets.timeline(db, SYSTEM, ticket_id))
    told = next(entry for entry in found.items if entry.entry_type == "sla.breached")
    assert told.payload["params"] == {"kind": "first_response", "due_at": "2026-03-02T03:00:00Z", "steps": []}
    seqs = [entry.seq for entry in found.items]
    assert seqs == sorted(seqs) and len(set(seqs)) == len(seqs)


async def test_after_a_standstill_nobody_is_warned_of_what_has_happened(office: Promises) -> None:
    policy = [
        step("warn", "percent", 50),
        step("soon", "before", 10),
        step("late", "after", 0),
        step("far", "after", 600),
    ]
    await office.policy("Answers", targets=ANSWER, ladder=policy)
    ticket_id = await office.ticket(START, assignee_id=office.agent.id)
    swept = await service.sweep(office.runtime, minutes(90), 100)
    assert (swept.looked, swept.warned, swept.breached, swept.told) == (1, 0, 1, 1)
    clock = await office.clock(ticket_id, "first_response")
    assert [(one["id"], one.get("skipped", False)) for one in clock.fired] == [
        ("warn", True), ("soon", True), ("late", False),
    ]  # fmt: skip
    assert clock.next_at == minutes(660)
    # A clock that stands still climbs no further.
    await office.move(ticket_id, "pending", minutes(100))
    assert (await service.sweep(office.runtime, minutes(2000), 100)).looked == 0
    await office.move(ticket_id, "open", minutes(3000))
    assert (await office.clock(ticket_id, "first_response")).next_at == minutes(3000 + 560)


async def test_steps_that_change_the_ticket_are_taken_once(office: Promises) -> None:
    depot = await office.do(lambda db: organization.create_department(db, SYSTEM, DepartmentBody(name="Depot")))
    await office.policy(
        "Answers",
        targets=ANSWER,
        ladder=[
            step("up", "after", 0, {"do": "raise_priority"}),
            step("tier", "after", 0, {"do": "escalate"}),
            step("move", "after", 0, {"do": "reassign", "department_id": str(depot.id)}),
        ],
    )
    ticket_id = await office.ticket(START, assignee_id=office.agent.id)
    await service.sweep(office.runtime, minutes(61), 100)
    fact = (await events(office, ticket_id))[-1][1]
    assert sorted(fact["steps"]) == ["move", "tier", "up"]
    clock = await office.clock(ticket_id, "first_response")
    # The reaction sees its events at least once: here together, and again.
    again = [
        office.do(lambda db: ladder.climb(db, ticket_id, clock.id, clock.policy_id, fact["steps"])) for _ in range(3)
    ]
    await asyncio.gather(*again)
    for _ in range(1200):
        facts = await office.facts(ticket_id)
        if (facts.priority, facts.tier, facts.department_id) == (2, 2, depot.id):
            break
        await asyncio.sleep(0.05)
    assert (facts.priority, facts.tier, facts.department_id) == (2, 2, depot.id)
    assert sorted((await office.clock(ticket_id, "first_response")).acted) == ["move", "tier", "up"]


async def test_a_batch_that_fails_is_as_if_it_had_not_begun(office: Promises, monkeypatch: pytest.MonkeyPatch) -> None:
    await office.policy("Answers", targets=ANSWER, ladder=[step("late", "after", 0)])
    ids = [await office.ticket(START, assignee_id=office.agent.id) for _ in range(3)]

    async def crash(*_: Any) -> int:
        raise RuntimeError("the machine goes down")

    with monkeypatch.context() as patch:
        patch.setattr(sweeping, "_tell", crash)
        with pytest.raises(ExceptionGroup, match="unhandled errors"):
            await service.sweep(office.runtime, minutes(61), 100)
    assert [(await office.clock(one, "first_response")).state for one in ids] == ["running"] * 3
    assert await told(office) == []
    # Two sweeps at once share the work; a ticket somebody holds is left for the next pass.
    async with office.runtime.db.transaction() as busy:
        await busy.execute(text("SELECT 1 FROM tickets WHERE id = :id FOR UPDATE"), {"id": ids[0]})
        both = await asyncio.gather(*(service.sweep(office.runtime, minutes(61), 100) for _ in range(2)))
        assert sum(one.breached for one in both) == 2
    assert (await service.sweep(office.runtime, minutes(61), 100)).breached == 1
    assert [kind for one in ids for kind, _ in await events(office, one)] == ["sla.breached"] * 3
    assert len(await told(office)) == 3


async def test_whoever_would_hear_of_many_tickets_hears_once(office: Promises) -> None:
    lead = await office.do(
        lambda db: accounts.ensure_user(
            db, SYSTEM, email="wu@qiao.test", name="Wu", password="correct horse 9 battery", roles=["supervisor"]
        )
    )
    await office.policy("Answers", targets=ANSWER, ladder=[step("lead", "after", 0, {"do": "notify", "whom": "lead"})])
    for _ in range(8):
        await office.ticket(START)
    swept = await service.sweep(office.runtime, minutes(61), 100)
    assert (swept.breached, swept.told) == (8, 1)
    found = await rows_of(office, "SELECT user_id, kind, link FROM notifications WHERE kind LIKE 'sla.%'")
    assert [tuple(row) for row in found] == [(lead, "sla.breached_many", "/tickets?view=breached")]


async def test_another_calendar_or_policy_counts_open_clocks_anew(office: Promises) -> None:
    targets = {"resolution": {"business": True, "minutes": [120, 120, 120, 60]}}
    policy = await office.policy("Solved", targets=targets)
    # Monday 11:30; half an hour until lunch, the rest from 13:30.
    at = START + timedelta(minutes=90)
    ticket_id = await office.ticket(at)
    assert (await office.facts(ticket_id)).next_due_at == datetime(2026, 3, 2, 7, 0, tzinfo=UTC)
    assert office.calendar_id is not None
    calendar_id = office.calendar_id
    no_lunch = CalendarPatch.model_validate({"weekly": {"mon": [["09:00", "18:00"]]}})
    await office.do(lambda db: organization.update_calendar(db, SYSTEM, calendar_id, no_lunch), at)
    for _ in range(1200):
        if (await office.facts(ticket_id)).next_due_at == at + timedelta(hours=2):
            break
        await asyncio.sleep(0.05)
    assert (await office.facts(ticket_id)).next_due_at == at + timedelta(hours=2)
    # The policy goes: what has counted is kept, the clock stands still, and runs on when another applies.
    await office.do(lambda db: service.delete(db, SYSTEM, policy.id), at)
    for _ in range(1200):
        clock = await office.clock(ticket_id, "resolution")
        if clock.paused_why == "no_promise":
            break
        await asyncio.sleep(0.05)
    assert clock.paused_why == "no_promise"
    assert (await office.facts(ticket_id)).next_due_at is None


async def test_of_merged_tickets_the_earliest_promise_stays(office: Promises) -> None:
    await office.policy(
        "Answers", targets={**ANSWER, "resolution": {"business": False, "minutes": [500, 500, 500, 50]}}
    )
    early = await office.ticket(START)
    late = await office.ticket(minutes(20), priority=3)
    await office.move(early, "pending", minutes(25))
    await office.do(lambda db: tickets.merge(db, office.agent, late, [early]), minutes(30))
    rows = {(row.kind, row.state): row for row in await office.clocks(late)}
    # The early one had 35 minutes left for its answer, the late one 20.
    answer = rows["first_response", "running"]
    assert answer.started_at == minutes(20) and answer.due_at == minutes(50)
    assert rows["resolution", "running"].due_at == minutes(70)
    assert {row.state for row in await office.clocks(early)} == {"cancelled"}
    # The other way round: the promise of the ticket that goes comes along, with what it has counted.
    third = await office.ticket(minutes(40))
    await office.do(lambda db: tickets.merge(db, office.agent, third, [late]), minutes(45))
    assert (await office.facts(third)).next_due_at == minutes(50)
    moved = [row for row in await office.clocks(third) if row.started_at == minutes(20)]
    assert {(row.kind, row.state) for row in moved} == {("first_response", "running"), ("resolution", "running")}
    assert (await office.facts(late)).next_due_at is None
