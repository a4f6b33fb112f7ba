"""Sending, taking back and fetching, against a Feishu of our own."""

import json
from typing import Any

import msgspec
import pytest

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, MediaFailed, SourceFailed
from qiao.channels.contract.messages import Media
from qiao.channels.feishu.adapter import FeishuAdapter, FeishuFetcher, FeishuProbe, FeishuRecaller
from qiao.channels.feishu.api import REFUSALS, STALE, FeishuApi
from qiao.channels.feishu.rendering import render
from qiao.channels.feishu.staff import notify
from qiao.core.ids import new_id
from qiao.core.mail import Line
from qiao.people.notifications.ports import Notice
from tests.channels.conformance import outbound
from tests.channels.feishu.fake import FakeFeishu
from tests.channels.wecom.parts import FakeTokens, LocalHttp, endpoint

PLACE = endpoint({"app_id": "cli_a", "domain": "feishu"}, {"app_secret": "s3cret"})


class World:
    def __init__(self) -> None:
        self.fake = FakeFeishu()
        self.http = LocalHttp(self.fake.app)
        self.tokens: Any = FakeTokens()
        self.api = FeishuApi(self.http, self.tokens)
        self.adapter = FeishuAdapter(self.api)


@pytest.fixture
def world() -> World:
    return World()


def to(address: str, kind: str = "text", **payload: Any) -> dict[str, Any]:
    message = outbound(kind)
    return render(msgspec.structs.replace(message, address=address, payload={**message.payload, **payload}))


async def test_messages_leave_once_each_part_under_our_id(world: World) -> None:
    world.http.files = {"f": b"bytes"}
    message_id = new_id()
    sent = await world.adapter.deliver(PLACE, message_id, to("p:oc_p2p"))
    again = await world.adapter.deliver(PLACE, message_id, to("p:oc_p2p"))
    assert sent.remote_ids == again.remote_ids == ("om_1",) and len(world.fake.sent) == 1
    assert world.fake.sent[0]["content"] == {"text": "hello"}
    sent = await world.adapter.deliver(PLACE, new_id(), to("g:oc_group:ou_me", "file"))
    assert sent.remote_ids == ("om_2", "om_3")
    assert [one["msg_type"] for one in world.fake.sent] == ["text", "file", "text"]
    assert world.fake.sent[2]["content"]["text"] == '<at user_id="ou_me"></at> see'
    for kind in ("image", "choices", "card"):
        await world.adapter.deliver(PLACE, new_id(), to("p:oc_p2p", kind))
    await world.adapter.deliver(PLACE, new_id(), to("p:oc_p2p", "file", name="a.mp4"))
    assert [one["msg_type"] for one in world.fake.sent[3:]] == ["image", "interactive", "interactive", "media", "text"]
    assert [kind for kind, _, _ in world.fake.uploads.values()] == ["pdf", "image", "mp4"]
    huge = to("p:oc_p2p", "file", size=31 * 1024 * 1024)
    assert huge["say"][0] == {"msg_type": "text", "content": {"text": "a.pdf\n/api/v1/files/f/a.pdf"}}
    assert set(world.fake.hosts) == {"open.feishu.cn"}
    lark = endpoint({"app_id": "cli_a", "domain": "lark"}, {"app_secret": "s3cret"})
    await world.adapter.deliver(lark, new_id(), to("p:oc_p2p"))
    assert world.fake.hosts[-1] == "open.larksuite.com"


async def test_every_documented_code_is_told_apart(world: World) -> None:
    for code, word in REFUSALS.items():
        world.fake.answers["/im/v1/messages"] = [code] * (2 if code in STALE else 1)
        with pytest.raises(DeliveryRefused) as refused:
            await world.adapter.deliver(PLACE, new_id(), to("p:oc_p2p"))
        assert refused.value.code == f"feishu.refused.{word}"
    for code in (99991400, 230020, 429, 503, 123456789):
        world.fake.answers["/im/v1/messages"] = [code]
        with pytest.raises(DeliveryFailed):
            await world.adapter.deliver(PLACE, new_id(), to("p:oc_p2p"))
    for address in ("", "p:", "x:oc_p2p", "p:oc_elsewhere"):
        with pytest.raises(DeliveryRefused) as refused:
            await world.adapter.deliver(PLACE, new_id(), to(address))
        assert refused.value.code == "feishu.refused.chat"
    with pytest.raises(DeliveryRefused):
        await world.adapter.deliver(PLACE, new_id(), to("p:oc_p2p", "image"))
    assert world.fake.sent == []


