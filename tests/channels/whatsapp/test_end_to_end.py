"""A person writes and sends a picture, is answered with buttons, the receipts come, and the window closes."""

import json

import httpx

from qiao.channels.contract.lanes import Lanes
from qiao.channels.whatsapp.seen import WhatsappSigns
from qiao.core.actor import Actor
from qiao.core.events import emit
from qiao.desk.conversations.events import ConversationRead
from tests.channels.social import Wire, examples, of_now
from tests.channels.street import Street
from tests.channels.whatsapp.fake import ACCOUNT, FILE, NUMBER, SECRET, TOKEN, FakeGraph, signed

SAMPLES = {name: of_now(raw) for name, raw in examples("whatsapp").items()}


def receipt(remote: str, state: str) -> bytes:
    posted = json.loads(SAMPLES["delivered"])
    posted["entry"][0]["changes"][0]["value"]["statuses"][0] |= {"id": remote, "status": state}
    return json.dumps(posted).encode()


async def test_a_chat_on_whatsapp(street: Street) -> None:
    fake = FakeGraph()
    settings = {
        "phone_number_id": NUMBER,
        "business_account_id": ACCOUNT,
        "access_token": TOKEN,
        "app_secret": SECRET,
        "verify_token": "verify-me",
    }
    wire = await Wire.lay(street, fake.app, "whatsapp", settings)
    query = "?hub.mode=subscribe&hub.verify_token=verify-me&hub.challenge=42"
    asked: httpx.Response = await street.http.get(f"/api/v1/channels/hooks/{wire.inbox.key}{query}")
    assert (asked.status_code, asked.text) == (200, "42")
    image = SAMPLES["image"].replace(b" SfInY0g", b"").replace(b"SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI=", b"")
    for raw in (SAMPLES["text"], SAMPLES["text"], image):
        await wire.posts(raw, signed(raw))
    said, picture = await wire.messages()
    assert (said["body"], picture["kind"], picture["body"]) == ("Does it come in another color?", "image", "Taj Mahal")
    assert picture["payload"]["size"] == len(FILE)

    options = [{"id": "b", "label": "Blue"}, {"id": "r", "label": "Red"}]
    early = receipt("wamid.1", "delivered")  # quicker than our own note of having sent it
    await wire.posts(early, signed(early))
    answer = await wire.answers("Which one?", "choices", prompt="Which one?", options=options)
    await wire.delivery(answer.id, "sent")
    assert [one["reply"]["id"] for one in fake.sent[0]["interactive"]["action"]["buttons"]] == ["b", "r"]
    pool = await street.runtime.db.raw()
    await pool.execute("UPDATE channel_arrivals SET due_at = now() WHERE state = 'waiting'")
    await wire.delivery(answer.id, "delivered")
    for state in ("read", "delivered"):  # out of order: what was read stays read
        raw = receipt("wamid.1", state)
        await wire.posts(raw, signed(raw))
        await wire.delivery(answer.id, "read")

    await pool.execute("UPDATE channel_contacts SET opened_at = opened_at - interval '25 hours'")
    late = await wire.answers("Are you still there?")
    await wire.delivery(late.id, "failed")
    outside = await wire.answers("Still there?", template={"name": "still_there", "language": "en"})
    await wire.delivery(outside.id, "sent")
    stranger = receipt("wamid.of-another-system", "read")
    await wire.posts(stranger, signed(stranger))
    await pool.execute("UPDATE channel_arrivals SET due_at = now() WHERE state = 'waiting'")
    await street.runtime.get(Lanes).settled()
    assert await wire.letters() == 0
    assert await pool.fetchval("SELECT count(*) FROM channel_arrivals WHERE state = 'waiting'") == 0
    assert len(fake.sent) == 2 and fake.sent[1]["template"]["name"] == "still_there"

    # Somebody opens the conversation and begins to write.
    (talk,) = await pool.fetch("SELECT id FROM conversations WHERE inbox_id = $1", wire.inbox.id)
    async with street.runtime.db.transaction() as db:
        read = ConversationRead(side="staff", seq=2)
        await emit(db, read, actor=Actor.system(), conversation_id=talk["id"])
    await street.runtime.reactions.settled()
    place = await wire.place()
    await street.runtime.get(WhatsappSigns).typing(place, "16505551234", True)
    await street.runtime.get(WhatsappSigns).typing(place, "16505551234", False)
    await street.runtime.get(WhatsappSigns).typing(place, "nobody", True)
    read_mark = {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": json.loads(image)["entry"][0]["changes"][0]["value"]["messages"][0]["id"],
    }
    assert fake.sent[2:] == [read_mark, read_mark | {"typing_indicator": {"type": "text"}}]
