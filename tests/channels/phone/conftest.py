"""A telephone line with two extensions, the switch that reports on it, and the person at the first telephone."""

from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest

from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.desk.inboxes.schemas import InboxView
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerCreate
from tests.channels.street import API, Street
from tests.conftest import SignIn

NUMBER = "13800138000"


class Line:
    """The PBX's side of a phone inbox, and helpers around it."""

    def __init__(
        self, street: Street, inbox: InboxView, pbx: httpx.AsyncClient, agent: httpx.AsyncClient, user_id: UUID
    ):
        self.street = street
        self.inbox = inbox
        self.pbx = pbx
        self.agent = agent
        self.user_id = user_id
        self.start = datetime.now(UTC).replace(microsecond=0) - timedelta(minutes=30)

    async def report(self, call_id: str, event: str, seconds: float = 0, **more: Any) -> dict[str, Any]:
        at = (self.start + timedelta(seconds=seconds)).isoformat()
        body = {"call_id": call_id, "event": event, "at": at, **more}
        response = await self.pbx.post(f"{API}/channels/phone/{self.inbox.key}/calls", json=body)
        assert response.status_code == 200, response.text
        return response.json()

    async def current(self) -> list[dict[str, Any]]:
        return (await self.agent.get(f"{API}/calls/current")).json()

    async def call(self, call_id: str, browser: httpx.AsyncClient | None = None) -> dict[str, Any]:
        response = await (browser or self.agent).get(f"{API}/calls/{call_id}")
        assert response.status_code == 200, response.text
        return response.json()["call"]

    async def conversation(self, conversation_id: str) -> dict[str, Any]:
        return (await self.agent.get(f"{API}/conversations/{conversation_id}")).json()

    async def messages(self, conversation_id: str) -> list[dict[str, Any]]:
        return (await self.agent.get(f"{API}/conversations/{conversation_id}/messages")).json()["items"]

    async def callbacks(self, **params: Any) -> list[dict[str, Any]]:
        return (await self.agent.get(f"{API}/callbacks", params=params)).json()["items"]


AddCustomer = Callable[..., Awaitable[UUID]]


@pytest.fixture
def add_customer(runtime: Runtime) -> AddCustomer:
    async def add(name: str, phone: str | None = None) -> UUID:
        async with runtime.db.transaction() as db:
            return (await customers.create(db, Actor.system(), CustomerCreate(name=name, phone=phone))).id

    return add


@pytest.fixture
async def line(street: Street, sign_in: SignIn) -> Line:
    inbox = await street.add_inbox("phone", bot_enabled=False)
    pbx = await sign_in("pbx", role="admin")
    agent = await sign_in("li", role="agent")
    user_id = await street.hire(agent)
    items = [{"extension": "801", "user_id": str(user_id)}]
    answer = await pbx.put(f"{API}/calls/extensions/{inbox.id}", json={"items": items})
    assert answer.status_code == 200, answer.text
    made = await pbx.post(f"{API}/auth/tokens", json={"name": "switch", "scopes": ["phone.channel"]})
    assert made.status_code == 201, made.text
    switch = httpx.AsyncClient(
        transport=pbx._transport, base_url=pbx.base_url, headers={"Authorization": f"Bearer {made.json()['token']}"}
    )
    return Line(street, inbox, switch, agent, user_id)
