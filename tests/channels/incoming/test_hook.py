"""Proofs of who posts, the whole way through the application, and the dry run."""

import asyncio
import base64
import hashlib
import hmac
import json
import time
from datetime import timedelta
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request as Asked
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint, Request
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.lanes import Lanes
from qiao.channels.incoming.adapter import IncomingAdapter, filled
from qiao.channels.incoming.hook import IncomingHook
from qiao.core import clock
from qiao.core.errors import Invalid, Unauthenticated
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from tests.channels.street import API, Street
from tests.conftest import SignIn

BODY = b'{"id": "1", "from": "u", "text": "hi"}'


def endpoint(secret: str | None = "s3cret", **settings: Any) -> Endpoint:
    return Endpoint(new_id(), settings, "x", credentials={"secret": secret} if secret else {})


def signed(body: bytes = BODY, secret: str = "s3cret") -> str:
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def posted(body: bytes = BODY, **headers: str) -> Request:
    return Request("POST", {}, {name.replace("_", "-"): value for name, value in headers.items()}, body)


def takes(where: Endpoint, request: Request) -> bool:
    try:
        return bool(IncomingHook().take(where, request).payloads)
    except Unauthenticated as refused:
        assert refused.code == "channel_signature_invalid"
        return False


def test_signatures() -> None:
    assert takes(endpoint(), posted(x_signature=signed()))
    assert not takes(endpoint(), posted(x_signature=signed(secret="other")))
    assert not takes(endpoint(), posted(BODY + b" ", x_signature=signed()))
    assert not takes(endpoint(), posted(x_signature=signed().removeprefix("sha256=")))
    assert not takes(endpoint(), posted())
    assert not takes(endpoint(secret=None), posted(x_signature=signed(secret=""))), "without a secret nobody is let in"
    plain = base64.b64encode(hmac.new(b"s3cret", BODY, hashlib.sha256).digest()).decode()
    shop = endpoint(header="x-shop-hmac", prefix="", encoding="base64")
    assert takes(shop, posted(x_shop_hmac=plain)) and not takes(shop, posted(x_shop_hmac="%%%"))
    dated = endpoint(timestamp_header="x-time")
    for at, fine in ((time.time(), True), (time.time() * 1000, True), (time.time() - 700, False)):
        text = str(int(at))
        proof = signed(text.encode() + b"." + BODY)
        assert takes(dated, posted(x_signature=proof, x_time=text)) is fine
    assert not takes(dated, posted(x_signature=signed(), x_time="soon"))


def test_tokens_and_basic_authentication() -> None:
    token = endpoint(scheme="token", header="authorization", prefix="Bearer ")
    assert takes(token, posted(authorization="Bearer s3cret")) and not takes(
        token, posted(authorization="Bearer s3cre")
    )
    basic = endpoint(scheme="basic", user="shop")
    assert takes(basic, posted(authorization="Basic " + base64.b64encode(b"shop:s3cret").decode()))
    assert not takes(basic, posted(authorization="Basic " + base64.b64encode(b"shop:other").decode()))


def test_forms_and_repeats() -> None:
    form = b"id=1&from=u&text=hi%20there"
    token = endpoint(scheme="token", header="x-token", prefix="")
    taken = IncomingHook().take(token, posted(form, x_token="s3cret", content_type="application/x-www-form-urlencoded"))
    ((key, kept),) = taken.payloads
    assert json.loads(kept)["text"] == "hi there" and key
    with pytest.raises(Invalid):
        IncomingHook().take(token, posted(b"not json", x_token="s3cret"))
    again = IncomingHook().take(token, posted(x_token="s3cret")).payloads[0][0]
    assert again == IncomingHook().take(token, posted(x_token="s3cret")).payloads[0][0]


