"""How long a sweep takes over very many promises that are due at once: `python -m bench.sla [clocks]`.

Tickets of fifty agents in ten departments, every second clock about to be warned of and every other one overdue, with the
ladder a company starts with. Everything a sweep does is measured: states, events, lines of timelines, what lists show,
notifications. Prints one line per figure; seconds of processors say what wall time does not on a machine that others use.
"""

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path
from uuid import UUID, uuid4

import psutil
from sqlalchemy import text

from qiao.app import create_runtime
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.postgres.testing import ScratchPostgres
from qiao.core.runtime import Runtime
from qiao.core.settings import Settings
from qiao.desk.sla import service
from qiao.desk.sla.service import policies
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.schemas import TypeCreate
from qiao.desk.tickets.types import service as types
from qiao.people.accounts import service as accounts
from qiao.people.organization import service as organization
from qiao.people.organization.schemas import CalendarSpec, DepartmentBody
from qiao.schema import prepare_now
from qiao.server import spare_the_collector

SYSTEM = Actor.system()
TYPE = Definition.model_validate(
    {
        "name": {"en": "Question"},
        "prefix": "Q",
        "workflow": {
            "initial": "open",
            "states": [
                {"key": "open", "label": {"en": "Open"}, "status": "open"},
                {"key": "solved", "label": {"en": "Solved"}, "status": "solved"},
            ],
            "transitions": [{"key": "solve", "label": {"en": "Solve"}, "from_states": ["open"], "to": "solved"}],
        },
    }
)
WEEK = {day: [["09:00", "12:00"], ["13:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
_TICKETS = text(
    """
    INSERT INTO tickets (id, type_id, title, status, state, priority, source, created_by_kind, created_at, updated_at,
                         department_id, assignee_id, last_seq, next_due_at, next_due_kind)
    SELECT gen_random_uuid(), :type_id, 'Ticket ' || n, 'open', 'open', n % 4, 'console', 'system', s.at, s.at,
           (CAST(:departments AS uuid[]))[1 + n % 10], (CAST(:agents AS uuid[]))[1 + n % 50], 1,
           s.at + interval '10 hours', 'resolution'
    FROM generate_series(1, :count) n, LATERAL (
        SELECT CAST(:now AS timestamptz) - CASE WHEN n % 2 = 0 THEN interval '11 hours' ELSE interval '8.6 hours' END
               + (n % 1800) * interval '1 second' AS at
    ) s
    """
)
_CLOCKS = text(
    """
    INSERT INTO sla_clocks (id, subject_id, kind, policy_id, calendar_id, target_s, priority, state, started_at, since,
                            due_at, next_at)
    SELECT gen_random_uuid(), t.id, 'resolution', :policy_id, NULL, 36000, t.priority, 'running', t.created_at,
           t.created_at, t.created_at + interval '10 hours', t.created_at + interval '7.5 hours'
    FROM tickets t
    """
)


async def measure(count: int) -> None:
    with ScratchPostgres(uuid4().hex) as server, tempfile.TemporaryDirectory() as data:
        url = server.create_database().url()
        await asyncio.to_thread(prepare_now, url)
        runtime = create_runtime(Settings(data=Path(data)), url)
        # The sweep alone: what reacts to its events (automation, webhooks) follows the log at its own pace.
        try:
            await _report(runtime, count)
        finally:
            await runtime.db.close()


async def _report(runtime: Runtime, count: int) -> None:
    now = clock.now()
    await runtime.db.run(accounts.ensure_built_in_roles)
    await runtime.db.run(lambda db: _seed(db, count))
    await (await runtime.db.raw()).execute("ANALYZE tickets, sla_clocks")
    spare_the_collector()
    servers = await _servers(runtime)
    started, busy, served = time.perf_counter(), time.process_time(), _seconds(servers)
    swept = await service.sweep(runtime, now, count)
    took, busy, served = time.perf_counter() - started, time.process_time() - busy, _seconds(servers) - served
    print(f"clocks due        {count}")
    print(f"swept             {swept.looked}: {swept.breached} broken, {swept.warned} warned, {swept.told} told")
    print(f"time              {took:.2f} s ({swept.looked / took:.0f}/s) at load {os.getloadavg()[0]:.1f}")
    print(f"processors        {busy:.2f} s this process, {served:.2f} s the database")
    started = time.perf_counter()
    again = await service.sweep(runtime, now, count)
    print(f"nothing to do     {(time.perf_counter() - started) * 1000:.1f} ms ({again.looked} looked at)")


async def _servers(runtime: Runtime) -> list[psutil.Process]:
    """The database's processes that serve this one."""
    async with runtime.db.read() as db:
        found = await db.execute(text("SELECT pid FROM pg_stat_activity WHERE application_name = 'qiao'"))
        return [psutil.Process(pid) for pid in found.scalars()]


def _seconds(processes: list[psutil.Process]) -> float:
    return sum(sum(process.cpu_times()[:2]) for process in processes)


async def _seed(db: Session, count: int) -> None:
    kind = await types.create(db, SYSTEM, TypeCreate(key="question", definition=TYPE))
    spec = CalendarSpec.model_validate({"name": "Hours", "timezone": "Asia/Shanghai", "weekly": WEEK})
    calendar = await organization.create_calendar(db, SYSTEM, spec)
    await policies.make_shipped(db, calendar.id, "en")
    policy = (await service.listing(db))[-1]
    departments = [
        (await organization.create_department(db, SYSTEM, DepartmentBody(name=f"Department {n}"))).id for n in range(10)
    ]
    agents: list[UUID] = []
    for n in range(50):
        agents.append(
            await accounts.ensure_user(
                db,
                SYSTEM,
                email=f"agent{n}@qiao.test",
                name=f"Agent {n}",
                password="correct horse 9 battery",
                roles=["supervisor" if n < 5 else "agent"],
            )
        )
    ids = {"departments": departments, "agents": agents}
    await db.execute(_TICKETS, {"type_id": kind.id, "now": clock.now(), "count": count, **ids})
    await db.execute(_CLOCKS, {"policy_id": policy.id})


if __name__ == "__main__":
    asyncio.run(measure(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
