"""A colleague asks the robot in the running application and chooses what it offers."""

import json
from typing import Any

from qiao.channels.dingtalk.hook import signature
from qiao.core import clock
from tests.channels.dingtalk.fake import FakeDingtalk
from tests.channels.dingtalk.test_channel import MESSAGES
from tests.channels.social import Wire
from tests.channels.street import Street
from tests.channels.wecom.parts import picture

SETTINGS = {"app_key": "dingkey", "app_secret": "s3cret"}


async def test_a_talk_with_the_robot(street: Street) -> None:
    fake = FakeDingtalk()
    wire = await Wire.lay(street, fake.app, "dingtalk", SETTINGS)

    async def writes(name: str, **more: Any) -> None:
        stamp = str(int(clock.now().timestamp() * 1000))
        body = json.dumps({**MESSAGES[name], **more}, ensure_ascii=False).encode()
        await wire.posts(body, {"timestamp": stamp, "sign": signature("s3cret", stamp)})

    refused = await street.http.post(f"/api/v1/channels/hooks/{wire.inbox.key}", content=b"{}")
    assert refused.status_code == 401
    fake.files["code-1"] = picture()
    await writes("msgrich")
    await writes("msgrich")  # DingTalk repeats
    assert [(one["kind"], one["body"]) for one in await wire.messages()] == [
        ("text", "前面的文字"),
        ("image", ""),
        ("text", "后面的文字"),
    ]
    options = [{"id": "1", "label": "退货"}, {"id": "2", "label": "换货"}]
    asked = await wire.answers("哪一种？", "choices", prompt="哪一种？", options=options)
    await wire.delivery(asked.id, "delivered")
    assert fake.said[-1]["msgKey"] == "sampleActionCard2" and fake.said[-1]["userIds"] == ["manager4220"]

    # Somebody from outside, whom only the session reaches.
    later = int((clock.now().timestamp() + 3600) * 1000)
    await writes("msgoutside", sessionWebhookExpiredTime=later)
    answer = await wire.answers("在的")
    await wire.delivery(answer.id, "delivered")
    assert fake.in_sessions == [("2", {"msgtype": "text", "text": {"content": "在的"}})]
    fake.sessions.clear()
    late = await wire.answers("还有问题吗")
    await wire.delivery(late.id, "failed")
    pool = await street.runtime.db.raw()
    reason = await pool.fetchval("SELECT error->>'code' FROM channel_deliveries WHERE message_id = $1", late.id)
    assert reason == "dingtalk.refused.session"
    await writes("msgpicture", content={}, msgId="broken")
    assert await wire.letters() == 1
