"""What an e-mail inbox is told."""

import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from qiao.channels.contract.forms import field

_ADDRESS: Final = re.compile(r"[^\s<>()@,;:\"\[\]\\]{1,64}@[^\s<>()@,;:\"\[\]\\]{1,190}")
_HOST: Final = re.compile(r"[A-Za-z0-9._-]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?")


def _address(text: str) -> str:
    if text and not _ADDRESS.fullmatch(text):
        raise PydanticCustomError("email_invalid", "not an address")
    return text.lower()


def _host(text: str) -> str:
    if text and not _HOST.fullmatch(text):
        raise PydanticCustomError("host_invalid", "not a host name")
    return text


def _https(text: str) -> str:
    if text and not text.startswith("https://"):
        raise PydanticCustomError("https_needed", "needs https")
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_address)]
Host = Annotated[str, StringConstraints(strip_whitespace=True, max_length=253), AfterValidator(_host)]
Port = Annotated[int, Field(ge=1, le=65535)]
Security = Literal["tls", "starttls", "none"]


_SIGN_INS: Final = {
    "password": ("密码或授权码", "Password"),
    "google": ("Google（OAuth 2.0）", "Google (OAuth 2.0)"),
    "microsoft": ("Microsoft（OAuth 2.0）", "Microsoft (OAuth 2.0)"),
    "oauth2": ("其他 OAuth 2.0", "Other OAuth 2.0"),
}
_SECURITIES: Final = {
    "tls": ("TLS", "TLS"),
    "starttls": ("STARTTLS", "STARTTLS"),
    "none": ("不加密（仅限内网）", "None (own network only)"),
}
_FIRSTS: Final = {
    "new": ("只收新邮件", "Only new mail"),
    "unread": ("也收未读邮件", "Unread mail too"),
    "all": ("全部收取", "Everything"),
}
_PASSWORD: Final = {"sign_in": ["password"]}
_OAUTH: Final = {"sign_in": ["google", "microsoft", "oauth2"]}
_AFTERWARDS: Final = {
    "keep": ("原样保留", "Leave it"),
    "read": ("标为已读", "Mark it read"),
    "move": ("移到文件夹", "Move it"),
}


