"""Sending, taking back, fetching and listening, against a DingTalk of our own; the SDK listens to it too."""

import asyncio
import contextlib
import json
from typing import Any

import dingtalk_stream
import msgspec
import pytest

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, MediaFailed, SourceFailed
from qiao.channels.contract.messages import Media
from qiao.channels.dingtalk.adapter import DingtalkAdapter, DingtalkFetcher, DingtalkProbe, DingtalkRecaller
from qiao.channels.dingtalk.api import REFUSALS, DingtalkApi
from qiao.channels.dingtalk.channel import SESSION, render
from qiao.channels.dingtalk.source import TOPIC, DingtalkSource
from qiao.channels.dingtalk.staff import notify
from qiao.core import clock
from qiao.core.ids import new_id
from qiao.core.mail import Line
from qiao.people.notifications.ports import Notice
from tests.channels.conformance import outbound
from tests.channels.dingtalk.fake import FakeDingtalk, frame
from tests.channels.dingtalk.test_channel import MESSAGES
from tests.channels.wecom.parts import FakeTokens, ListSink, LocalHttp, endpoint

PLACE = endpoint({"app_key": "dingkey", "agent_id": 7, "mode": "stream"}, {"app_secret": "s3cret"})
SEND = "v1.0/robot/oToMessages/batchSend"


class World:
    def __init__(self) -> None:
        self.fake = FakeDingtalk()
        self.http = LocalHttp(self.fake.app)
        self.tokens: Any = FakeTokens()
        self.api = DingtalkApi(self.http, self.tokens)
        self.adapter = DingtalkAdapter(self.api)


@pytest.fixture
def world() -> World:
    return World()


def to(address: str, kind: str = "text", *, session: str = "", minutes: float = 60, **payload: Any) -> dict[str, Any]:
    message = outbound(kind)
    until = int((clock.now().timestamp() + minutes * 60) * 1000)
    url = f"https://oapi.dingtalk.com/robot/sendBySession?session={session}"
    threads = (f"{SESSION}1:https://oapi.dingtalk.com/robot/sendBySession?session=old", f"{SESSION}{until}:{url}")
    message = msgspec.structs.replace(
        message, address=address, payload={**message.payload, **payload}, threads=threads if session else ()
    )
    return render(message)


async def test_staff_groups_and_strangers_are_answered_each_in_their_way(world: World) -> None:
    sent = await world.adapter.deliver(PLACE, new_id(), to("u:user123"))
    assert sent.remote_ids == ("key-1",)
    assert world.fake.said[0] == {
        "robotCode": "dingkey",
        "msgKey": "sampleText",
        "msgParam": '{"content": "hello"}',
        "userIds": ["user123"],
    }
    # In a group: in the session while it is good, so that who asked is named; by the robot afterwards.
    await world.adapter.deliver(PLACE, new_id(), to("g:cidxxx:user123", session="xxxxx"))
    assert world.fake.in_sessions == [
        (
            "xxxxx",
            {"msgtype": "text", "text": {"content": "hello"}, "at": {"atUserIds": ["user123"], "isAtAll": False}},
        )
    ]
    for late in ({"session": "xxxxx", "minutes": 0.5}, {"session": "gone"}, {}):
        await world.adapter.deliver(PLACE, new_id(), to("g:cidxxx:user123", **late))  # type: ignore[arg-type]
    assert [one["openConversationId"] for one in world.fake.said[1:]] == ["cidxxx"] * 3
    outside = "c:cidoutside==:$:LWCP_v1:$zzz"
    await world.adapter.deliver(PLACE, new_id(), to(outside, "choices", session="2"))
    assert world.fake.in_sessions[-1][1]["msgtype"] == "actionCard" and "at" not in world.fake.in_sessions[-1][1]
    for late in ({"session": "2", "minutes": -1}, {"session": "gone"}, {}):
        with pytest.raises(DeliveryRefused) as refused:
            await world.adapter.deliver(PLACE, new_id(), to(outside, **late))  # type: ignore[arg-type]
        assert refused.value.code == "dingtalk.refused.session"