@given(
    st.binary(max_size=60),
    st.dictionaries(st.sampled_from(["x-signature", "x-time", "content-type"]), st.text(max_size=30)),
)
@settings(max_examples=100)
def test_nothing_breaks_the_hook(body: bytes, headers: dict[str, str]) -> None:
    for settings_ in ({}, {"timestamp_header": "x-time"}, {"encoding": "base64", "prefix": ""}):
        with pytest.raises((Unauthenticated, Invalid)):
            IncomingHook().take(endpoint(**settings_), Request("POST", {}, headers, body))


def test_words_of_a_customer_never_become_structure() -> None:
    template = {"to": "{to}", "message": {"body": "{text}", "raw": ["{nobody}", 1]}}
    said = filled(template, {"to": "u", "text": '", "admin": "{to}'})
    assert said == {"to": "u", "message": {"body": '", "admin": "{to}', "raw": ["{nobody}", 1]}}


class Other:
    """The other system's address for answers."""

    def __init__(self) -> None:
        self.got: list[tuple[dict[str, str], Any]] = []
        self.answer: Response = JSONResponse({"code": 0, "data": {"id": "r1"}})
        self.app = Starlette(routes=[Route("/reply", self.reply, methods=["POST"])])

    async def reply(self, request: Asked) -> Response:
        self.got.append((dict(request.headers), await request.json()))
        return self.answer


REPLY = {
    "reply_url": "https://other.example.com/reply",
    "reply_body": '{"openid": "{to}", "msg": {"content": "{text}", "by": "{agent}"}}',
    "reply_ok": "code == 0",
    "reply_id": "data.id",
    "reply_error": "msg",
}


async def test_what_the_other_side_says_of_an_answer(runtime: Runtime) -> None:
    other = Other()
    http = ChannelHttp(runtime, transport=httpx.ASGITransport(app=other.app))
    adapter, where = IncomingAdapter(http), Endpoint(new_id(), REPLY, "x", credentials={"reply_authorization": "Key 1"})
    payload = {"to": "u", "text": "hello", "agent": "Li"}
    sent = await adapter.deliver(where, new_id(), payload)
    assert sent is not None and sent.remote_ids == ("r1",)
    headers, body = other.got[0]
    assert body == {"openid": "u", "msg": {"content": "hello", "by": "Li"}}
    assert headers["authorization"] == "Key 1" and headers["x-qiao-signature"].startswith("t=")
    other.answer = JSONResponse({"code": 7, "msg": "blacklisted"})
    with pytest.raises(DeliveryRefused) as refused:
        await adapter.deliver(where, new_id(), payload)
    assert (refused.value.code, refused.value.params["said"]) == ("incoming.refused.said", "blacklisted")
    other.answer = JSONResponse({"msg": "gone"}, 410)
    with pytest.raises(DeliveryRefused):
        await adapter.deliver(where, new_id(), payload)
    for status in (429, 408, 502):
        other.answer = JSONResponse({}, status)
        with pytest.raises(DeliveryFailed):
            await adapter.deliver(where, new_id(), payload)
    await http.close()


async def test_from_their_post_to_our_answer(street: Street, runtime: Runtime, sign_in: SignIn) -> None:
    other = Other()
    ChannelHttp.of(runtime).transport = httpx.ASGITransport(app=other.app)
    mapped = {"id": "msg.id", "address": "msg.user", "text": "msg.body", "files": "", "thread": "msg.thread"}
    inbox = await street.add_inbox("incoming", bot_enabled=False, settings={**mapped, **REPLY, "secret": "s3cret"})
    agent = await sign_in("li", role="agent")
    await street.hire(agent)

    async def post(body: bytes, proof: str | None = None) -> httpx.Response:
        headers = {"X-Signature": proof or signed(body), "Content-Type": "application/json"}
        return await street.http.post(f"{API}/channels/hooks/{inbox.key}", content=body, headers=headers)

    body = json.dumps({"msg": {"id": "1", "user": "u-9", "body": "Is it in stock?", "thread": "t1"}}).encode()
    assert (await post(body, "sha256=00")).status_code == 401
    assert (await post(body)).status_code == 200
    assert (await post(body)).status_code == 200, "a repeat is welcome and changes nothing"
    await runtime.get(Lanes).settled()
    mine = (await agent.get(f"{API}/conversations", params={"view": "mine"})).json()["items"]
    assert len(mine) == 1 and mine[0]["last_message"]["preview"] == "Is it in stock?"
    sent = await agent.post(f"{API}/conversations/{mine[0]['id']}/messages", json={"client_id": "a", "body": "Yes."})
    assert sent.status_code == 201, sent.text
    for _ in range(3000):
        if other.got:
            break
        await asyncio.sleep(0.02)
    assert other.got[0][1] == {"openid": "u-9", "msg": {"content": "Yes.", "by": "Li"}}


