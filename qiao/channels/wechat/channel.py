"""WeChat official accounts and mini programs as channels."""

from typing import Final

from qiao.channels.contract.manifest import Capabilities, Manifest
from qiao.channels.wechat import window
from qiao.channels.wechat.settings import WechatMiniSettings, WechatSettings

RECEIVES: Final = frozenset({"text", "image", "file", "card"})
MEDIA_BYTES: Final = 10 * 1024 * 1024
"""The largest picture or film temporary material may be; voices are smaller."""

OFFICIAL: Final = Manifest(
    name="wechat",
    title={"zh-CN": "微信公众号", "en": "WeChat official account"},
    summary={
        "zh-CN": "服务号与订阅号的消息、事件、菜单、扫码入口、模板消息与订阅通知。",
        "en": "Messages, events, menus, QR entries, template and subscribe messages of an official account.",
    },
    identity_kind="wechat",
    capabilities=Capabilities(
        receives=RECEIVES,
        sends=frozenset({"text", "image", "file", "card", "choices"}),
        delivery="push",
        longest_text=window.LONGEST,
        typing=True,
        window=window.WRITTEN,
        templates=True,
    ),
    settings=WechatSettings,
    docs="channel-wechat",
    limits={"per_second": 20, "burst": 40, "media_bytes": MEDIA_BYTES},
    group="social",
)

MINI: Final = Manifest(
    name="wechat_mini",
    title={"zh-CN": "微信小程序", "en": "WeChat mini program"},
    summary={
        "zh-CN": "小程序里的客服消息、卡片与订阅消息。",
        "en": "Customer service messages, cards and subscribe messages of a mini program.",
    },
    identity_kind="wechat_mini",
    capabilities=Capabilities(
        receives=RECEIVES,
        sends=frozenset({"text", "image", "file", "card"}),
        delivery="push",
        longest_text=window.LONGEST,
        typing=True,
        window=window.WRITTEN,
        templates=True,
    ),
    settings=WechatMiniSettings,
    docs="channel-wechat",
    limits={"per_second": 20, "burst": 40, "media_bytes": MEDIA_BYTES},
    group="social",
)
