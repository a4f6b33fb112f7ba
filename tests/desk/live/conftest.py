from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from qiao.core.actor import Actor
from qiao.core.settings import Settings
from tests.conftest import PASSWORD
from tests.desk.conversations.desk import Desk
from tests.served import serving


@dataclass
class Office:
    """The served product and people who sign in to it."""

    desk: Desk
    address: str
    other: UUID | None = None
    browsers: list[httpx.AsyncClient] = field(default_factory=list)

    async def enter(self, name: str, role: str = "agent", *, queues: Any = ()) -> "Colleague":
        actor = await self.desk.person(name, role, queues=queues)
        browser = httpx.AsyncClient(base_url=f"http://{self.address}", headers={"Origin": f"http://{self.address}"})
        self.browsers.append(browser)
        response = await browser.post("/api/v1/auth/login", json={"email": f"{name}@qiao.test", "password": PASSWORD})
        assert response.status_code == 200, response.text
        return Colleague(actor, browser, browser.cookies["qiao_session"])


@dataclass
class Colleague:
    actor: Actor
    browser: httpx.AsyncClient
    cookie: str

    async def get(self, path: str, **query: Any) -> Any:
        response = await self.browser.get(f"/api/v1{path}", params=query)
        assert response.status_code == 200, response.text
        return response.json()


@pytest.fixture
async def office(app: FastAPI, settings: Settings) -> AsyncIterator[Office]:
    async with serving(app, settings) as address:
        made = Office(await Desk(app.state.runtime).open(), address)
        yield made
        for browser in made.browsers:
            await browser.aclose()
