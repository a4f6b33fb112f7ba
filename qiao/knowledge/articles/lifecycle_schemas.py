"""What crosses the border on the way from draft to published: drafts, reviews, versions, what needs a look."""

from datetime import datetime
from typing import Any, Literal
from uuid import UUID

from pydantic import AwareDatetime, Field

from qiao.knowledge.articles.schemas import ArticleFields, ArticleView, Body, FaqFields, FaqView, Line, Note, View

Decision = Literal["approve", "send_back"]
Reason = Literal["due", "old", "behind"]


class FaqDraft(FaqFields):
    """Changes to be kept beside the live FAQ. `version` is the FAQ's that the editor saw."""

    version: int
    note: Note | None = None


class ArticleDraft(ArticleFields):
    """Changes to be kept beside the live article. `version` is the article's that the editor saw."""

    version: int
    note: Note | None = None


class DraftView(View):
    """The text as it will be once published, and which fields that changes."""

    changed: list[str]
    faq: FaqView | None = None
    article: ArticleView | None = None


class SubmitBody(Body):
    """Asks for approval. `publish_at`: the editor's wish when it should go live."""

    version: int
    note: Note = ""
    publish_at: AwareDatetime | None = None


class ReviewBody(Body):
    """`version` is what the reviewer read. Sending back needs a comment. With `publish_at` it goes live then."""

    version: int
    decision: Decision
    comment: Note = ""
    publish_at: AwareDatetime | None = None


class ScheduleBody(Body):
    """`publish_at` null takes the appointment back."""

    version: int
    publish_at: AwareDatetime | None


class ConfirmBody(Body):
    """The text still holds. `review_by` is when to look again."""

    review_by: AwareDatetime | None = None
    note: Note = ""


class VersionView(View):
    """One step. `words`: it has content to show, compare and restore."""

    number: int
    step: str
    note: str | None
    actor_id: UUID | None
    actor_name: str
    at: datetime
    words: bool


class VersionDetail(VersionView):
    content: dict[str, Any] | None


class DiffLine(View):
    """A line on both sides; parts are [kind, text], kind being same, gone or new. A missing side is null."""

    op: Literal["same", "changed", "gone", "new"]
    left: list[tuple[str, str]] | None
    right: list[tuple[str, str]] | None


class FieldDiff(View):
    """A field that differs; lists are compared one entry a line, other values as a whole."""

    field: str
    lines: list[DiffLine]


class DiffView(View):
    left: int
    right: int
    fields: list[FieldDiff]


class WorkItem(View):
    """A text somebody has to do something about."""

    id: UUID
    source: str
    title: str
    locale: str
    space_id: UUID
    category_id: UUID | None
    status: str
    live: bool
    version: int
    owner_id: UUID | None
    review_by: datetime | None
    publish_at: datetime | None
    submitted_at: datetime | None
    submitted_by: UUID | None
    remark: str | None
    content_at: datetime
    updated_at: datetime
    updated_by: UUID | None
    reasons: list[Reason] = Field(default_factory=list)


class Todo(View):
    """How many texts wait, of those the reader may read. `mine`: drafts of one's own, `returned`: sent back to one."""

    review: int
    scheduled: int
    mine: int
    returned: int
    due: int
    stale: int


class SynonymView(View):
    id: UUID
    locale: str
    words: list[str]
    note: str
    updated_at: datetime
    updated_by: UUID | None


class SynonymBody(Body):
    """Words that mean the same; one alone is a term that stays whole."""

    locale: Literal["zh-CN", "en"] = "zh-CN"
    words: list[Line] = Field(min_length=1, max_length=50)
    note: str = Field("", max_length=200)


class SynonymImport(Body):
    """One group a line; words separated by commas, 、 or tabs."""

    locale: Literal["zh-CN", "en"] = "zh-CN"
    text: str = Field(min_length=1, max_length=200_000)


class ImportLine(View):
    line: int
    message: str


class SynonymImported(View):
    added: int
    joined: int
    skipped: int
    errors: list[ImportLine]
