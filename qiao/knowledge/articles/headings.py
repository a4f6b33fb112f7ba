"""What a text is called and where it stands, for rooms that list texts beside facts of their own."""

from sqlalchemy import Subquery, literal, select, union_all

from qiao.knowledge.articles.models import ArticleRow, FaqRow


def headings() -> Subquery:
    """Every FAQ and article as one relation: id, source, group_id, locale, title, status, category_id, updated_at,
    readers.

    To be joined with a room's own tables; each side keeps its indexes.
    """
    faqs = select(
        FaqRow.id,
        literal("faq").label("source"),
        FaqRow.group_id,
        FaqRow.locale,
        FaqRow.question.label("title"),
        FaqRow.status,
        FaqRow.category_id,
        FaqRow.updated_at,
        FaqRow.readers,
    )
    articles = select(
        ArticleRow.id,
        literal("article").label("source"),
        ArticleRow.group_id,
        ArticleRow.locale,
        ArticleRow.title,
        ArticleRow.status,
        ArticleRow.category_id,
        ArticleRow.updated_at,
        ArticleRow.readers,
    )
    return union_all(faqs, articles).subquery("headings")