async def test_files_are_uploaded_or_linked(world: World) -> None:
    world.http.files = {"f": b"bytes"}
    await world.adapter.deliver(PLACE, new_id(), to("u:user123", "image", name="图.png"))
    assert json.loads(world.fake.said[0]["msgParam"]) == {"photoURL": "@media-1"}
    await world.adapter.deliver(PLACE, new_id(), to("u:user123", "file"))
    assert json.loads(world.fake.said[1]["msgParam"]) == {"mediaId": "@media-2", "fileName": "a.pdf", "fileType": "pdf"}
    assert json.loads(world.fake.said[2]["msgParam"]) == {"content": "see"}
    assert [(kind, name) for kind, name, _ in world.fake.uploads.values()] == [("image", "图.png"), ("file", "a.pdf")]
    await world.adapter.deliver(PLACE, new_id(), to("u:user123", "file", name="a.exe"))
    assert json.loads(world.fake.said[3]["msgParam"])["text"] == "[a.exe](/api/v1/files/f/a.pdf)"
    await world.adapter.deliver(PLACE, new_id(), to("c:cid:$x", "image", session="2"))
    assert world.fake.in_sessions[-1][1]["markdown"]["text"] == "[a.png](/api/v1/files/f/a.png)"
    world.http.files.clear()
    with pytest.raises(DeliveryRefused):
        await world.adapter.deliver(PLACE, new_id(), to("u:user123", "image"))


async def test_a_part_that_went_out_is_not_repeated(world: World) -> None:
    world.http.files = {"f": b"bytes"}
    message_id = new_id()
    world.fake.answers[SEND] = []
    original = world.api.call
    calls = 0

    async def breaks_at_the_second(*args: Any) -> Any:
        nonlocal calls
        calls += 1
        if calls == 2:
            raise DeliveryFailed("the line went dead")
        return await original(*args)

    world.api.call = breaks_at_the_second  # type: ignore[method-assign]
    with pytest.raises(DeliveryFailed):
        await world.adapter.deliver(PLACE, message_id, to("u:user123", "file"))
    sent = await world.adapter.deliver(PLACE, message_id, to("u:user123", "file"))
    assert sent.remote_ids == ("key-1", "key-2") and len(world.fake.said) == 2


async def test_every_documented_code_is_told_apart(world: World) -> None:
    stale = {"InvalidAuthentication", "40014", "42001", "41001", "33001"}
    for code, word in REFUSALS.items():
        world.fake.answers[SEND] = [(400, code)] * (2 if code in stale else 1)
        with pytest.raises(DeliveryRefused) as refused:
            await world.adapter.deliver(PLACE, new_id(), to("u:user123"))
        assert refused.value.code == f"dingtalk.refused.{word}"
    for status, code in ((403, "Forbidden.AccessDenied.QpsLimitForApi"), (429, ""), (503, ""), (400, "new.code")):
        world.fake.answers[SEND] = [(status, code)]
        with pytest.raises(DeliveryFailed):
            await world.adapter.deliver(PLACE, new_id(), to("u:user123"))
    world.fake.answers[SEND] = [(200, "90018")]
    with pytest.raises(DeliveryFailed) as failed:
        await world.adapter.deliver(PLACE, new_id(), to("u:user123"))
    assert failed.value.after == 60
    world.fake.held_back = {"user123"}
    with pytest.raises(DeliveryFailed):
        await world.adapter.deliver(PLACE, new_id(), to("u:user123"))
    for address in ("u:nobody", "", "x:1:2", "u:"):
        with pytest.raises(DeliveryRefused):
            await world.adapter.deliver(PLACE, new_id(), to(address))
    assert world.fake.said == []


