"""What crosses the border of the knowledge base: spaces, categories, texts."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Literal
from uuid import UUID

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field

from qiao.knowledge.articles.audience import Level

Status = Literal["draft", "review", "scheduled", "published", "archived"]
Audience = Level
Source = Literal["faq", "article"]
Step = Literal["publish", "archive", "draft"]
LocaleName = Literal["zh-CN", "en"]
ANSWER_LIMIT = 20_000
ARTICLE_LIMIT = 200_000
NOTE_LIMIT = 1000


def _clean_line(value: str) -> str:
    return " ".join(value.split())


Line = Annotated[str, AfterValidator(_clean_line)]
Names = dict[LocaleName, Annotated[Line, Field(min_length=1, max_length=80)]]
Tags = Annotated[list[Annotated[Line, Field(min_length=1, max_length=40)]], Field(max_length=20)]
Variants = Annotated[list[Annotated[Line, Field(max_length=500)]], Field(max_length=200)]
Departments = Annotated[list[UUID], Field(max_length=50)]
Note = Annotated[str, Field(max_length=NOTE_LIMIT)]


class View(BaseModel):
    model_config = ConfigDict(from_attributes=True)


class Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


# -- spaces and categories ---------------------------------------------------------------------------------------------


class SpaceView(View):
    """`faqs` and `articles` count what is not archived and the reader may read."""

    id: UUID
    slug: str
    names: dict[str, str]
    name: str
    descriptions: dict[str, str]
    description: str
    audience: str
    department_ids: list[UUID]
    position: int
    is_default: bool
    faqs: int = 0
    articles: int = 0


class SpaceBody(Body):
    """`audience` departments needs at least one of `department_ids`."""

    slug: Annotated[str, Field(pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$", max_length=60)]
    names: Names = Field(min_length=1)
    descriptions: dict[LocaleName, Annotated[str, Field(max_length=300)]] = Field(default_factory=dict)
    audience: Audience = "public"
    department_ids: Departments = Field(default_factory=list)
    position: int = Field(0, ge=0, le=10_000)


class CategoryView(View):
    """`faqs` and `articles` count what is not archived and the reader may read."""

    id: UUID
    space_id: UUID
    parent_id: UUID | None
    names: dict[str, str]
    name: str
    position: int
    faqs: int = 0
    articles: int = 0


class CategoryBody(Body):
    """Without `space_id`: the parent's space, the one it has, or the default one."""

    names: Names = Field(min_length=1)
    space_id: UUID | None = None
    parent_id: UUID | None = None
    position: int = Field(0, ge=0, le=10_000)


# -- texts -------------------------------------------------------------------------------------------------------------


class ConditionsBody(Body):
    """When the text holds; an empty list is no condition."""

    channels: Annotated[list[Annotated[Line, Field(min_length=1, max_length=20)]], Field(max_length=20)] = Field(
        default_factory=list
    )
    regions: Annotated[list[Annotated[Line, Field(min_length=1, max_length=40)]], Field(max_length=100)] = Field(
        default_factory=list
    )
    levels: Annotated[list[Annotated[Line, Field(min_length=1, max_length=20)]], Field(max_length=20)] = Field(
        default_factory=list
    )


class Translation(View):
    """Another language version of the same text."""

    id: UUID
    locale: str
    title: str
    status: str
    content_at: datetime
    original: bool = False


class WorkView(View):
    """Changes to a live text that are not published yet."""

    status: str
    version: int
    publish_at: datetime | None
    submitted_at: datetime | None
    submitted_by: UUID | None
    remark: str | None
    updated_at: datetime
    updated_by: UUID | None


class _TextView(View):
    """`level` is who may read it in the end: the narrowest of its space and itself. `behind`: the original is newer."""

    id: UUID
    group_id: UUID
    space_id: UUID
    category_id: UUID | None
    locale: str
    status: str
    audience: str
    department_ids: list[UUID]
    level: str
    tags: list[str]
    conditions: ConditionsBody
    valid_from: datetime | None
    valid_until: datetime | None
    version: int
    helpful: int
    unhelpful: int
    used: int
    owner_id: UUID | None
    review_by: datetime | None
    publish_at: datetime | None
    submitted_at: datetime | None
    submitted_by: UUID | None
    remark: str | None
    content_at: datetime
    created_at: datetime
    updated_at: datetime
    updated_by: UUID | None
    published_at: datetime | None
    translations: list[Translation] = []
    behind: bool = False
    draft: WorkView | None = None


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
    space_id: UUID | None = Field(None, description="The default one unless given.")
    category_id: UUID | None = None
    audience: Audience = "public"
    department_ids: Departments = Field(default_factory=list)
    tags: Tags = Field(default_factory=list)
    conditions: ConditionsBody = Field(default_factory=ConditionsBody)
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    owner_id: UUID | None = None
    review_by: AwareDatetime | None = None
    group_id: UUID | None = Field(None, description="Make this a language version of that group.")
    locale: LocaleName = "zh-CN"
    publish: bool = False
    note: Note | None = None


class FaqCreate(_TextBody):
    question: Annotated[Line, Field(min_length=2, max_length=500)]
    variants: Variants = Field(default_factory=list)
    answer: str = Field(min_length=1, max_length=ANSWER_LIMIT)
    action: str | None = Field(None, max_length=60)


class ArticleCreate(_TextBody):
    title: Annotated[Line, Field(min_length=1, max_length=300)]
    summary: str = Field("", max_length=500)
    body: str = Field("", max_length=ARTICLE_LIMIT)


class _Fields(Body):
    """Only what is given changes."""

    space_id: UUID | None = None
    category_id: UUID | None = None
    audience: Audience | None = None
    department_ids: Departments | None = None
    tags: Tags | None = None
    conditions: ConditionsBody | None = None
    valid_from: AwareDatetime | None = None
    valid_until: AwareDatetime | None = None
    owner_id: UUID | None = None
    review_by: AwareDatetime | None = None


class FaqFields(_Fields):
    question: Annotated[Line, Field(min_length=2, max_length=500)] | None = None
    variants: Variants | None = None
    answer: str | None = Field(None, min_length=1, max_length=ANSWER_LIMIT)
    action: str | None = Field(None, max_length=60)


class ArticleFields(_Fields):
    title: Annotated[Line, Field(min_length=1, max_length=300)] | None = None
    summary: str | None = Field(None, max_length=500)
    body: str | None = Field(None, max_length=ARTICLE_LIMIT)


class FaqPatch(FaqFields):
    """Only what is given changes. `version` is the one the editor saw."""

    version: int
    note: Note | None = None


class ArticlePatch(ArticleFields):
    """Only what is given changes. `version` is the one the editor saw."""

    version: int
    note: Note | None = None


@dataclass(frozen=True, slots=True)
class SearchableText:
    """A published text as the search index takes it. `source` is faq or article, `readers` the tags of who may find it."""

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
    readers: frozenset[str] = frozenset({"public"})
    conditions: dict[str, list[str]] = field(default_factory=dict)
    category_id: UUID | None = None
    space_id: UUID | None = None