async def test_an_expired_token_is_replaced(world: World) -> None:
    await world.adapter.deliver(PLACE, new_id(), to("p:oc_p2p"))
    world.fake.good.clear()
    await world.adapter.deliver(PLACE, new_id(), to("p:oc_p2p"))
    assert world.fake.issued == 2 and len(world.fake.sent) == 2


async def test_what_was_said_is_taken_back(world: World) -> None:
    sent = await world.adapter.deliver(PLACE, new_id(), to("p:oc_p2p"))
    await FeishuRecaller(world.api).recall(PLACE, "p:oc_p2p", sent.remote_ids)
    assert world.fake.recalled == ["om_1"]
    with pytest.raises(DeliveryRefused) as refused:
        await FeishuRecaller(world.api).recall(PLACE, "p:oc_p2p", ("om_9",))
    assert refused.value.code == "feishu.refused.recall"


async def test_files_people_sent(world: World) -> None:
    world.fake.files["om_image/image/img_v2"] = b"x" * 100_000
    fetcher = FeishuFetcher(world.api)

    async def fetched(ref: str) -> bytes:
        return b"".join([piece async for piece in fetcher.fetch(PLACE, Media(ref, "a"))])

    assert await fetched("om_image/image/img_v2") == b"x" * 100_000
    world.fake.good.clear()
    assert await fetched("om_image/image/img_v2") == b"x" * 100_000
    assert world.fake.issued == 2
    with pytest.raises(MediaFailed) as failed:
        await fetched("om_image/image/gone")
    assert failed.value.code == "feishu.media.gone"
    world.fake.answers["/im/v1/messages/om_image/resources/img_v2"] = [503, 503]
    with pytest.raises(DeliveryFailed):
        await fetched("om_image/image/img_v2")


async def test_a_connection_is_tried_out(world: World) -> None:
    assert await FeishuProbe(world.api).probe(PLACE) == {"bot": "客服小桥"}
    for place in (
        endpoint({"app_id": "cli_a"}, {}),
        endpoint({"app_id": "cli_b"}, {"app_secret": "s3cret"}),
        endpoint({"app_id": "cli_a"}, {"app_secret": "wrong"}),
    ):
        world.tokens.held.clear()
        with pytest.raises(SourceFailed) as failed:
            await FeishuProbe(world.api).probe(place)
        assert failed.value.code == "feishu.refused.credentials" and failed.value.hopeless


async def test_staff_hear_from_the_bot(world: World) -> None:
    lines = [Line(f"任务 {number} <at id=all></at>", f"https://desk.test/t/{number}") for number in range(12)]
    for account in ("li@qiao.test", "ou_me", "e33ggbyz"):
        await notify(world.api, PLACE, account, Notice(f"n-{account}", "公司", lines[:1], "zh-CN"))
    card = world.fake.sent[0]["content"]
    assert card["header"]["title"]["content"] == "公司"
    assert card["elements"][0]["content"] == "任务 0 &#60;at id=all&#62;&#60;/at&#62;"
    assert card["elements"][1]["actions"][0]["url"] == "https://desk.test/t/0"
    await notify(world.api, PLACE, "ou_me", Notice("n2", "12 new", lines, "en"))
    assert json.dumps(world.fake.sent[3]["content"]).count("https://desk.test/t/") == 11
    with pytest.raises(DeliveryRefused) as refused:
        await notify(world.api, PLACE, "nobody", Notice("n3", "x", lines, "en"))
    assert refused.value.code == "feishu.refused.person"
