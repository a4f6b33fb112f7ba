"""How a telephone line is set up."""

from typing import Annotated, Any, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr
from pydantic_core import PydanticCustomError


def _web_address(text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.username:
        raise PydanticCustomError("callback_url_invalid", "not valid")
    return text.strip()


def _shown(zh: str, en: str, group: str, help_zh: str = "", help_en: str = "", **more: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"title": {"zh-CN": zh, "en": en}, "group": group, **more}
    if help_zh:
        shown["help"] = {"zh-CN": help_zh, "en": help_en}
    return shown


class PhoneSettings(BaseModel):
    """Settings of a phone inbox."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    dial_url: Annotated[str, Field(max_length=500), AfterValidator(_web_address)] | None = Field(
        None,
        json_schema_extra=_shown(
            "点击拨号地址", "Click-to-call address", "calls",
            "坐席点击号码时，向电话系统的这个地址发送签名请求。留空则不提供点击拨号。",
            "When somebody clicks a number, a signed request goes to this address of the telephone system."
            " Empty: no click-to-call.",
            placeholder="https://pbx.example.com/dial",
        ),
    )  # fmt: skip
    dial_token: SecretStr | None = Field(
        None,
        json_schema_extra=_shown(
            "拨号令牌", "Token for dialling", "calls",
            "随请求以 Authorization: Bearer 发送。", "Sent along as Authorization: Bearer.",
        ),
    )  # fmt: skip
    missed: Literal["callback", "queue", "record"] = Field(
        "callback",
        json_schema_extra=_shown(
            "未接来电", "Missed calls", "calls",
            "生成回电任务，或作为会话排队，或只留记录。",
            "Become a call-back, wait in the queue as a conversation, or are only recorded.",
            options={
                "callback": {"zh-CN": "生成回电", "en": "Promise a call-back"},
                "queue": {"zh-CN": "进入排队", "en": "Wait in the queue"},
                "record": {"zh-CN": "只留记录", "en": "Record only"},
            },
        ),
    )  # fmt: skip
    offers_callbacks: bool = Field(
        True,
        json_schema_extra=_shown(
            "客户可以请求回电", "Customers may ask for a call-back", "promise",
            "在网页窗口和客户门户中提供。", "Offered in the web widget and the customer portal.",
        ),
    )  # fmt: skip
    promise_minutes: int = Field(
        60, ge=5, le=2880,
        json_schema_extra=_shown(
            "回电承诺（分钟）", "Call-back promised within (minutes)", "promise",
            "按营业时间计算。", "Counted in business hours.",
        ),
    )  # fmt: skip
    attempts: int = Field(
        3, ge=1, le=10, json_schema_extra=_shown("最多尝试次数", "Attempts at most", "promise"),
    )  # fmt: skip
    attempt_gap_minutes: int = Field(
        30, ge=1, le=2880,
        json_schema_extra=_shown(
            "无人接听后再试间隔（分钟）", "Minutes until the next attempt", "promise",
            "按营业时间计算。", "Counted in business hours.",
        ),
    )  # fmt: skip
