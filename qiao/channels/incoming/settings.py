"""How an incoming webhook is set up."""

import json
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from qiao.channels.contract.forms import WebAddress, field
from qiao.channels.incoming import expressions

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]
HeaderName = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[A-Za-z0-9-]{1,60}$")]
MaybeHeader = Annotated[str, StringConstraints(strip_whitespace=True, to_lower=True, pattern=r"^[A-Za-z0-9-]{0,60}$")]
_HEADER: Final = {"scheme": ["hmac", "token"]}
_SIGNED: Final = {"scheme": ["hmac"]}
DEFAULT_BODY: Final = '{"to": "{to}", "text": "{text}", "id": "{id}"}'


def _checked(text: str) -> str:
    if text:
        try:
            expressions.parse(text)
        except expressions.ExpressionFault as fault:
            raise PydanticCustomError("incoming.expression_invalid", "not valid", {"at": fault.at + 1}) from None
    return text


def _condition(text: str) -> str:
    if text:
        try:
            expressions.parse_condition(text)
        except expressions.ExpressionFault as fault:
            raise PydanticCustomError("incoming.expression_invalid", "not valid", {"at": fault.at + 1}) from None
    return text


def _template(text: str) -> str:
    try:
        if not isinstance(json.loads(text), dict | list):
            raise ValueError
    except (ValueError, RecursionError):
        raise PydanticCustomError("incoming.template_invalid", "not valid") from None
    return text


Expr = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=expressions.LONGEST), AfterValidator(_checked)
]
When = Annotated[
    str, StringConstraints(strip_whitespace=True, max_length=expressions.LONGEST), AfterValidator(_condition)
]
Template = Annotated[str, StringConstraints(max_length=4000), AfterValidator(_template)]
MAPPING: Final = (
    "items",
    "when",
    "id",
    "address",
    "name",
    "phone",
    "email",
    "text",
    "files",
    "thread",
    "locale",
)


