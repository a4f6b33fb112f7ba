"""A bank's branch: two services, two counters, two people behind them, and visitors."""

from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI

from qiao.channels.walkin.schemas import CounterBody, ServiceBody, SiteBody
from qiao.channels.walkin.service import sites
from qiao.core.actor import Actor
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.desk.routing import service as routing
from tests.conftest import BASE, SignIn

API = "/api/v1"
Say = Callable[..., Awaitable[Any]]


class Branch:
    """The site, with its keys; `staff` are signed-in browsers."""

    def __init__(self, runtime: Runtime, http: httpx.AsyncClient, queue_id: UUID):
        self.runtime, self.http, self.queue_id = runtime, http, queue_id
        self.keys: dict[str, str] = {}
        self.services: dict[str, UUID] = {}
        self.counters: dict[str, UUID] = {}
        self.site_id = new_id()
        self.inbox_id = new_id()

    # -- visitors --

    async def take(self, prefix: str = "A", key: str = "join", **more: Any) -> dict[str, Any]:
        response = await self.try_take(prefix, key, **more)
        assert response.status_code == 201, response.text
        found: dict[str, Any] = response.json()
        return found

    async def try_take(self, prefix: str = "A", key: str = "join", **more: Any) -> httpx.Response:
        body = {
            "service_id": str(self.services[prefix]),
            "client_key": str(new_id()),
            "device": str(new_id()),
            "locale": "en",
            **more,
        }
        return await self.http.post(f"{API}/walkin/entry/{self.keys[key]}/visits", json=body)

    async def visitor(self, visit: dict[str, Any], verb: str = "", body: Any = None) -> dict[str, Any]:
        response = await self.try_visitor(visit, verb, body)
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    async def try_visitor(self, visit: dict[str, Any], verb: str = "", body: Any = None) -> httpx.Response:
        path = f"{API}/walkin/visits/{visit['secret']}"
        return await (self.http.post(f"{path}/{verb}", json=body) if verb else self.http.get(path))

    async def display(self) -> dict[str, Any]:
        response = await self.http.get(f"{API}/walkin/display/{self.keys['display']}")
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    # -- staff --

    async def opens(self, browser: httpx.AsyncClient, counter: str, *services: str) -> dict[str, Any]:
        path = f"{API}/counter/counters/{self.counters[counter]}/open"
        return await said(browser, path, {"service_ids": [str(self.services[one]) for one in services]})

    async def desk(self, browser: httpx.AsyncClient) -> dict[str, Any]:
        response = await browser.get(f"{API}/counter/sites/{self.site_id}/desk")
        assert response.status_code == 200, response.text
        found: dict[str, Any] = response.json()
        return found

    async def calls(self, browser: httpx.AsyncClient) -> dict[str, Any]:
        """Call next; somebody must be there."""
        found = await said(browser, f"{API}/counter/next")
        assert found["visit"] is not None
        visit: dict[str, Any] = found["visit"]
        return visit

    async def does(
        self, browser: httpx.AsyncClient, visit: dict[str, Any], verb: str, body: Any = None
    ) -> dict[str, Any]:
        return await said(browser, f"{API}/counter/visits/{visit['id']}/{verb}", body)

    async def serves(self, browser: httpx.AsyncClient) -> dict[str, Any]:
        """Call next and end at once."""
        visit = await self.calls(browser)
        return await self.does(browser, visit, "end", {})


async def said(browser: httpx.AsyncClient, path: str, body: Any = None) -> dict[str, Any]:
    response = await browser.post(path, json=body)
    assert response.status_code in (200, 201), response.text
    found: dict[str, Any] = response.json()
    return found


@pytest.fixture
async def branch(runtime: Runtime, app: FastAPI) -> AsyncIterator[Branch]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=BASE, headers={"Accept-Language": "en"}) as http:
        async with runtime.db.transaction() as db:
            queue_id = await routing.create_default_queue(db, "en")
            found = Branch(runtime, http, queue_id)
            actor = Actor.system()
            view = await sites.create(db, actor, SiteBody(name="Riverside", timezone="Asia/Shanghai"))
            for prefix, name in (("A", "Returns"), ("B", "Repairs")):
                spec = {"zh-CN": {"A": "退换货", "B": "维修"}[prefix], "en": name}
                body = ServiceBody(name=spec, prefix=prefix, handle_s=300, slot_capacity=1)  # type: ignore[arg-type]  # validated
                view = await sites.save_service(db, actor, view.id, None, body)
            for counter in ("1", "2"):
                view = await sites.save_counter(db, actor, view.id, None, CounterBody(name=counter))
            row = (await sites.get(db, view.id)).row
            found.keys = {"kiosk": row.kiosk_key, "join": row.join_key, "display": row.display_key}
            found.site_id, found.inbox_id = view.id, view.inbox_id
            found.services = {one.prefix: one.id for one in view.services}
            found.counters = {one.name: one.id for one in view.counters}
        yield found


@pytest.fixture
async def li(branch: Branch, sign_in: SignIn) -> httpx.AsyncClient:
    """Somebody of the queue."""
    return await sign_in("li", role="agent")


@pytest.fixture
async def wang(branch: Branch, sign_in: SignIn) -> httpx.AsyncClient:
    return await sign_in("wang", role="agent")
