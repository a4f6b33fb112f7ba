"""Settings of a LINE Official Account."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, SecretStr, StringConstraints

from qiao.channels.contract.forms import field

Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=100)]


class LineSettings(BaseModel):
    """One account's Messaging API channel."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel_id: Line = field(
        "",
        "Channel ID",
        "Channel ID",
        "Messaging API 频道的编号。",
        "Of the Messaging API channel.",
        needed=True,
        unless="access_token",
    )
    channel_secret: SecretStr | None = field(
        None,
        "Channel secret",
        "Channel secret",
        "用它核对签名、换取令牌。",
        "Checks signatures and gets tokens.",
        needed=True,
    )
    access_token: SecretStr | None = field(
        None,
        "长期令牌",
        "Long-lived token",
        "可不填：系统会用 Channel ID 与 secret 自动换取短期令牌。",
        "Not needed: short-lived ones are fetched with channel ID and secret.",
    )
