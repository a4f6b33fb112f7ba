"""The api channel, both directions, with a receiver on this machine."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from qiao.channels.api.callback import CallbackAdapter
from qiao.channels.contract.channel import DeliveryFailed, Endpoint
from qiao.core.actor import Actor
from qiao.core.ids import new_id
from qiao.desk.conversations import service as conversations
from qiao.people.customers import service as customers
from tests.channels.street import API, Street, serving


class Receiver:
    """An integrator's server."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        self.app = Starlette(
            routes=[Route("/hook", self.hook, methods=["POST"]), Route("/moved", self.moved, methods=["POST"])]
        )

    async def hook(self, request: Request) -> Response:
        self.got.append((dict(request.headers), await request.body()))
        return Response(status_code=self.answers.pop(0) if self.answers else 204)

    async def moved(self, request: Request) -> Response:
        return Response(status_code=307, headers={"location": "/hook"})

    @asynccontextmanager
    async def listening(self) -> AsyncIterator[str]:
        async with serving(self.app) as address:  # type: ignore[arg-type]  # any ASGI application will do
            yield f"http://{address}"


@pytest.fixture
async def integrator(street: Street, sign_in: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client with an API token of scope `api.channel`."""
    admin = await sign_in("admin")
    made = await admin.post(f"{API}/auth/tokens", json={"name": "shop", "scopes": ["api.channel"]})
    assert made.status_code in (200, 201), made.text
    token = made.json()["token"]
    transport = httpx.ASGITransport(app=street.app, raise_app_exceptions=False)
    headers = {"Authorization": f"Bearer {token}", "Accept-Language": "en"}
    async with httpx.AsyncClient(transport=transport, base_url="http://qiao.test", headers=headers) as http:
        yield http


def said(body: str, client_id: str, who: str = "u1", **more: Any) -> dict[str, Any]:
    return {"client_id": client_id, "from": {"id": who, "name": "Lin"}, "body": body, **more}


async def eventually(condition: Any, seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not condition():
            await asyncio.sleep(0.05)


async def test_messages_in_and_out(street: Street, integrator: httpx.AsyncClient) -> None:
    inbox = await street.add_inbox("api", bot_enabled=False)
    path = f"{API}/channels/api/{inbox.key}/messages"
    first = await integrator.post(path, json=said("hello", "1"))
    again = await integrator.post(path, json=said("hello", "1"))
    assert (first.status_code, again.status_code) == (201, 200), first.text
    assert (first.json()["duplicate"], again.json()["duplicate"]) == (False, True)
    assert first.json()["message"]["id"] == again.json()["message"]["id"]
    key = first.json()["conversation"]["id"]
    assert (await integrator.post(path, json=said("more", "2"))).json()["conversation"]["id"] == key
    other = (await integrator.post(path, json=said("hi", "1", "u2"))).json()
    assert other["conversation"]["id"] != key

    cursor = (await integrator.get(path)).json()["next_cursor"]
    waiting = asyncio.create_task(integrator.get(path, params={"after": cursor, "wait": 20}, timeout=60))
    await asyncio.sleep(0.3)
    assert not waiting.done()
    await street.note(key, "internal")
    await street.answer(key, "answer one")
    batch = (await waiting).json()
    assert [(i["message"]["body"], i["to"]["id"]) for i in batch["items"]] == [("answer one", "u1")]
    for number in range(5):
        await street.answer(key if number % 2 else other["conversation"]["id"], f"n{number}")
    got: list[str] = []
    cursor = batch["next_cursor"]
    while len(got) < 5:
        page = (await integrator.get(path, params={"after": cursor, "wait": 5, "limit": 2})).json()
        got += [i["message"]["body"] for i in page["items"]]
        cursor = page["next_cursor"]
    assert got == [f"n{number}" for number in range(5)]
    assert (await integrator.get(path, params={"after": "x"})).status_code == 422


async def test_its_inbox_says_when_something_came_in(
    street: Street, integrator: httpx.AsyncClient, sign_in: Any
) -> None:
    inbox = await street.add_inbox("api", bot_enabled=False)
    admin = await sign_in("admin")
    assert (await admin.get(f"{API}/channels/health")).json() == []
    sent = await integrator.post(f"{API}/channels/api/{inbox.key}/messages", json=said("hello", "c1"))
    assert sent.status_code == 201, sent.text
    [shown] = (await admin.get(f"{API}/channels/health")).json()
    assert (shown["inbox_id"], shown["state"]) == (str(inbox.id), "fine")
    assert shown["last_in_at"]


async def test_who_may_use_it(street: Street, integrator: httpx.AsyncClient, sign_in: Any) -> None:
    inbox = await street.add_inbox("api")
    path = f"{API}/channels/api/{inbox.key}/messages"
    assert (await street.http.post(path, json=said("x", "1"))).status_code == 401
    agent = await sign_in("li", role="agent")
    assert (await agent.post(path, json=said("x", "1"))).status_code == 403
    assert (await integrator.get(f"{API}/conversations")).status_code == 403
    assert (
        await integrator.post(f"{API}/channels/api/{street.inbox.key}/messages", json=said("x", "1"))
    ).status_code == 404
    first = await integrator.post(path, json=said("x", "1"))
    async with street.runtime.db.transaction() as db:
        customer = await customers.resolve_identity(db, inbox.id, "api", "u1", True)
        await customers.set_blocked(db, Actor.system(), customer.id, True)
    refused = await integrator.post(path, json=said("y", "2"))
    assert (first.status_code, refused.json()["code"]) == (201, "customer_blocked")


async def test_files_come_in_under_the_integrators_name(street: Street, integrator: httpx.AsyncClient) -> None:
    inbox = await street.add_inbox("api", bot_enabled=False)
    base = f"{API}/channels/api/{inbox.key}"
    file = await integrator.post(f"{base}/files", content=b"a,b\n1,2\n", headers={"X-Filename": "list.csv"})
    assert file.status_code == 201, file.text
    sent = await integrator.post(
        f"{base}/messages", json=said("", "1", kind="file", payload={"file_id": file.json()["id"]})
    )
    assert sent.json()["message"]["payload"]["name"] == "list.csv"
    stolen = await integrator.post(
        f"{base}/messages", json=said("", "2", kind="file", payload={"file_id": str(new_id())})
    )
    assert stolen.status_code == 422


async def test_callbacks_are_signed_retried_and_in_order(street: Street, integrator: httpx.AsyncClient) -> None:
    receiver = Receiver()
    receiver.answers = [500, 503]
    async with receiver.listening() as base:
        inbox = await street.add_inbox("api", bot_enabled=False, settings={"callback_url": f"{base}/hook"})
        path = f"{API}/channels/api/{inbox.key}/messages"
        key = (await integrator.post(path, json=said("hello", "1"))).json()["conversation"]["id"]
        await street.note(key, "internal")
        one = await street.answer(key, "one")
        two = await street.answer(key, "two")

        def texts() -> list[str]:
            return [json.loads(body)["message"]["body"] for _, body in receiver.got]

        await eventually(lambda: "two" in texts(), 60)
        spoken = [text for text in texts() if text in ("one", "two")]
        assert spoken[-2:] == ["one", "two"]
        assert "internal" not in str(receiver.got)
        assert "hello" not in texts()
        headers, body = receiver.got[-1]
        stamp, _, mac = headers["x-qiao-signature"].partition(",")
        expected = hmac.new(str(inbox.secret).encode(), f"{stamp[2:]}.".encode() + body, hashlib.sha256).hexdigest()
        assert mac == f"v1={expected}"
        assert headers["host"] == base.removeprefix("http://")
        assert json.loads(body)["to"] == {"id": "u1"}
        repeats = [h["x-qiao-message-id"] for h, b in receiver.got if json.loads(b)["message"]["body"] == "one"]
        assert set(repeats) <= {str(one.id)}
        await street.runtime.reactions.settled()

        async def delivered() -> bool:
            async with street.runtime.db.read() as db:
                found = await conversations.messages_by_id(db, [one.id, two.id])
            return [found[m.id].delivery for m in (one, two)] == ["delivered", "delivered"]

        async with asyncio.timeout(60):
            while not await delivered():
                await asyncio.sleep(0.1)


async def test_callbacks_go_to_public_addresses_only() -> None:
    receiver = Receiver()
    async with receiver.listening() as base:
        careful, trusting = CallbackAdapter(private_allowed=False), CallbackAdapter(private_allowed=True)
        for url in (
            f"{base}/hook",
            base.replace("127.0.0.1", "localhost") + "/hook",
            "http://[::1]:9/hook",
            "http://10.0.0.1/",
        ):
            with pytest.raises(DeliveryFailed, match="private"):
                await careful.deliver(Endpoint(new_id(), {"callback_url": url}, "s"), new_id(), {})
        assert receiver.got == []
        await trusting.deliver(Endpoint(new_id(), {"callback_url": f"{base}/hook"}, "s"), new_id(), {"a": 1})
        assert len(receiver.got) == 1
        with pytest.raises(DeliveryFailed, match="307"):
            await trusting.deliver(Endpoint(new_id(), {"callback_url": f"{base}/moved"}, "s"), new_id(), {})
        with pytest.raises(DeliveryFailed):
            await trusting.deliver(Endpoint(new_id(), {"callback_url": "http://127.0.0.1:9/"}, "s"), new_id(), {})
        await careful.close()
        await trusting.close()
