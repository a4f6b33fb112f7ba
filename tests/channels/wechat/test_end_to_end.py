"""An account in the running application: somebody scans, follows, writes, is answered, and the window shuts."""

import asyncio
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

import pytest

from qiao.channels.contract import merging
from qiao.channels.contract.channel import Request
from qiao.channels.contract.typing_signs import TypingSigns
from qiao.core.actor import Actor
from qiao.core.realtime import Hub, Target
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Outgoing
from qiao.desk.routing import service as routing
from qiao.desk.routing.schemas import QueueBody
from tests.channels.social import Wire, of_now
from tests.channels.street import API, Street
from tests.channels.wechat.accounts import AES_KEY, APP_ID, SECRET, TOKEN, plain_post, query, safe_post
from tests.channels.wechat.fake import FakeWechat
from tests.channels.wechat.test_parsing import example as documented
from tests.conftest import SignIn

OPENID = "oia2TjuEGTNoeX76QEjQNrcURxG8"
SETTINGS = {"app_id": APP_ID, "app_secret": SECRET, "token": TOKEN, "aes_key": AES_KEY}


def example(name: str) -> bytes:
    """A documented payload as if it had just been sent."""
    return of_now(documented(name))


async def lay(street: Street, channel: str = "wechat", **settings: Any) -> tuple[Wire, FakeWechat]:
    fake = FakeWechat(follows={OPENID: {"unionid": "oU1", "language": "zh_CN"}}, left={OPENID: 5})
    return await Wire.lay(street, fake.app(), channel, {**SETTINGS, **settings}), fake


async def posts(wire: Wire, request: Request) -> None:
    response = await wire.posts(request.body, {"content-type": "text/xml"}, "?" + urlencode(request.query))
    assert response.text == "success"


def from_openid(raw: bytes, number: int = 0) -> bytes:
    """An example as this follower's, with an id of its own."""
    return raw.replace(b"fromUser", OPENID.encode()).replace(b"12345678901234", b"%014d" % (98765432109876 + number))


async def test_a_follower_is_answered_until_the_answers_are_used_up(street: Street) -> None:
    wire, fake = await lay(street, welcome="您好，欢迎关注")
    echo = await street.http.get(f"{API}/channels/hooks/{wire.inbox.key}", params=query(echostr="4711"))
    assert echo.text == "4711"
    refused = await street.http.post(f"{API}/channels/hooks/{wire.inbox.key}", content=example("text.xml"))
    assert refused.status_code == 401

    await posts(wire, safe_post(example("event_subscribe.xml")))
    await street.runtime.reactions.settled()
    assert [m["text"]["content"] for m in fake.sent] == ["您好，欢迎关注"]
    raw = from_openid(example("text.xml"))
    for _ in range(2):  # WeChat repeats
        await posts(wire, safe_post(raw))
    fake.media["media_id_3"] = b"#!AMR\n" + b"\x3c" * 60
    await posts(wire, safe_post(from_openid(example("voice_recognised.xml"), 1)))
    said, spoken = await wire.messages()
    assert (said["author_kind"], said["body"]) == ("customer", "this is a test")
    assert spoken["body"] == "腾讯微信团队"
    assert spoken["payload"]["attachments"][0]["name"] == "voice.amr"
    pool = await street.runtime.db.raw()
    identities = await pool.fetch(
        "SELECT kind, value, verified FROM customer_identities WHERE kind IN ('wechat','union')"
    )
    assert sorted((row["kind"], row["value"]) for row in identities) == [("union", "wechat:oU1"), ("wechat", OPENID)]

    fake.left[OPENID] = 5
    view = await wire.answers("您好")
    assert await wire.delivery(view.id, "delivered") == "delivered"
    assert fake.sent[-1]["text"]["content"] == "您好"
    for _ in range(4):
        view = await wire.answers("稍等")
        assert await wire.delivery(view.id, "delivered", "failed") == "delivered"
    sixth = await wire.answers("还在吗")  # our own count stops it before WeChat would
    assert await wire.delivery(sixth.id, "failed") == "failed"
    assert len(fake.sent) == 6

    # A template goes all the same, and its result comes back as a receipt.
    notice = await wire.answers("您的订单已发出", template={"id": "T1", "data": {"thing1": "已发出"}})
    await street.runtime.reactions.settled()
    assert await wire.delivery(notice.id, "sent") == "sent"
    ((_, body),) = fake.noticed
    assert body["template_id"] == "T1"
    receipt = example("event_template_block.xml").replace(b"200163840", b"200163801")
    await posts(wire, safe_post(receipt))
    assert await wire.delivery(notice.id, "failed") == "failed"
    reason = await pool.fetchval("SELECT error->>'code' FROM channel_deliveries WHERE message_id = $1", notice.id)
    assert reason == "wechat.receipt.user_block"

    # What cannot be read is kept for somebody to see; what WeChat asks after unfollowing is respected.
    await posts(wire, safe_post(b"<xml><half>"))
    assert await wire.letters() == 1
    await posts(wire, safe_post(example("event_unsubscribe.xml")))
    gone = await wire.answers("再见")
    assert await wire.delivery(gone.id, "failed") == "failed"


