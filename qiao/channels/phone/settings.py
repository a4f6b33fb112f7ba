"""How a telephone line is set up."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr

from qiao.channels.contract.forms import WebAddress, field


class PhoneSettings(BaseModel):
    """Settings of a phone inbox."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dial_url: WebAddress | None = field(
        None,
        "点击拨号地址",
        "Click-to-call address",
        "坐席点击号码时，向电话系统的这个地址发送签名请求。留空则不提供点击拨号。",
        "When somebody clicks a number, a signed request goes to this address of the telephone system."
        " Empty: no click-to-call.",
        group="calls",
        placeholder="https://pbx.example.com/dial",
    )
    dial_token: SecretStr | None = field(
        None,
        "拨号令牌",
        "Token for dialling",
        "随请求以 Authorization: Bearer 发送。",
        "Sent along as Authorization: Bearer.",
        group="calls",
    )
    missed: Literal["callback", "queue", "record"] = field(
        "callback",
        "未接来电",
        "Missed calls",
        "生成回电任务，或作为会话排队，或只留记录。",
        "Become a call-back, wait in the queue as a conversation, or are only recorded.",
        group="calls",
        options={
            "callback": ("生成回电", "Promise a call-back"),
            "queue": ("进入排队", "Wait in the queue"),
            "record": ("只留记录", "Record only"),
        },
    )
    offers_callbacks: bool = field(
        True,
        "客户可以请求回电",
        "Customers may ask for a call-back",
        "在网页窗口和客户门户中提供。",
        "Offered in the web widget and the customer portal.",
        group="promise",
    )
    promise_minutes: int = field(
        60,
        "回电承诺（分钟）",
        "Call-back promised within (minutes)",
        "按营业时间计算。",
        "Counted in business hours.",
        group="promise",
        ge=5,
        le=2880,
    )
    attempts: int = field(3, "最多尝试次数", "Attempts at most", group="promise", ge=1, le=10)
    attempt_gap_minutes: int = field(
        30,
        "无人接听后再试间隔（分钟）",
        "Minutes until the next attempt",
        "按营业时间计算。",
        "Counted in business hours.",
        group="promise",
        ge=1,
        le=2880,
    )
