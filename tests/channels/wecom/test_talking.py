"""Fetching and sending, against a WeCom of our own."""

import asyncio
import contextlib
import json
from typing import Any

import pytest

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, MediaFailed, SourceFailed
from qiao.channels.contract.messages import Media
from qiao.channels.wecom import sessions
from qiao.channels.wecom.adapter import WecomAdapter, WecomFetcher, WecomProbe
from qiao.channels.wecom.api import REFUSALS, WecomApi
from qiao.channels.wecom.channel import render
from qiao.channels.wecom.hook import Wakes, key_of
from qiao.channels.wecom.source import WecomSource
from qiao.channels.wecom.staff import card, notify
from qiao.core import clock
from qiao.core.ids import new_id
from qiao.core.mail import Line
from qiao.people.notifications.ports import Notice
from tests.channels.conformance import outbound
from tests.channels.wecom.fake import FakeWecom
from tests.channels.wecom.parts import FakeTokens, ListSink, LocalHttp, endpoint

SETTINGS = {"corp_id": "ww1", "open_kfid": "", "welcome": "您好", "agent_id": 7}
PLACE = endpoint(SETTINGS, {"secret": "s3cret"})


class World:
    def __init__(self) -> None:
        self.fake = FakeWecom()
        self.http = LocalHttp(self.fake.app)
        self.tokens: Any = FakeTokens()
        self.api = WecomApi(self.http, self.tokens)
        self.adapter = WecomAdapter(self.api)
        self.wakes = Wakes()


@pytest.fixture
def world() -> World:
    return World()


def said(number: int, *, age: float = 0, **more: Any) -> dict[str, Any]:
    return {
        "msgid": f"m{number}",
        "open_kfid": "wkA",
        "external_userid": "wmC",
        "send_time": int(clock.now().timestamp() - age),
        "origin": 3,
        "msgtype": "text",
        "text": {"content": f"第{number}句"},
        **more,
    }


def to(address: str, kind: str = "text", **payload: Any) -> dict[str, Any]:
    rendered = render(outbound(kind))
    return {**rendered, "to": address, **payload}


async def run_for_a_moment(world: World, sink: ListSink, place: Any = PLACE, until: Any = None) -> None:
    source = WecomSource(world.api, world.wakes, poll_seconds=0.005)
    task = asyncio.create_task(source.run(place, sink))
    for _ in range(12000):
        if task.done() or (until() if until else sink.times_fine >= 2):
            break
        await asyncio.sleep(0.005)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_pages_are_fetched_from_the_cursor_and_names_come_along(world: World) -> None:
    world.fake.page = 2
    world.fake.logs["wkA"] = [said(0, age=90_000), *(said(number) for number in range(1, 6))]
    world.fake.logs["wkB"] = [said(9, open_kfid="wkB", external_userid="wmStranger")]
    sink = ListSink()
    await run_for_a_moment(world, sink)
    # What is older than an hour when the inbox is new was answered elsewhere.
    assert sorted(key or "" for key, _ in sink.taken) == ["m1", "m2", "m3", "m4", "m5", "m9"]
    first = json.loads(dict(sink.taken)["m1"])
    assert first["customer"] == {"nickname": "小林", "unionid": "ozynqs"} and first["msg"]["text"]["content"] == "第1句"
    assert json.loads(dict(sink.taken)["m9"])["customer"] == {}
    assert sink.cursor == {"accounts": {"wkA": "at-6", "wkB": "at-1"}}
    before = len(sink.cursors)
    world.fake.logs["wkA"].append(said(6))
    again = ListSink(sink.cursor)
    await run_for_a_moment(world, again)
    assert [key for key, _ in again.taken] == ["m6"] and before
    assert all(asked["cursor"] for asked in world.fake.asked[-2:])


async def test_nothing_is_lost_when_storing_fails(world: World) -> None:
    world.fake.logs["wkA"] = [said(1)]
    sink = ListSink()
    sink.fails = 1
    place = endpoint({**SETTINGS, "open_kfid": "wkA"}, {"secret": "s3cret"})
    with pytest.raises(ConnectionError):
        await run_for_a_moment(world, sink, place)
    assert sink.cursor == {}
    await run_for_a_moment(world, sink, place)
    assert [key for key, _ in sink.taken] == ["m1"]


