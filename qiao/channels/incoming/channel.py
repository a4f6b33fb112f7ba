"""The incoming webhook as a channel."""

from collections.abc import Sequence
from typing import Any, Final

from qiao.channels.contract.channel import Channel, Endpoint
from qiao.channels.contract.http import ChannelHttp
from qiao.channels.contract.manifest import Capabilities, Manifest
from qiao.channels.contract.messages import Item, Outbound
from qiao.channels.incoming import mapping
from qiao.channels.incoming.adapter import IncomingAdapter
from qiao.channels.incoming.hook import IncomingHook
from qiao.channels.incoming.settings import IncomingSettings, read

PLAINEST: Final = IncomingSettings()

MANIFEST: Final = Manifest(
    name="incoming",
    title={"zh-CN": "通用接入", "en": "Incoming webhook"},
    summary={
        "zh-CN": "任何能发送 HTTP 请求的系统都可以成为渠道：用映射说明消息在哪里，不写代码。",
        "en": "Any system that can send an HTTP request becomes a channel: a mapping says where the message is, no code.",
    },
    identity_kind="incoming",
    capabilities=Capabilities(
        receives=frozenset({"text", "image", "file"}),
        sends=frozenset({"text", "image", "file"}),
        delivery="push",
        longest_text=10_000,
    ),
    settings=IncomingSettings,
    docs="channel-incoming",
    limits={"per_second": 20, "burst": 40, "media_bytes": 20 * 1024 * 1024},
    group="open",
)


def parse(raw: bytes) -> Sequence[Item]:
    """A payload by the plainest mapping. Raises Invalid."""
    return _parsed(PLAINEST, raw)


def by_settings(endpoint: Endpoint, raw: bytes) -> Sequence[Item]:
    """A payload by the inbox's mapping. Raises Invalid."""
    return _parsed(read(endpoint.settings), raw)


def _parsed(settings: IncomingSettings, raw: bytes) -> list[Item]:
    payload = mapping.decode(raw)
    return [message for found in mapping.find(settings, payload) for message in mapping.messages(found)]


def render(message: Outbound) -> dict[str, Any]:
    """What the template of an inbox may fill in."""
    url = str(message.payload.get("url") or "")
    return {
        "to": message.address,
        "text": message.body or (url if message.kind != "text" else ""),
        "id": str(message.id),
        "conversation": str(message.conversation_number),
        "agent": message.author_name or "",
        "kind": message.kind,
        "url": url,
        "thread": message.threads[0] if message.threads else "",
    }


def make(http: ChannelHttp) -> Channel:
    adapter = IncomingAdapter(http)
    return Channel(
        MANIFEST, parse, render, adapter=adapter, hook=IncomingHook(), fetcher=adapter, probe=adapter, read=by_settings
    )
