"""The counter as a channel: its own pages show what is said, so it has no adapter; what it takes in is numbers.

A site's rules are the settings of its inbox.
"""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from pydantic import BaseModel, ConfigDict, Field

from qiao.channels.contract.channel import Channel
from qiao.channels.contract.manifest import Capabilities, Manifest
from qiao.channels.contract.messages import Incoming, Outbound, Sender
from qiao.channels.walkin.policy import Rules
from qiao.core.errors import Invalid
from qiao.desk.conversations.schemas import TEXT_LIMIT

NAME: Final = "walkin"


def _said(zh: str, en: str, zh_help: str = "", en_help: str = "") -> dict[str, Any]:
    told: dict[str, Any] = {"title": {"zh-CN": zh, "en": en}}
    return {**told, "help": {"zh-CN": zh_help, "en": en_help}} if zh_help else told


def _minutes(zh: str, en: str, zh_help: str = "", en_help: str = "", most: int = 240) -> Any:
    return Field(ge=0, le=most, json_schema_extra=_said(zh, en, zh_help, en_help))


class WalkinSettings(BaseModel):
    """The rules of a site."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    calls_before_miss: Annotated[
        int, Field(ge=1, le=10, json_schema_extra=_said("呼叫几次后可过号", "Calls before a number is missed"))
    ] = 3
    return_minutes: Annotated[
        int, _minutes("过号后可返回（分钟）", "Missed numbers may return within (minutes)", most=480)
    ] = 30
    return_after: Annotated[
        int,
        Field(
            ge=0,
            le=20,
            json_schema_extra=_said("返回后排在几位之后", "Who returns waits behind the next (people)"),
        ),
    ] = 3
    later_most: Annotated[
        int, Field(ge=0, le=10, json_schema_extra=_said("顾客可推后几次", "Times visitors may let others go first"))
    ] = 2
    near: Annotated[
        int,
        Field(
            ge=0,
            le=20,
            json_schema_extra=_said("前面剩几位时提醒", "Tell visitors when this many are before them"),
        ),
    ] = 2
    priority_minutes: Annotated[
        int,
        _minutes(
            "优先级每高一级提前（分钟）",
            "Head start for each step of priority (minutes)",
            "等得更久的人最终总会先被叫到。",
            "Whoever waits long enough is always called first in the end.",
            120,
        ),
    ] = 15
    appointment_minutes: Annotated[
        int, _minutes("预约提前（分钟）", "Head start of appointments (minutes)", most=120)
    ] = 30
    late_minutes: Annotated[
        int,
        _minutes("预约可迟到（分钟）", "Appointments may be late by (minutes)", most=120),
    ] = 15
    early_minutes: Annotated[
        int, _minutes("预约可提前签到（分钟）", "Check-in opens before an appointment (minutes)", most=240)
    ] = 30
    level_priority: Annotated[
        bool, Field(json_schema_extra=_said("金卡与 VIP 客户优先", "Gold and VIP customers have right of way"))
    ] = True
    ask_phone: Annotated[
        bool,
        Field(
            json_schema_extra=_said(
                "取号时可留手机号", "Ask for a phone number", "用于短信提醒，可不填。", "For a text message; optional."
            )
        ),
    ] = True
    max_waiting: Annotated[
        int, Field(ge=1, le=5000, json_schema_extra=_said("同时等候上限", "Most people waiting at once"))
    ] = 500
    idle_seconds: Annotated[
        int,
        Field(ge=10, le=600, json_schema_extra=_said("取号屏闲置复位（秒）", "The kiosk starts over after (seconds)")),
    ] = 30
    sound: Annotated[bool, Field(json_schema_extra=_said("叫号屏播报声音", "The display speaks what it calls"))] = True

    @property
    def rules(self) -> Rules:
        return Rules(self.priority_minutes, self.appointment_minutes, self.late_minutes, self.early_minutes)


class Taken(msgspec.Struct):
    """What a page posts for a number."""

    client_key: str
    service: str
    locale: str = "zh-CN"


_decode: Final = msgspec.json.Decoder(Taken).decode


def parse(raw: bytes | str) -> Sequence[Incoming]:
    """A number being taken, as a message. Raises Invalid."""
    try:
        taken = _decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        raise Invalid.field("body", "json_invalid") from None
    for field, value in (("client_key", taken.client_key), ("service", taken.service)):
        if not value.strip() or len(value) > 80 or "\x00" in value:
            raise Invalid.field(field, "value_invalid")
    return [Incoming(taken.client_key, "text", taken.service, {}, Sender(taken.client_key), locale=taken.locale)]


def render(message: Outbound) -> dict[str, Any]:
    """What the visitor's page shows."""
    return {"to": message.address, "id": str(message.id), "text": message.body, "at": message.created_at}


CHANNEL: Final = Channel(
    manifest=Manifest(
        name=NAME,
        title={"zh-CN": "现场窗口", "en": "Counter"},
        summary={
            "zh-CN": "到店取号、叫号、预约：与其他渠道同一排队、同一客户档案。",
            "en": "Numbers, calling and appointments on site: the queues and the customer file of every other channel.",
        },
        identity_kind=NAME,
        capabilities=Capabilities(
            receives=frozenset({"text"}), sends=frozenset({"text"}), delivery="live", longest_text=TEXT_LIMIT
        ),
        settings=WalkinSettings,
        docs="channel-walkin",
        group="counter",
    ),
    parse=parse,
    render=render,
)
