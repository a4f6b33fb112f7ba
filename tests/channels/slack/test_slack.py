"""Slack: events and buttons in, messages with blocks out, threads, files, errors told apart."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from slack_sdk.models.blocks import Block
from slack_sdk.signature import SignatureVerifier

from qiao.channels.contract.channel import (
    DeliveryFailed,
    DeliveryRefused,
    Endpoint,
    MediaFailed,
    SourceFailed,
)
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.messages import Edited, Happening, Incoming, Media, Sender, Withdrawn
from qiao.channels.slack.adapter import AGAIN, REFUSED
from qiao.channels.slack.channel import render
from qiao.channels.slack.formatting import as_mrkdwn, as_words
from qiao.channels.slack.wiring import make
from qiao.core import i18n
from qiao.core.errors import Invalid, Unauthenticated
from qiao.core.ids import new_id
from tests.channels.conformance import ChannelConformance, outbound
from tests.channels.slack.fake import SECRET, TOKEN, FakeSlack, pressed, signed
from tests.channels.social import endpoint, examples, http_to, posted, spoilt, survives, takes

CHANNEL = make(http_to(FakeSlack().app))
SAMPLES = examples("slack")


def app() -> Endpoint:
    return endpoint({}, bot_token=TOKEN, signing_secret=SECRET)


class TestSlack(ChannelConformance):
    channel = CHANNEL
    accepted = (
        (
            SAMPLES["mention"],
            {
                "kind": "text",
                "body": "is it K1 (https://shop.example/k1) & when?",
                "client_id": "C0LAN2Q65:1515449438.000011",
                "threads": ("C0LAN2Q65:1515449438.000011",),
            },
        ),
        (SAMPLES["mention_in_thread"], {"body": "and this?", "threads": ("C0LAN2Q65:1515449438.000011",)}),
        (SAMPLES["direct"], {"body": "Hello hello can you hear me?", "threads": ()}),
        (SAMPLES["button"], {"body": "That", "payload": {"choice": {"id": "2", "value": "That"}}, "threads": ()}),
        (
            SAMPLES["select"],
            {"payload": {"choice": {"id": "30", "value": "Option 30"}}, "threads": ("C0LAN2Q65:1548261231.000200",)},
        ),
    )
    refused = (
        b"",
        b"[]",
        b"{}",
        b'{"type":"event_callback","event":{"type":"app_mention","text":"x","ts":"1.1"}}',
        b'{"type":"event_callback","event":{"type":"message","channel":"D1","user":"U1","text":"x"}}',
        b'{"type":"block_actions","channel":{"id":"D1"},"actions":[{"action_id":"qiao_choice","value":"1"}]}',
    )


def test_what_else_happens_is_told_apart() -> None:
    text, picture, paper = CHANNEL.parse(SAMPLES["files"])
    assert isinstance(text, Incoming) and isinstance(picture, Incoming) and isinstance(paper, Incoming)
    assert (text.body, picture.kind, paper.kind) == ("two of them", "image", "file")
    assert len({text.client_id, picture.client_id, paper.client_id}) == 3
    (direct,) = CHANNEL.parse(SAMPLES["direct"])
    assert isinstance(direct, Incoming) and direct.sender is not None
    assert (direct.sender.address, direct.sender.union) == ("D024BE91L", "slack:T0MJRM1A7:U2147483697")
    (edited,) = CHANNEL.parse(SAMPLES["changed"])
    (deleted,) = CHANNEL.parse(SAMPLES["deleted"])
    assert isinstance(edited, Edited) and isinstance(deleted, Withdrawn)
    assert edited.client_id == deleted.client_id == direct.client_id
    assert edited.body == "Hello, can you hear me now?"
    (reacted,) = CHANNEL.parse(SAMPLES["reaction"])
    assert isinstance(reacted, Happening) and reacted.data["emoji"] == "thumbsup"
    for name in ("own_message", "channel_chatter", "link"):
        assert CHANNEL.parse(SAMPLES[name]) == []


def test_the_hook_checks_answers_and_drops() -> None:
    assert CHANNEL.hook is not None
    hello = (
        b'{"token":"x","challenge":"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P","type":"url_verification"}'
    )
    answer = CHANNEL.hook.take(app(), posted(hello, headers=signed(hello))).answer
    assert answer.body == b"3eZbrw1aBm2rZgRNFdxV2595E9CY3gmdALWMmHkvFXO7tYXAYM8P"
    raw = SAMPLES["direct"]
    again = signed(raw) | {"x-slack-retry-num": "1", "x-slack-retry-reason": "http_timeout"}
    for headers in (signed(raw), again):
        assert [key for key, _ in CHANNEL.hook.take(app(), posted(raw, headers=headers)).payloads] == ["Evdirect"]
    assert SignatureVerifier(SECRET).is_valid_request(raw, signed(raw))
    form = pressed(SAMPLES["button"])
    ((key, payload),) = CHANNEL.hook.take(app(), posted(form, headers=signed(form))).payloads
    assert key is not None and key.startswith("press:") and len(CHANNEL.parse(payload)) == 1
    for nothing in (b"command=%2Fhelp&text=x", SAMPLES["own_message"], b'{"type":"app_rate_limited"}'):
        assert CHANNEL.hook.take(app(), posted(nothing, headers=signed(nothing))).payloads == ()
    wrong = [
        {},
        signed(raw, age=301),
        signed(raw, age=-301),
        signed(raw + b" "),
        signed(raw) | {"x-slack-signature": "v0="},
    ]
    for headers in [*wrong, signed(raw) | {"x-slack-request-timestamp": "soon"}]:
        with pytest.raises(Unauthenticated):
            CHANNEL.hook.take(app(), posted(raw, headers=headers))
    with pytest.raises(Unauthenticated):
        CHANNEL.hook.take(endpoint({}), posted(raw, headers=signed(raw)))
    with pytest.raises(Invalid):
        CHANNEL.hook.take(app(), posted(b"payload=%7B", headers=signed(b"payload=%7B")))


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ("<@U0LAN0Z89> hi", "hi"),
        ("ask <@U1|mei> in <#C1|help> or <!subteam^S1|@desk> <!here>", "ask @mei in #help or @desk @here"),
        ("<mailto:a@b.c|a@b.c> <https://x.example>", "a@b.c https://x.example"),
        ("1 &lt; 2 &amp;amp; 3", "1 < 2 &amp; 3"),
        ("a < b", "a < b"),
    ],
)
def test_marks_become_words(said: str, words: str) -> None:
    assert as_words(said, "U0LAN0Z89") == words


def test_words_become_marks_and_call_nobody() -> None:
    assert as_mrkdwn("**Sale** [here](https://x.example/a?b=1&c=2)") == "*Sale* <https://x.example/a?b=1&amp;c=2|here>"
    assert as_mrkdwn("<!channel> <@U1> a & b") == "&lt;!channel&gt; &lt;@U1&gt; a &amp; b"


def out(kind: str, to: str = "D1", threads: tuple[str, ...] = (), **payload: Any) -> Any:
    message = outbound(kind)
    return render(msgspec.structs.replace(message, payload={**message.payload, **payload}, address=to, threads=threads))


async def test_messages_go_out_into_their_threads() -> None:
    fake = FakeSlack()
    channel = make(http_to(fake.app))
    assert channel.adapter is not None and channel.recaller is not None
    sent = await channel.adapter.deliver(app(), new_id(), out("text"))
    assert sent is not None and sent.remote_ids == ("D1:1503435956.000001",)
    names = ("C1:1515449438.000011", "other")
    await channel.adapter.deliver(app(), new_id(), out("text", "C1:U1", names))
    assert (fake.calls[-1][1]["channel"], fake.calls[-1][1]["thread_ts"]) == ("C1", "1515449438.000011")
    for kind in ("choices", "card"):
        rendered = out(kind)
        assert all(Block.parse(block) is not None for block in rendered["blocks"])
        for block in rendered["blocks"]:
            Block.parse(block).validate_json()
        await channel.adapter.deliver(app(), new_id(), rendered)
    many = out("choices", options=[{"id": str(n), "label": f"Option {n}"} for n in range(30)])
    assert many["blocks"][1]["elements"][0]["type"] == "static_select"
    assert "blocks" not in out("choices", options=[{"id": str(n), "label": "x"} for n in range(101)])
    await channel.recaller.recall(app(), "D1", ["D1:1503435956.000001", "file:F1"])
    assert fake.calls[-2:] == [
        ("chat.delete", {"channel": "D1", "ts": "1503435956.000001"}),
        ("files.delete", {"file": "F1"}),
    ]
    fake.errors = ["message_not_found"]
    await channel.recaller.recall(app(), "D1", ["D1:1"])
    fake.errors = ["cant_delete_message"]
    with pytest.raises(DeliveryRefused, match="too_late"):
        await channel.recaller.recall(app(), "D1", ["D1:1"])


async def test_errors_are_told_apart() -> None:
    fake = FakeSlack()
    channel = make(http_to(fake.app))
    assert channel.adapter is not None and channel.probe is not None
    for error in REFUSED:
        fake.errors = [error]
        with pytest.raises(DeliveryRefused) as refused:
            await channel.adapter.deliver(app(), new_id(), out("text"))
        for locale in i18n.LOCALES:
            told = i18n.t(refused.value.code, locale, **refused.value.params)
            assert told != refused.value.code and "{" not in told
    for again, after in (*AGAIN.items(), ("never_heard_of", None)):
        fake.errors = [again]
        with pytest.raises(DeliveryFailed) as failed:
            await channel.adapter.deliver(app(), new_id(), out("text"))
        assert failed.value.after == after
    fake.errors = [429]
    with pytest.raises(DeliveryFailed) as slow:
        await channel.adapter.deliver(app(), new_id(), out("text"))
    assert slow.value.after == 7.0
    for wrong in (endpoint({}), endpoint({}, bot_token="old")):
        with pytest.raises(DeliveryRefused, match="token"):
            await channel.adapter.deliver(wrong, new_id(), out("text"))
        with pytest.raises(SourceFailed, match="token"):
            await channel.probe.probe(wrong)
    assert await channel.probe.probe(app()) == {"team": "Shop", "user": "qiao"}
    fake.scopes = "chat:write"
    with pytest.raises(SourceFailed) as lacking:
        await channel.probe.probe(app())
    assert "im:history" in i18n.t(lacking.value.code, "zh-CN", **lacking.value.params)


class Files(ChannelHttp):
    async def read_file(self, file_id: Any) -> bytes:
        return b"file " + str(file_id).encode()


async def test_files_and_names() -> None:
    fake = FakeSlack()
    channel = make(Files(None, transport=http_to(fake.app).transport))  # type: ignore[arg-type]  # no runtime: no store
    assert channel.adapter is not None and channel.fetcher is not None and channel.directory is not None
    sent = await channel.adapter.deliver(app(), new_id(), out("file", "C1:U1", ("C1:1.2",)))
    assert sent is not None and sent.remote_ids == ("file:F123ABC456",)
    assert fake.uploads == [b"file f"]
    asked = dict(fake.calls)
    assert asked["files.getUploadURLExternal"] == {"filename": "a.pdf", "length": "6"}
    assert asked["files.completeUploadExternal"] == {
        "files": [{"id": "F123ABC456", "title": "a.pdf"}],
        "channel_id": "C1",
        "thread_ts": "1.2",
        "initial_comment": "see",
    }

    async def fetched(ref: str) -> bytes:
        return b"".join([chunk async for chunk in channel.fetcher.fetch(app(), Media(ref, "a"))])  # type: ignore[union-attr]  # it has one

    assert await fetched("F1 https://files.slack.com/files-pri/T1-F1/a.gif") == b"bytes of T1-F1/a.gif"
    assert await fetched("F9") == b"bytes of T1-F9/download/late.txt"
    bad = (
        "https://evil.example/files-pri/x",
        "http://files.slack.com/files-pri/x",
        "https://files.slack.com/files-pri/signin",
    )
    for url in bad:
        with pytest.raises(MediaFailed):
            await fetched(f"F1 {url}")
    found = await channel.directory.look_up(app(), Sender("D1", attributes={"slack": "U1"}))
    assert (found.name, found.email, found.vouched) == ("Mei Lin", "mei@shop.example", set())
    fake.errors = ["missing_scope"]
    assert (await channel.directory.look_up(app(), Sender("D1"))).name is None


@given(spoilt(list(SAMPLES.values())))
@settings(max_examples=100)
def test_spoilt_posts_are_items_or_invalid(raw: bytes) -> None:
    survives(CHANNEL, raw)
    takes(CHANNEL, app(), posted(raw, headers=signed(raw) | {"content-type": "application/json"}))
    form = pressed(raw.decode("utf-8", "replace").encode())
    takes(CHANNEL, app(), posted(form, headers=signed(form)))
