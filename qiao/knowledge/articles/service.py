"""The verbs of the knowledge base: the room's public face."""

from qiao.knowledge.articles.audience import reader_of
from qiao.knowledge.articles.drafts import discard, get_draft, save_article_draft, save_faq_draft
from qiao.knowledge.articles.history import compare, history, restore, version
from qiao.knowledge.articles.lifecycle import (
    confirm,
    move,
    review,
    run_due,
    schedule,
    stale,
    submit,
    todo,
    withdraw,
    work_items,
)
from qiao.knowledge.articles.spaces import (
    categories,
    category_named,
    delete_category,
    delete_space,
    save_category,
    save_space,
    space_named,
    spaces,
)
from qiao.knowledge.articles.synonyms import (
    delete_synonym,
    groups,
    import_synonyms,
    list_synonyms,
    save_synonym,
)
from qiao.knowledge.articles.texts import (
    change_votes,
    count_use,
    create_article,
    create_faq,
    create_faqs,
    get_article,
    get_faq,
    list_articles,
    list_faqs,
    most_used,
    phrasings,
    public_article,
    public_faq,
    remove_imported,
    searchable,
    update_article,
    update_faq,
)

__all__ = [
    "categories", "category_named", "change_votes", "compare", "confirm", "count_use", "create_article", "create_faq",
    "create_faqs", "delete_category", "delete_space", "delete_synonym", "discard", "get_article", "get_draft", "get_faq",
    "groups", "history", "import_synonyms", "list_articles", "list_faqs", "list_synonyms", "most_used", "move", "phrasings",
    "public_article", "public_faq", "reader_of", "remove_imported", "restore", "review", "run_due", "save_article_draft",
    "save_category", "save_faq_draft", "save_space", "save_synonym", "schedule", "searchable", "space_named", "spaces",
    "stale", "submit", "todo", "update_article", "update_faq", "version", "withdraw", "work_items",
]  # fmt: skip