async def test_the_callbacks_token_is_used_and_a_bad_one_is_done_without(world: World) -> None:
    sink = ListSink({"accounts": {"wkA": "at-0", "wkB": "at-0"}})
    place = endpoint({**SETTINGS, "open_kfid": "wkA"}, {"secret": "s3cret"})
    world.wakes.ring(place.inbox_id, key_of("1", "n", "wkA", "news"))
    await run_for_a_moment(world, sink, place, until=lambda: any("token" in one for one in world.fake.asked))
    world.fake.logs["wkA"].append(said(1))
    world.wakes.ring(place.inbox_id, key_of("2", "n", "wkA", "too old"))
    await run_for_a_moment(world, sink, place, until=lambda: len(sink.taken) == 1)
    assert [one.get("token") for one in world.fake.asked if "token" in one][:2] == ["news", "too old"]


async def test_who_enters_is_welcomed_once_and_not_late(world: World) -> None:
    event = {"event_type": "enter_session", "open_kfid": "wkA", "external_userid": "wmC", "scene": "1"}
    fresh = said(1, origin=4, msgtype="event", event={**event, "welcome_code": "welcome-1"})
    late = said(2, age=60, origin=4, msgtype="event", event={**event, "welcome_code": "welcome-2"})
    again = said(3, origin=4, msgtype="event", event={**event, "welcome_code": "welcome-1"})
    world.fake.codes = {"welcome-1", "welcome-2"}
    world.fake.logs["wkA"] = [fresh, late, again]
    sink = ListSink()
    await run_for_a_moment(world, sink)
    assert [one["text"]["content"] for one in world.fake.greeted] == ["您好"]
    assert len(sink.taken) == 3 and world.fake.codes == {"welcome-2"}


async def test_an_inbox_with_wrong_settings_says_so(world: World) -> None:
    for place, code, hopeless in (
        (endpoint({**SETTINGS, "corp_id": "ww2"}, {"secret": "s3cret"}), "wecom.refused.credentials", True),
        (endpoint(SETTINGS, {"secret": "wrong"}), "wecom.refused.credentials", True),
        (endpoint(SETTINGS, {}), "wecom.refused.credentials", True),
        (endpoint({**SETTINGS, "open_kfid": "wkNone"}, {"secret": "s3cret"}), "wecom.refused.account", True),
    ):
        with pytest.raises(SourceFailed) as failed:
            await WecomSource(world.api, world.wakes).run(place, ListSink())
        assert (failed.value.code, failed.value.hopeless) == (code, hopeless)
        with pytest.raises(SourceFailed):
            await WecomProbe(world.api).probe(place)
        world.tokens.held.clear()
    facts = await WecomProbe(world.api).probe(PLACE)
    assert facts == {
        "售前 (wkA)": "https://work.weixin.qq.com/kf/wkA?scene=qiao",
        "售后 (wkB)": "https://work.weixin.qq.com/kf/wkB?scene=qiao",
    }


async def test_messages_leave_once_each_part_under_our_id(world: World) -> None:
    message_id = new_id()
    sent = await world.adapter.deliver(PLACE, message_id, to("wkA:wmC"))
    assert sent.remote_ids == (message_id.hex,)
    assert world.fake.sent == [
        {"touser": "wmC", "open_kfid": "wkA", "msgid": message_id.hex, "msgtype": "text", "text": {"content": "hello"}}
    ]
    await world.adapter.deliver(PLACE, message_id, to("wkA:wmC"))
    assert len(world.fake.sent) == 1
    world.http.files["f"] = b"picture bytes"
    picture = render(outbound("image"))
    picture["messages"] = [{"file": {"kind": "image", "file_id": "f", "name": '图"1".png'}}, picture["messages"][0]]
    world.fake.answers["kf/send_msg"] = []
    twice = new_id()
    sent = await world.adapter.deliver(PLACE, twice, {**picture, "to": "wkA:wmC"})
    assert len(sent.remote_ids) == 2 and len(set(sent.remote_ids)) == 2
    assert world.fake.uploads["up-1"] == ("image", "图'1'.png", b"picture bytes")
    assert world.fake.sent[1]["image"] == {"media_id": "up-1"}


async def test_an_expired_token_is_replaced_and_a_hopeless_one_is_not(world: World) -> None:
    await world.adapter.deliver(PLACE, new_id(), to("wkA:wmC"))
    world.fake.good.clear()
    await world.adapter.deliver(PLACE, new_id(), to("wkA:wmC"))
    assert world.fake.issued == 2 and len(world.fake.sent) == 2
    world.fake.answers["kf/send_msg"] = [42001, 42001]
    with pytest.raises(DeliveryFailed):
        await world.adapter.deliver(PLACE, new_id(), to("wkA:wmC"))


