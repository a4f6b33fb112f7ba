"""What crosses the border of the help centre."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import urlsplit
from uuid import UUID

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints
from pydantic_core import PydanticCustomError

Reason = Literal["outdated", "unclear", "incomplete", "wrong", "other"]
REASONS: tuple[Reason, ...] = ("outdated", "unclear", "incomplete", "wrong", "other")
COMMENT_LIMIT = 1000
LOGO_LIMIT = 512 * 1024


def _colour(text: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise PydanticCustomError("color_invalid", "not a colour")
    return text.lower()


def _address(text: str) -> str:
    """Where a link of the page may lead: another site, mail, phone, or a path here."""
    text = text.strip()
    try:
        parts = urlsplit(text)
        fine = (
            (parts.scheme in ("http", "https") and bool(parts.hostname))
            or (parts.scheme in ("mailto", "tel") and bool(parts.path))
            or (not parts.scheme and not parts.netloc and text.startswith("/") and not text.startswith(("//", "/\\")))
        )
    except ValueError:
        fine = False
    if not fine or any(ord(character) < 33 for character in text):
        raise PydanticCustomError("help.address_invalid", "not an address")
    return text


Colour = Annotated[str, AfterValidator(_colour)]
Address = Annotated[str, Field(max_length=500), AfterValidator(_address)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=120)]
Paragraph = Annotated[str, StringConstraints(strip_whitespace=True, max_length=500)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, validate_by_name=True, serialize_by_alias=True)


class Words(_Body):
    """A line in both languages; an empty one falls back to the other."""

    zh_cn: Annotated[Line, Field(alias="zh-CN")] = ""
    en: Line = ""

    def text(self, locale: str) -> str:
        return (self.en or self.zh_cn) if locale == "en" else (self.zh_cn or self.en)


class Text(_Body):
    zh_cn: Annotated[Paragraph, Field(alias="zh-CN")] = ""
    en: Paragraph = ""

    def text(self, locale: str) -> str:
        return (self.en or self.zh_cn) if locale == "en" else (self.zh_cn or self.en)


class FooterLink(_Body):
    label: Words
    url: Address


class HelpSettings(_Body):
    """How the help centre looks. Empty `title`: the company's name. `inbox_id` None: the first website's chat."""

    enabled: bool = True
    title: Words = Words()
    welcome: Text = Text()
    accent: Colour = "#1668dc"
    theme: Literal["auto", "light", "dark"] = "auto"
    home_url: Address | None = None
    footer_links: Annotated[list[FooterLink], Field(max_length=8)] = []
    chat: bool = True
    inbox_id: UUID | None = None
    indexed: bool = True
    """Whether search engines may list the public pages."""


class HelpSettingsView(BaseModel):
    """The settings, the logo's address if there is one, and where the help centre is."""

    settings: HelpSettings
    logo_url: str | None
    address: str
    inboxes: list["ChatChoice"]


class ChatChoice(BaseModel):
    id: UUID
    name: str


class PreviewBody(_Body):
    settings: HelpSettings
    locale: Literal["zh-CN", "en"] = "zh-CN"
    theme: Literal["light", "dark"] = "light"


class Preview(BaseModel):
    """The home page as it would be, to be shown in a frame without rights."""

    html: str


class FeedbackView(BaseModel):
    """What a reader said about a text."""

    helpful: bool
    reason: Reason | None
    comment: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Entry:
    """A text in a list."""

    id: UUID
    source: str
    group_id: UUID
    locale: str
    slug: str
    title: str
    excerpt: str
    category_id: UUID | None
    updated_at: datetime
    regions: tuple[str, ...] = ()

    @property
    def path(self) -> str:
        return f"/help/{self.locale}/{'questions' if self.source == 'faq' else 'articles'}/{self.slug}"


@dataclass(frozen=True, slots=True)
class Shelf:
    """A category as a reader sees it: `count` are the texts in it that they may read."""

    id: UUID
    parent_id: UUID | None
    slug: str
    locale: str
    name: str
    count: int
    children: tuple["Shelf", ...] = ()

    @property
    def path(self) -> str:
        return f"/help/{self.locale}/categories/{self.slug}"

    @property
    def total(self) -> int:
        return self.count + sum(child.count for child in self.children)