class EmailSettings(BaseModel):
    """A mailbox: who we are, how it is reached, what becomes of fetched mail, how answers look."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Address = field(
        "", "邮箱地址", "Address", group="mailbox", placeholder="support@shop.example", needed=True
    )
    display_name: Line = field(
        "",
        "显示名称",
        "Display name",
        "客户看到的发件人；留空用渠道名称。",
        "The sender customers see; empty: the inbox's name.",
        group="mailbox",
    )
    aliases: Annotated[list[Address], Field(max_length=50)] = field(
        [],
        "别名",
        "Aliases",
        "投递到同一邮箱的其他地址；用其中一个来信，就用它回复。",
        "Other addresses of this mailbox; who writes to one is answered from it.",
        group="mailbox",
    )
    sign_in: Literal["password", "google", "microsoft", "oauth2"] = field(
        "password",
        "登录方式",
        "Sign-in",
        "国内邮箱一般用授权码（填在密码处）。Google 与 Microsoft 需要 OAuth 2.0。",
        "A password or app password; Google and Microsoft want OAuth 2.0.",
        group="sign_in",
        options=_SIGN_INS,
    )
    username: Line = field("", "用户名", "User name", "留空用邮箱地址。", "Empty: the address.", group="sign_in")
    password: SecretStr | None = field(
        None, "密码或授权码", "Password or app password", group="sign_in", shown_when=_PASSWORD
    )
    client_id: Line = field("", "OAuth 客户端 ID", "OAuth client id", group="sign_in", shown_when=_OAUTH, needed=True)
    client_secret: SecretStr | None = field(
        None, "OAuth 客户端密钥", "OAuth client secret", group="sign_in", shown_when=_OAUTH
    )
    refresh_token: SecretStr | None = field(
        None, "OAuth 刷新令牌", "OAuth refresh token", group="sign_in", shown_when=_OAUTH, needed=True
    )
    tenant: Line = field(
        "common",
        "Microsoft 租户",
        "Microsoft tenant",
        "租户 ID 或域名。",
        "The tenant's id or domain.",
        group="sign_in",
        shown_when={"sign_in": ["microsoft"]},
    )
    token_url: Annotated[Line, AfterValidator(_https)] = field(
        "",
        "OAuth 令牌地址",
        "OAuth token URL",
        "仅“其他 OAuth 2.0”需要。",
        "For other OAuth 2.0 providers only.",
        group="sign_in",
        shown_when={"sign_in": ["oauth2"]},
        needed=True,
    )
    scope: Line = field(
        "",
        "OAuth 权限范围",
        "OAuth scope",
        "留空用默认值。",
        "Empty: the provider's usual one.",
        group="sign_in",
        shown_when=_OAUTH,
    )
    imap_host: Host = field("", "IMAP 服务器", "IMAP server", group="imap", placeholder="imap.shop.example")
    imap_port: Port = field(993, "IMAP 端口", "IMAP port", group="imap")
    imap_security: Security = field("tls", "IMAP 加密", "IMAP security", group="imap", options=_SECURITIES)
    folder: Line = field("INBOX", "收件文件夹", "Folder", group="intake")
    first: Literal["new", "unread", "all"] = field(
        "new",
        "首次收取",
        "First time",
        "接入前已在邮箱里的邮件是否收取。",
        "Whether mail that lay there before is fetched.",
        group="intake",
        options=_FIRSTS,
    )
    fetched: Literal["keep", "read", "move"] = field(
        "read", "收取之后", "After fetching", group="intake", options=_AFTERWARDS
    )
    move_to: Line = field("Qiao", "移到文件夹", "Move to folder", group="intake", shown_when={"fetched": ["move"]})
    poll_seconds: Annotated[int, Field(ge=10, le=1500)] = field(
        120,
        "轮询间隔（秒）",
        "Poll every (seconds)",
        "服务器会即时通知；间隔只是保险，或用于不支持通知的服务器。",
        "Servers tell of new mail at once; this is the safety net, and for servers that do not.",
        group="intake",
    )
    smtp_host: Host = field("", "SMTP 服务器", "SMTP server", group="smtp", placeholder="smtp.shop.example")
    smtp_port: Port = field(465, "SMTP 端口", "SMTP port", group="smtp")
    smtp_security: Security = field("tls", "SMTP 加密", "SMTP security", group="smtp", options=_SECURITIES)
    smtp_sign_in: bool = field(True, "SMTP 需要登录", "SMTP wants a sign-in", group="smtp")
    verify_certificates: bool = field(
        True,
        "校验服务器证书",
        "Check certificates",
        "仅当内网服务器使用自签证书时关闭。",
        "Off only for servers of your own network that signed their certificate themselves.",
        group="security",
    )
    ticket_type: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = field(
        "",
        "来信成为",
        "Letters become",
        "成为工单时：回信是工单的公开评论，抄送的同事成为关注者；机器自动发出的信不建工单。",
        "As tickets: answers are public comments, colleagues in copy watch; letters of machines make no ticket.",
        group="intake",
        widget="ticket_type",
    )
    template_zh: Text = field(
        "",
        "回信模板（中文）",
        "Template of answers (Chinese)",
        "可用变量：{body} {agent} {number} {inbox} {customer}。留空只写正文。",
        "Variables: {body} {agent} {number} {inbox} {customer}. Empty: the words alone.",
        group="answers",
        multiline=True,
    )
    template_en: Text = field(
        "",
        "回信模板（英文）",
        "Template of answers (English)",
        "可用变量同上。",
        "The same variables.",
        group="answers",
        multiline=True,
    )
    signature_zh: Text = field("", "签名（中文）", "Signature (Chinese)", group="answers", multiline=True)
    signature_en: Text = field("", "签名（英文）", "Signature (English)", group="answers", multiline=True)
    quote_previous: bool = field(True, "引用客户来信", "Quote the customer's mail", group="answers")
    subject_token: bool = field(
        True,
        "主题中带会话标记",
        "Token in the subject",
        "客户的邮件程序丢失引用关系时，仍能找到原会话。",
        "Finds the conversation even when the customer's program forgets what it answers.",
        group="answers",
    )
    plus_address: bool = field(
        False,
        "回复地址带会话标记",
        "Token in the reply address",
        "回复到 support+标记@…；仅当邮件服务器支持加号地址时开启。",
        "Answers go to support+token@…; only where your server takes plus addresses.",
        group="answers",
    )
    acknowledge: bool = field(
        False,
        "自动确认收到",
        "Acknowledge automatically",
        "新来信自动回一封确认；同一地址每天最多一封自动邮件，机器人的回复也算在内。",
        "Answers a new letter at once; an address gets one automatic mail a day at most, the bot's answers included.",
        group="answers",
    )
    acknowledgement_zh: Text = field(
        "", "确认内容（中文）", "Acknowledgement (Chinese)", group="answers", multiline=True
    )
    acknowledgement_en: Text = field(
        "", "确认内容（英文）", "Acknowledgement (English)", group="answers", multiline=True
    )
    trusted_server: Line = field(
        "",
        "可信的验证服务器",
        "Server whose checks count",
        "您自己的收信服务器在 Authentication-Results 中的名称；填写后，DKIM/DMARC 通过的来信地址视为已验证。",
        "The name your own mail server gives itself in Authentication-Results; senders it has checked count as verified.",
        group="security",
    )

    def own(self) -> tuple[str, ...]:
        """The addresses of this mailbox, the first one first."""
        return tuple(dict.fromkeys(address for address in (self.address, *self.aliases) if address))

    def user(self) -> str:
        return self.username or self.address