async def test_who_sets_it_up_reads_why_nothing_comes_in(street: Street, runtime: Runtime, sign_in: SignIn) -> None:
    mapped = {"id": "id", "address": "from", "text": "text", "files": ""}
    inbox = await street.add_inbox("incoming", bot_enabled=False, settings={**mapped, "secret": "s3cret"})
    admin = await sign_in("admin")

    async def state(secret: str, number: int) -> tuple[int, str, bool]:
        body = json.dumps({"id": str(number), "from": "u", "text": "hi"}).encode()
        headers = {"X-Signature": signed(body, secret), "Content-Type": "application/json"}
        answer = await street.http.post(f"{API}/channels/hooks/{inbox.key}", content=body, headers=headers)
        await runtime.get(Lanes).settled()
        [shown] = (await admin.get(f"{API}/channels/health")).json()
        return answer.status_code, shown["state"], shown["reason"] is not None

    assert await state("other", 1) == (401, "failing", True)
    assert await state("s3cret", 2) == (200, "fine", False)
    assert await state("other", 3) == (401, "fine", False), "where messages come in, a stranger changes nothing"
    with clock.frozen(clock.now() + timedelta(hours=2)):
        assert await state("other", 4) == (401, "failing", True), "the secret was changed over there, most likely"
        assert await state("s3cret", 5) == (200, "fine", False)


async def test_the_dry_run_shows_what_would_be_and_where_it_is_not(sign_in: SignIn) -> None:
    admin = await sign_in()
    sample = json.dumps({"list": [{"t": "m", "who": "a", "say": "hi"}, {"t": "x", "who": "b", "say": "no"}]})
    good = {"items": "list", "when": "t == 'm'", "address": "who", "text": "say", "id": ""}
    answer = await admin.post(f"{API}/channels/incoming/dry-run", json={"sample": sample, "mapping": good})
    assert answer.status_code == 200, answer.text
    assert answer.json()["skipped"] == 1 and [one["text"] for one in answer.json()["messages"]] == ["hi"]
    bad = await admin.post(
        f"{API}/channels/incoming/dry-run", json={"sample": sample, "mapping": {**good, "text": "say..x"}}
    )
    assert [(one["field"], one["at"]) for one in bad.json()["faults"]] == [("text", 4)] and bad.json()["faults"][0][
        "message"
    ]
    empty = await admin.post(
        f"{API}/channels/incoming/dry-run", json={"sample": sample, "mapping": {**good, "text": "nope"}}
    )
    assert empty.json()["faults"][0]["field"] == "text"
    broken = await admin.post(f"{API}/channels/incoming/dry-run", json={"sample": "{", "mapping": good})
    assert broken.json()["faults"][0]["field"] == "sample"
    agent = await sign_in("li", role="agent")
    assert (await agent.post(f"{API}/channels/incoming/dry-run", json={"sample": "{}"})).status_code == 403
    saved = await admin.post(
        f"{API}/inboxes", json={"channel": "incoming", "name": "Shop", "settings": {"text": "a..b"}}
    )
    assert saved.status_code == 422 and saved.json()["errors"][0]["field"] == "settings.text"
