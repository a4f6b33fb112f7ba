"""Settings of a WhatsApp number."""

from typing import Annotated

from pydantic import ConfigDict, SecretStr, StringConstraints

from qiao.channels.contract.closing import WhenClosed
from qiao.channels.contract.forms import WebAddress, field
from qiao.channels.contract.meta_graph import GRAPH, VERSION

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Version = Annotated[str, StringConstraints(strip_whitespace=True, pattern=r"^v[0-9]{1,3}\.[0-9]$")]


class WhatsappSettings(WhenClosed):
    """One number of a WhatsApp Business account."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    phone_number_id: Line = field(
        "", "电话号码编号", "Phone number ID", "WhatsApp → API 设置。", "WhatsApp → API setup.", needed=True
    )
    business_account_id: Line = field(
        "",
        "WhatsApp 商业账号编号",
        "WhatsApp Business Account ID",
        "用于列出已审核的模板。",
        "Lists the approved templates.",
    )
    access_token: SecretStr | None = field(
        None, "访问令牌", "Access token", "系统用户的长期令牌。", "The lasting one of a system user.", needed=True
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
    show_read: bool = field(
        True,
        "让客户看到已读和正在输入",
        "Show what is read and that somebody writes",
        "客服读过后显示蓝色对勾，输入时显示“正在输入”。",
        "Blue ticks once staff have read it, dots while they write.",
    )
    graph_url: WebAddress = field(GRAPH, "接口地址", "API address", group="advanced")
    api_version: Version = field(VERSION, "接口版本", "API version", group="advanced")
