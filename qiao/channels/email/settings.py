"""What an e-mail inbox is told."""

import re
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

_ADDRESS: Final = re.compile(r"[^\s<>()@,;:\"\[\]\\]{1,64}@[^\s<>()@,;:\"\[\]\\]{1,190}")
_HOST: Final = re.compile(r"[A-Za-z0-9._-]{1,253}|\[?[0-9A-Fa-f:.]{2,45}\]?")


def _address(text: str) -> str:
    if text and not _ADDRESS.fullmatch(text):
        raise PydanticCustomError("value_invalid", "not an address")
    return text.lower()


def _host(text: str) -> str:
    if text and not _HOST.fullmatch(text):
        raise PydanticCustomError("value_invalid", "not a host name")
    return text


def _https(text: str) -> str:
    if text and not text.startswith("https://"):
        raise PydanticCustomError("value_invalid", "needs https")
    return text


Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
Text = Annotated[str, StringConstraints(max_length=4000)]
Address = Annotated[str, StringConstraints(strip_whitespace=True, max_length=254), AfterValidator(_address)]
Host = Annotated[str, StringConstraints(strip_whitespace=True, max_length=253), AfterValidator(_host)]
Port = Annotated[int, Field(ge=1, le=65535)]
Security = Literal["tls", "starttls", "none"]


def _words(group: str, zh: str, en: str, help_zh: str = "", help_en: str = "", **more: Any) -> dict[str, Any]:
    told: dict[str, Any] = {"group": group, "title": {"zh-CN": zh, "en": en}, **more}
    if help_zh:
        told["help"] = {"zh-CN": help_zh, "en": help_en}
    return told


_SIGN_INS: Final = {
    "password": {"zh-CN": "密码或授权码", "en": "Password"},
    "google": {"zh-CN": "Google（OAuth 2.0）", "en": "Google (OAuth 2.0)"},
    "microsoft": {"zh-CN": "Microsoft（OAuth 2.0）", "en": "Microsoft (OAuth 2.0)"},
    "oauth2": {"zh-CN": "其他 OAuth 2.0", "en": "Other OAuth 2.0"},
}
_SECURITIES: Final = {
    "tls": {"zh-CN": "TLS", "en": "TLS"},
    "starttls": {"zh-CN": "STARTTLS", "en": "STARTTLS"},
    "none": {"zh-CN": "不加密（仅限内网）", "en": "None (own network only)"},
}
_FIRSTS: Final = {
    "new": {"zh-CN": "只收新邮件", "en": "Only new mail"},
    "unread": {"zh-CN": "也收未读邮件", "en": "Unread mail too"},
    "all": {"zh-CN": "全部收取", "en": "Everything"},
}
_PASSWORD: Final = {"sign_in": ["password"]}
_OAUTH: Final = {"sign_in": ["google", "microsoft", "oauth2"]}
_AFTERWARDS: Final = {
    "keep": {"zh-CN": "原样保留", "en": "Leave it"},
    "read": {"zh-CN": "标为已读", "en": "Mark it read"},
    "move": {"zh-CN": "移到文件夹", "en": "Move it"},
}


