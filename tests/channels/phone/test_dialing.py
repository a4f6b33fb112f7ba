"""Click-to-call against a switch on this machine."""

import hashlib
import hmac
import json
from typing import Any
from uuid import UUID

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from qiao.channels.contract.http import ChannelHttp
from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxPatch
from tests.channels.phone.conftest import NUMBER, AddCustomer, Line
from tests.channels.street import API


class Switch:
    """What a PBX answers to a request to dial."""

    def __init__(self) -> None:
        self.asked: list[tuple[dict[str, str], bytes]] = []
        self.answer: Response = JSONResponse({"message": "ringing 801", "call_id": "d1"})
        self.app = Starlette(routes=[Route("/dial", self.dial, methods=["POST"])])

    async def dial(self, request: Request) -> Response:
        self.asked.append((dict(request.headers), await request.body()))
        return self.answer


@pytest.fixture
async def switch(line: Line, runtime: Runtime) -> Switch:
    made = Switch()
    ChannelHttp.of(runtime).transport = httpx.ASGITransport(app=made.app)
    async with runtime.db.transaction() as db:
        patch = InboxPatch(settings={"dial_url": "https://pbx.example.com/dial", "dial_token": "s3cret"})
        await inboxes.update(db, Actor.system(), line.inbox.id, patch)
    return made


async def dial(line: Line, client_id: str, **whom: Any) -> httpx.Response:
    return await line.agent.post(f"{API}/calls/dial", json={"client_id": client_id, **whom})


async def test_one_click_asks_once_and_shows_the_answer(line: Line, switch: Switch, add_customer: AddCustomer) -> None:
    wang = await add_customer("Wang", NUMBER)
    (mine,) = (await line.agent.get(f"{API}/calls/lines")).json()
    assert mine["extension"] == "801"
    first = await dial(line, "x", customer_id=str(wang))
    assert first.status_code == 200, first.text
    assert first.json()["state"] == "accepted" and first.json()["answer"] == "ringing 801"
    assert first.json()["number"] == "138****8000"
    again = await dial(line, "x", customer_id=str(wang))
    assert again.json()["id"] == first.json()["id"] and len(switch.asked) == 1, "a second click asks nothing"
    headers, body = switch.asked[0]
    assert json.loads(body)["number"] == NUMBER and json.loads(body)["extension"] == "801"
    assert headers["authorization"] == "Bearer s3cret"
    at, signed = (part.partition("=")[2] for part in headers["x-qiao-signature"].split(","))
    assert line.inbox.secret is not None
    assert hmac.new(line.inbox.secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest() == signed
    # The call that comes of it is known to be for this customer.
    taken = await line.report("d1", "answered", 2000, direction="outbound", number=NUMBER, extension="801")
    call = await line.call(taken["id"])
    assert call["direction"] == "outbound" and call["customer"]["id"] == str(wang) and call["sure"]


async def test_refused_and_unknown_are_not_the_same(line: Line, switch: Switch, add_customer: AddCustomer) -> None:
    wang = await add_customer("Wang", NUMBER)
    switch.answer = JSONResponse({"error": "extension is busy"}, 409)
    refused = (await dial(line, "a", customer_id=str(wang))).json()
    assert (refused["state"], refused["status"], refused["answer"]) == ("refused", 409, "extension is busy")
    switch.answer = PlainTextResponse("boom", 502)
    unknown = (await dial(line, "b", customer_id=str(wang))).json()
    assert unknown["state"] == "unknown"
    assert (await dial(line, "b", customer_id=str(wang))).json()["state"] == "unknown" and len(switch.asked) == 2
    nobody = await add_customer("Nobody")
    assert (await dial(line, "c", customer_id=str(nobody))).json()["code"] == "phone.number_unknown"
    assert len(switch.asked) == 2


async def test_nobody_dials_without_an_extension(line: Line, switch: Switch, add_customer: AddCustomer) -> None:
    wang = await add_customer("Wang", NUMBER)
    admin_free = await line.agent.get(f"{API}/calls/extensions/{line.inbox.id}")
    assert admin_free.status_code == 403, "who has which telephone is for those who manage inboxes"
    async with line.street.runtime.db.transaction() as db:
        from qiao.channels.phone import repository

        await repository.put_extensions(db, UUID(str(line.inbox.id)), [])
    refused = await dial(line, "x", customer_id=str(wang))
    assert refused.status_code == 409 and refused.json()["code"] == "phone.no_extension" and switch.asked == []


async def test_a_call_back_dialled_ends_where_it_was_asked(
    line: Line, switch: Switch, add_customer: AddCustomer
) -> None:
    wang = await add_customer("Wang", NUMBER)
    promise = (
        await line.agent.post(f"{API}/callbacks", json={"key": "k", "customer_id": str(wang), "mine": True})
    ).json()
    assert (await dial(line, "x", callback_id=promise["id"])).json()["state"] == "accepted"
    taken = await line.report("d1", "answered", 2000, direction="outbound", number=NUMBER, extension="801")
    assert taken["conversation_id"] == promise["conversation_id"], "the call stands where it was asked for"
    assert (await line.call(taken["id"]))["callback_id"] == promise["id"]
