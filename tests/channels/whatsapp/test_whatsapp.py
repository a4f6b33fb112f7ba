"""WhatsApp: what Meta posts, what goes out, codes told apart, templates, files."""

import base64
import hashlib
import inspect
import json
from typing import Any

import msgspec
import pytest
import pywa.errors
from hypothesis import given, settings
from pywa.utils import webhook_updates_validator

from qiao.channels.contract.channel import DeliveryFailed, DeliveryRefused, Endpoint, MediaFailed, SourceFailed
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.messages import Edited, Happening, Incoming, Media, Receipt, Withdrawn
from qiao.channels.whatsapp import codes
from qiao.channels.whatsapp.rendering import render
from qiao.channels.whatsapp.wiring import make
from qiao.core import i18n
from qiao.core.errors import Invalid, Unauthenticated
from qiao.core.ids import new_id
from tests.channels.conformance import ChannelConformance, outbound
from tests.channels.social import endpoint, examples, http_to, posted, spoilt, survives, takes
from tests.channels.whatsapp.fake import ACCOUNT, FILE, NUMBER, SECRET, TOKEN, FakeGraph, signed

CHANNEL = make(http_to(FakeGraph().app))
SAMPLES = examples("whatsapp")


def number(**settings: Any) -> Endpoint:
    known = {"phone_number_id": NUMBER, "business_account_id": ACCOUNT}
    return endpoint(known | settings, access_token=TOKEN, app_secret=SECRET, verify_token="verify-me")


class TestWhatsapp(ChannelConformance):
    channel = CHANNEL
    accepted = (
        (SAMPLES["text"], {"kind": "text", "body": "Does it come in another color?"}),
        (SAMPLES["image"], {"kind": "image", "body": "Taj Mahal"}),
        (SAMPLES["audio"], {"kind": "file", "body": ""}),
        (SAMPLES["video"], {"kind": "file"}),
        (SAMPLES["document"], {"kind": "file", "body": "Invoice"}),
        (SAMPLES["sticker"], {"kind": "image"}),
        (
            SAMPLES["location"],
            {"body": "📍 Solomon R. Guggenheim Museum 1071 5th Ave 40.782910059774,-73.959075808525"},
        ),
        (SAMPLES["contacts"], {"body": "👤 Barbara J. Johnson +16505559999"}),
        (SAMPLES["order"], {"body": "🛒 SKU-1 × 2\nplease"}),
        (SAMPLES["unsupported"], {"body": "❔", "payload": {"unsupported": "unsupported"}}),
    )
    refused = (
        b"",
        b"[]",
        b"{}",
        b'{"object":"page"}',
        b'{"object":"whatsapp_business_account","entry":[{"changes":[{"value":{"messages":[{}]}}]}]}',
        b'{"object":"whatsapp_business_account","entry":[{"changes":[{"value":{"statuses":[{}]}}]}]}',
        b'{"object":"whatsapp_business_account","entry":[{"changes":[{"value":{"messages":[{"id":"1","type":"text"}]}}]}]}',
    )


def one(name: str) -> Any:
    (item,) = CHANNEL.parse(SAMPLES[name])
    return item


def test_who_writes_and_what_they_chose() -> None:
    said = one("text")
    assert isinstance(said, Incoming) and said.sender is not None and said.at is not None
    assert (said.sender.address, said.sender.phone, said.sender.name) == (
        "16505551234",
        "+16505551234",
        "Sheena Nelson",
    )
    assert said.sender.vouched == {"phone"}
    pressed = one("button_reply")
    assert (pressed.body, pressed.payload["choice"]) == ("Cancel", {"id": "cancel-button", "value": "Cancel"})
    assert one("list_reply").payload["choice"]["id"] == "priority_express"
    assert one("template_button").payload["choice"] == {"id": "Unsubscribe", "value": "Unsubscribe"}
    hidden = one("username").sender
    assert (hidden.address, hidden.phone, hidden.name) == ("US.13491208655302741918", None, "sheena")
    assert hidden.union == "whatsapp:US.13491208655302741918"
    assert one("referral").context["referral"]["headline"] == "Sale"


def test_what_is_no_message_is_told_apart() -> None:
    reaction = one("reaction")
    assert isinstance(reaction, Happening) and (reaction.kind, reaction.data["emoji"]) == ("reacted", "👍")
    assert isinstance(one("edit"), Edited) and one("edit").client_id == "wamid.ORIGINAL"
    assert isinstance(one("revoke"), Withdrawn)
    remote = "wamid.HBgLMTY1MDM4Nzk0MzkVAgARGBI"
    assert one("delivered") == Receipt(remote, "delivered")
    assert one("read") == Receipt(remote, "read")
    assert CHANNEL.parse(SAMPLES["sent"]) == []
    failed = one("failed")
    assert (failed.state, failed.code) == ("failed", "whatsapp.refused.window")
    assert failed.detail.startswith("131047 ")