async def test_an_entry_leads_to_its_queue(street: Street, sign_in: SignIn) -> None:
    wire, fake = await lay(street)
    admin = await sign_in()
    async with street.runtime.db.transaction() as db:
        queue = await routing.create_queue(db, Actor.system(), QueueBody(name="Repairs"))
    base = f"{API}/wechat/{wire.inbox.id}/entries"
    body = {"scene": "counter-3", "title": "Counter 3", "queue_id": str(queue.id), "welcome": "3 号柜台为您服务"}
    made = await admin.post(base, json=body)
    assert made.status_code == 201, made.text
    entry = made.json()
    assert (entry["url"], entry["expires_at"]) == ("http://weixin.qq.com/q/TICKET1", None)
    assert fake.codes[-1]["action_name"] == "QR_LIMIT_STR_SCENE"
    picture = await admin.get(entry["image"])
    assert (picture.headers["content-type"], picture.content[:4]) == ("image/png", b"\x89PNG")
    short = await admin.post(base, json={"scene": "week", "title": "A week", "days": 7})
    assert short.json()["expires_at"] is not None
    assert fake.codes[-1]["expire_seconds"] == 7 * 86_400

    await posts(wire, safe_post(example("event_scan.xml")))
    await street.runtime.reactions.settled()
    assert fake.sent[-1]["text"]["content"] == "3 号柜台为您服务"
    await posts(wire, safe_post(from_openid(example("text.xml"))))
    await street.runtime.reactions.settled()
    pool = await street.runtime.db.raw()
    row = await pool.fetchrow("SELECT status, queue_id FROM conversations WHERE inbox_id = $1", wire.inbox.id)
    assert (row["status"], row["queue_id"]) == ("queued", UUID(str(queue.id)))
    listed = (await admin.get(base, params={"limit": 1})).json()
    assert [one["scene"] for one in listed["items"]] == ["week"]
    rest = (await admin.get(base, params={"cursor": listed["next_cursor"]})).json()["items"]
    assert [(one["scene"], one["scans"]) for one in rest] == [("counter-3", 1)]

    for wrong, status in (
        ({**body}, 409),
        ({**body, "scene": "x", "queue_id": str(wire.inbox.id)}, 422),
        ({**body, "scene": "x", "user_id": str(wire.inbox.id)}, 422),
        ({**body, "scene": "有空格"}, 422),
        ({**body, "scene": "x", "days": 31}, 422),
    ):
        assert (await admin.post(base, json=wrong)).status_code == status, wrong
    moved = await admin.patch(f"{API}/wechat/entries/{entry['id']}", json={"queue_id": None, "title": "Counter"})
    assert (moved.json()["queue_id"], moved.json()["title"]) == (None, "Counter")
    fake.errors["/cgi-bin/qrcode/create"] = [45029]
    used_up = await admin.post(base, json={"scene": "next", "title": "Next"})
    assert used_up.status_code == 409
    assert "100,000" in used_up.json()["detail"]
    agent = await sign_in("li", role="agent")
    assert (await agent.get(base)).status_code == 403
    assert (await admin.delete(f"{API}/wechat/entries/{entry['id']}")).status_code == 204
    assert (await admin.get(entry["image"])).status_code == 404
    webchat = await admin.post(f"{API}/wechat/{street.inbox.id}/entries", json=body)
    assert webchat.status_code == 404


