"""Settings of a Telegram bot."""

from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, SecretStr, StringConstraints

from qiao.channels.contract.forms import WebAddress, field

API: Final = "https://api.telegram.org"
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200)]


class TelegramSettings(BaseModel):
    """One bot."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bot_token: SecretStr | None = field(
        None, "机器人令牌", "Bot token", "@BotFather 给的令牌。", "As @BotFather gave it.", needed=True
    )
    intake: Literal["hook", "poll"] = field(
        "hook",
        "接收方式",
        "How messages come in",
        "推送需要公网 HTTPS 地址；在内网请选自行收取。",
        "Posting needs a public HTTPS address; behind a firewall choose fetching.",
        options={"hook": ("Telegram 推送", "Telegram posts to us"), "poll": ("自行收取", "We fetch")},
    )
    bot_username: Line = field(
        "",
        "机器人用户名",
        "Bot username",
        "不带 @。填了它，群里 @ 机器人的消息也会进来。",
        "Without @. Given, messages of groups that mention the bot come in, too.",
    )
    api_url: WebAddress = field(
        API,
        "接口地址",
        "API address",
        "自建 Bot API 服务器时才改。",
        "Only with a Bot API server of your own.",
        group="advanced",
    )


def plain(settings: Any) -> TelegramSettings:
    """The settings out of an endpoint's plain values."""
    known = {key: value for key, value in dict(settings).items() if key in TelegramSettings.model_fields}
    return TelegramSettings.model_validate(known)
