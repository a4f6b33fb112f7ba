"""飞书 as a channel: what it can, and its two pure parts."""

from datetime import timedelta
from typing import Final

from qiao.channels.contract.manifest import Capabilities, Manifest
from qiao.channels.feishu.parsing import parse
from qiao.channels.feishu.rendering import FILE_BYTES, render
from qiao.channels.feishu.settings import FeishuSettings

MANIFEST: Final = Manifest(
    name="feishu",
    title={"zh-CN": "飞书 / Lark", "en": "Feishu / Lark"},
    summary={
        "zh-CN": "在飞书单聊或群聊中向企业机器人咨询；员工可在飞书里收到通知。",
        "en": "People write to your company's bot, alone or in groups; staff can be notified there.",
    },
    identity_kind="feishu",
    capabilities=Capabilities(
        receives=frozenset({"text", "image", "file"}),
        sends=frozenset({"text", "image", "file", "card", "choices"}),
        delivery="push",
        longest_text=10_000,
        receipts=True,
        read_receipts=True,
        recall=timedelta(hours=24),
    ),
    settings=FeishuSettings,
    docs="channel-feishu",
    limits={"per_second": 40, "burst": 50, "media_bytes": FILE_BYTES},
    group="work",
)

__all__ = ["MANIFEST", "parse", "render"]
