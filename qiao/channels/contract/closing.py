"""What an inbox does with an answer its provider no longer takes: the settings, and what follows from them. Pure."""

import re
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Annotated, Any, Final, Literal
from zoneinfo import ZoneInfo

import msgspec
from pydantic import BaseModel, ConfigDict, StringConstraints, ValidationInfo, field_validator
from pydantic_core import PydanticCustomError

from qiao.channels.contract.forms import WebAddress, field

CODES: Final = frozenset({"window_closed", "window_used", "out_of_window", "window"})
"""The last words of the reasons that mean: too late for an answer, or one too many."""
TEXT_SHOWN: Final = 60
"""Characters of the answer that go into `{text}`: providers allow little, and texts are charged by length."""
_BLANK: Final = re.compile(r"\{(company|customer|text|link|number)\}")
_SAID: Final = {
    "zh-CN": "{company}回复了您：{text} 继续沟通：{link}",
    "en": "{company} has answered you: {text} Go on here: {link}",
}
_SMS: Final = {"when_closed": ["sms"]}
_TEMPLATE: Final = {"when_closed": ["template"]}
_ANY: Final = {"when_closed": ["template", "sms"]}

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=700)]
Clock = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^(([01][0-9]|2[0-3]):[0-5][0-9])?$")]


class _Closed(BaseModel):
    """What all channels whose provider closes a window are asked; what they can do then, each says itself."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    when_closed: str = "nothing"
    closed_sms: Line = field(
        "", "短信渠道", "SMS inbox", "发到客户已验证且同意接收的手机号。",
        "To the customer's verified number, where they agreed.", group="closed", widget="inbox:sms", validate_default=True,
        shown_when=_SMS,
    )  # fmt: skip
    closed_text: dict[Literal["zh-CN", "en"], Annotated[str, StringConstraints(max_length=300)]] = field(
        _SAID, "短信内容", "Text message",
        "可用 {company} {customer} {text} {link}；{text} 是回复的开头。",
        "May use {company} {customer} {text} {link}; {text} is how the answer begins.", group="closed", widget="words",
        shown_when=_SMS,
    )  # fmt: skip
    closed_link: WebAddress = field(
        "", "继续沟通的链接", "Link to go on", "客户点开后能再写给您的地方，例如网页聊天或这个账号的聊天链接。",
        "Where the customer can write again: your web chat, or the link to a chat with this account.",
        group="closed", validate_default=True, shown_when=_SMS,
    )  # fmt: skip
    quiet_from: Clock = field(
        "", "免打扰开始", "Quiet from", "例如 21:30；这段时间里的改发等到结束后。",
        "For instance 21:30; what would be sent then waits until it is over.", group="closed", placeholder="21:30",
        shown_when=_ANY,
    )  # fmt: skip
    quiet_until: Clock = field(
        "",
        "免打扰结束",
        "Quiet until",
        group="closed",
        placeholder="08:00",
        validate_default=True,
        shown_when=_ANY,
    )

    @field_validator("closed_sms", "closed_template", "quiet_until", check_fields=False)
    @classmethod
    def _complete(cls, value: str, info: ValidationInfo) -> str:
        way, name = info.data.get("when_closed"), info.field_name
        missing = not value and (way, name) in (("sms", "closed_sms"), ("template", "closed_template"))
        half = name == "quiet_until" and way != "nothing" and bool(value) != bool(info.data.get("quiet_from"))
        if missing or half:
            raise PydanticCustomError("field_missing", "needed")
        return value

    @field_validator("closed_link")
    @classmethod
    def _leads_somewhere(cls, value: str, info: ValidationInfo) -> str:
        said = (info.data.get("closed_text") or {}).values()
        if not value and info.data.get("when_closed") == "sms" and any("{link}" in one for one in said):
            raise PydanticCustomError("field_missing", "needed")
        return value


class SmsWhenClosed(_Closed):
    """The fields of a channel without templates."""

    when_closed: Literal["nothing", "sms"] = field(
        "nothing", "窗口关闭后的回复", "Answers after the window", "平台不再接收的回复怎么办；不选则由客服决定。",
        "What becomes of an answer the provider no longer takes. Nothing: staff decide.",
        group="closed", options={"nothing": ("不自动处理", "Nothing"), "sms": ("改发短信", "Send a text message")},
    )  # fmt: skip


class WhenClosed(_Closed):
    """The fields of a channel with approved templates."""

    when_closed: Literal["nothing", "template", "sms"] = field(
        "nothing", "窗口关闭后的回复", "Answers after the window", "平台不再接收的回复怎么办；不选则由客服决定。",
        "What becomes of an answer the provider no longer takes. Nothing: staff decide.",
        group="closed",
        options={
            "nothing": ("不自动处理", "Nothing"),
            "template": ("改发模板消息", "Send a template"),
            "sms": ("改发短信", "Send a text message"),
        },
    )  # fmt: skip
    closed_template: Line = field(
        "", "模板", "Template", "平台已审核的模板；保存账号后可选。",
        "One the provider approved; to be chosen once the account is saved.", group="closed", widget="template",
        validate_default=True, shown_when=_TEMPLATE,
    )  # fmt: skip
    closed_fields: Annotated[str, StringConstraints(max_length=2000)] = field(
        "", "模板内容", "What the template says", "每行一项：字段=内容，可用 {company} {customer} {text} {link} {number}。",
        "One a line: field=words, with {company} {customer} {text} {link} {number}.",
        group="closed", multiline=True, placeholder="1={customer}\n2={text}", shown_when=_TEMPLATE,
    )  # fmt: skip


SHARED: Final = tuple(WhenClosed.model_fields)
"""Names of these settings; in forms they come after the channel's own."""