class IncomingSettings(BaseModel):
    """One system that writes to us. The mapping's defaults read the plainest payload there is."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    scheme: Literal["hmac", "token", "basic"] = field(
        "hmac",
        "校验方式",
        "Proof",
        "每个请求怎样证明来自对方：签名、固定令牌，或用户名和密码。",
        "How each request proves who sends it: a signature, a fixed token, or a user name and password.",
        group="security",
        options={
            "hmac": ("签名（HMAC-SHA256）", "Signature (HMAC-SHA256)"),
            "token": ("固定令牌", "Fixed token"),
            "basic": ("用户名和密码（Basic）", "User name and password (Basic)"),
        },
    )
    secret: SecretStr | None = field(
        None,
        "密钥",
        "Secret",
        "签名密钥、令牌或密码。没有它就不接收任何请求。",
        "The signing key, the token or the password. Without it nothing is taken.",
        group="security",
        needed=True,
    )
    header: HeaderName = field(
        "x-signature",
        "请求头",
        "Header",
        "签名或令牌所在的请求头。",
        "The header that holds the signature or token.",
        group="security",
        shown_when=_HEADER,
    )
    prefix: Line = field(
        "sha256=",
        "签名前缀",
        "Prefix",
        "签名前面的固定文字，例如 sha256= 或 Bearer。",
        "What stands before it, for instance sha256= or Bearer.",
        group="security",
        shown_when=_HEADER,
    )
    encoding: Literal["hex", "base64"] = field(
        "hex", "签名编码", "Encoding", group="security",
        options={"hex": ("十六进制", "Hexadecimal"), "base64": ("Base64", "Base64")}, shown_when=_SIGNED,
    )  # fmt: skip
    timestamp_header: MaybeHeader = field(
        "",
        "时间戳请求头",
        "Timestamp header",
        "对方若签名“时间戳.正文”，填写时间戳的请求头；超过 10 分钟的请求会被拒绝。",
        "Where the sender signs `timestamp.body`: the header of the timestamp. Older than 10 minutes is refused.",
        group="security",
        shown_when=_SIGNED,
    )
    user: Line = field("", "用户名", "User name", group="security", shown_when={"scheme": ["basic"]})

    items: Expr = field(
        "",
        "消息列表",
        "List of messages",
        "一次请求有多条消息时，列表在哪里；其余表达式相对于每一条。",
        "Where the list is when one request has several messages; the rest is relative to each.",
        group="mapping",
    )
    when: When = field(
        "",
        "条件",
        "Condition",
        "只接收满足条件的，例如 type == 'message'。",
        "Only what meets it is taken, for instance type == 'message'.",
        group="mapping",
    )
    id: Expr = field(
        "id", "消息编号", "Message id", "同一编号只算一条消息。", "What comes twice is one message.", group="mapping"
    )
    address: Expr = field(
        "from.id | from",
        "客户标识",
        "Customer's address",
        "对方系统里客户的编号，回复也发往这里。",
        "The customer's id in that system; answers go there.",
        group="mapping",
    )
    name: Expr = field("from.name", "姓名", "Name", group="mapping")
    phone: Expr = field("from.phone", "电话", "Phone", group="mapping")
    email: Expr = field("from.email", "邮箱", "E-mail", group="mapping")
    text: Expr = field("text", "正文", "Text", group="mapping")
    files: Expr = field(
        "files[*]",
        "文件",
        "Files",
        "文件地址，或带有 url、name 的对象。",
        "Addresses of files, or objects with url and name.",
        group="mapping",
    )
    thread: Expr = field(
        "",
        "会话编号",
        "Thread",
        "填写后，同一编号的消息归入同一会话。",
        "Given one, messages of one thread make one conversation.",
        group="mapping",
    )
    locale: Expr = field("", "语言", "Language", group="mapping")

    reply_url: WebAddress = field(
        "",
        "回复地址",
        "Reply address",
        "回复以 POST 发往这里；留空则不能从这里回复。",
        "Answers are posted here. Empty: nothing can be answered from here.",
        group="outgoing",
    )
    reply_body: Template = field(
        DEFAULT_BODY,
        "回复模板",
        "Reply template",
        "JSON，其中 {to} {text} {id} {conversation} {agent} {kind} {url} {thread} 会被替换。",
        "JSON in which {to} {text} {id} {conversation} {agent} {kind} {url} {thread} are filled in.",
        group="outgoing",
        multiline=True,
    )
    reply_authorization: SecretStr | None = field(
        None,
        "Authorization",
        "Authorization",
        "随回复发送的 Authorization 请求头。",
        "Sent along with answers as the Authorization header.",
        group="outgoing",
    )
    reply_id: Expr = field(
        "id", "对方消息编号", "Their message id", "在对方的回答里。", "In what they answer.", group="outgoing"
    )
    reply_ok: When = field(
        "",
        "成功条件",
        "Accepted when",
        "对方的回答满足它才算送达，例如 code == 0；留空则看状态码。",
        "What they answer has to meet it, for instance code == 0. Empty: the status tells.",
        group="outgoing",
    )
    reply_error: Expr = field(
        "error.message | error | message",
        "错误说明",
        "Error",
        "在对方的回答里，显示给坐席。",
        "In what they answer; shown to staff.",
        group="outgoing",
    )
    retry_statuses: Annotated[str, StringConstraints(pattern=r"^[0-9, ]{0,200}$")] = field(
        "408, 425, 429",
        "稍后重试的状态码",
        "Statuses worth another try",
        "5xx 总会重试。",
        "5xx always are.",
        group="outgoing",
    )


def read(settings: Any) -> IncomingSettings:
    """The settings of an endpoint, without its secrets; what an older version stored is ignored."""
    known = {key: value for key, value in dict(settings).items() if key in IncomingSettings.model_fields}
    return IncomingSettings.model_validate(known)
