"""Operations: dead letters are read and replayed, jobs show how far they are, old events go."""

import asyncio
from datetime import timedelta
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from qiao.core import clock, jobs
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.core.jobs import Progress
from qiao.core.reactions import letters
from qiao.core.runtime import Runtime
from qiao.platform.operations import jobs as housekeeping
from tests.conftest import SignIn

tries: list[dict[str, Any]] = []


@jobs.job("test.count")
async def count(runtime: Runtime, payload: dict[str, Any], progress: Progress) -> dict[str, Any]:
    tries.append(payload)
    await progress.step(1, 3)
    if len(tries) <= payload["failures"]:
        raise RuntimeError("not yet")
    await progress.step(3, 3)
    return {"tries": len(tries)}


async def until(browser: httpx.AsyncClient, job_id: Any, state: str) -> dict[str, Any]:
    async with asyncio.timeout(60):
        while True:
            found: dict[str, Any] = (await browser.get(f"/api/v1/jobs/{job_id}")).json()
            if found["state"] == state:
                return found
            await asyncio.sleep(0.02)


async def ask(runtime: Runtime, actor: Actor, failures: int) -> Any:
    tries.clear()

    async def work(db: Session) -> Any:
        return await jobs.enqueue(db, actor, "test.count", {"failures": failures}, total=3)

    return await runtime.db.run(work)


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(letters, "retry_delay", lambda attempt: timedelta(milliseconds=10))


async def test_a_job_is_retried_and_shows_how_far_it_is(runtime: Runtime, sign_in: SignIn, impatient: None) -> None:
    admin, other = await sign_in(), await sign_in("li", role="agent")
    actor = Actor(kind="user", id=admin.actor_id)
    key = await ask(runtime, actor, failures=2)
    done = await until(admin, key, "done")
    assert (done["done"], done["total"], done["result"], done["error"]) == (3, 3, {"tries": 3}, None)
    assert done["finished_at"]
    assert (await other.get(f"/api/v1/jobs/{key}")).status_code == 404


async def test_a_job_that_never_works_is_a_dead_letter_until_it_is_replayed(
    runtime: Runtime, sign_in: SignIn, impatient: None
) -> None:
    admin = await sign_in()
    actor = Actor(kind="user", id=admin.actor_id)
    key = await ask(runtime, actor, failures=4)
    async with asyncio.timeout(60):
        while not (items := (await admin.get("/api/v1/operations/dead-letters?state=dead")).json()["items"]):
            await asyncio.sleep(0.05)
    assert (await admin.get(f"/api/v1/jobs/{key}")).json()["state"] == "failed"
    assert (items[0]["reaction"], items[0]["attempts"]) == ("core.jobs", 4)
    assert "not yet" in items[0]["error"]
    await housekeeping.note_figures(runtime)
    metrics = (await admin.get("/metrics")).text
    assert "qiao_dead_letters 1.0" in metrics
    assert (await admin.post(f"/api/v1/operations/dead-letters/{items[0]['id']}/replay")).status_code == 200
    assert (await until(admin, key, "done"))["result"] == {"tries": 5}
    assert (await admin.post(f"/api/v1/operations/dead-letters/{items[0]['id']}/replay")).status_code == 404


async def test_old_events_go_once_everybody_has_handled_them(app: FastAPI, runtime: Runtime, sign_in: SignIn) -> None:
    await sign_in()
    await runtime.reactions.settled()

    async def counted() -> int:
        async with runtime.db.read() as db:
            return int(await db.scalar(text("SELECT count(*) FROM events")) or 0)

    assert await counted() > 0
    await housekeeping.purge(runtime)
    assert await counted() > 0, "young"
    with clock.frozen(clock.now() + timedelta(days=91)):
        async with runtime.db.transaction() as db:
            await db.execute(text("UPDATE reaction_positions SET xid = 0 WHERE name = 'bot.reply'"))
        await housekeeping.purge(runtime)
        assert await counted() > 0, "a reaction still needs them"
        async with runtime.db.transaction() as db:
            await db.execute(text("UPDATE reaction_positions SET xid = 999999999"))
        await housekeeping.purge(runtime)
    assert await counted() == 0


async def test_health_tells_the_state_of_things(sign_in: SignIn) -> None:
    admin = await sign_in()
    health = (await admin.get("/api/v1/operations/health")).json()
    assert health["dead_letters"] == 0
    assert {"core.jobs", "bot.reply"} <= {r["name"] for r in health["reactions"]}
