"""Fixtures of channel tests."""

from collections.abc import AsyncIterator

import httpx
import pytest
from fastapi import FastAPI

from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.core.settings import Settings
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxCreate
from qiao.desk.routing import service as routing
from tests.channels.street import Street
from tests.conftest import BASE


@pytest.fixture
def settings(settings: Settings) -> Settings:
    # Callbacks go to a receiver on this machine; visitors write as fast as a test can.
    return settings.model_copy(update={"callbacks_may_be_private": True, "visitor_messages_per_second": 500.0})


@pytest.fixture
async def street(runtime: Runtime, app: FastAPI) -> AsyncIterator[Street]:
    async with runtime.db.transaction() as db:
        queue_id = await routing.create_default_queue(db, "en")
        spec = InboxCreate(channel="webchat", name="Shop", queue_id=queue_id, bot_enabled=False)
        inbox = await inboxes.create(db, Actor.system(), spec)
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers={"Accept-Language": "en"}) as http:
        yield Street(runtime, app, queue_id, inbox, http)