async def test_an_expired_token_is_replaced(world: World) -> None:
    world.http.files = {"f": b"bytes"}
    await world.adapter.deliver(PLACE, new_id(), to("u:user123", "image"))
    world.fake.good.clear()
    await world.adapter.deliver(PLACE, new_id(), to("u:user123", "image"))  # the older interface notices first
    world.fake.good.clear()
    await world.adapter.deliver(PLACE, new_id(), to("u:user123"))
    assert world.fake.issued == 3 and len(world.fake.said) == 3


async def test_what_was_said_is_taken_back(world: World) -> None:
    recaller = DingtalkRecaller(world.api)
    sent = await world.adapter.deliver(PLACE, new_id(), to("u:user123"))
    await recaller.recall(PLACE, "u:user123", sent.remote_ids)
    await recaller.recall(PLACE, "g:cidxxx:user123", sent.remote_ids)
    assert [one.get("openConversationId") for one in world.fake.recalled] == [None, "cidxxx"]
    for address, ids in (("u:user123", ("key-9",)), ("u:user123", ()), ("c:a:b", ("key-1",))):
        with pytest.raises(DeliveryRefused) as refused:
            await recaller.recall(PLACE, address, ids)
        assert refused.value.code == "dingtalk.refused.recall"


async def test_files_people_sent(world: World) -> None:
    world.fake.files["code-1"] = b"x" * 100_000
    fetcher = DingtalkFetcher(world.api)
    assert b"".join([piece async for piece in fetcher.fetch(PLACE, Media("code-1", "a"))]) == b"x" * 100_000
    with pytest.raises(MediaFailed) as failed:
        _ = [piece async for piece in fetcher.fetch(PLACE, Media("gone", "a"))]
    assert failed.value.code == "dingtalk.media.gone"


async def test_a_connection_is_tried_out(world: World) -> None:
    world.fake.gateway = "wss://wss-open-connection.dingtalk.com:443/connect"
    facts = await DingtalkProbe(world.api, TOPIC).probe(PLACE)
    assert facts == {"robot_code": "dingkey", "gateway": world.fake.gateway}
    for place in (
        endpoint({"app_key": "dingkey"}, {}),
        endpoint({"app_key": "other"}, {"app_secret": "s3cret"}),
    ):
        world.tokens.held.clear()
        with pytest.raises(SourceFailed) as failed:
            await DingtalkProbe(world.api, TOPIC).probe(place)
        assert failed.value.hopeless and failed.value.code == "dingtalk.refused.credentials"


async def until(ready: Any) -> None:
    for _ in range(12000):
        if ready():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("it never happened")


def frames() -> list[list[Any]]:
    message = MESSAGES["msg0xxxxx"]
    first = [
        frame("SYSTEM", "ping", "p1", '{"opaque": "0ab"}'),
        "not json",
        frame("CALLBACK", TOPIC, "c1", message),
        frame("CALLBACK", TOPIC, "c2", {**message, "msgId": "second"}),
        frame("SYSTEM", "disconnect", "d1", "{}"),
    ]
    return [first, [frame("CALLBACK", TOPIC, "c3", {**message, "msgId": "third"})]]


async def test_a_line_is_listened_to_and_opened_anew(world: World) -> None:
    sink = ListSink()
    source = DingtalkSource(world.api, local=True)
    async with world.fake.open_gateway(frames()):
        task = asyncio.create_task(source.run(PLACE, sink))
        await until(lambda: len(world.fake.acks) == 4)
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    assert [key for key, _ in sink.taken] == ["msg0xxxxx", "second", "third"]
    assert json.loads(sink.taken[0][1]) == MESSAGES["msg0xxxxx"]
    assert [(ack["code"], ack["headers"]["messageId"]) for ack in world.fake.acks] == [
        (200, "p1"),
        (200, "c1"),
        (200, "c2"),
        (200, "c3"),
    ]
    assert json.loads(world.fake.acks[0]["data"]) == {"opaque": "0ab"}
    assert sink.times_fine == 2 and len(world.fake.tickets) == 2


