"""A person writes a text, is answered, the report comes, and they opt out."""

import json
from typing import Any

from tests.channels.sms.fake import KEY, SECRET, FakeSms
from tests.channels.social import Wire
from tests.channels.street import Street

JSON_BODY = {"content-type": "application/json"}


def up(words: str, number: int) -> bytes:
    item = {"phone_number": "13900000001", "content": words, "send_time": "2026-01-01 11:12:13", "sequence_id": number}
    return json.dumps([item]).encode()


async def test_a_text_is_answered(street: Street) -> None:
    fake = FakeSms()
    settings: dict[str, Any] = {
        "access_key_id": KEY,
        "access_key_secret": SECRET,
        "sign_name": "乔家",
        "reply_template": "SMS_1",
        "hook_token": "t0ken",
    }
    wire = await Wire.lay(street, fake.app, "sms", settings)
    assert (await street.http.post(f"/api/v1/channels/hooks/{wire.inbox.key}", content=b"[]")).status_code == 401
    for _ in range(2):  # the provider repeats
        await wire.posts(up("请问几点送到？", 1), JSON_BODY, "?token=t0ken")
    (said,) = await wire.messages()
    assert (said["author_kind"], said["body"]) == ("customer", "请问几点送到？")

    view = await wire.answers("下午三点前")
    await wire.delivery(view.id, "sent")
    (sent,) = fake.sent
    assert (sent["PhoneNumbers"], json.loads(sent["TemplateParam"])) == ("13900000001", {"content": "下午三点前"})
    report = [{"phone_number": "13900000001", "success": True, "biz_id": "900619715844361^0", "err_code": "DELIVERED"}]
    await wire.posts(json.dumps(report).encode(), JSON_BODY, "?token=t0ken")
    await wire.delivery(view.id, "delivered")

    await wire.posts(up("退订", 2), JSON_BODY, "?token=t0ken")
    refused = await wire.answers("还有活动哦")
    await wire.delivery(refused.id, "failed")
    assert len(fake.sent) == 1
    await wire.posts(up("恢复", 3), JSON_BODY, "?token=t0ken")
    again = await wire.answers("欢迎回来")
    await wire.delivery(again.id, "sent")
    assert len(await wire.messages()) == 4
    await wire.posts(json.dumps([{"phone_number": "x", "content": "y"}]).encode(), JSON_BODY, "?token=t0ken")
    assert await wire.letters() == 1
