"""The phone channel says what it is. Calls come in by an API of their own; nothing is sent to a customer through it."""

from collections.abc import Sequence
from typing import Any

from qiao.channels.contract.channel import Channel
from qiao.channels.contract.manifest import Capabilities, Manifest
from qiao.channels.contract.messages import Item, Outbound
from qiao.channels.phone.settings import PhoneSettings
from qiao.core.errors import Invalid


def parse(raw: Any) -> Sequence[Item]:
    """Nothing comes by the common hook. Raises Invalid."""
    raise Invalid.field("body", "phone.use_calls")


def render(message: Outbound) -> Any:
    """What would be said: a telephone line carries no messages, so there is no adapter that takes it."""
    return {"to": message.address, "text": message.body}


def make() -> Channel:
    return Channel(
        manifest=Manifest(
            name="phone",
            title={"zh-CN": "电话", "en": "Phone"},
            summary={
                "zh-CN": "电话系统通过接口报告通话：来电弹屏、通话记录、点击拨号、回电。",
                "en": "Your telephone system reports its calls: screen pops, call records, click-to-call, call-backs.",
            },
            identity_kind="phone",
            capabilities=Capabilities(receives=frozenset({"card"}), sends=frozenset(), delivery="push"),
            settings=PhoneSettings,
            docs="channel-phone",
            group="phone",
        ),
        parse=parse,
        render=render,
    )
