"""A colleague asks the bot in the running application, presses a button of its card, and reads what comes back."""

import json
from typing import Any

from tests.channels.feishu.fake import FakeFeishu
from tests.channels.feishu.test_channel import EVENTS, KEY, PRESSED, sealed
from tests.channels.social import Wire
from tests.channels.street import Street
from tests.channels.wecom.parts import picture

IDENTITIES = "SELECT c.name, i.kind, i.value FROM customers c JOIN customer_identities i ON i.customer_id = c.id"
SETTINGS = {"app_id": "cli_a", "app_secret": "s3cret", "encrypt_key": KEY, "verification_token": "v"}


async def test_a_talk_with_the_bot(street: Street) -> None:
    fake = FakeFeishu()
    wire = await Wire.lay(street, fake.app, "feishu", SETTINGS)

    async def happens(name: str, **changes: Any) -> None:
        found = json.loads(json.dumps(EVENTS[name]))
        found["header"]["token"] = "v"
        found["event"].update(changes)
        call = sealed(json.dumps(found).encode())
        await wire.posts(call.body, dict(call.headers))

    refused = await street.http.post(f"/api/v1/channels/hooks/{wire.inbox.key}", content=b'{"encrypt": "AAAA"}')
    assert refused.status_code in (401, 422)
    fake.files["om_image/image/img_v2_xxx"] = picture()
    await happens("ev-image")
    await happens("ev-image")  # Feishu repeats
    (shown,) = await wire.messages()
    assert (shown["kind"], shown["author_kind"]) == ("image", "customer")
    await street.runtime.reactions.settled()
    pool = await street.runtime.db.raw()
    rows = await pool.fetch(IDENTITIES)
    assert {(row["name"], row["kind"], row["value"]) for row in rows} == {
        ("小飞", "feishu", "p:oc_p2p"),
        ("小飞", "union", "feishu:on_u"),
    }
    options = [{"id": "1", "label": "退货"}, {"id": "2", "label": "换货"}]
    asked = await wire.answers("哪一种？", "choices", prompt="哪一种？", options=options)
    await wire.delivery(asked.id, "sent")
    button = fake.sent[-1]["content"]["elements"][-1]["actions"][1]
    await happens(
        PRESSED,
        action={"tag": "button", "value": button["value"]},
        context={"open_message_id": "om_1", "open_chat_id": "oc_p2p"},
        operator={"open_id": "ou_me", "union_id": "on_u"},
    )
    said = (await wire.messages())[-1]
    assert (said["body"], said["payload"]["choice"]) == ("换货", {"id": "2", "value": "换货"})
    assert said["conversation_id"] == shown["conversation_id"]
    await happens("ev-read", message_id_list=["om_1"])
    await wire.delivery(asked.id, "read")
    await happens("ev-recalled", message_id="om_image", chat_id="oc_p2p")
    await happens("ev-file")
    assert (await wire.messages())[0]["payload"] == {}
    fake.answers["/im/v1/messages"] = [230053]
    late = await wire.answers("还有问题吗")
    await wire.delivery(late.id, "failed")
