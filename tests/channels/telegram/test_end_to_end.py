"""A person writes to the bot, sends a picture, is answered with buttons, presses one, and changes their words."""

import json
from typing import Any

from qiao.channels.telegram.api import secret_token
from tests.channels.social import Wire, examples
from tests.channels.street import Street
from tests.channels.telegram.fake import TOKEN, FakeTelegram

SAMPLES = examples("telegram")


async def test_a_chat_with_the_bot(street: Street) -> None:
    fake = FakeTelegram()
    wire = await Wire.lay(street, fake.app, "telegram", {"bot_token": TOKEN})
    headers = {"x-telegram-bot-api-secret-token": secret_token(await wire.place()), "content-type": "application/json"}
    refused = await street.http.post(f"/api/v1/channels/hooks/{wire.inbox.key}", content=SAMPLES["text"])
    assert refused.status_code == 401
    for name in ("text", "text", "photo"):
        await wire.posts(SAMPLES[name], headers)
    said, picture = await wire.messages()
    assert (said["body"], picture["kind"], picture["body"]) == ("Where is my order?", "image", "坏了")
    assert picture["payload"]["mime"] == "image/jpeg" or picture["payload"]["name"].endswith(".jpg")

    options = [{"id": "1", "label": "This"}, {"id": "2", "label": "That"}]
    asked = await wire.answers("Which one?", "choices", prompt="Which one?", options=options)
    await wire.delivery(asked.id, "delivered")
    keyboard: Any = next(fields for method, fields in fake.calls if method == "sendMessage")["reply_markup"]
    assert len(keyboard["inline_keyboard"]) == 2
    answer = await wire.posts(SAMPLES["callback"], headers)
    assert answer.json()["method"] == "answerCallbackQuery"
    await wire.posts(SAMPLES["edited"], headers)
    found = await wire.messages()
    assert found[-1]["payload"]["choice"] == {"id": "2", "value": "That"}
    assert found[0]["body"] == "Where is my order K1?"

    fake.refusals = [(403, "Forbidden: bot was blocked by the user", {})]
    late = await wire.answers("Still there?")
    await wire.delivery(late.id, "failed")
    await wire.posts(json.dumps({"update_id": 99, "message": {}}).encode(), headers)
    assert await wire.letters() == 1
