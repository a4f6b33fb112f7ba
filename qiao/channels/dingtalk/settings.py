"""What an operator enters for a DingTalk inbox."""

from typing import Literal

from pydantic import BaseModel, ConfigDict, SecretStr

from qiao.channels.contract.forms import field


class DingtalkSettings(BaseModel):
    """One 企业内部应用 with a robot."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    app_key: str = field(
        "",
        "Client ID（AppKey）",
        "Client ID (AppKey)",
        "开放平台 → 应用 → 凭证与基础信息。",
        "Open platform → your app → credentials.",
        group="account",
        placeholder="ding…",
        max_length=100,
        needed=True,
    )
    app_secret: SecretStr | None = field(
        None,
        "Client Secret（AppSecret）",
        "Client secret (AppSecret)",
        "同一页面；也用于校验消息签名。",
        "Of the same page; messages are signed with it.",
        group="account",
        needed=True,
    )
    robot_code: str = field(
        "",
        "机器人编码",
        "Robot code",
        "留空则与 Client ID 相同。",
        "Empty: the same as the client ID.",
        group="account",
        max_length=100,
    )
    mode: Literal["http", "stream"] = field(
        "http",
        "消息接收模式",
        "How messages come",
        "HTTP 模式由钉钉向回调地址推送；Stream 模式由本系统连接钉钉，不需要公网地址。",
        "HTTP: DingTalk posts to the callback address. Stream: we connect to DingTalk; no public address is needed.",
        group="callback",
        options={"http": ("HTTP 模式", "HTTP"), "stream": ("Stream 模式", "Stream")},
    )
    agent_id: int = field(
        0, "AgentId", "AgentId", "用于向员工发送工作通知。", "For work notices to staff.", group="staff", ge=0
    )
    staff_notifications: bool = field(
        False,
        "向员工发送工作通知",
        "Notify staff by work notice",
        "开启后，员工可在通知设置中填写自己的钉钉账号。",
        "Staff may then enter their DingTalk account in their notification settings.",
        group="staff",
    )
