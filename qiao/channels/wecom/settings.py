"""What an operator enters for a WeCom inbox."""

from typing import Literal

from pydantic import ConfigDict, SecretStr

from qiao.channels.contract.closing import SmsWhenClosed
from qiao.channels.contract.forms import field


class WecomSettings(SmsWhenClosed):
    """`secret` is that of the app which may use 微信客服; the same app sends notifications to staff."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    corp_id: str = field(
        "",
        "企业 ID",
        "Corp ID",
        "企业微信管理后台“我的企业”页底部。",
        "At the foot of “My company” in the admin console.",
        group="account",
        placeholder="ww…",
        max_length=64,
        needed=True,
    )
    secret: SecretStr | None = field(
        None,
        "应用 Secret",
        "App secret",
        "可调用微信客服接口的自建应用的 Secret。",
        "Of the app that is allowed to use WeChat customer service.",
        group="account",
        needed=True,
    )
    open_kfid: str = field(
        "",
        "客服账号 ID",
        "Service account ID",
        "留空则接收该应用可管理的全部客服账号。",
        "Empty: all accounts the app manages.",
        group="account",
        placeholder="wk…",
        max_length=64,
    )
    token: SecretStr | None = field(
        None,
        "回调 Token",
        "Callback token",
        "在“接收消息服务器配置”中填写或随机生成的 Token。",
        "The token of the app's “receive messages” settings.",
        group="callback",
    )
    aes_key: SecretStr | None = field(
        None,
        "回调 EncodingAESKey",
        "Callback EncodingAESKey",
        "同一页面的 43 位 EncodingAESKey。",
        "43 letters, of the same page.",
        group="callback",
    )
    welcome: str = field(
        "",
        "欢迎语",
        "Welcome message",
        "客户进入会话时发送一次；留空不发送。",
        "Sent once when a customer enters; empty: none.",
        group="service",
        multiline=True,
        max_length=600,
    )
    served_in: Literal["qiao", "wecom"] = field(
        "qiao",
        "人工接待位置",
        "Where people answer",
        "选“在企业微信”时，转人工后由企业微信内的接待人员回复。",
        "In WeCom: after handoff the people on duty there answer.",
        group="service",
        options={"qiao": ("在本系统", "Here"), "wecom": ("在企业微信", "In WeCom")},
    )
    agent_id: int = field(
        0,
        "应用 AgentId",
        "App AgentId",
        "用于向员工发送应用消息。",
        "For messages to staff.",
        group="staff",
        ge=0,
    )
    staff_notifications: bool = field(
        False,
        "向员工发送应用消息",
        "Notify staff by app message",
        "开启后，员工可在通知设置中填写自己的企业微信账号。",
        "Staff may then enter their WeCom account in their notification settings.",
        group="staff",
    )