class EmailSettings(BaseModel):
    """A mailbox: who we are, how it is reached, what becomes of fetched mail, how answers look."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    address: Address = Field(
        "", json_schema_extra=_words("mailbox", "邮箱地址", "Address", placeholder="support@shop.example")
    )
    display_name: Line = Field(
        "",
        json_schema_extra=_words(
            "mailbox",
            "显示名称",
            "Display name",
            "客户看到的发件人；留空用渠道名称。",
            "The sender customers see; empty: the inbox's name.",
        ),
    )
    aliases: Annotated[list[Address], Field(max_length=50)] = Field(
        default=[],
        json_schema_extra=_words(
            "mailbox",
            "别名",
            "Aliases",
            "投递到同一邮箱的其他地址；用其中一个来信，就用它回复。",
            "Other addresses of this mailbox; who writes to one is answered from it.",
        ),
    )
    sign_in: Literal["password", "google", "microsoft", "oauth2"] = Field(
        "password",
        json_schema_extra=_words(
            "sign_in",
            "登录方式",
            "Sign-in",
            "国内邮箱一般用授权码（填在密码处）。Google 与 Microsoft 需要 OAuth 2.0。",
            "A password or app password; Google and Microsoft want OAuth 2.0.",
            options=_SIGN_INS,
        ),
    )
    username: Line = Field(
        "",
        json_schema_extra=_words("sign_in", "用户名", "User name", "留空用邮箱地址。", "Empty: the address."),
    )
    password: SecretStr | None = Field(
        None, json_schema_extra=_words("sign_in", "密码或授权码", "Password or app password", shown_when=_PASSWORD)
    )
    client_id: Line = Field(
        "", json_schema_extra=_words("sign_in", "OAuth 客户端 ID", "OAuth client id", shown_when=_OAUTH)
    )
    client_secret: SecretStr | None = Field(
        None, json_schema_extra=_words("sign_in", "OAuth 客户端密钥", "OAuth client secret", shown_when=_OAUTH)
    )
    refresh_token: SecretStr | None = Field(
        None, json_schema_extra=_words("sign_in", "OAuth 刷新令牌", "OAuth refresh token", shown_when=_OAUTH)
    )
    tenant: Line = Field(
        "common",
        json_schema_extra=_words(
            "sign_in",
            "Microsoft 租户",
            "Microsoft tenant",
            "租户 ID 或域名。",
            "The tenant's id or domain.",
            shown_when={"sign_in": ["microsoft"]},
        ),
    )
    token_url: Annotated[Line, AfterValidator(_https)] = Field(
        "",
        json_schema_extra=_words(
            "sign_in",
            "OAuth 令牌地址",
            "OAuth token URL",
            "仅「其他 OAuth 2.0」需要。",
            "For other OAuth 2.0 providers only.",
            shown_when={"sign_in": ["oauth2"]},
        ),
    )
    scope: Line = Field(
        "",
        json_schema_extra=_words(
            "sign_in",
            "OAuth 权限范围",
            "OAuth scope",
            "留空用默认值。",
            "Empty: the provider's usual one.",
            shown_when=_OAUTH,
        ),
    )
    imap_host: Host = Field(
        "", json_schema_extra=_words("imap", "IMAP 服务器", "IMAP server", placeholder="imap.shop.example")
    )
    imap_port: Port = Field(993, json_schema_extra=_words("imap", "IMAP 端口", "IMAP port"))
    imap_security: Security = Field(
        "tls", json_schema_extra=_words("imap", "IMAP 加密", "IMAP security", options=_SECURITIES)
    )
    folder: Line = Field("INBOX", json_schema_extra=_words("intake", "收件文件夹", "Folder"))
    first: Literal["new", "unread", "all"] = Field(
        "new",
        json_schema_extra=_words(
            "intake",
            "首次收取",
            "First time",
            "接入前已在邮箱里的邮件是否收取。",
            "Whether mail that lay there before is fetched.",
            options=_FIRSTS,
        ),
    )
    fetched: Literal["keep", "read", "move"] = Field(
        "read",
        json_schema_extra=_words("intake", "收取之后", "After fetching", "", "", options=_AFTERWARDS),
    )
    move_to: Line = Field(
        "Qiao", json_schema_extra=_words("intake", "移到文件夹", "Move to folder", shown_when={"fetched": ["move"]})
    )
    poll_seconds: Annotated[int, Field(ge=10, le=1500)] = Field(
        120,
        json_schema_extra=_words(
            "intake",
            "轮询间隔（秒）",
            "Poll every (seconds)",
            "服务器会即时通知；间隔只是保险，或用于不支持通知的服务器。",
            "Servers tell of new mail at once; this is the safety net, and for servers that do not.",
        ),
    )
    smtp_host: Host = Field(
        "", json_schema_extra=_words("smtp", "SMTP 服务器", "SMTP server", placeholder="smtp.shop.example")
    )
    smtp_port: Port = Field(465, json_schema_extra=_words("smtp", "SMTP 端口", "SMTP port"))
    smtp_security: Security = Field(
        "tls", json_schema_extra=_words("smtp", "SMTP 加密", "SMTP security", options=_SECURITIES)
    )
    smtp_sign_in: bool = Field(True, json_schema_extra=_words("smtp", "SMTP 需要登录", "SMTP wants a sign-in"))
    verify_certificates: bool = Field(
        True,
        json_schema_extra=_words(
            "security",
            "校验服务器证书",
            "Check certificates",
            "仅当内网服务器使用自签证书时关闭。",
            "Off only for servers of your own network that signed their certificate themselves.",
        ),
    )
    ticket_type: Annotated[str, StringConstraints(strip_whitespace=True, max_length=40)] = Field(
        "",
        json_schema_extra=_words(
            "intake",
            "来信成为",
            "Letters become",
            "成为工单时：回信是工单的公开评论，抄送的同事成为关注者；机器自动发出的信不建工单。",
            "As tickets: answers are public comments, colleagues in copy watch; letters of machines make no ticket.",
            widget="ticket_type",
        ),
    )
    template_zh: Text = Field(
        "",
        json_schema_extra=_words(
            "answers",
            "回信模板（中文）",
            "Template of answers (Chinese)",
            "可用变量：{body} {agent} {number} {inbox} {customer}。留空只写正文。",
            "Variables: {body} {agent} {number} {inbox} {customer}. Empty: the words alone.",
            multiline=True,
        ),
    )
    template_en: Text = Field(
        "",
        json_schema_extra=_words(
            "answers",
            "回信模板（英文）",
            "Template of answers (English)",
            "可用变量同上。",
            "The same variables.",
            multiline=True,
        ),
    )
    signature_zh: Text = Field(
        "", json_schema_extra=_words("answers", "签名（中文）", "Signature (Chinese)", multiline=True)
    )
    signature_en: Text = Field(
        "", json_schema_extra=_words("answers", "签名（英文）", "Signature (English)", multiline=True)
    )
    quote_previous: bool = Field(True, json_schema_extra=_words("answers", "引用客户来信", "Quote the customer's mail"))
    subject_token: bool = Field(
        True,
        json_schema_extra=_words(
            "answers",
            "主题中带会话标记",
            "Token in the subject",
            "客户的邮件程序丢失引用关系时，仍能找到原会话。",
            "Finds the conversation even when the customer's program forgets what it answers.",
        ),
    )
    plus_address: bool = Field(
        False,
        json_schema_extra=_words(
            "answers",
            "回复地址带会话标记",
            "Token in the reply address",
            "回复到 support+标记@…；仅当邮件服务器支持加号地址时开启。",
            "Answers go to support+token@…; only where your server takes plus addresses.",
        ),
    )
    acknowledge: bool = Field(
        False,
        json_schema_extra=_words(
            "answers",
            "自动确认收到",
            "Acknowledge automatically",
            "新来信自动回一封确认；同一地址每天最多一封自动邮件，机器人的回复也算在内。",
            "Answers a new letter at once; an address gets one automatic mail a day at most, the bot's answers included.",
        ),
    )
    acknowledgement_zh: Text = Field(
        "", json_schema_extra=_words("answers", "确认内容（中文）", "Acknowledgement (Chinese)", multiline=True)
    )
    acknowledgement_en: Text = Field(
        "", json_schema_extra=_words("answers", "确认内容（英文）", "Acknowledgement (English)", multiline=True)
    )
    trusted_server: Line = Field(
        "",
        json_schema_extra=_words(
            "security",
            "可信的验证服务器",
            "Server whose checks count",
            "您自己的收信服务器在 Authentication-Results 中的名称；填写后，DKIM/DMARC 通过的来信地址视为已验证。",
            "The name your own mail server gives itself in Authentication-Results; senders it has checked count as verified.",
        ),
    )

    def own(self) -> tuple[str, ...]:
        """The addresses of this mailbox, the first one first."""
        return tuple(dict.fromkeys(address for address in (self.address, *self.aliases) if address))

    def user(self) -> str:
        return self.username or self.address