async def test_the_menu_is_read_and_written(street: Street, sign_in: SignIn) -> None:
    wire, fake = await lay(street)
    admin = await sign_in()
    path = f"{API}/wechat/{wire.inbox.id}/menu"
    assert (await admin.get(path)).json() == {"columns": []}
    menu = {
        "columns": [
            {"name": "商城", "action": {"kind": "link", "url": "https://shop.example/"}, "rows": []},
            {
                "name": "服务",
                "action": None,
                "rows": [
                    {"name": "转人工", "action": {"kind": "say", "text": "转人工"}},
                    {"name": "扫一扫", "action": {"kind": "scan", "key": "scan", "wait": True}},
                    {
                        "name": "小程序",
                        "action": {"kind": "program", "appid": "wx1", "pagepath": "p", "url": "https://a.b/"},
                    },
                    {"name": "点赞", "action": {"kind": "click", "key": "V1001_GOOD"}},
                ],
            },
        ]
    }
    written = await admin.put(path, json=menu)
    assert written.status_code == 200, written.text
    assert fake.menu is not None
    assert fake.menu["button"][1]["sub_button"][0] == {"name": "转人工", "type": "click", "key": "say:转人工"}
    assert (await admin.get(path)).json() == menu
    # A button of a kind the editor does not know stays as it is.
    fake.menu["button"].append({"name": "图文", "type": "article_id", "article_id": "A1"})
    known = (await admin.get(path)).json()
    assert known["columns"][2]["action"] == {"kind": "other", "raw": {"type": "article_id", "article_id": "A1"}}
    await admin.put(path, json=known)
    assert fake.menu["button"][2] == {"name": "图文", "type": "article_id", "article_id": "A1"}

    long = {"name": "一个太长的名字", "action": {"kind": "click", "key": "k"}}
    page = {"kind": "link", "url": "a"}
    wrong = ([long], [{"name": "空"}], [menu["columns"][0]] * 4, [{"name": "x", "action": page}])
    for columns in wrong:
        refused = await admin.put(path, json={"columns": columns})
        assert refused.status_code == 422, columns
        assert refused.json()["errors"]
    fake.errors["/cgi-bin/menu/create"] = [45064]
    program = await admin.put(path, json=menu)
    assert (program.status_code, "not linked" in program.json()["detail"]) == (409, True)
    fake.errors["/cgi-bin/menu/get"] = [45011]
    assert (await admin.get(path)).status_code == 503
    assert (await admin.put(path, json={"columns": []})).status_code == 200
    assert fake.menu is None

    # A line that speaks for the customer is a message of theirs.
    fake.left[OPENID] = 5
    await posts(wire, safe_post(example("event_click.xml").replace(b"HUMAN", "say:转人工".encode())))
    (said,) = await wire.messages()
    assert said["body"] == "转人工"