def test_the_hook_checks_and_takes_apart() -> None:
    assert CHANNEL.hook is not None
    place = number()
    asked = {"hub.mode": "subscribe", "hub.verify_token": "verify-me", "hub.challenge": "1158201444"}
    assert CHANNEL.hook.take(place, posted(b"", method="GET", query=asked)).answer.body == b"1158201444"
    for wrong in ({}, asked | {"hub.verify_token": "no"}, asked | {"hub.mode": "x"}):
        with pytest.raises(Unauthenticated):
            CHANNEL.hook.take(place, posted(b"", method="GET", query=wrong))
    both = json.loads(SAMPLES["text"])
    both["entry"][0]["changes"].append(json.loads(SAMPLES["read"])["entry"][0]["changes"][0])
    both["entry"].append(json.loads(SAMPLES["image"])["entry"][0])
    raw = json.dumps(both).encode()
    taken = CHANNEL.hook.take(place, posted(raw, headers=signed(raw)))
    assert len(taken.payloads) == 3 and len({key for key, _ in taken.payloads}) == 3
    assert [len(CHANNEL.parse(payload)) for _, payload in taken.payloads] == [1, 1, 1]
    other = number(phone_number_id="5")
    assert CHANNEL.hook.take(other, posted(raw, headers=signed(raw))).payloads == []
    assert webhook_updates_validator(SECRET, raw, signed(raw)["x-hub-signature-256"])
    for headers in ({}, {"x-hub-signature-256": "sha256=0"}, signed(raw + b" ")):
        with pytest.raises(Unauthenticated):
            CHANNEL.hook.take(place, posted(raw, headers=headers))
    with pytest.raises(Unauthenticated):
        CHANNEL.hook.take(endpoint({}, verify_token=""), posted(raw, headers=signed(raw)))
    with pytest.raises(Invalid):
        CHANNEL.hook.take(place, posted(b"{}", headers=signed(b"{}")))


def choices(count: int, label: str = "Option {}") -> Any:
    options = [{"id": str(n), "label": label.format(n)} for n in range(count)]
    message = outbound("choices")
    return render(msgspec.structs.replace(message, payload={"prompt": "Which?", "options": options}))["message"]


def test_choices_are_buttons_a_list_or_words() -> None:
    assert choices(3)["interactive"]["type"] == "button"
    assert choices(4)["interactive"]["type"] == "list"
    assert choices(3, "A rather long label number {}")["interactive"]["type"] == "list"
    row = choices(2, "A rather long label for this number {}")["interactive"]["action"]["sections"][0]["rows"][0]
    assert len(row["title"]) <= 24 and row["description"].endswith("0")
    assert choices(11)["type"] == "text" and "11. Option 10" in choices(11)["text"]["body"]
    card = render(outbound("card"))["message"]["interactive"]
    assert card["action"]["parameters"]["url"] == "https://shop.example/r"


async def test_messages_go_out() -> None:
    fake = FakeGraph()
    channel = make(http_to(fake.app))
    assert channel.adapter is not None and channel.probe is not None
    place = number()
    own = new_id()
    text = render(outbound("text")) | {"to": "16505551234"}
    sent = await channel.adapter.deliver(place, own, text)
    assert sent is not None and sent.remote_ids == ("wamid.1",)
    asked = fake.sent[0]
    assert (asked["to"], asked["text"]["body"], asked["biz_opaque_callback_data"]) == ("16505551234", "hello", str(own))
    await channel.adapter.deliver(place, own, text | {"to": "US.13491208655302741918"})
    assert fake.sent[1]["recipient"] == "US.13491208655302741918" and "to" not in fake.sent[1]
    assert (await channel.probe.probe(place))["name"] == "Shop"
    wrong = endpoint({"phone_number_id": NUMBER}, access_token="old", app_secret=SECRET)
    with pytest.raises(SourceFailed, match="token"):
        await channel.probe.probe(wrong)
    with pytest.raises(DeliveryRefused, match="token"):
        await channel.adapter.deliver(wrong, own, text)


async def test_every_code_is_told_apart() -> None:
    fake = FakeGraph()
    channel = make(http_to(fake.app))
    assert channel.adapter is not None
    place = number()
    text = render(outbound("text")) | {"to": "16505551234"}
    for code in codes.REFUSED:
        fake.errors = [(code, 0, 400)]
        with pytest.raises(DeliveryRefused) as refused:
            await channel.adapter.deliver(place, new_id(), text)
        assert refused.value.code == codes.name_of(code)
        for locale in i18n.LOCALES:
            told = i18n.t(refused.value.code, locale, **refused.value.params)
            assert told != refused.value.code and "{" not in told
    for code, after in codes.AGAIN.items():
        fake.errors = [(code, 0, 429 if after else 500)]
        with pytest.raises(DeliveryFailed) as failed:
            await channel.adapter.deliver(place, new_id(), text)
        assert failed.value.after == after
    fake.errors = [(999_999, 0, 400)]
    with pytest.raises(DeliveryFailed):
        await channel.adapter.deliver(place, new_id(), text)