class Rule(msgspec.Struct, frozen=True):
    """What an inbox has decided."""

    way: Literal["template", "sms"]
    template: str
    fields: dict[str, str]
    sms: str
    text: dict[str, str]
    link: str
    quiet_from: str
    quiet_until: str


def rule_of(settings: Mapping[str, Any]) -> Rule | None:
    """The rule in an inbox's settings; None where staff decide."""
    way = settings.get("when_closed")
    if way not in ("template", "sms"):
        return None
    pairs = (line.partition("=") for line in str(settings.get("closed_fields") or "").splitlines())
    said = settings.get("closed_text")
    return Rule(
        way,
        str(settings.get("closed_template") or ""),
        {name.strip(): words.strip() for name, equals, words in pairs if equals and name.strip()},
        str(settings.get("closed_sms") or ""),
        dict(said) if isinstance(said, Mapping) else dict(_SAID),
        str(settings.get("closed_link") or ""),
        str(settings.get("quiet_from") or ""),
        str(settings.get("quiet_until") or ""),
    )


def too_late(code: str) -> bool:
    """Whether an answer was refused because its time was over."""
    return code.rpartition(".")[2] in CODES


def filled(words: str, values: Mapping[str, str]) -> str:
    """`words` with what is known put in; whatever else stands in braces stays."""
    return _BLANK.sub(lambda found: values.get(found[1], ""), words).strip()


def shortened(body: str) -> str:
    """One line of an answer."""
    line = " ".join(body.split())
    return line if len(line) <= TEXT_SHOWN else line[: TEXT_SHOWN - 1].rstrip() + "…"


def allowed_at(rule: Rule, now: datetime, timezone: str) -> datetime:
    """When a message may be sent: now, or when the quiet hours are over."""
    if not rule.quiet_from or not rule.quiet_until or rule.quiet_from == rule.quiet_until:
        return now
    local = now.astimezone(ZoneInfo(timezone))
    start, end = time.fromisoformat(rule.quiet_from), time.fromisoformat(rule.quiet_until)
    at = local.time().replace(second=0, microsecond=0)
    quiet = start <= at < end if start < end else at >= start or at < end
    if not quiet:
        return now
    over = datetime.combine(local.date(), end, local.tzinfo)
    return (over if over > local else over + timedelta(days=1)).astimezone(now.tzinfo)
