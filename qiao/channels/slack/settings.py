"""Settings of a Slack app."""

from pydantic import BaseModel, ConfigDict, SecretStr

from qiao.channels.contract.forms import field


class SlackSettings(BaseModel):
    """One app in one workspace."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    bot_token: SecretStr | None = field(
        None,
        "机器人令牌",
        "Bot token",
        "OAuth & Permissions 页，以 xoxb- 开头。",
        "OAuth & Permissions; begins with xoxb-.",
        needed=True,
    )
    signing_secret: SecretStr | None = field(
        None, "签名密钥", "Signing secret", "Basic Information 页。", "On the page Basic Information.", needed=True
    )
