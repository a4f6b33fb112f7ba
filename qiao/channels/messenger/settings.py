"""Settings of a Facebook page and of an Instagram account."""

from typing import Annotated

from pydantic import ConfigDict, SecretStr, StringConstraints

from qiao.channels.contract.closing import SmsWhenClosed
from qiao.channels.contract.forms import WebAddress, field
from qiao.channels.contract.meta_graph import GRAPH, VERSION

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Version = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^v[0-9]{1,3}\.[0-9]$")]


class MessengerSettings(SmsWhenClosed):
    """One page."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    account_id: Line = field("", "主页编号", "Page ID", "主页设置 → 关于。", "Page settings → About.")
    access_token: SecretStr | None = field(
        None, "访问令牌", "Access token", "这个主页的长期令牌。", "The lasting one of this page.", needed=True
    )
    app_secret: SecretStr | None = field(
        None,
        "应用密钥",
        "App secret",
        "应用设置 → 基本。用它核对签名。",
        "App settings → Basic; signatures need it.",
        needed=True,
    )
    verify_token: SecretStr | None = field(
        None,
        "验证口令",
        "Verify token",
        "自己定，填进 Meta 的 Webhook 设置。",
        "Your own; enter it at Meta's webhook.",
        needed=True,
    )
    human_agent: bool = field(
        False,
        "人工回复七天",
        "Seven days for people",
        "应用已获 Human Agent 权限时打开：客服可在 7 天内回复，否则 24 小时。",
        "On when Meta granted the app Human Agent: agents may answer for 7 days, else for 24 hours.",
    )
    graph_url: WebAddress = field(GRAPH, "接口地址", "API address", group="advanced")
    api_version: Version = field(VERSION, "接口版本", "API version", group="advanced")


class InstagramSettings(MessengerSettings):
    """One professional account."""

    account_id: Line = field("", "Instagram 账号编号", "Instagram account ID", "专业账号的编号。", "Of the account.")
    access_token: SecretStr | None = field(
        None, "访问令牌", "Access token", "这个账号的长期令牌。", "The lasting one of this account.", needed=True
    )
    graph_url: WebAddress = field("https://graph.instagram.com", "接口地址", "API address", group="advanced")