def test_the_codes_an_sdk_knows_are_known() -> None:
    """Those of sending, limits, authorization and integrity; calls, groups and flows are none of ours."""
    about = ("SendMessageError", "ThrottlingError", "AuthorizationError", "IntegrityError")
    for _, kind in inspect.getmembers(pywa.errors, inspect.isclass):
        if any(base.__name__ in about for base in kind.__bases__):
            for code in getattr(kind, "__error_codes__", None) or ():
                assert code in codes.AGAIN or code in codes.REFUSED or 200 <= code < 300, (kind.__name__, code)


class Files(ChannelHttp):
    async def read_file(self, file_id: Any) -> bytes:
        return b"file " + str(file_id).encode()


async def test_files_go_up_and_come_down() -> None:
    fake = FakeGraph()
    channel = make(Files(None, transport=http_to(fake.app).transport))  # type: ignore[arg-type]  # no runtime: no store
    assert channel.adapter is not None and channel.fetcher is not None
    place = number()
    image = channel.render(outbound("image")) | {"to": "1"}
    await channel.adapter.deliver(place, new_id(), image)
    assert fake.uploads == [("a.png", b"file f", "image/png")]
    assert fake.sent[-1]["image"] == {"id": "media-1"}
    await channel.adapter.deliver(place, new_id(), channel.render(outbound("file")) | {"to": "1"})
    assert fake.sent[-1]["document"] == {"id": "media-2", "filename": "a.pdf", "caption": "see"}

    digest = hashlib.sha256(FILE).digest()

    async def fetched(ref: str) -> bytes:
        return b"".join([chunk async for chunk in channel.fetcher.fetch(place, Media(ref, "a.jpg"))])  # type: ignore[union-attr]  # it has one

    for mark in (digest.hex(), base64.b64encode(digest).decode()):
        assert await fetched(f"1003383421387256 {mark}") == FILE
    with pytest.raises(DeliveryFailed):
        await fetched("1003383421387256 SfInY0gGKTsJlUWbwxC1k+FAD0FZHvzwfpvO0zX0GUI=")
    fake.errors = [(100, 33, 400)]
    with pytest.raises(MediaFailed):
        await fetched("gone")
    fake.file_url = "https://evil.example/whatsapp_business/attachments/?mid=1"
    with pytest.raises(MediaFailed):
        await fetched("1003383421387256")


async def test_templates_are_listed_and_filled_in() -> None:
    fake = FakeGraph()
    body = {"type": "BODY", "text": "Hello {{1}}, your order {{2}} has shipped."}
    header = {"type": "HEADER", "format": "IMAGE"}
    link = {"type": "URL", "text": "Track", "url": "https://shop.example/t/{{1}}"}
    buttons = {"type": "BUTTONS", "buttons": [{"type": "QUICK_REPLY", "text": "Thanks"}, link]}
    good = {"name": "shipped", "language": "en_US", "status": "APPROVED", "components": [header, body, buttons]}
    named = {"type": "BODY", "text": "Dear {{name}}"}
    fake.templates = [
        good,
        good | {"status": "REJECTED"},
        {"name": "hi", "language": "zh_CN", "status": "APPROVED", "components": [named], "parameter_format": "NAMED"},
        good | {"components": [{"type": "CAROUSEL"}]},
    ]
    channel = make(http_to(fake.app))
    assert channel.adapter is not None and channel.templates is not None
    shipped, hi = await channel.templates.templates(number())
    assert shipped.text == (
        "{image_link}\nHello {1}, your order {2} has shipped.\n[Thanks]\n[Track: https://shop.example/t/{button_2}]"
    )
    assert shipped.fields == ("image_link", "1", "2", "button_2")
    filled = {"image_link": "https://shop.example/a.png", "1": "Li\nLei", "2": "K1", "button_2": "K1"}
    chosen = {"id": shipped.id, **shipped.data, "data": filled}
    message = outbound("text")
    out = render(msgspec.structs.replace(message, payload={"template": chosen}))
    await channel.adapter.deliver(number(), new_id(), out | {"to": "1"})
    template = fake.sent[-1]["template"]
    assert (template["name"], template["language"]) == ("shipped", {"code": "en_US"})
    assert template["components"] == [
        {
            "type": "header",
            "parameters": [{"type": "image", "image": {"link": "https://shop.example/a.png"}}],
        },
        {"type": "body", "parameters": [{"type": "text", "text": "Li Lei"}, {"type": "text", "text": "K1"}]},
        {"type": "button", "sub_type": "url", "index": "1", "parameters": [{"type": "text", "text": "K1"}]},
    ]
    chosen = {"id": hi.id, **hi.data, "data": {"name": "Li"}}
    out = render(msgspec.structs.replace(message, payload={"template": chosen}))
    assert out["message"]["template"]["components"][0]["parameters"][0]["parameter_name"] == "name"
    raw = {"name": "x", "language": "de", "components": [{"type": "body", "parameters": []}]}
    out = render(msgspec.structs.replace(message, payload={"template": raw}))
    assert out["message"]["template"] == {"name": "x", "language": {"code": "de"}, "components": raw["components"]}


@given(spoilt(list(SAMPLES.values())))
@settings(max_examples=100)
def test_spoilt_posts_are_items_or_invalid(raw: bytes) -> None:
    survives(CHANNEL, raw)
    takes(CHANNEL, number(), posted(raw, headers=signed(raw)))
