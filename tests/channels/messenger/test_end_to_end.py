"""A person writes to the page, is answered, has read everything up to a moment; and the same on Instagram."""

import json
from typing import Any

import pytest

from qiao.core import clock
from tests.channels.messenger.fake import SECRET, TOKEN, FakeSend, signed
from tests.channels.social import Wire, examples, of_now
from tests.channels.street import Street

SAMPLES = {name: of_now(raw) for name, raw in examples("messenger").items()}


@pytest.mark.parametrize(("channel", "sample"), [("messenger", "text"), ("instagram", "instagram_text")])
async def test_a_chat_with_an_account(street: Street, channel: str, sample: str) -> None:
    fake = FakeSend()
    posted = json.loads(SAMPLES[sample])
    settings: dict[str, Any] = {
        "account_id": posted["entry"][0]["id"],
        "access_token": TOKEN,
        "app_secret": SECRET,
        "verify_token": "verify-me",
    }
    wire = await Wire.lay(street, fake.app, channel, settings)
    for _ in range(2):  # Meta repeats
        await wire.posts(SAMPLES[sample], signed(SAMPLES[sample]))
    (said,) = await wire.messages()
    assert said["body"] == posted["entry"][0]["messaging"][0]["message"]["text"]
    first, second = await wire.answers("One moment"), await wire.answers("It is in stock")
    for view in (first, second):
        await wire.delivery(view.id, "sent")
    assert [one["message"]["text"] for one in fake.sent] == ["One moment", "It is in stock"]

    event = posted["entry"][0]["messaging"][0]
    del event["message"]
    event["read"] = {"watermark": int(clock.now().timestamp() * 1000)}
    raw = json.dumps(posted).encode()
    await wire.posts(raw, signed(raw))
    for view in (first, second):
        await wire.delivery(view.id, "read")

    pool = await street.runtime.db.raw()
    days = "SELECT extract(epoch FROM now() - opened_at)::float8 / 86400 FROM channel_contacts"
    assert 5.9 < await pool.fetchval(days) < 6.1  # of seven days, one was opened
    fake.closed = True
    late = await wire.answers("Anything else?")
    await wire.delivery(late.id, "failed")
    assert await pool.fetchval(days) >= 7  # the provider's word counts