async def test_a_mini_program(street: Street, sign_in: SignIn) -> None:
    wire, fake = await lay(street, "wechat_mini", mode="plain", aes_key=None, welcome="在的")
    fake.follows["fromUser"] = {}
    fake.left["fromUser"] = 2
    admin = await sign_in()
    base = f"{API}/wechat/{wire.inbox.id}/entries"
    assert (await admin.post(base, json={"scene": "x" * 33, "title": "T"})).status_code == 422
    made = await admin.post(base, json={"scene": "order-7", "title": "Orders", "page": "pages/help"})
    assert made.status_code == 201, made.text
    assert fake.codes[-1] == {
        "scene": "order-7",
        "env_version": "release",
        "width": 430,
        "check_path": True,
        "page": "pages/help",
    }
    assert (await admin.get(made.json()["image"])).content[:4] == b"\x89PNG"
    assert (await admin.get(f"{API}/wechat/{wire.inbox.id}/menu")).status_code == 404

    await posts(wire, plain_post(example("mini_enter.json").replace(b"order-7", b"elsewhere")))
    await street.runtime.reactions.settled()
    assert [m["text"]["content"] for m in fake.sent] == ["在的"]
    fake.left["fromUser"] = 5
    await posts(wire, plain_post(example("mini_page.json")))
    hub, about = street.runtime.get(Hub), (await wire.messages())[0]["conversation_id"]
    for on in (True, True, False, False):  # the second of each says nothing new
        hub.signal(Target(customer_of=about), "typing", {"name": "Li", "on": on}, about)
    await street.runtime.get(TypingSigns).settled()
    assert [command for _, _, command in fake.typed] == ["Typing", "CancelTyping"]
    (card,) = await wire.messages()
    assert (card["kind"], card["payload"]["pagepath"]) == ("card", "pages/order/index?id=7")
    view = await wire.answers("看到了")
    assert await wire.delivery(view.id, "delivered") == "delivered"
    assert fake.sent[-1] == {"touser": "fromUser", "msgtype": "text", "text": {"content": "看到了"}}


async def test_replies_leave_together_when_few_answers_are_left(street: Street) -> None:
    wire, fake = await lay(street)
    await posts(wire, safe_post(from_openid(example("text.xml"))))
    about = (await wire.messages())[0]["conversation_id"]
    async with street.runtime.db.transaction() as db:  # as a flow speaks: seven things at once, five answers
        said = [
            await conversations.send(db, Actor.system(), about, Outgoing(body=f"第 {number} 步"))
            for number in range(1, 8)
        ]
    assert await wire.delivery(said[-1].id, "delivered", "failed") == "delivered"
    assert len(fake.sent) == 5
    told = "\n\n".join(message["text"]["content"] for message in fake.sent)
    assert told.split("\n\n") == [f"第 {number} 步" for number in range(1, 8)]
    assert {one["delivery"] for one in await wire.messages() if one["author_kind"] != "customer"} == {"delivered"}
    pool = await street.runtime.db.raw()
    assert await pool.fetchval("SELECT answers FROM channel_contacts WHERE address = $1", OPENID) == 5
    # A longer answer than what is left holds is not begun.
    await posts(wire, safe_post(example("event_click.xml")))
    fake.left[OPENID] = 3
    short = await wire.answers("好的")
    assert await wire.delivery(short.id, "failed", "delivered") == "delivered"
    long = await wire.answers("您好，您的订单已经发出，预计三天内送达。" * 120)
    assert await wire.delivery(long.id, "failed", "delivered") == "failed"
    assert len(fake.sent) == 6


async def test_an_agents_last_words_wait_a_moment_for_the_next(
    street: Street, sign_in: SignIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    written = asyncio.Event()
    monkeypatch.setattr(merging, "pause", written.wait)
    wire, fake = await lay(street)
    await posts(wire, safe_post(from_openid(example("text.xml"))))
    about = (await wire.messages())[0]["conversation_id"]
    pool = await street.runtime.db.raw()
    await pool.execute("UPDATE channel_contacts SET answers = 4 WHERE address = $1", OPENID)
    agent = await sign_in("li", role="agent")
    user_id = await street.hire(agent)
    async with street.runtime.db.transaction() as db:
        await conversations.assign(db, Actor.system(), about, user_id)
    for number, body in enumerate(("稍等", "已经帮您查到了", "明天送达")):
        said = await agent.post(
            f"{API}/conversations/{about}/messages", json={"kind": "text", "body": body, "client_id": f"c{number}"}
        )
        assert said.status_code in (200, 201), said.text
    written.set()
    assert await wire.delivery(UUID(said.json()["id"]), "delivered", "failed") == "delivered"
    assert [one["text"]["content"] for one in fake.sent] == ["稍等\n\n已经帮您查到了\n\n明天送达"]