async def test_what_could_not_be_stored_is_not_acknowledged(world: World) -> None:
    sink = ListSink()
    sink.fails = 1
    async with world.fake.open_gateway([[frame("CALLBACK", TOPIC, "c1", MESSAGES["msg0xxxxx"])]]):
        with pytest.raises(ConnectionError):
            await DingtalkSource(world.api, local=True).run(PLACE, sink)
    assert world.fake.acks == []


async def test_a_gateway_elsewhere_is_not_trusted(world: World) -> None:
    for place in ("wss://evil.test/connect", "ws://gateway.dingtalk.com/c", "wss://dingtalk.com.evil.test", "", "::"):
        world.fake.gateway = place
        with pytest.raises(SourceFailed) as failed:
            await DingtalkSource(world.api).run(PLACE, ListSink())
        assert failed.value.code == "dingtalk.refused.gateway"
    world.fake.gateway = "ws://127.0.0.1:1/connect"
    with pytest.raises(DeliveryFailed):
        await DingtalkSource(world.api, local=True).run(PLACE, ListSink())
    with pytest.raises(SourceFailed):
        await DingtalkSource(world.api).run(endpoint({"app_key": "x"}, {"app_secret": "y"}), ListSink())


async def test_the_sdk_understands_our_gateway(world: World) -> None:
    heard: list[str] = []

    class Listener(dingtalk_stream.ChatbotHandler):  # type: ignore[misc]
        async def process(self, callback: dingtalk_stream.CallbackMessage) -> tuple[int, str]:
            heard.append(dingtalk_stream.ChatbotMessage.from_dict(callback.data).text.content.strip())
            return dingtalk_stream.AckMessage.STATUS_OK, "OK"

    client = dingtalk_stream.DingTalkStreamClient(dingtalk_stream.Credential("dingkey", "s3cret"))
    client.register_callback_handler(dingtalk_stream.ChatbotMessage.TOPIC, Listener())
    script = [[frame("CALLBACK", TOPIC, "c1", MESSAGES["msg0xxxxx"])]]
    async with world.fake.open_gateway(script):
        client.open_connection = lambda: {"endpoint": world.fake.gateway, "ticket": "t"}
        task = asyncio.create_task(client.start())
        await until(lambda: world.fake.acks)
        for one in asyncio.all_tasks() - {asyncio.current_task()}:
            if one is task or "keepalive" in repr(one):
                one.cancel()
        task.cancel()
    assert heard == ["你好"]
    # What it acknowledges with is what we acknowledge with.
    (ack,) = world.fake.acks
    assert ack["code"] == 200 and ack["headers"]["messageId"] == "c1"
    assert ack["headers"]["contentType"] == "application/json" and set(ack) == {"code", "headers", "message", "data"}


async def test_staff_hear_among_their_work_notices(world: World) -> None:
    lines = [Line(f"任务 {number} [急]", f"https://desk.test/console/tickets/{number}") for number in range(12)]
    await notify(world.api, PLACE, "user123", Notice("n1", "公司", lines[:1], "zh-CN"))
    assert world.fake.notices[0] == {
        "agent_id": 7,
        "userid_list": "user123",
        "msg": {
            "msgtype": "action_card",
            "action_card": {
                "title": "公司",
                "markdown": "### 公司\n\n任务 0 \\[急\\]",
                "single_title": "查看",
                "single_url": "https://desk.test/console/tickets/0",
            },
        },
    }
    await notify(world.api, PLACE, "user123", Notice("n2", "12 new", lines, "en"))
    assert world.fake.notices[1]["msg"]["action_card"]["markdown"].endswith("- …")
    with pytest.raises(DeliveryRefused) as refused:
        await notify(world.api, PLACE, "nobody", Notice("n3", "x", lines, "en"))
    assert refused.value.code == "dingtalk.refused.customer"
