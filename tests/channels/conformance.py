"""What every channel must keep: subclass it, say which channel, and give payloads captured from the real thing."""

import json
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar

import msgspec
import pytest

from qiao.channels.contract.channel import Channel, CollectingAdapter, DeliveryFailed, Endpoint
from qiao.channels.contract.degrade import degrade
from qiao.channels.contract.manifest import KINDS, secrets_of
from qiao.channels.contract.messages import Incoming, Outbound
from qiao.core.errors import Invalid
from qiao.core.i18n import LOCALES
from qiao.core.ids import new_id
from qiao.desk.conversations.policy import CUSTOMER_KINDS
from qiao.desk.conversations.schemas import Author, MessageView

RICH: dict[str, tuple[str, dict[str, Any]]] = {
    "text": ("hello", {}),
    "image": ("", {"file_id": "f", "name": "a.png", "mime": "image/png", "size": 1, "url": "/api/v1/files/f/a.png"}),
    "file": (
        "see",
        {"file_id": "f", "name": "a.pdf", "mime": "application/pdf", "size": 1, "url": "/api/v1/files/f/a.pdf"},
    ),
    "card": ("", {"type": "article", "title": "Returns", "snippet": "Within 7 days", "url": "https://shop.example/r"}),
    "choices": ("", {"prompt": "Which one?", "options": [{"id": "1", "label": "This"}, {"id": "2", "label": "That"}]}),
    "event": ("", {"type": "assigned", "params": {"name": "Li"}}),
}


def view(kind: str, body: str, payload: dict[str, Any], author: str = "user") -> MessageView:
    return MessageView(
        new_id(), new_id(), 1, Author(author, None, "Li"), kind, body, payload, None, datetime.now(UTC), "sent"
    )


def outbound(kind: str) -> Outbound:
    return Outbound.of(view(kind, *RICH[kind]), 10001, "customer-1")


def holds(said: Any, meaning: Any) -> bool:
    """Whether `said` is `meaning` and perhaps more."""
    if isinstance(meaning, dict):
        return isinstance(said, dict) and all(key in said and holds(said[key], meaning[key]) for key in meaning)
    return bool(said == meaning)


class ChannelConformance:
    """The promises. `accepted` pairs a payload with what it means; `refused` are payloads that are no messages."""

    channel: ClassVar[Channel]
    accepted: ClassVar[Sequence[tuple[bytes, dict[str, Any]]]]
    refused: ClassVar[Sequence[bytes]]

    def test_the_manifest_is_whole(self) -> None:
        manifest = self.channel.manifest
        assert manifest.name.isidentifier()
        for text in (manifest.title, manifest.summary):
            assert set(text) == set(LOCALES)
            assert all(text.values())
        assert manifest.capabilities.sends <= set(KINDS)
        assert "text" in manifest.capabilities.sends
        assert manifest.capabilities.receives <= CUSTOMER_KINDS
        assert manifest.capabilities.longest_text > 0
        assert manifest.settings().model_dump() is not None
        assert (manifest.capabilities.delivery == "push") == (self.channel.adapter is not None)
        assert secrets_of(manifest.settings) <= set(manifest.settings.model_fields)
        assert manifest.settings.model_json_schema()["type"] == "object"
        for part in (self.channel.hook, self.channel.source, self.channel.fetcher):
            assert part is None or self.channel.adapter is not None

    def test_payloads_are_understood_the_same_every_time(self) -> None:
        assert self.accepted
        for raw, meaning in self.accepted:
            items, again = self.channel.parse(raw), self.channel.parse(raw)
            assert items == again
            first = items[0]
            assert isinstance(first, Incoming)
            said = msgspec.to_builtins(first)
            assert holds(said, meaning), said
            assert first.kind in self.channel.manifest.capabilities.receives
            assert first.client_id

    def test_what_is_no_message_is_refused_with_a_field(self) -> None:
        assert self.refused
        for raw in self.refused:
            with pytest.raises(Invalid) as refused:
                self.channel.parse(raw)
            assert refused.value.fields, raw

    @pytest.mark.parametrize("kind", KINDS)
    @pytest.mark.parametrize("locale", LOCALES)
    def test_every_kind_can_be_said(self, kind: str, locale: str) -> None:
        fitting = degrade(outbound(kind), self.channel.manifest.capabilities, locale)
        assert fitting.kind in self.channel.manifest.capabilities.sends
        assert fitting.kind == kind or fitting.body.strip()
        assert json.loads(msgspec.json.encode(self.channel.render(fitting)))

    def test_long_text_is_cut_and_says_so(self) -> None:
        limit = self.channel.manifest.capabilities.longest_text
        long = msgspec.structs.replace(outbound("text"), body="x" * (limit + 5))
        fitting = degrade(long, self.channel.manifest.capabilities, "en")
        assert len(fitting.body) == limit
        assert fitting.body.endswith("…")

    def test_notes_and_echoes_never_leave(self) -> None:
        for kind, author in (("note", "user"), ("whisper", "user"), ("text", "customer")):
            with pytest.raises(ValueError, match=r"leave|echo"):
                Outbound.of(view(kind, "secret", {}, author), 1, "a")

    async def test_the_twin_collects_and_fails_when_told(self) -> None:
        twin = CollectingAdapter(failures=1)
        endpoint = Endpoint(new_id(), {}, "secret")
        payload = self.channel.render(outbound("text"))
        with pytest.raises(DeliveryFailed):
            await twin.deliver(endpoint, new_id(), payload)
        await twin.deliver(endpoint, new_id(), payload)
        assert [found for _, _, found in twin.delivered] == [payload]
        assert "secret" not in repr(endpoint)
