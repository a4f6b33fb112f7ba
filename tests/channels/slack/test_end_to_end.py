"""A person mentions the app in a channel and writes to it alone; both are answered where they asked; a button, a recall."""

from tests.channels.slack.fake import SECRET, TOKEN, FakeSlack, pressed, signed
from tests.channels.social import Wire, examples
from tests.channels.street import Street

SAMPLES = examples("slack")


async def test_a_chat_on_slack(street: Street) -> None:
    fake = FakeSlack()
    wire = await Wire.lay(street, fake.app, "slack", {"bot_token": TOKEN, "signing_secret": SECRET})
    refused = await street.http.post(f"/api/v1/channels/hooks/{wire.inbox.key}", content=SAMPLES["direct"])
    assert refused.status_code == 401
    for name in ("mention", "mention", "mention_in_thread"):
        await wire.posts(SAMPLES[name], signed(SAMPLES[name]))
    first, second = await wire.messages()
    assert first["conversation_id"] == second["conversation_id"]
    view = await wire.answers("On its way")
    await wire.delivery(view.id, "delivered")
    posts = [fields for method, fields in fake.calls if method == "chat.postMessage"]
    assert (posts[0]["channel"], posts[0]["thread_ts"]) == ("C0LAN2Q65", "1515449438.000011")

    await wire.posts(SAMPLES["direct"], signed(SAMPLES["direct"]))
    alone = (await wire.messages())[-1]
    assert alone["conversation_id"] != first["conversation_id"]
    options = [{"id": "1", "label": "This"}, {"id": "2", "label": "That"}]
    asked = await wire.answers("Which one?", "choices", prompt="Which one?", options=options)
    await wire.delivery(asked.id, "delivered")
    posts = [fields for method, fields in fake.calls if method == "chat.postMessage"]
    assert posts[-1]["channel"] == "D024BE91L" and "thread_ts" not in posts[-1]
    body = pressed(SAMPLES["button"])
    await wire.posts(body, signed(body))
    assert (await wire.messages())[-1]["payload"]["choice"] == {"id": "2", "value": "That"}
    for name in ("changed", "deleted"):
        await wire.posts(SAMPLES[name], signed(SAMPLES[name]))
    assert next(one for one in await wire.messages() if one["id"] == alone["id"])["body"] != alone["body"]
    pool = await street.runtime.db.raw()
    assert await pool.fetchval("SELECT count(*) FROM customers WHERE name = 'Mei Lin'") >= 1
