"""Random histories of a whole service desk on a real database: after every step everything that was promised holds.

Nobody waits while somebody fitting is free; first come, first served within priority; capacity is never exceeded;
nothing is lost by states toggled a hundred times, connections that break, offers that run out, or a restart.
"""

import asyncio
import os
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeVar
from uuid import UUID

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from qiao.core import clock
from qiao.core.errors import Problem
from qiao.core.postgres.testing import ScratchPostgres
from qiao.core.runtime import Runtime
from qiao.core.settings import Settings
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import TransferTo
from qiao.desk.routing import jobs, presence, service
from qiao.desk.routing.schemas import QueuePatch, RoutingSettings, SkillBody, UserSkillsBody
from tests.desk.routing.office import SYSTEM, Office, assert_fair, desk_runtime

T = TypeVar("T")
START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
people = st.integers(0, 4)
which = st.integers(0, 1000)
LIVE = ("bot", "queued", "assigned", "snoozed")
EXAMPLES = int(os.environ.get("QIAO_ROUTING_HISTORIES", "5"))
STEPS = 30


class Desk(RuleBasedStateMachine):
    """Five agents, three queues (one that offers, one that asks for a skill), two channels of different weight."""

    postgres: ScratchPostgres
    folder: Path

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.Runner()
        self.now = START
        dsn = self.postgres.create_database(template="qiao_template")
        self.url = dsn.url()  # dropped with the server
        self.runtime = self._new_runtime()
        self.office = Office(self.runtime)
        self.created: dict[UUID, str] = {}
        self.seen: UUID | None = None
        self.waited: dict[UUID, datetime] = {}
        self.connected: set[UUID] = set()

    def _new_runtime(self) -> Runtime:
        return desk_runtime(Settings(data=self.folder, pool_size=2), self.url)  # type: ignore[call-arg]

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        async def at_this_moment() -> T:
            with clock.frozen(self.now):
                return await work

        self.now += timedelta(milliseconds=100)
        return self.loop.run(at_this_moment())

    def attempt(self, work: Coroutine[Any, Any, Any]) -> None:
        """Something a person tries: it may be refused, with a reason, but must not break anything."""
        try:
            self.run(work)
        except Problem as problem:
            assert problem.status in (403, 404, 409, 422)

    def teardown(self) -> None:
        self.loop.run(self.runtime.db.close())
        self.loop.close()

    # -- the office --------------------------------------------------------------------------------------------------

    @initialize()
    def open_office(self) -> None:
        self.run(self._open_office())

    async def _open_office(self) -> None:
        office = self.office
        self.agents = [await office.person(f"agent{n}", capacity=2 + n % 2) for n in range(5)]
        self.skill = (
            await self.runtime.db.run(lambda db: service.create_skill(db, SYSTEM, SkillBody(name="returns")))
        ).id
        for user_id in self.agents[:2]:
            await self._skills(user_id, 3)
        pairs = self.agents
        self.queues = [
            await office.queue("auto", pairs[:4]),
            await office.queue("offered", pairs[1:], accept_timeout_s=20, strategy="round_robin", priority=3),
            await office.queue(
                "skilled",
                pairs[:3],
                strategy="least_loaded",
                required_skills=[{"skill_id": str(self.skill), "level": 3}],
            ),
        ]
        await self._patch(2, overflow={"action": "queue", "queue_id": self.queues[0], "on": ["timeout"], "after_s": 60})
        self.inboxes = [await office.inbox(queue_id) for queue_id in self.queues]
        self.inboxes.append(await office.inbox(self.queues[0], channel="api"))
        weights = RoutingSettings.model_validate({"channel_weights": {"api": "0.5"}})
        await self.runtime.db.run(lambda db: service.save_settings(db, SYSTEM, weights))

    async def _skills(self, user_id: UUID, level: int) -> None:
        skills = [{"skill_id": self.skill, "level": level}] if level else []
        body = UserSkillsBody.model_validate({"skills": skills})
        await self.runtime.db.run(lambda db: service.set_user_skills(db, SYSTEM, user_id, body))

    async def _patch(self, queue: int, **values: Any) -> None:
        body = QueuePatch.model_validate(values)
        queue_id = self.queues[queue]
        await self.runtime.db.run(lambda db: service.update_queue(db, SYSTEM, queue_id, body))

    def pick(self, number: int, *statuses: str) -> UUID | None:
        rows = self.run(
            self.office.rows("SELECT id FROM conversations WHERE status = ANY(:s) ORDER BY id", s=list(statuses))
        )
        return rows[number % len(rows)].id if rows else None

    # -- what happens ------------------------------------------------------------------------------------------------

    @rule(inbox=st.integers(0, 3))
    def arrive(self, inbox: int) -> None:
        conversation_id = self.run(self.office.arrive(self.inboxes[inbox]))
        self.created[conversation_id] = "live"

    @precondition(lambda self: self.created)
    @rule(number=which)
    def write_again(self, number: int) -> None:
        conversation_id = list(self.created)[number % len(self.created)]
        facts = self.run(self.office.facts(conversation_id))
        reached = self.run(self.office.write(facts.customer_id, facts.inbox_id))
        self.created[reached] = "live"

    @rule(person=people, state=st.sampled_from(["online", "online", "online", "busy", "away", "offline"]))
    def set_state(self, person: int, state: str) -> None:
        self.run(self.office.state(self.agents[person], state))  # type: ignore[arg-type]

    @rule(person=people)
    def toggle_a_lot(self, person: int) -> None:
        async def toggle() -> None:
            actor = await self.office.actor(self.agents[person])
            for number in range(12):
                state = ("online", "away", "offline", "busy")[number % 4]
                await self.runtime.db.run(
                    lambda db, state=state: service.set_presence(db, actor, self.agents[person], state=state)
                )

        self.run(toggle())

    @rule(person=people, capacity=st.integers(0, 4))
    def set_capacity(self, person: int, capacity: int) -> None:
        self.run(self.office.state(self.agents[person], capacity=capacity))

    @rule(person=people, yes=st.booleans())
    def answer_offer(self, person: int, yes: bool) -> None:
        user_id = self.agents[person]
        for offer in self.run(self.office.offers(user_id))[:1]:
            self.attempt((self.office.accept if yes else self.office.decline)(user_id, offer.id))

    @rule(number=which)
    def resolve(self, number: int) -> None:
        if conversation_id := self.pick(number, "queued", "assigned", "snoozed"):
            self.run(self.office.resolve(conversation_id))
            self.created[conversation_id] = "over"

    @rule(number=which)
    def close(self, number: int) -> None:
        if conversation_id := self.pick(number, *LIVE, "resolved"):
            self.attempt(self.runtime.db.run(lambda db: conversations.close(db, SYSTEM, conversation_id)))
            self.created[conversation_id] = "over"

    @rule(number=which)
    def reopen(self, number: int) -> None:
        if conversation_id := self.pick(number, "resolved"):
            self.run(self.runtime.db.run(lambda db: conversations.reopen(db, SYSTEM, conversation_id)))
            self.created[conversation_id] = "live"

    @rule(number=which, queue=st.integers(0, 2))
    def transfer_to_queue(self, number: int, queue: int) -> None:
        if conversation_id := self.pick(number, "assigned", "queued"):
            to = TransferTo(type="queue", id=self.queues[queue])
            self.attempt(self.runtime.db.run(lambda db: conversations.transfer(db, SYSTEM, conversation_id, to)))

    @rule(number=which, person=people)
    def transfer_to_person(self, number: int, person: int) -> None:
        if conversation_id := self.pick(number, "assigned", "queued", "snoozed"):
            to = TransferTo(type="user", id=self.agents[person])
            self.attempt(self.runtime.db.run(lambda db: conversations.transfer(db, SYSTEM, conversation_id, to)))

    @rule(number=which)
    def snooze(self, number: int) -> None:
        if conversation_id := self.pick(number, "assigned"):
            until = self.now + timedelta(minutes=5)
            self.run(self.runtime.db.run(lambda db: conversations.snooze(db, SYSTEM, conversation_id, until)))

    @rule(number=which)
    def wake(self, number: int) -> None:
        if conversation_id := self.pick(number, "snoozed"):
            self.run(self.runtime.db.run(lambda db: conversations.unsnooze(db, SYSTEM, conversation_id)))

    @rule(number=which, priority=st.integers(0, 3))
    def set_priority(self, number: int, priority: int) -> None:
        if conversation_id := self.pick(number, "queued", "assigned"):
            self.run(self.runtime.db.run(lambda db: conversations.set_priority(db, SYSTEM, conversation_id, priority)))

    @rule(number=which, person=people)
    def take(self, number: int, person: int) -> None:
        if conversation_id := self.pick(number, "queued"):
            user_id = self.agents[person]

            async def work() -> None:
                actor = await self.office.actor(user_id)
                await self.runtime.db.run(lambda db: service.take(db, actor, conversation_id))

            self.attempt(work())

    @rule(person=people)
    def connect(self, person: int) -> None:
        self.connected.add(self.agents[person])
        self.run(presence.connected(self.runtime, self.agents[person]))

    @rule(person=people)
    def connection_breaks(self, person: int) -> None:
        self.connected.discard(self.agents[person])
        self.run(presence.disconnected(self.runtime, self.agents[person]))

    @rule(seconds=st.sampled_from([1, 5, 21, 61, 130]))
    def time_passes(self, seconds: int) -> None:
        """Second by second would be slow: in strides, as a server does that was busy for a while."""
        self.now += timedelta(seconds=seconds)
        if self.connected:
            self.run(presence.heartbeat(self.runtime, self.connected))
        self.run(jobs.sweep(self.runtime))

    @rule(person=people, level=st.integers(0, 5))
    def learn(self, person: int, level: int) -> None:
        self.run(self._skills(self.agents[person], level))

    @rule(queue=st.integers(0, 2), members=st.sets(people, min_size=0, max_size=5))
    def change_members(self, queue: int, members: set[int]) -> None:
        wanted, queue_id = [self.agents[n] for n in members], self.queues[queue]
        self.run(self.runtime.db.run(lambda db: service.set_members(db, SYSTEM, queue_id, wanted)))

    @rule(queue=st.integers(0, 2), seconds=st.none() | st.integers(5, 60))
    def change_accepting(self, queue: int, seconds: int | None) -> None:
        self.run(self._patch(queue, accept_timeout_s=seconds))

    @rule(down=st.sampled_from([1, 30, 600]))
    def restart(self, down: int) -> None:
        """The server dies and comes back on the same database; connections come back or not."""
        self.loop.run(self.runtime.db.close())
        self.now += timedelta(seconds=down)
        self.runtime = self._new_runtime()
        self.office.runtime = self.runtime
        states = {
            row.user_id: row.state for row in self.run(self.office.rows("SELECT user_id, state FROM agent_states"))
        }
        self.run(presence.grant_grace(self.runtime))
        self.run(jobs.sweep(self.runtime))
        kept = {
            row.user_id: row for row in self.run(self.office.rows("SELECT user_id, state, reason FROM agent_states"))
        }
        for user_id, state in states.items():
            missed = state == "online" and kept[user_id].reason == "missed_offers"
            assert kept[user_id].state == state or missed, "a restart must not send anybody home"

    # -- what must hold ----------------------------------------------------------------------------------------------

    @invariant()
    def sound(self) -> None:
        if not hasattr(self, "inboxes"):
            return
        self.run(self.office.assert_sound())
        rows = {r.id: r.status for r in self.run(self.office.rows("SELECT id, status FROM conversations"))}
        assert set(rows) == set(self.created), "nothing is lost and nothing invented"
        for conversation_id, expected in self.created.items():
            assert (rows[conversation_id] in LIVE) == (expected == "live")
        self.seen = self.run(assert_fair(self.office, self.seen, self.waited))
        waiting = self.run(self.office.rows("SELECT conversation_id, entered_at FROM queue_entries"))
        self.waited = {row.conversation_id: row.entered_at for row in waiting}


def test_every_history_keeps_every_promise(postgres: ScratchPostgres, tmp_path: Path) -> None:
    class HereDesk(Desk):
        pass

    HereDesk.postgres, HereDesk.folder = postgres, tmp_path
    run_state_machine_as_test(
        HereDesk,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            suppress_health_check=list(HealthCheck),
        ),
    )
