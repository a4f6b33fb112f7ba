"""Random histories of tickets through the real verbs: the stored clocks equal what a reference that walks the minutes
finds, whenever sweeps came by and whatever they did in between."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from uuid import UUID

import pytest

from qiao.core.actor import Actor
from qiao.desk.sla import clock as clocks
from qiao.desk.sla import keeping, repository, service
from qiao.desk.sla.clock import SECOND, Hours, Wall
from qiao.desk.tickets import service as tickets
from qiao.people.organization import hours
from qiao.people.organization import service as organization
from qiao.people.organization.hours import Calendar
from qiao.people.organization.schemas import CalendarSpec, CalendarView
from tests.desk.sla.promises import HOURS, Promises

STEP = timedelta(minutes=1)
DONE = ("solved", "closed")
START = datetime(2026, 9, 29, 2, 0, tzinfo=UTC)  # Tuesday 10:00 in Shanghai, two days before a week of holidays
GOLD = {"first_response": (False, 20), "next_response": (False, 45), "resolution": (False, 180)}
QUIET = {"first_response": (True, 30)}
USUAL = {"first_response": (True, 60), "next_response": (True, 90), "resolution": (True, 300)}
Terms = tuple[bool, int]


@dataclass
class SlowClock:
    kind: str
    state: str
    counted: int = 0
    business: bool = True
    target: int = 0
    why: str | None = None
    due: datetime | None = None
    broken: datetime | None = None
    met: datetime | None = None
    started: datetime = START

    @property
    def open(self) -> bool:
        return self.state == "open"

    def resume(self, at: datetime) -> None:
        if self.why is not None:
            self.why = None
            self.due = at if self.counted >= self.target else None

    def pause(self, at: datetime, why: str) -> None:
        self.why = why
        self.due = None


@dataclass
class SlowTicket:
    """What should be, from the rules alone."""

    calendar: Calendar
    now: datetime
    priority: int = 1
    status: str = "new"
    tags: set[str] = field(default_factory=set)
    unanswered: bool = False
    clocks: list[SlowClock] = field(default_factory=list)

    def rules(self) -> tuple[str, dict[str, Terms], set[str]]:
        if "gold" in self.tags:
            return "gold", GOLD, {"pending", "on_hold"}
        if "quiet" in self.tags:
            return "quiet", QUIET, {"pending"}
        # Half the time for what is urgent.
        factor = 2 if self.priority < 3 else 1
        return "usual", {kind: (b, m * factor // 2) for kind, (b, m) in USUAL.items()}, {"pending"}

    def open(self, *kinds: str) -> list[SlowClock]:
        return [one for one in self.clocks if one.open and one.kind in kinds]

    def begin(self, kind: str) -> None:
        _, terms, pauses = self.rules()
        if kind in terms and not self.open(kind):
            business, target = terms[kind]
            one = SlowClock(kind, "open", business=business, target=target, started=self.now)
            self.clocks.append(one)
            if self.status in pauses:
                one.pause(self.now, self.status)

    def end(self, *kinds: str, as_: str) -> None:
        for one in self.open(*kinds):
            one.state = "cancelled" if one.why == "no_promise" else as_
            one.met = self.now if one.state == "met" else None

    def posture(self) -> None:
        _, _, pauses = self.rules()
        for one in self.clocks:
            if one.open and one.why != "no_promise":
                if self.status in pauses:
                    one.pause(self.now, self.status)
                else:
                    one.resume(self.now)

    def reconsider(self) -> None:
        _, terms, pauses = self.rules()
        for one in (one for one in self.clocks if one.open):
            if one.kind not in terms:
                one.pause(self.now, "no_promise")
                continue
            business, target = terms[one.kind]
            if one.why == "no_promise" or (business, target) != (one.business, one.target):
                one.business, one.target = business, target
                if one.why is None:
                    one.due = self.now if one.counted >= target else None
            if self.status in pauses:
                one.pause(self.now, self.status)
            else:
                one.resume(self.now)
        if self.status not in DONE:
            self.begin("resolution")

    def walk(self, until: datetime) -> None:
        while self.now < until:
            is_open = _open(self.now)
            for one in self.clocks:
                if one.open and one.why is None:
                    if one.due is not None and one.broken is None:
                        one.broken = one.due
                    if is_open or not one.business:
                        one.counted += 1
                        if one.due is None and one.counted >= one.target:
                            one.due = self.now + STEP
            self.now += STEP

    # -- what happens

    def move(self, status: str) -> None:
        was_done, self.status = self.status in DONE, status
        if status in DONE:
            self.unanswered = False
            self.end("resolution", as_="met")
            self.end("first_response", "next_response", as_="cancelled")
            return
        self.posture()
        if was_done:
            self.begin("resolution")
            if self.unanswered and not self.open("first_response", "next_response"):
                self.begin("next_response")

    def customer(self) -> None:
        self.unanswered = True
        if self.status in ("pending", "solved", "closed"):
            self.move("open")
        if not self.open("first_response", "next_response"):
            self.begin("next_response")

    def staff(self) -> None:
        self.unanswered = False
        self.end("first_response", "next_response", as_="met")


@cache
def office_hours() -> Calendar:
    spec = CalendarSpec.model_validate(HOURS)
    return organization.calendar_of(CalendarView.model_validate({**spec.model_dump(), "id": UUID(int=1)}))


@cache
def _open(at: datetime) -> bool:
    return hours.is_open(office_hours(), at)


async def make_policies(office: Promises, subject: str = "ticket") -> None:
    def grid(terms: dict[str, Terms], urgent: int = 1) -> dict[str, object]:
        return {
            kind: {"business": business, "minutes": [minutes, minutes, minutes, minutes // urgent]}
            for kind, (business, minutes) in terms.items()
        }

    ladder = [
        {"id": "early", "when": {"at": "percent", "value": 50}, "action": {"do": "notify", "whom": "assignee"}},
        {"id": "late", "when": {"at": "after", "value": 30}, "action": {"do": "notify", "whom": "lead"}},
    ]
    await office.policy(
        "gold",
        subject=subject,
        conditions={"fact": f"{subject}.tags", "op": "in", "value": ["gold"]},
        targets=grid(GOLD),
        pause_on=["pending", "on_hold"],
        ladder=ladder,
    )
    await office.policy(
        "quiet",
        subject=subject,
        conditions={"fact": f"{subject}.tags", "op": "contains", "value": "quiet"},
        targets=grid(QUIET),
    )
    await office.policy("usual", subject=subject, targets=grid(USUAL, 2), ladder=ladder)


async def _play(office: Promises, seed: int) -> None:
    chance = random.Random(seed)
    now = START + timedelta(minutes=chance.randrange(0, 1500))
    slow = SlowTicket(office_hours(), now)
    if chance.random() < 0.3:
        slow.tags.add(chance.choice(["gold", "quiet"]))
    ticket_id = await office.ticket(now, tags=sorted(slow.tags))
    slow.begin("first_response")
    slow.begin("resolution")
    told = [f"created {sorted(slow.tags)} at {now}"]
    for _ in range(14):
        now += timedelta(minutes=chance.choice([0, 1, 7, 20, 45, 90, 240, 900]))
        slow.walk(now)
        what = chance.choice(["customer", "staff", "note", "move", "move", "priority", "tag", "untag", "sweep"])
        told.append(f"{what} at {now}")
        if what == "customer":
            slow.customer()
            await office.says(ticket_id, now, who=office.customer)
        elif what == "staff" and slow.status != "closed":
            slow.staff()
            await office.says(ticket_id, now)
        elif what == "note":
            await office.says(ticket_id, now, public=False)
        elif what == "move":
            status = chance.choice(["open", "pending", "on_hold", "solved", "closed"])
            told[-1] += f" {status}"
            if status != slow.status:
                slow.move(status)
                await office.move(ticket_id, status, now)
        elif what == "priority" and slow.status != "closed":
            slow.priority = chance.randrange(4)
            slow.reconsider()
            priority = slow.priority
            await office.do(lambda db: tickets.set_priority(db, office.agent, ticket_id, priority), now)  # noqa: B023
        elif what in ("tag", "untag"):
            tag = chance.choice(["gold", "quiet"])
            told[-1] += f" {tag}"
            before = set(slow.tags)
            slow.tags = slow.tags | {tag} if what == "tag" else slow.tags - {tag}
            if slow.tags != before:
                slow.reconsider()
            verb = tickets.add_tags if what == "tag" else tickets.remove_tags
            await office.do(lambda db: verb(db, office.agent, ticket_id, [tag]), now)  # noqa: B023
        elif what == "sweep":
            await service.sweep(office.runtime, now, 1000)
        await _same(office, slow, ticket_id, now, told)


async def same_clocks(office: Promises, slow: SlowTicket, subject_id: UUID, now: datetime, told: list[str]) -> None:
    story = "\n".join(told)
    rows = await office.clocks(subject_id)
    assert [(row.kind, row.started_at) for row in rows] == sorted(
        ((one.kind, one.started) for one in slow.clocks), key=lambda pair: (pair[1], pair[0])
    ), story
    expected = sorted(slow.clocks, key=lambda one: (one.started, one.kind))
    for row, one in zip(rows, expected, strict=True):
        where = f"{one}\n{row.state} {row.due_at} {row.segments}\n{story}"
        assert keeping.is_open(row) is one.open, where
        if not one.open:
            assert row.state == one.state, where
        ruler = Hours(slow.calendar) if row.calendar_id is not None else Wall()
        assert clocks.elapsed(keeping.clock_of(row), ruler, now) == one.counted * 60 * SECOND, where
        assert row.met_at == one.met, where
        if one.open and one.why is None:
            keeping.settle(row, now)
            if one.due is not None and one.broken is None:
                assert row.due_at == one.due, where
        assert row.breached_at == (one.broken or None), where
        assert (row.paused_why if one.open else None) == (one.why if one.open else None), where


async def _same(office: Promises, slow: SlowTicket, ticket_id: UUID, now: datetime, told: list[str]) -> None:
    await same_clocks(office, slow, ticket_id, now, told)
    facts = await office.facts(ticket_id)
    shown = await office.do(lambda db: repository.next_dues(db, [facts.id]))
    assert facts.next_due_at == shown[facts.id][0], told


@pytest.mark.parametrize("seeds", [range(6), range(6, 12)], ids=["one", "two"])
async def test_stored_clocks_are_what_the_rules_say(office: Promises, seeds: range) -> None:
    await make_policies(office)
    for seed in seeds:
        await _play(office, seed)


async def test_a_colleague_who_asked_is_answered_too(office: Promises) -> None:
    await make_policies(office)
    asks: Actor = office.agent
    customer_id, office.customer_id = office.customer_id, None
    ticket_id = await office.ticket(START, requester_id=asks.id)
    office.customer_id = customer_id
    await office.says(ticket_id, START + timedelta(minutes=5), who=asks)
    assert (await office.clock(ticket_id, "first_response")).state == "running"  # their own words answer nobody
    await office.says(ticket_id, START + timedelta(minutes=9), who=Actor.bot())
    found = await office.clock(ticket_id, "first_response")
    assert (found.state, found.met_at) == ("met", START + timedelta(minutes=9))
