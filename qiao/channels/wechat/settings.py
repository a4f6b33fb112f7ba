"""What an operator enters for an official account and for a mini program."""

from typing import Annotated, Literal

from pydantic import AfterValidator, ConfigDict, Field, SecretStr, StringConstraints
from pydantic_core import PydanticCustomError

from qiao.channels.contract.closing import WhenClosed
from qiao.channels.contract.forms import field
from qiao.channels.contract.wechat_crypto import KEY_LETTERS, aes_key
from qiao.core.errors import Invalid


def _app_id(text: str) -> str:
    if text and not (text.startswith("wx") and text.isascii() and text.isalnum() and len(text) == 18):
        raise PydanticCustomError("wechat.app_id_invalid", "not an app id")
    return text


def _key(secret: SecretStr) -> SecretStr:
    letters = secret.get_secret_value().strip()
    if letters:
        try:
            aes_key(letters)
        except Invalid:
            raise PydanticCustomError("wechat.aes_key_invalid", "not a key", {"letters": KEY_LETTERS}) from None
    return SecretStr(letters)


def _stripped(secret: SecretStr) -> SecretStr:
    return SecretStr(secret.get_secret_value().strip())


AppId = Annotated[str, StringConstraints(strip_whitespace=True, max_length=40), AfterValidator(_app_id)]
Secret = Annotated[SecretStr, Field(max_length=200), AfterValidator(_stripped)]
AesKey = Annotated[SecretStr, Field(max_length=200), AfterValidator(_key)]


class _Account(WhenClosed):
    """`mode` is what the provider's console is set to: sealed messages only, or readable ones too."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    app_id: AppId = field(
        "",
        "AppID",
        "AppID",
        "公众平台“设置与开发 → 开发接口管理 → 基本配置”里的开发者 ID。",
        "The developer id under Settings & Development → Basic configuration of the Weixin platform.",
        group="account",
        placeholder="wx0123456789abcdef",
        needed=True,
    )
    app_secret: Secret | None = field(
        None,
        "AppSecret",
        "AppSecret",
        "只用于换取 access_token，保存后不再显示。请把本机出口 IP 加入接口 IP 白名单。",
        "Used to obtain access tokens only, never shown again. Put this server's address on the IP list.",
        group="account",
        needed=True,
    )
    token: Secret | None = field(
        None,
        "令牌 Token",
        "Token",
        "自己起的 3–32 位英文或数字，与公众平台服务器配置里填的一致。",
        "3 to 32 letters or digits of your own choice, the same as in the provider's server settings.",
        group="callback",
    )
    aes_key: AesKey | None = field(
        None,
        "消息加解密密钥 EncodingAESKey",
        "EncodingAESKey",
        "43 位，公众平台可随机生成。安全模式必填。",
        "43 letters, made at random by the provider's console. Needed in safe mode.",
        group="callback",
    )
    mode: Literal["safe", "plain"] = field(
        "safe",
        "消息加解密方式",
        "Encryption of messages",
        "与公众平台的设置一致。推荐安全模式：明文模式的签名不覆盖消息内容。",
        "As in the provider's console. Safe is better: in plain mode the signature does not cover the message.",
        group="callback",
        options={
            "safe": ("安全模式", "Safe mode"),
            "plain": ("明文模式或兼容模式", "Plain or compatible mode"),
        },
    )
    welcome: Annotated[str, StringConstraints(strip_whitespace=True, max_length=600)] = field(
        "",
        "问候语",
        "Greeting",
        "公众号：关注后立即发送；小程序：打开客服会话时发送。启用服务器配置后，公众平台自带的自动回复不再生效。",
        "Official account: sent to new followers; mini program: when customer service is opened. The automatic "
        "replies of the provider's console do not work while messages are sent to this server.",
        group="texts",
        multiline=True,
    )
    show_typing: bool = field(
        True,
        "显示“对方正在输入”",
        "Show when somebody is typing",
        "坐席输入时让客户看到。",
        "Customers see when an agent writes.",
        group="advanced",
    )


class WechatSettings(_Account):
    """An official account (公众号, 服务号)."""

    look_up: bool = field(
        True,
        "查询关注者资料",
        "Look up followers",
        "取得 UnionID 与语言，用于把同一个人在多个微信账号里的身份合并。需要认证的账号。",
        "Learns UnionID and language, by which one person's identities across accounts are one. Needs a "
        "verified account.",
        group="account",
    )


class WechatMiniSettings(_Account):
    """A mini program (小程序)."""

    env_version: Literal["release", "trial", "develop"] = field(
        "release",
        "小程序版本",
        "Version of the mini program",
        "小程序码与订阅消息打开的版本：正式版、体验版或开发版。",
        "Which version codes and subscribe messages open.",
        group="advanced",
        options={
            "release": ("正式版", "Release"),
            "trial": ("体验版", "Trial"),
            "develop": ("开发版", "Development"),
        },
    )
