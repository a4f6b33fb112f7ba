"""The public pages, the channel's own promises, text messages, and whatever may be posted at it."""

import json
import re
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import BaseModel

from qiao.channels.contract.channel import Channel, Channels, CollectingAdapter
from qiao.channels.contract.manifest import Capabilities, Manifest
from qiao.channels.walkin import pages
from qiao.channels.walkin.channel import CHANNEL
from qiao.core.actor import Actor
from qiao.core.errors import Invalid
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxCreate
from tests.channels.conformance import ChannelConformance
from tests.channels.walkin.conftest import Branch

EXAMPLES = sorted((Path(__file__).parent / "examples").glob("*.json"))


class TestConformance(ChannelConformance):
    channel = CHANNEL
    accepted = ((EXAMPLES[0].read_bytes(), {"client_id": "0f9c2d6a51b34e7d", "kind": "text", "body": "A"}),)
    refused = (b"", b"[]", b'{"client_key": "", "service": "A"}', b'{"client_key": "x", "service": "\\u0000"}')


@settings(max_examples=80)
@given(st.data())
def test_nothing_posted_breaks_parsing(data: st.DataObject) -> None:
    whole = data.draw(st.sampled_from([path.read_bytes() for path in EXAMPLES]))
    cut = data.draw(st.integers(0, len(whole)))
    junk = data.draw(st.binary(max_size=20))
    raw = data.draw(st.sampled_from([whole[:cut] + junk, whole[:cut] + junk + whole[cut:], junk]))
    try:
        for item in CHANNEL.parse(raw):
            assert item is not None
    except Invalid as refused:
        assert refused.fields


async def test_the_pages_are_there_and_hold_no_script_of_their_own(branch: Branch) -> None:
    visit = await branch.take()
    paths = (
        f"/walkin/{branch.keys['kiosk']}",
        f"/walkin/display/{branch.keys['display']}",
        visit["path"],
        f"/walkin/ticket/{visit['secret']}",
        "/walkin/appointment/anything",
    )
    for path in paths:
        page = await branch.http.get(path)
        assert page.status_code == 200 and "noindex" in page.headers["x-robots-tag"], path
        assert page.headers["referrer-policy"] == "no-referrer"
        for source in re.findall(r'(?:src|href)="(/walkin/[^"]+)"', page.text):
            assert (await branch.http.get(source)).status_code == 200, source
        assert not re.search(r"<script(?![^>]*src=)", page.text)
    for path in (f"/walkin/{branch.keys['kiosk']}/join.svg", f"{visit['path']}/qr.svg"):
        drawn = await branch.http.get(path)
        assert drawn.headers["content-type"] == "image/svg+xml" and "<svg" in drawn.text
    for path in (
        "/walkin/static/nothing.js",
        "/walkin/visit/nobody/qr.svg",
        "/walkin/x/join.svg",
    ):
        assert (await branch.http.get(path)).status_code == 404, path


def test_both_languages_say_the_same() -> None:
    text = (pages.STATIC / "texts.js").read_text(encoding="utf-8")
    found = {
        locale: dict(re.findall(r'^    (\w+): "((?:[^"\\]|\\.)*)"', part, re.MULTILINE))
        for locale, part in zip(("zh-CN", "en"), text.split("  en: {"), strict=True)
    }
    assert found["zh-CN"].keys() == found["en"].keys() and len(found["en"]) > 80
    for key, words in found["en"].items():
        assert set(re.findall(r"\{\w+\}", words)) == set(re.findall(r"\{\w+\}", found["zh-CN"][key])), key
        assert not re.search(r"[\u4e00-\u9fff]", words) or key == "switch", key
    used = set()
    for path in pages.STATIC.glob("*.js"):
        used |= set(re.findall(r'\bt\(\s*"(\w+)"', path.read_text(encoding="utf-8")))
    assert used <= found["en"].keys(), used - found["en"].keys()


class NoSettings(BaseModel):
    pass


@pytest.fixture
def texts(branch: Branch) -> CollectingAdapter:
    """A twin in place of whatever sends text messages."""
    adapter = CollectingAdapter()
    manifest = Manifest(
        name="sms",
        title={"zh-CN": "短信", "en": "SMS"},
        summary={"zh-CN": "短信", "en": "SMS"},
        identity_kind="phone",
        capabilities=Capabilities(receives=frozenset({"text"}), sends=frozenset({"text"}), delivery="push"),
        settings=NoSettings,
    )
    render = lambda message: {"to": message.address, "text": message.body}  # noqa: E731 - a twin in one line
    twin = Channel(manifest=manifest, parse=lambda raw: [], render=render, adapter=adapter)
    Channels.of(branch.runtime).register(twin)
    return adapter


async def test_who_left_a_number_is_told_once_when_near_and_when_called(
    branch: Branch, li: httpx.AsyncClient, texts: CollectingAdapter
) -> None:
    async with branch.runtime.db.transaction() as db:
        spec = InboxCreate(channel="sms", name="Texts", queue_id=branch.queue_id, bot_enabled=False)
        await inboxes.create(db, Actor.system(), spec)
    await branch.opens(li, "1")
    for _ in range(4):
        await branch.take()
    told = await branch.take(phone="138 0013 8000")
    await branch.take()
    for _ in range(4):
        await branch.serves(li)
        await branch.runtime.reactions.settled()
    called = await branch.calls(li)
    await branch.does(li, called, "recall")
    await branch.runtime.reactions.settled()
    page = f"{branch.runtime.settings.public_url}/walkin/visit/{told['secret']}"
    assert [payload for _, _, payload in texts.delivered] == [
        {
            "to": "13800138000",
            "text": f"Riverside: 2 before your number A005. Please come to the counters. {page}",
        },
        {"to": "13800138000", "text": "Riverside: A005, please go to counter 1 now."},
    ]
    ids = {message_id for _, message_id, _ in texts.delivered}
    assert len(ids) == 2


def test_quality_is_stated() -> None:
    rules: dict[str, Any] = json.loads((Path(pages.__file__).parent / "quality.json").read_text(encoding="utf-8"))[
        "rules"
    ]
    assert all(rule == "done" or rule["exempt"] for rule in rules.values())
