"""What crosses the border of the dialogue."""

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from qiao.knowledge.search.schemas import HitView


class BotName(BaseModel):
    model_config = ConfigDict(extra="forbid", populate_by_name=True)

    zh_cn: Annotated[str, Field(alias="zh-CN", min_length=1, max_length=40)] = "小桥"
    en: Annotated[str, Field(min_length=1, max_length=40)] = "Qiao"

    def in_language(self, locale: str) -> str:
        return self.en if locale == "en" else self.zh_cn


class BotSettings(BaseModel):
    """How the bot behaves. `max_error`: the share of given answers that may be wrong; lower means more handoffs."""

    model_config = ConfigDict(extra="forbid")

    name: BotName = BotName()
    max_error: Annotated[float, Field(ge=0.01, le=0.5)] = 0.10
    misses_before_handoff: Annotated[int, Field(ge=1, le=10)] = 2
    idle_minutes: Annotated[int, Field(ge=5, le=1440)] = 60
    """A conversation with the bot is resolved after this silence."""


class AskBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=2000)
    locale: Literal["zh-CN", "en"] | None = None
    context: str | None = Field(None, max_length=2000)
    identified: bool = False
    """As a customer whose identity is verified; else as a visitor."""
    channel: str | None = Field("webchat", max_length=20)
    region: str | None = Field(None, max_length=80)
    level: str | None = Field(None, max_length=20)


class AskView(BaseModel):
    """What the bot would do with a first message: `action` (answer, choices, dont_know, handoff, flow …) and why.

    `flow`: the name of the flow it begins; `text` is then what is answered beside it. `options`: what it offers to press.
    """

    action: str
    intent: str
    decision: str
    probability: float
    text: str | None
    flow: str | None = None
    options: list[str] = []
    hits: list[HitView]
