"""Reads a pack's files and refuses them, naming file and entry, where they do not fit together."""

from pathlib import Path
from typing import Any, TypeVar, get_args

import msgspec
import yaml

from .checks import PackError, check
from .models import (
    ArticleFile,
    Company,
    ConversationFile,
    CustomerFile,
    DemoPack,
    FaqFile,
    KnowledgeFile,
    OrderFile,
    ProductFile,
    Shop,
    Text,
    TicketFile,
)

__all__ = ["PackError", "flow_files", "load_demo", "load_demo_from", "procedure_files"]

PACKS = Path(__file__).parent
T = TypeVar("T", bound=msgspec.Struct)

try:
    from yaml import CSafeLoader as _Loader
except ImportError:  # PyYAML built without libyaml: slower, same result
    from yaml import SafeLoader as _Loader  # type: ignore[assignment]


def flow_files(name: str = "ecommerce") -> list[Path]:
    """The flows a pack brings along, in the order of their names."""
    return sorted((PACKS / name / "flows").glob("*.yaml"))


def procedure_files(name: str = "ecommerce") -> list[Path]:
    """The procedures a pack brings along; those within others come first, so that each finds what it leads into."""
    found = sorted((PACKS / name / "procedures").glob("*.yaml"))
    return sorted(found, key=lambda path: "type: procedure" in path.read_text(encoding="utf-8"))


def load_demo(name: str = "ecommerce") -> DemoPack:
    """The demo company of the pack `name`; raises `PackError` if it is missing or inconsistent."""
    if not name.isidentifier():
        raise PackError(f"{name!r} is not a pack name")
    return load_demo_from(PACKS / name / "demo")


def load_demo_from(folder: Path) -> DemoPack:
    """Like `load_demo`, from any folder laid out like `ecommerce/demo`."""
    faqs = _read(folder, "faqs.yaml", FaqFile)
    pack = DemoPack(
        company=_read(folder, "company.yaml", Company),
        faqs=faqs,
        articles=_articles(folder),
        knowledge=_read(folder, "knowledge.yaml", KnowledgeFile),
        products=_read(folder, "products.yaml", ProductFile),
        customers=_read(folder, "customers.yaml", CustomerFile),
        orders=_read(folder, "orders.yaml", OrderFile),
        conversations=_with_answers(_read(folder, "conversations.yaml", ConversationFile), faqs),
        tickets=_read(folder, "tickets.yaml", TicketFile),
        shop=_read(folder, "shop.yaml", Shop),
    )
    check(pack)
    return pack


def _parse(folder: Path, file: str) -> dict[str, Any]:
    path = folder / file
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
    except OSError as error:
        raise PackError(f"{path}: cannot be read ({error.strerror})") from error
    except yaml.YAMLError as error:
        raise PackError(f"{path}: not valid YAML: {error}") from error
    if not isinstance(raw, dict):
        raise PackError(f"{path}: must be a mapping")
    return raw


def _read(folder: Path, file: str, kind: type[T]) -> T:
    return _convert(_parse(folder, file), file, kind)


def _convert(raw: dict[str, Any], file: str, kind: type[T]) -> T:
    """Checks list entries one by one first, so that the error names the entry and not just its position."""
    sections = {f.encode_name: f.type for f in msgspec.structs.fields(kind)}
    for section, entries in raw.items():
        item_types = get_args(sections.get(section))
        if not isinstance(entries, list) or item_types[1:] != (Ellipsis,):
            continue
        for index, entry in enumerate(entries):
            try:
                msgspec.convert(entry, item_types[0])
            except msgspec.ValidationError as error:
                raise PackError(f"{file}: {section} {_label(entry, index)}: {error}") from error
    try:
        return msgspec.convert(raw, kind)
    except msgspec.ValidationError as error:
        raise PackError(f"{file}: {error}") from error


def _label(entry: object, index: int) -> str:
    if isinstance(entry, dict):
        for name in ("id", "key", "sku", "number", "shortcut"):
            if name in entry:
                return str(entry[name])
    return f"#{index + 1}"


def _articles(folder: Path) -> ArticleFile:
    raw = _parse(folder, "articles.yaml")
    for entry in raw.get("articles") or ():
        body = {}
        for language in ("zh-CN", "en"):
            path = folder / "articles" / f"{entry['key']}.{language}.md"
            try:
                body[language] = path.read_text(encoding="utf-8").strip()
            except OSError as error:
                raise PackError(f"articles.yaml: articles {entry['key']}: {path.name} is missing") from error
        entry["body"] = body
    return _convert(raw, "articles.yaml", ArticleFile)


def _with_answers(file: ConversationFile, faqs: FaqFile) -> ConversationFile:
    """Fills in what the bot said where the file only names the FAQ, so that the two never disagree."""
    answers = {faq.id: faq.answer for faq in faqs.faqs}
    replace = msgspec.structs.replace
    return replace(
        file,
        conversations=tuple(
            replace(
                c,
                turns=tuple(
                    replace(t, text=answers.get(t.faq, Text("", "")).in_language(c.language))
                    if t.faq and not t.text
                    else t
                    for t in c.turns
                ),
            )
            for c in file.conversations
        ),
    )
