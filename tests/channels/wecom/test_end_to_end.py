"""A customer comes from WeChat in the running application: welcomed, answered, shut out by the window, handed to WeCom."""

import asyncio
import re
from typing import Any
from urllib.parse import urlencode

from qiao.channels.contract.lanes import Lanes
from qiao.channels.contract.sources import Sources
from qiao.channels.wecom import sessions
from qiao.core.actor import Actor
from qiao.desk.conversations import service as conversations
from qiao.people.notifications import repository as notifications
from tests.channels.social import Wire
from tests.channels.street import Street
from tests.channels.wecom.fake import FakeWecom
from tests.channels.wecom.parts import picture
from tests.channels.wecom.test_channel import CALLBACK, LETTERS, request
from tests.channels.wecom.test_talking import said
from tests.conftest import SignIn

IDENTITIES = "SELECT c.name, i.kind, i.value FROM customers c JOIN customer_identities i ON i.customer_id = c.id"
SETTINGS = {"corp_id": "ww1", "secret": "s3cret", "token": "callback", "aes_key": LETTERS, "welcome": "您好"}


class Kf:
    """An inbox with its source at work."""

    def __init__(self, wire: Wire, fake: FakeWecom, sources: Sources):
        self.wire, self.fake, self.sources = wire, fake, sources

    @classmethod
    async def open(cls, street: Street, **settings: Any) -> "Kf":
        fake = FakeWecom()
        wire = await Wire.lay(street, fake.app, "wecom", {**SETTINGS, **settings})
        sources = Sources(street.runtime)
        sources.pause = 0.02
        await sources.start()
        for _ in range(6000):
            if len(fake.asked) >= 2:  # both accounts have been asked once
                break
            await asyncio.sleep(0.01)
        return cls(wire, fake, sources)

    async def comes(self, *messages: dict[str, Any]) -> None:
        """WeCom has something, and calls."""
        self.fake.logs["wkA"] += messages
        want = f"at-{len(self.fake.logs['wkA'])}"
        news = CALLBACK.replace(b"wkxxxxxxx", b"wkA")
        call = request(re.sub(rb"ENC\w+", b"news", news), nonce=want)  # WeCom says no nonce twice
        await self.wire.posts(call.body, {"content-type": "text/xml"}, "?" + urlencode(call.query))
        pool = await self.wire.street.runtime.db.raw()
        query = "SELECT cursor->'accounts'->>'wkA' FROM channel_sources WHERE inbox_id = $1"
        async with asyncio.timeout(60):
            while await pool.fetchval(query, self.wire.inbox.id) != want:
                await asyncio.sleep(0.01)
        await self.wire.street.runtime.get(Lanes).settled()


async def test_a_customer_of_wechat(street: Street) -> None:
    kf = await Kf.open(street)
    try:
        entered = {"event_type": "enter_session", "open_kfid": "wkA", "external_userid": "wmC", "scene": "1"}
        event = {**entered, "welcome_code": "welcome-1"}
        await kf.comes(said(0, origin=4, msgtype="event", event=event), said(1))
        assert [one["text"]["content"] for one in kf.fake.greeted] == ["您好"]
        kf.fake.media["pic"] = picture()
        await kf.comes(said(2, msgtype="image", image={"media_id": "pic"}))
        first, shown = await kf.wire.messages()
        assert (first["author_kind"], first["body"], shown["kind"]) == ("customer", "第1句", "image")
        pool = await street.runtime.db.raw()
        rows = await pool.fetch(IDENTITIES)
        assert {(row["name"], row["kind"], row["value"]) for row in rows} == {
            ("小林", "wecom", "wkA:wmC"),
            ("小林", "union", "wechat:ozynqs"),
        }
        answer = await kf.wire.answers("马上为您查")
        await kf.wire.delivery(answer.id, "sent")
        assert kf.fake.sent[-1]["text"]["content"] == "马上为您查"
        failed = {
            "event_type": "msg_send_fail",
            "open_kfid": "wkA",
            "external_userid": "wmC",
            "fail_msgid": answer.id.hex,
        }
        await kf.comes(said(3, origin=4, msgtype="event", event={**failed, "fail_type": 10}))
        await kf.wire.delivery(answer.id, "failed")
        await kf.comes(
            said(4, origin=4, msgtype="event", event={**entered, "event_type": "user_recall_msg", "recall_msgid": "m1"})
        )
        assert (await kf.wire.messages())[0]["body"] == ""
        for _ in range(4):
            sent = await kf.wire.answers("再补充一点")
            await kf.wire.delivery(sent.id, "sent")
        sixth = await kf.wire.answers("还在吗")
        await kf.wire.delivery(sixth.id, "failed")
        assert len(kf.fake.sent) == 5
        await kf.comes(said(5))
        seventh = await kf.wire.answers("在的")
        await kf.wire.delivery(seventh.id, "sent")
        assert await kf.wire.letters() == 0
    finally:
        await kf.sources.stop()


async def test_where_people_answer_in_wecom_sessions_follow(street: Street, sign_in: SignIn) -> None:
    kf = await Kf.open(street, served_in="wecom")
    try:
        await kf.comes(said(1))
        (message,) = await kf.wire.messages()
        conversation_id = message["conversation_id"]
        await street.runtime.reactions.settled()
        assert kf.fake.states["wmC"] == (sessions.POOL, "")  # no bot in this inbox: it waits for a person
        mei = await sign_in("mei", role="agent")
        user_id = mei.actor_id
        async with street.runtime.db.transaction() as db:
            await notifications.put_way(db, user_id, "wecom", "mei", False)
        async with street.runtime.db.transaction() as db:
            await conversations.assign(db, Actor.system(), conversation_id, user_id)
        await street.runtime.reactions.settled()
        assert kf.fake.states["wmC"] == (sessions.PERSON, "mei")
        await kf.comes(said(2, origin=5, servicer_userid="mei", text={"content": "您好，我是小梅"}))
        pool = await street.runtime.db.raw()
        told = await pool.fetchval(
            "SELECT payload->'data'->>'body' FROM events WHERE kind = 'channel.happened' ORDER BY at DESC LIMIT 1"
        )
        assert told == "您好，我是小梅"
        await street.resolve(str(conversation_id))
        await street.runtime.reactions.settled()
        assert kf.fake.states["wmC"] == (sessions.OVER, "")
    finally:
        await kf.sources.stop()
