"""Reasons of decisions and ended offers are kept as long as the company wants, and no longer."""

from datetime import timedelta
from uuid import UUID

import pytest
from sqlalchemy import insert, select

from qiao.core import clock
from qiao.core.ids import new_id
from qiao.desk.routing import jobs, service
from qiao.desk.routing.models import Offer, RoutingLog
from qiao.desk.routing.schemas import RoutingSettings
from tests.desk.routing.office import SYSTEM, Office


async def test_what_is_long_past_is_forgotten(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(jobs, "FORGOTTEN_AT_ONCE", 7)
    queue_id = await office.queue("General", [])
    now = clock.now()
    kept: set[UUID] = set()
    async with office.runtime.db.transaction() as db:
        for days in range(0, 60, 2):
            at = now - timedelta(days=days)
            key = UUID(int=(int(at.timestamp() * 1000) << 80) | (new_id().int & ((1 << 80) - 1)))
            log = {"id": key, "conversation_id": new_id(), "at": at, "decision": "assigned", "explanation": {}}
            await db.execute(insert(RoutingLog).values(**log))
            # Every third is still open, however old: that is the sweep's business.
            state = "offered" if days % 3 == 0 else "declined"
            offer = {
                "id": key,
                "conversation_id": new_id(),
                "user_id": new_id(),
                "queue_id": queue_id,
                "channel": "webchat",
            }
            times = {"offered_at": at, "expires_at": at, "state": state, "ended_at": None if state == "offered" else at}
            await db.execute(insert(Offer).values(**offer, **times))
            if days < 30:
                kept.add(key)
        settings = RoutingSettings(log_retention_days=30)
        await service.save_settings(db, SYSTEM, settings)
    await jobs.forget(office.runtime)
    async with office.runtime.db.read() as db:
        decisions = set((await db.execute(select(RoutingLog.id))).scalars())
        ended = set((await db.execute(select(Offer.id).where(Offer.state != "offered"))).scalars())
        open_ = len((await db.execute(select(Offer.id).where(Offer.state == "offered"))).scalars().all())
    assert decisions == kept
    assert ended < kept and len(ended) == 10
    assert open_ == 10
