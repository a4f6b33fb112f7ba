"""What an operator enters for a Feishu inbox."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr

from qiao.channels.contract.forms import field


class FeishuSettings(BaseModel):
    """One 企业自建应用 with a bot."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    domain: Literal["feishu", "lark"] = field(
        "feishu",
        "平台",
        "Platform",
        "应用在哪个平台创建就选哪个。",
        "Where the app was created.",
        group="account",
        options={"feishu": ("飞书（中国）", "Feishu (China)"), "lark": ("Lark（国际）", "Lark (international)")},
    )
    app_id: str = field(
        "",
        "App ID",
        "App ID",
        "开发者后台 → 凭证与基础信息。",
        "Developer console → credentials.",
        group="account",
        placeholder="cli_…",
        max_length=64,
        needed=True,
    )
    app_secret: SecretStr | None = field(
        None, "App Secret", "App secret", "同一页面。", "Of the same page.", group="account", needed=True
    )
    encrypt_key: SecretStr | None = field(
        None,
        "Encrypt Key",
        "Encrypt key",
        "“事件与回调 → 加密策略”中设置；建议填写，事件会加密并签名。",
        "Of “Events & callbacks → encryption”; recommended: events are then encrypted and signed.",
        group="callback",
    )
    verification_token: SecretStr | None = field(
        None, "Verification Token", "Verification token", "同一页面。", "Of the same page.", group="callback"
    )
    staff_notifications: bool = field(
        False,
        "向员工发送消息",
        "Notify staff by message",
        "开启后，员工可在通知设置中填写自己的飞书账号。",
        "Staff may then enter their Feishu account in their notification settings.",
        group="staff",
    )
