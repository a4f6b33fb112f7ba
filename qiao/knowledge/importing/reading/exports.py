"""What other systems export: articles and question–answer lists as JSON, recognised by their shape.

Zendesk Guide, Intercom, Freshdesk solutions, Chatwoot portals, Zammad knowledge bases; any other list of objects is a table
whose columns a person maps.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

from qiao.core.errors import FieldError, Invalid
from qiao.knowledge.importing.reading.columns import recognised
from qiao.knowledge.importing.reading.documents import Document, tidy
from qiao.knowledge.importing.reading.encoding import decode
from qiao.knowledge.importing.reading.html import from_html
from qiao.knowledge.importing.reading.records import (
    MAX_COLUMNS,
    MAX_ROWS,
    Parsed,
    Record,
    clean,
    refuse,
    refuse_too_many,
)

ENDINGS: Final = (".json", ".jsonl", ".ndjson")
_LARGEST: Final = 64 * 1024 * 1024
_HELD: Final = (
    "items",
    "data",
    "rows",
    "records",
    "results",
    "articles",
    "faqs",
    "questions",
    "list",
    "payload",
    "result",
)


def read_json(data: bytes, name: str) -> Parsed:
    """Raises Invalid for what is no JSON or holds no list of texts."""
    if len(data) > _LARGEST:
        raise refuse("import.unpacks_too_large")
    text, encoding = decode(data)
    loaded = _loaded(text, name)
    for system, read in _SYSTEMS.items():
        documents = read(loaded)
        if documents is not None:
            records = _records(documents, name)
            if not records:
                raise refuse("import.empty")
            return Parsed(system, records, encoding=encoding)
    return _table(loaded, encoding)


def _loaded(text: str, name: str) -> Any:
    lines = text.strip().split("\n")
    try:
        if name.lower().endswith((".jsonl", ".ndjson")) or (len(lines) > 1 and lines[0].rstrip().endswith("}")):
            return [json.loads(line) for line in lines if line.strip()]
        return json.loads(text)
    except (ValueError, RecursionError):
        raise refuse("import.json_damaged") from None


def _records(documents: Iterator[Document | FieldError], name: str) -> list[Record]:
    records: list[Record] = []
    for number, one in enumerate(documents, start=1):
        if number > MAX_ROWS:
            raise refuse_too_many()
        if isinstance(one, FieldError):
            records.append(Record(number, source=name[:200], kind="article", broken=one))
        else:
            values = {**one.fields, "question": one.title, "answer": one.body}
            records.append(Record(number, values=values, kind=one.kind, source=name[:200]))
    return records


# -- the systems -------------------------------------------------------------------------------------------------------


def _objects(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _text(value: Any) -> str:
    return clean(str(value)) if isinstance(value, str | int | float) and not isinstance(value, bool) else ""


def _words(value: Any) -> str:
    """Tags: texts, or objects with a name."""
    found = [one.get("name") if isinstance(one, dict) else one for one in value] if isinstance(value, list) else []
    return "\n".join(words[:40] for one in found[:20] if (words := _text(one)))


def _names(value: Any, key: str = "name") -> dict[str, str]:
    return {_text(one.get("id")): _text(one.get(key)) for one in _objects(value)}


def _page(title: Any, html: Any, **fields: str) -> Document | FieldError:
    """An article whose body is HTML."""
    words = _text(title) or "–"
    body = html if isinstance(html, str) else ""
    try:
        found = from_html(f"<body><div>{body}</div></body>", words)
    except (Invalid, RecursionError) as problem:
        code = problem.code if isinstance(problem, Invalid) else "import.too_deep"
        return FieldError("answer", code, {"name": words[:80]})
    text = found.body if found.title == words else f"# {found.title}\n\n{found.body}"
    kept = {key: value for key, value in fields.items() if value}
    return Document(" ".join(words.split())[:300], text if body.strip().find("<h1") >= 0 else found.body, fields=kept)


def _zendesk(loaded: Any) -> Iterator[Document | FieldError] | None:
    articles = _objects(loaded.get("articles")) if isinstance(loaded, dict) else _objects(loaded)
    if not articles or not all(
        {"title", "body"} <= one.keys() and ("section_id" in one or "draft" in one) for one in articles
    ):
        return None
    sections = _names(loaded.get("sections")) if isinstance(loaded, dict) else {}
    return (
        _page(
            one["title"],
            one["body"],
            category=sections.get(_text(one.get("section_id")), ""),
            tags=_words(one.get("label_names")),
            locale=_locale(one.get("locale")),
        )
        for one in articles
    )


def _intercom(loaded: Any) -> Iterator[Document | FieldError] | None:
    articles = _objects(loaded.get("data")) if isinstance(loaded, dict) else _objects(loaded)
    if not articles or not all(one.get("type") == "article" and "title" in one for one in articles):
        return None
    collections = _names(loaded.get("collections")) if isinstance(loaded, dict) else {}

    def read() -> Iterator[Document | FieldError]:
        for one in articles:
            category = collections.get(_text(one.get("parent_id")), "")
            default = _text(one.get("default_locale"))
            summary = _text(one.get("description"))
            yield _page(one["title"], one.get("body"), category=category, locale=_locale(default), summary=summary)
            others = one.get("translated_content")
            for locale, other in others.items() if isinstance(others, dict) else ():
                if isinstance(other, dict) and locale != default and other.get("title"):
                    yield _page(other["title"], other.get("body"), category=category, locale=_locale(locale))

    return read()


def _freshdesk(loaded: Any) -> Iterator[Document | FieldError] | None:
    holders = _objects(loaded) if isinstance(loaded, list) else [loaded] if isinstance(loaded, dict) else []
    categories = [
        one["category"] for one in holders if isinstance(one.get("category"), dict) and "folders" in one["category"]
    ]
    if categories:

        def read() -> Iterator[Document | FieldError]:
            for category in categories:
                for folder in _objects(category.get("folders")):
                    shelf = _text(folder.get("name")) or _text(category.get("name"))
                    for one in _objects(folder.get("articles")):
                        yield _page(
                            one.get("title"), one.get("description"), category=shelf, tags=_words(one.get("tags"))
                        )

        return read()
    articles = _objects(loaded)
    if not articles or not all({"title", "description", "folder_id"} <= one.keys() for one in articles):
        return None
    return (_page(one["title"], one["description"], tags=_words(one.get("tags"))) for one in articles)


def _chatwoot(loaded: Any) -> Iterator[Document | FieldError] | None:
    articles = _objects(loaded.get("payload")) if isinstance(loaded, dict) else []
    if not articles or not all({"title", "content"} <= one.keys() for one in articles):
        return None

    def read() -> Iterator[Document | FieldError]:
        for one in articles:
            shelf = one.get("category") if isinstance(one.get("category"), dict) else {}
            title, text = _text(one["title"]), one["content"] if isinstance(one["content"], str) else ""
            assert isinstance(shelf, dict)
            fields = {"category": _text(shelf.get("name")), "locale": _locale(one.get("locale") or shelf.get("locale"))}
            fields["summary"] = _text(one.get("description"))
            found = tidy(title, text, (), title or "–")
            yield Document(found.title, found.body, fields={key: value for key, value in fields.items() if value})

    return read()


def _zammad(loaded: Any) -> Iterator[Document | FieldError] | None:
    assets = loaded.get("assets", loaded) if isinstance(loaded, dict) else None
    if not isinstance(assets, dict) or "KnowledgeBaseAnswerTranslation" not in assets:
        return None

    def table(name: str) -> list[dict[str, Any]]:
        held = assets.get(name)
        return _objects(list(held.values())) if isinstance(held, dict) else _objects(held)

    bodies = {_text(one.get("id")): one.get("body") for one in table("KnowledgeBaseAnswerTranslationContent")}
    shelves = {
        _text(one.get("category_id")): _text(one.get("title")) for one in table("KnowledgeBaseCategoryTranslation")
    }
    answers = {_text(one.get("id")): one for one in table("KnowledgeBaseAnswer")}
    locales = {_text(one.get("id")): _text(one.get("locale")) for one in table("Locale")}
    kinds = {
        _text(one.get("id")): locales.get(_text(one.get("system_locale_id")), "")
        for one in table("KnowledgeBaseLocale")
    }

    def read() -> Iterator[Document | FieldError]:
        for one in table("KnowledgeBaseAnswerTranslation"):
            answer = answers.get(_text(one.get("answer_id")), {})
            content = one.get("content")
            body = bodies.get(_text(one.get("content_id"))) or (
                content.get("body") if isinstance(content, dict) else ""
            )
            shelf = shelves.get(_text(answer.get("category_id")), "")
            yield _page(
                one.get("title"), body, category=shelf, locale=_locale(kinds.get(_text(one.get("kb_locale_id"))))
            )

    return read()


def _locale(value: Any) -> str:
    """zh-cn, zh_CN, en-us … as our two languages; any other is left to be guessed from the words."""
    found = _text(value).lower().replace("_", "-")
    return "zh-CN" if found.startswith("zh") else "en" if found.startswith("en") else ""


_SYSTEMS: Final[Mapping[str, Callable[[Any], Iterator[Document | FieldError] | None]]] = {
    "zendesk": _zendesk, "intercom": _intercom, "freshdesk": _freshdesk, "chatwoot": _chatwoot, "zammad": _zammad
}  # fmt: skip


# -- any other list ----------------------------------------------------------------------------------------------------


def _table(loaded: Any, encoding: str) -> Parsed:
    rows = _objects(loaded)
    if not rows and isinstance(loaded, dict):
        candidates = [_objects(loaded.get(key)) for key in _HELD]
        rows = next((one for one in candidates if one), [])
    if not rows:
        raise refuse("import.json_without_list")
    if len(rows) > MAX_ROWS:
        raise refuse_too_many()
    names = list(dict.fromkeys(clean(str(key))[:200] for row in rows[:2_000] for key in row))[:MAX_COLUMNS]
    # The columns we know first, so that a list with very many keys still finds them.
    names.sort(key=lambda name: 0 if recognised([name]) else 1)
    records = [
        Record(number, cells=tuple(_cell(row.get(name)) for name in names)) for number, row in enumerate(rows, start=1)
    ]
    return Parsed("json", [one for one in records if any(one.cells)], names, encoding)


def _cell(value: Any) -> str:
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\n".join(_text(one) or _text(one.get("name") if isinstance(one, dict) else "") for one in value[:200])
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    return _text(value)
