"""What crosses the border of the knowledge base."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

Status = Literal["draft", "published", "archived"]
Audience = Literal["public", "internal"]
Step = Literal["publish", "archive", "draft"]
LocaleName = Literal["zh-CN", "en"]
ANSWER_LIMIT = 20_000
ARTICLE_LIMIT = 200_000


def _clean_line(value: str) -> str:
    return " ".join(value.split())


Line = Annotated[str, AfterValidator(_clean_line)]


class View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CategoryView(View):
    """`faqs` and `articles` count what is not archived."""

    id: UUID
    parent_id: UUID | None
    names: dict[str, str]
    name: str
    position: int
    faqs: int = 0
    articles: int = 0


class CategoryBody(Body):
    names: dict[LocaleName, Annotated[Line, Field(min_length=1, max_length=80)]] = Field(min_length=1)
    parent_id: UUID | None = None
    position: int = Field(0, ge=0, le=10_000)


class Translation(View):
    """Another language version of the same text."""

    id: UUID
    locale: str
    title: str
    status: str


class _TextView(View):
    id: UUID
    group_id: UUID
    category_id: UUID | None
    locale: str
    status: str
    audience: str
    tags: list[str]
    valid_from: datetime | None
    valid_until: datetime | None
    version: int
    helpful: int
    unhelpful: int
    used: int
    created_at: datetime
    updated_at: datetime
    updated_by: UUID | None
    published_at: datetime | None
    translations: list[Translation] = []


class FaqView(_TextView):
    """A question, its similar phrasings, its answer (markdown)."""

    question: str
    variants: list[str]
    answer: str
    action: str | None


class ArticleView(_TextView):
    """A longer text (markdown). `html` is filled when one article is read."""

    title: str
    summary: str
    body: str
    html: str | None = None


class _TextBody(Body):
    category_id: UUID | None = None
    audience: Audience = "public"
    tags: list[Annotated[Line, Field(min_length=1, max_length=40)]] = Field(default_factory=list, max_length=20)
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    group_id: UUID | None = Field(None, description="Make this a language version of that group.")
    locale: LocaleName = "zh-CN"


class FaqCreate(_TextBody):
    question: Annotated[Line, Field(min_length=2, max_length=500)]
    variants: list[Annotated[Line, Field(max_length=500)]] = Field(default_factory=list, max_length=200)
    answer: str = Field(min_length=1, max_length=ANSWER_LIMIT)
    action: str | None = Field(None, max_length=60)
    publish: bool = False


class FaqPatch(Body):
    """Only what is given changes. `version` is the one the editor saw."""

    version: int
    category_id: UUID | None = None
    audience: Audience | None = None
    tags: list[Annotated[Line, Field(min_length=1, max_length=40)]] | None = Field(None, max_length=20)
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    question: Annotated[Line, Field(min_length=2, max_length=500)] | None = None
    variants: list[Annotated[Line, Field(max_length=500)]] | None = Field(None, max_length=200)
    answer: str | None = Field(None, min_length=1, max_length=ANSWER_LIMIT)
    action: str | None = Field(None, max_length=60)


class ArticleCreate(_TextBody):
    title: Annotated[Line, Field(min_length=1, max_length=300)]
    summary: str = Field("", max_length=500)
    body: str = Field("", max_length=ARTICLE_LIMIT)
    publish: bool = False


class ArticlePatch(Body):
    """Only what is given changes. `version` is the one the editor saw."""

    version: int
    category_id: UUID | None = None
    audience: Audience | None = None
    tags: list[Annotated[Line, Field(min_length=1, max_length=40)]] | None = Field(None, max_length=20)
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    title: Annotated[Line, Field(min_length=1, max_length=300)] | None = None
    summary: str | None = Field(None, max_length=500)
    body: str | None = Field(None, max_length=ARTICLE_LIMIT)


@dataclass(frozen=True, slots=True)
class SearchableText:
    """A published text as the search index takes it. `source` is faq or article."""

    id: UUID
    source: str
    locale: str
    audience: str
    title: str
    variants: tuple[str, ...]
    body: str
    valid_from: datetime | None
    valid_until: datetime | None
    group_id: UUID
    action: str | None = None
