"""A person follows the account and writes, is answered by reply and by push, presses a button, and takes a message back."""

import json

from qiao.core import clock
from tests.channels.line.fake import CHANNEL_ID, SECRET, FakeLine, signed
from tests.channels.social import Wire, examples
from tests.channels.street import Street

SAMPLES = examples("line")


def now(sample: bytes) -> bytes:
    posted = json.loads(sample)
    posted["events"][0]["timestamp"] = int(clock.now().timestamp() * 1000)
    return json.dumps(posted).encode()


async def test_a_chat_on_line(street: Street) -> None:
    fake = FakeLine()
    wire = await Wire.lay(street, fake.app, "line", {"channel_id": CHANNEL_ID, "channel_secret": SECRET})
    refused = await street.http.post(f"/api/v1/channels/hooks/{wire.inbox.key}", content=SAMPLES["text"])
    assert refused.status_code == 401
    for raw in (now(SAMPLES["follow"]), now(SAMPLES["text"]), now(SAMPLES["text"])):
        await wire.posts(raw, signed(raw))
    (said,) = await wire.messages()
    assert said["body"] == "Hello, world (love)"
    first = await wire.answers("Hello!")
    await wire.delivery(first.id, "delivered")
    options = [{"id": "1", "label": "This"}, {"id": "2", "label": "That"}]
    second = await wire.answers("Which one?", "choices", prompt="Which one?", options=options)
    await wire.delivery(second.id, "delivered")
    assert [one["messages"][0]["text"] for one in fake.replies] == ["Hello!"]
    assert len(fake.pushes[0]["messages"][0]["quickReply"]["items"]) == 2
    assert fake.token == 1

    raw = now(SAMPLES["postback"])
    await wire.posts(raw, signed(raw))
    assert (await wire.messages())[-1]["payload"]["choice"] == {"id": "2", "value": "That"}
    for name in ("unsend", "unfollow"):
        raw = now(SAMPLES[name])
        await wire.posts(raw, signed(raw))
    assert (await wire.messages())[0]["body"] != "Hello, world (love)"
    late = await wire.answers("Goodbye")
    await wire.delivery(late.id, "failed")
