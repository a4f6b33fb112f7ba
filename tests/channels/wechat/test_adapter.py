"""Sending, files both ways, tokens and errors, against a stand-in for the API."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint, MediaFailed, SourceFailed
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.messages import Media, Outbound, Sender
from qiao.channels.contract.tokens import Fetch
from qiao.channels.wechat.adapter import WechatAdapter
from qiao.channels.wechat.api import WechatApi
from qiao.channels.wechat.codes import MEANINGS, key_of
from qiao.channels.wechat.rendering import render_mini, render_official
from qiao.core.errors import NotFound
from qiao.core.i18n import LOCALES, catalogues
from qiao.core.ids import new_id
from tests.channels.conformance import outbound
from tests.channels.wechat.accounts import SECRET, endpoint
from tests.channels.wechat.fake import FakeWechat

OPENID = "oia2TjuEGTNoeX76QEjQNrcURxG8"
FILES = {"pic": b"\x89PNG picture", "film": b"film", "voice": b"#!AMR"}


class Store:
    """Tokens without a database."""

    def __init__(self) -> None:
        self.held: dict[str, str] = {}

    async def get(self, endpoint: Endpoint, name: str, fetch: Fetch) -> str:
        if name not in self.held:
            self.held[name], _ = await fetch()
        return self.held[name]

    async def drop(self, endpoint: Endpoint, name: str, token: str) -> None:
        if self.held.get(name) == token:
            del self.held[name]


class Http(ChannelHttp):
    async def read_file(self, file_id: UUID | str) -> bytes:
        if str(file_id) not in FILES:
            raise NotFound("file_not_found")
        return FILES[str(file_id)]


class World:
    """An account, its adapter, and WeChat."""

    def __init__(self, *, mini: bool = False) -> None:
        self.fake = FakeWechat(follows={OPENID: {"subscribe": 1}}, left={OPENID: 5})
        self.http = Http(None, httpx.ASGITransport(self.fake.app()))  # type: ignore[arg-type]  # needs no runtime here
        self.adapter = WechatAdapter(WechatApi(self.http, Store()), mini=mini)
        self.render = render_mini if mini else render_official
        self.endpoint = endpoint()

    async def send(self, message: Outbound, message_id: UUID | None = None) -> Any:
        addressed = msgspec.structs.replace(message, address=OPENID)
        return await self.adapter.deliver(self.endpoint, message_id or new_id(), self.render(addressed))


def said(kind: str = "text", body: str = "", **payload: Any) -> Outbound:
    base = outbound(kind)
    return msgspec.structs.replace(
        base, body=body or base.body, payload={**base.payload, **payload} if payload else base.payload
    )


async def test_text_reaches_the_customer_in_their_own_script() -> None:
    world = World()
    sent = await world.send(said(body="您好 <b>&</b> 😀"))
    assert (sent.remote_ids, sent.answers, sent.state) == ((), 1, "delivered")
    assert world.fake.sent == [{"touser": OPENID, "msgtype": "text", "text": {"content": "您好 <b>&</b> 😀"}}]
    assert "您好".encode() in world.fake.bodies[-1]
    assert world.fake.asked == ["/cgi-bin/stable_token", "/cgi-bin/message/custom/send"]


async def test_a_long_text_goes_on_where_it_broke_off() -> None:
    world = World()
    long, message_id = said(body="您好，订单已经发出。" * 150), new_id()
    assert len(world.render(long)["messages"]) == 3
    world.fake.errors["/cgi-bin/message/custom/send"] = [0, -1]  # the first goes through
    with pytest.raises(DeliveryFailed):
        await world.send(long, message_id)
    sent = await world.send(long, message_id)
    assert sent.answers == 3
    assert "".join(m["text"]["content"] for m in world.fake.sent) == long.body
    assert world.fake.left[OPENID] == 2


async def test_pictures_voices_and_films_are_uploaded_other_files_are_links() -> None:
    world = World()
    file = {"mime": "image/png", "name": "图.png", "size": 12, "url": "https://qiao.example/f/1"}
    await world.send(said("image", file_id="pic", **file))
    await world.send(said("file", body=" ", **{**file, "file_id": "film", "mime": "video/mp4", "name": "a.mp4"}))
    await world.send(said("file", body="see", **{**file, "file_id": "voice", "mime": "audio/amr", "name": "a.amr"}))
    kinds = [(m["msgtype"], m[m["msgtype"]]) for m in world.fake.sent]
    uploads = {name: (kind, filename) for name, (kind, filename, _) in world.fake.uploads.items()}
    assert list(uploads.values()) == [("image", "file.png"), ("video", "file.mp4"), ("voice", "file.amr")]
    image, video, voice = uploads
    assert kinds[0] == ("image", {"media_id": image})
    assert kinds[1] == ("video", {"title": "a.mp4", "media_id": video})
    assert kinds[2] == ("voice", {"media_id": voice})
    assert kinds[3] == ("text", {"content": "see"})
    world.fake.left[OPENID] = 5
    for mime, size in (("application/zip", 12), ("image/webp", 12), ("image/png", 11 << 20)):
        await world.send(said("file", body=" ", **{**file, "mime": mime, "size": size}))
        assert world.fake.sent[-1]["text"]["content"].endswith("https://qiao.example/f/1")
    with pytest.raises(DeliveryRefused, match="file_gone"):
        await world.send(said("image", **{**file, "file_id": "nowhere"}))


async def test_cards_and_choices_in_wechats_forms() -> None:
    world = World()
    await world.send(said("card"))
    await world.send(said("choices"))
    page = {"type": "miniprogram", "title": "订单", "appid": "wx1", "pagepath": "pages/a", "file_id": "pic"}
    await world.send(said("card", **page))
    news, menu, mini = world.fake.sent
    assert news["news"]["articles"] == [
        {"title": "Returns", "description": "Within 7 days", "url": "https://shop.example/r"}
    ]
    assert menu["msgmenu"]["head_content"] == "Which one?"
    assert menu["msgmenu"]["list"] == [{"id": "1", "content": "This"}, {"id": "2", "content": "That"}]
    assert mini["miniprogrampage"].pop("thumb_media_id") in world.fake.uploads
    assert mini["miniprogrampage"] == {"title": "订单", "appid": "wx1", "pagepath": "pages/a"}
    # What a menu cannot show is a numbered list; a card without a page is text.
    many = [{"id": str(n), "label": f"Line {n}"} for n in range(30)]
    await world.send(said("choices", options=many))
    assert world.fake.sent[-1]["text"]["content"].splitlines()[:2] == ["Which one?", "1. Line 0"]
    await world.send(said("card", url=""))
    assert world.fake.sent[-1]["msgtype"] == "text"


async def test_a_mini_program_has_links_and_no_menus() -> None:
    world = World(mini=True)
    await world.send(said("card", thumb_url="https://shop.example/t.png"))
    assert world.fake.sent[-1]["link"] == {
        "title": "Returns",
        "description": "Within 7 days",
        "url": "https://shop.example/r",
        "thumb_url": "https://shop.example/t.png",
    }
    await world.send(said("card"))
    assert world.fake.sent[-1]["msgtype"] == "text"
    page = {"type": "miniprogram", "title": "T", "pagepath": "p", "thumb_media_id": "M"}
    world.fake.uploads["M"] = ("image", "", b"")
    await world.send(said("card", **page))
    assert world.fake.sent[-1]["miniprogrampage"] == {"title": "T", "pagepath": "p", "thumb_media_id": "M"}
    await world.send(said("file", file_id="film", mime="video/mp4", name="a.mp4", size=1, url="https://q.example/f"))
    assert world.fake.sent[-1]["msgtype"] == "text"


async def test_templates_and_subscribe_messages() -> None:
    world = World()
    message_id = new_id()
    template = {"id": "T1", "data": {"thing1": "订单", "amount2": {"value": "9.9"}}, "url": "https://shop.example/o"}
    program = {"appid": "wx1", "pagepath": "pages/a"}
    sent = await world.send(said(template={**template, "miniprogram": program}), message_id)
    await world.send(said(template={**template, "miniprogram": program}), message_id)
    ((path, body),) = world.fake.noticed  # the repeat is WeChat's to drop, by our id
    assert path == "/cgi-bin/message/template/send"
    assert body == {
        "touser": OPENID,
        "template_id": "T1",
        "data": {"thing1": {"value": "订单"}, "amount2": {"value": "9.9"}},
        "url": "https://shop.example/o",
        "miniprogram": program,
        "client_msg_id": message_id.hex,
    }
    assert (sent.answers, sent.state, len(sent.remote_ids)) == (0, "sent", 1)
    await world.send(said(template={"id": "T2", "data": {"thing1": "a"}, "kind": "subscribe", "page": "p"}))
    path, body = world.fake.noticed[-1]
    assert (path, body["page"]) == ("/cgi-bin/message/subscribe/bizsend", "p")
    mini = World(mini=True)
    await mini.send(said(template={"id": "T3", "data": {"thing1": "a"}}))
    path, body = mini.fake.noticed[-1]
    assert (path, body["miniprogram_state"]) == ("/cgi-bin/message/subscribe/send", "formal")
    with pytest.raises(DeliveryRefused, match="template_data"):
        await world.send(said(template={"id": "T1", "data": {"thing1": ""}}))
    for wrong in ({"id": "", "data": {}}, {"id": "T"}, {"id": "T", "data": {}, "url": "javascript:1"}, "T", ["T"]):
        with pytest.raises(DeliveryRefused, match="template_data"):
            render_official(said(template=wrong))
    found = await world.adapter.templates(world.endpoint)
    assert [(one.data["kind"], one.title, one.fields) for one in found] == [
        ("template", "领取奖金提醒", ("thing2", "time3")),
        ("subscribe", "报名结果通知", ("date2", "thing1")),
    ]
    assert found[1].text == "会议时间:{date2}\n会议地点:{thing1}"
    assert found[1].data["longest"]["thing1"] == 20
    assert [one.data["kind"] for one in await mini.adapter.templates(mini.endpoint)] == ["subscribe"]
    world.fake.errors["/cgi-bin/template/get_all_private_template"] = [48001]
    assert len(await world.adapter.templates(world.endpoint)) == 1


async def test_a_token_that_ran_out_is_renewed_once() -> None:
    world = World()
    await world.send(said())
    world.fake.expire()
    await world.send(said())
    assert len(world.fake.sent) == 2
    assert world.fake.asked.count("/cgi-bin/stable_token") == 2
    for code in (40001, 40014, 42001):
        world.fake.errors["/cgi-bin/message/custom/send"] = [code]
        await world.send(said())
    world.fake.left[OPENID] = 5
    world.fake.errors["/cgi-bin/message/custom/send"] = [40001, 40001]
    with pytest.raises(DeliveryFailed) as failed:
        await world.send(said())
    assert failed.value.code == "wechat.setup.token"


async def test_the_window_closes_and_answers_run_out() -> None:
    world = World()
    for _ in range(5):
        await world.send(said())
    with pytest.raises(DeliveryRefused) as refused:
        await world.send(said())
    assert refused.value.code == "wechat.refused.window_used"
    assert refused.value.params["number"] == 45047
    del world.fake.left[OPENID]
    with pytest.raises(DeliveryRefused, match="out_of_window"):
        await world.send(said())
    with pytest.raises(DeliveryRefused, match="address_unknown"):
        await world.adapter.deliver(world.endpoint, new_id(), {**render_official(said()), "to": "stranger"})


async def test_trouble_that_passes_is_tried_again() -> None:
    world = World()
    path = "/cgi-bin/message/custom/send"
    for code, after in ((-1, None), (45011, 60.0), (45009, 3600.0), (99999, None)):
        world.fake.errors[path] = [code]
        with pytest.raises(DeliveryFailed) as failed:
            await world.send(said())
        assert failed.value.after == after
        assert f"{code} " in str(failed.value)
        assert world.fake.token not in str(failed.value)
    world.fake.statuses[path] = [502, 429]
    for _ in range(2):
        with pytest.raises(DeliveryFailed) as failed:
            await world.send(said())
        assert failed.value.after == 7.0
    world.fake.errors["/cgi-bin/stable_token"] = [40164]
    world.fake.expire()
    with pytest.raises(DeliveryFailed) as failed:
        await world.send(said())
    assert failed.value.code == "wechat.setup.ip_not_listed"


def test_every_code_has_words_in_both_languages() -> None:
    texts = catalogues()
    keys = {key_of(meaning) for meaning in MEANINGS.values()} | {"wechat.later.unknown", "wechat.refused.file_gone"}
    keys |= {"wechat.receipt.user_block", "wechat.receipt.system_failed"}
    for locale in LOCALES:
        assert not [key for key in sorted(keys) if key not in texts[locale]]


async def test_files_come_down_and_films_by_their_address() -> None:
    world = World()
    world.fake.media["voice"] = b"#!AMR" + b"x" * 100

    async def fetched(ref: str) -> bytes:
        return b"".join([chunk async for chunk in world.adapter.fetch(world.endpoint, Media(ref, "f"))])

    assert await fetched("voice") == world.fake.media["voice"]
    assert await fetched("film") == b"\x00\x00\x00 ftypmp42film"
    world.fake.expire()
    assert await fetched("voice\nhttp://mmbiz.qpic.cn/x/0") == world.fake.media["voice"]
    # Gone after three days; a picture is still at its own address.
    assert await fetched("gone\nhttp://mmbiz.qpic.cn/mmbiz_jpg/abc/0") == b"\xff\xd8\xffpicture"
    for ref in ("gone", "gone\nhttp://127.0.0.1/x", "gone\nhttps://qpic.cn.evil.example/x", "elsewhere"):
        with pytest.raises(MediaFailed):
            await fetched(ref)
    world.fake.errors["/cgi-bin/media/get"] = [45011]
    with pytest.raises(DeliveryFailed):
        await fetched("voice")


async def test_typing_is_shown_and_never_in_the_way() -> None:
    world, mini = World(), World(mini=True)
    await world.adapter.typing(world.endpoint, OPENID, True)
    await mini.adapter.typing(mini.endpoint, OPENID, False)
    assert world.fake.typed == [("/cgi-bin/message/custom/typing", OPENID, "Typing")]
    assert mini.fake.typed == [("/cgi-bin/message/custom/business/typing", OPENID, "CancelTyping")]
    world.fake.errors["/cgi-bin/message/custom/typing"] = [45081]
    await world.adapter.typing(world.endpoint, OPENID, True)
    await world.adapter.typing(endpoint(show_typing=False), OPENID, True)
    assert len(world.fake.typed) == 1


async def test_followers_are_looked_up_and_linked_by_unionid() -> None:
    world = World()
    world.fake.follows[OPENID] = {"unionid": "oU1", "language": "zh_CN", "remark": "老客户", "nickname": ""}
    found = await world.adapter.look_up(world.endpoint, Sender(OPENID))
    assert (found.union, found.name, found.attributes) == ("wechat:oU1", "老客户", {"language": "zh_CN"})
    stranger = Sender("stranger")
    assert await world.adapter.look_up(world.endpoint, stranger) == stranger
    asked = world.fake.asked.count("/cgi-bin/user/info")
    world.fake.errors["/cgi-bin/user/info"] = [48001]
    for _ in range(3):  # an account without the permission is asked once an hour
        assert await world.adapter.look_up(world.endpoint, Sender(OPENID)) == Sender(OPENID)
    assert world.fake.asked.count("/cgi-bin/user/info") == asked + 1
    mini = World(mini=True)
    assert await mini.adapter.look_up(mini.endpoint, Sender(OPENID)) == Sender(OPENID)
    assert not mini.fake.asked


async def test_a_connection_is_tried_with_words_for_what_is_wrong() -> None:
    world = World()
    assert await world.adapter.probe(world.endpoint) == {
        "app_id": "wx0123456789abcdef",
        "daily_limit": "500000",
        "remain": "499999",
    }
    for code, word in ((40164, "ip_not_listed"), (40125, "app_secret"), (40013, "app_id"), (40243, "secret_frozen")):
        other = World()
        other.fake.errors["/cgi-bin/stable_token"] = [code]
        with pytest.raises(SourceFailed) as failed:
            await other.adapter.probe(other.endpoint)
        assert (failed.value.code, failed.value.hopeless) == (f"wechat.setup.{word}", True)
    assert SECRET not in repr(world.endpoint)
    assert json.loads((Path(__file__).parents[3] / "qiao/channels/wechat/quality.json").read_text())["rules"]
