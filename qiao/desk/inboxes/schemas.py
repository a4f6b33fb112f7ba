"""What crosses the border of inboxes, and the settings each channel takes."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

from qiao.desk.inboxes.policy import clean_callback_url, clean_color, clean_origin
from qiao.people.customers.schemas import Profile

Name = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=80)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]


def _coded(check: Callable[[str], str], code: str) -> AfterValidator:
    """A check whose ValueError becomes a sentence of the catalogue."""

    def validate(text: str) -> str:
        try:
            return check(text)
        except ValueError:
            raise PydanticCustomError(code, "not valid") from None

    return AfterValidator(validate)


Color = Annotated[str, _coded(clean_color, "color_invalid")]
Origin = Annotated[str, _coded(clean_origin, "origin_invalid")]
CallbackUrl = Annotated[str, _coded(clean_callback_url, "callback_url_invalid")]


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(_Settings):
    """A text in both languages; an empty one falls back to the other."""

    zh_cn: Annotated[Text, Field(alias="zh-CN")] = ""
    en: Text = ""

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, serialize_by_alias=True)

    def text(self, locale: str) -> str:
        """The text for a reader of `locale`."""
        return (self.en or self.zh_cn) if locale == "en" else (self.zh_cn or self.en)


class Suggestions(_Settings):
    """Questions offered before the customer types, per language. Empty: the most asked ones are offered."""

    zh_cn: Annotated[list[Line], Field(max_length=8, alias="zh-CN")] = []
    en: Annotated[list[Line], Field(max_length=8)] = []

    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, serialize_by_alias=True)

    def of(self, locale: str) -> list[str]:
        return self.en if locale == "en" else self.zh_cn


class WebchatSettings(_Settings):
    """How the widget looks and where it may run. Empty `allowed_origins`: on any site."""

    title: Bilingual = Bilingual()
    bot_name: Bilingual = Bilingual()
    greeting: Bilingual = Bilingual()
    suggestions: Suggestions = Suggestions()
    accent: Color = "#1677ff"
    position: Literal["left", "right"] = "right"
    theme: Literal["light", "dark", "auto"] = "auto"
    allowed_origins: Annotated[list[Origin], Field(max_length=50)] = []
    show_typing_preview: bool = True


class ApiSettings(_Settings):
    """Where messages to the customer are posted. Empty: they are only fetched from the outbox."""

    callback_url: CallbackUrl | None = None


Channel = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{1,19}$")]
"""The name of a channel; which there are, the port `ChannelSettings` knows."""


class View(BaseModel):
    model_config = ConfigDict(frozen=True)


class InboxRef(View):
    id: UUID
    name: str
    channel: str


class InboxView(InboxRef):
    """An inbox. `secret` is filled only for those who manage inboxes; of what is sealed, `sealed` tells the names only."""

    key: str
    secret: str | None = None
    queue_id: UUID | None
    calendar_id: UUID | None
    bot_enabled: bool
    active: bool
    settings: dict[str, Any] | WebchatSettings | ApiSettings
    sealed: list[str] = []
    created_at: datetime
    updated_at: datetime

    @property
    def plain(self) -> dict[str, Any]:
        """The settings as plain values, whatever the channel; nothing that is sealed."""
        return self.settings if isinstance(self.settings, dict) else self.settings.model_dump()

    @property
    def webchat(self) -> WebchatSettings:
        """The settings of a webchat inbox. Raises TypeError for another channel."""
        if not isinstance(self.settings, WebchatSettings):
            raise TypeError(f"inbox {self.id} is not a webchat inbox")
        return self.settings

    @property
    def api(self) -> ApiSettings:
        """The settings of an api inbox. Raises TypeError for another channel."""
        if not isinstance(self.settings, ApiSettings):
            raise TypeError(f"inbox {self.id} is not an api inbox")
        return self.settings


class Snippet(View):
    """What goes into the host page, and how its server signs who is logged in there."""

    html: str
    identity_html: str
    identity_python: str
    identity_node: str


class IdentityClaims(View):
    """Who the host site says is logged in. `…_verified`: whether the site has checked that it is theirs; None: it does
    not say."""

    sub: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    email_verified: bool | None = None
    phone_verified: bool | None = None
    expires_at: datetime

    def profile(self, locale: str) -> Profile:
        """What the site holds about its customer. Only what it has checked names a customer known from elsewhere; what
        it says it has not checked is a claim like any other."""
        said = {"email": self.email_verified, "phone": self.phone_verified}
        return Profile(
            name=self.name,
            phone=self.phone,
            email=self.email,
            locale=locale,
            held=frozenset(kind for kind, checked in said.items() if checked is not False),
            vouched=frozenset(kind for kind, checked in said.items() if checked),
        )


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class InboxCreate(Body):
    """`settings` are the channel's own; the names its manifest calls secret are sealed and not shown again."""

    channel: Channel
    name: Name
    queue_id: UUID | None = None
    calendar_id: UUID | None = None
    bot_enabled: bool = True
    settings: dict[str, Any] = Field(default_factory=dict)


class InboxPatch(Body):
    """`settings` are merged by their top-level names, a secret given as null is forgotten; null queue or calendar means
    the default one."""

    name: Name | None = None
    queue_id: UUID | None = None
    calendar_id: UUID | None = None
    bot_enabled: bool | None = None
    active: bool | None = None
    settings: dict[str, Any] | None = None