async def test_every_documented_code_is_told_apart(world: World) -> None:
    for code, word in REFUSALS.items():
        world.fake.answers["kf/send_msg"] = [code]
        with pytest.raises(DeliveryRefused) as refused:
            await world.adapter.deliver(PLACE, new_id(), to("wkA:wmC"))
        assert refused.value.code == f"wecom.refused.{word}"
    for code in (-1, 45009, 45033, 429, 503, 123456):
        world.fake.answers["kf/send_msg"] = [code]
        with pytest.raises(DeliveryFailed):
            await world.adapter.deliver(PLACE, new_id(), to("wkA:wmC"))
    for address in ("", "wkA", "wkA:", ":wmC"):
        with pytest.raises(DeliveryRefused):
            await world.adapter.deliver(PLACE, new_id(), to(address))
    with pytest.raises(DeliveryRefused):
        gone = {"messages": [{"file": {"kind": "file", "file_id": "nothing", "name": "a"}}]}
        await world.adapter.deliver(PLACE, new_id(), {**gone, "to": "wkA:wmC"})
    assert world.fake.sent == []


async def test_files_of_customers(world: World) -> None:
    world.fake.media["big"] = b"x" * 200_000
    world.fake.media["json"] = b'{"errno": 1}'
    fetcher = WecomFetcher(world.api)
    assert b"".join([piece async for piece in fetcher.fetch(PLACE, Media("big", "a.jpg"))]) == b"x" * 200_000
    assert b"".join([piece async for piece in fetcher.fetch(PLACE, Media("json", "a.json"))]) == b'{"errno": 1}'
    with pytest.raises(MediaFailed) as failed:
        _ = [piece async for piece in fetcher.fetch(PLACE, Media("gone", "a.jpg"))]
    assert failed.value.code == "wecom.media.gone"
    world.fake.good.clear()
    assert [piece async for piece in fetcher.fetch(PLACE, Media("big", "a.jpg"))]


async def test_sessions_move_as_wecom_allows(world: World) -> None:
    address = "wkA:wmC"
    assert await sessions.state(world.api, PLACE, address) == (sessions.NEW, "")
    assert await sessions.move(world.api, PLACE, address, sessions.POOL)
    with pytest.raises(DeliveryRefused) as refused:
        await world.adapter.deliver(PLACE, new_id(), to(address))
    assert refused.value.code == "wecom.refused.session"
    assert not await sessions.move(world.api, PLACE, address, sessions.ASSISTANT)
    assert await sessions.move(world.api, PLACE, address, sessions.PERSON, "mei")
    assert not await sessions.move(world.api, PLACE, address, sessions.PERSON, "mei")
    assert await sessions.state(world.api, PLACE, address) == (sessions.PERSON, "mei")
    assert await sessions.move(world.api, PLACE, address, sessions.OVER)
    assert not await sessions.move(world.api, PLACE, address, sessions.NEW)
    # Our table of moves is the provider's: the fake refuses what it does not list.
    assert {(a, b) for a in range(5) for b in range(5) if sessions.may_move(a, b)} >= {(0, 1), (1, 2), (2, 3), (3, 4)}


async def test_staff_hear_in_their_own_app(world: World) -> None:
    lines = [
        Line(f"任务 {number} <b>已退回</b>", f"https://desk.test/console/tickets/{number}") for number in range(40)
    ]
    notice = Notice("n1", "公司", lines[:1], "zh-CN")
    await notify(world.api, PLACE, "LiMing", notice)
    sent = world.fake.staff_cards[0]
    assert (sent["touser"], sent["agentid"]) == ("LiMing", 7)
    assert sent["textcard"] == {
        "title": "公司",
        "description": "任务 0 &lt;b&gt;已退回&lt;/b&gt;",
        "url": "https://desk.test/console/tickets/0",
        "btntxt": "查看",
    }
    with pytest.raises(DeliveryRefused) as refused:
        await notify(world.api, PLACE, "Nobody", notice)
    assert refused.value.code == "wecom.refused.staff"
    many = card(Notice("n2", "公" * 100, lines, "en"))
    assert len(many["description"].encode()) <= 512 and many["description"].endswith("…")
    assert len(many["title"].encode()) <= 128
