"""From the words of a row to an FAQ or article, or to what is wrong with it, field by field. Pure."""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ValidationError

from qiao.core.errors import FieldError
from qiao.core.text import guess_language, normalize
from qiao.core.web.errors import from_validation
from qiao.knowledge.articles.schemas import ArticleCreate, FaqCreate
from qiao.knowledge.importing.reading import Record

_VARIANTS: Final = re.compile(r"[\n|｜；]+")
_TAGS: Final = re.compile(r"[\n,，;；|｜、]+")
_BULLET: Final = re.compile(r"^\s*(?:[-*•·]\s+|\d{1,3}[.、)）](?!\d)\s*)")
_LOCALES: Final = {
    "zh": "zh-CN", "zh-cn": "zh-CN", "zh_cn": "zh-CN", "zh-hans": "zh-CN", "cn": "zh-CN", "chinese": "zh-CN", "中文": "zh-CN",
    "简体中文": "zh-CN", "汉语": "zh-CN", "en": "en", "en-us": "en", "en-gb": "en", "en_us": "en", "english": "en",
    "英文": "en", "英语": "en",
}  # fmt: skip
_AUDIENCES: Final = {
    "public": "public", "公开": "public", "客户": "public", "外部": "public", "所有人": "public", "customers": "public",
    "internal": "internal", "内部": "internal", "员工": "internal", "客服": "internal",
    "仅内部": "internal", "staff": "internal",
}  # fmt: skip
_DATE: Final = re.compile(
    r"^(\d{4})[-/.年](\d{1,2})[-/.月](\d{1,2})日?(?:[T\s]+(\d{1,2}):(\d{2})(?::(\d{2})(?:\.\d+)?)?)?\s*(Z|[+-]\d{2}:?\d{2})?$"
)
_FOREVER: Final = re.compile(
    r"^(?:永久|长期|永远|不限|无期限|一直|forever|always|permanent|unlimited|none|never|-|/|—)", re.I
)
_BETWEEN: Final = re.compile(r"\s*(?:[~～至到—–]|\bto\b|\s-\s|(?<=\d)-(?=\d{4}))\s*")
_ASKING: Final = re.compile(r"[\s?？!！。.~,，;；:：、]+$")
# Written by our own export before a cell a spreadsheet would run as a formula.
_GUARD: Final = re.compile(r"^'(?=[=+\-@\t\r])")


def key_of(question: str) -> str:
    """Two questions with one key are the same question: case, width, script variant and end marks do not count."""
    return _ASKING.sub("", normalize(question))


def values_of(record: Record, mapping: Mapping[str, int]) -> dict[str, str]:
    """The words of a row by field."""
    if record.values is not None:
        return {field: value.strip() for field, value in record.values.items()}
    found = {}
    for field, column in mapping.items():
        if column < len(record.cells):
            found[field] = _GUARD.sub("", record.cells[column])
    return found


def interpret(
    values: Mapping[str, str], *, kind: str, zone: ZoneInfo, default_locale: str
) -> tuple[dict[str, Any], list[FieldError]]:
    """What a row says, ready for `FaqCreate` or `ArticleCreate` (as JSON), and every fault in it."""
    faults: list[FieldError] = []
    values = _with_validity(values)
    question, answer = " ".join(values.get("question", "").split()), values.get("answer", "").strip()
    fields: dict[str, Any] = {
        "question": question,
        "answer": answer,
        "category": " ".join(values.get("category", "").split()) or None,
        "tags": _unique(_TAGS.split(values.get("tags", ""))),
        "locale": _choice(values, "locale", _LOCALES, faults)
        or ({"zh": "zh-CN", "en": "en"}[guess_language(question + answer)] if question or answer else default_locale),
        "audience": _choice(values, "audience", _AUDIENCES, faults) or "public",
        "valid_from": _moment(values, "valid_from", zone, faults),
        "valid_until": _moment(values, "valid_until", zone, faults),
        "variants": _variants(values.get("variants", ""), question),
    }
    if kind == "article":
        fields["summary"] = " ".join(values.get("summary", "").split())[:500]
    if not question:
        faults.append(FieldError("question", "field_missing"))
    if not answer:
        faults.append(FieldError("answer", "field_missing"))
    if fields["category"] and len(fields["category"]) > 80:
        faults.append(FieldError("category", "text_too_long", {"max_length": 80}))
    start, end = fields["valid_from"], fields["valid_until"]
    if start and end and start >= end:
        faults.append(FieldError("valid_until", "knowledge.validity_reversed"))
    known = {fault.field for fault in faults}
    faults.extend(fault for fault in _check(fields, kind) if fault.field not in known)
    return fields, faults


def _with_validity(values: Mapping[str, str]) -> Mapping[str, str]:
    """One column for both ends, as `2026-01-01 ~ 2026-12-31`; what says forever is no end."""
    whole = values.get("validity", "").strip()
    if not whole or _FOREVER.match(whole):
        return values
    ends = [end.strip() for end in _BETWEEN.split(whole, maxsplit=1)]
    ends = [ends[0], ends[1]] if len(ends) == 2 else ["", ends[0]]
    found = {**values}
    for field, end in zip(("valid_from", "valid_until"), ends, strict=True):
        if end and not _FOREVER.match(end):
            found.setdefault(field, end)
    return found


def body_of(
    fields: Mapping[str, Any], kind: str, *, publish: bool, category_id: Any = None
) -> FaqCreate | ArticleCreate:
    """The request body a row amounts to. Raises ValidationError."""
    common = {key: fields[key] for key in ("tags", "locale", "audience", "valid_from", "valid_until")}
    common |= {"publish": publish, "category_id": category_id}
    common |= {key: fields[key] for key in ("conditions",) if fields.get(key)}
    if kind == "article":
        words = {"title": fields["question"], "body": fields["answer"], "summary": fields.get("summary", "")}
        return ArticleCreate.model_validate({**common, **words})
    texts = {key: fields[key] for key in ("question", "variants", "answer")}
    if fields.get("action"):
        texts["action"] = fields["action"]
    return FaqCreate.model_validate({**common, **texts})


def faults_of(fields: Mapping[str, Any], kind: str) -> list[FieldError]:
    """Everything that keeps fields from being stored."""
    if kind not in ("faq", "article"):
        return []
    faults = [FieldError(field, "field_missing") for field in ("question", "answer") if not fields.get(field)]
    known = {fault.field for fault in faults}
    return faults + [fault for fault in _check(fields, kind) if fault.field not in known]


def _check(fields: Mapping[str, Any], kind: str) -> list[FieldError]:
    try:
        body: BaseModel = body_of(fields, kind, publish=False)
    except ValidationError as error:
        names = {"title": "question", "body": "answer"} if kind == "article" else {}
        return [
            FieldError(names.get(fault.field.split(".")[0], fault.field.split(".")[0]), fault.code, fault.params)
            for fault in from_validation(list(error.errors())).fields
        ]
    del body
    return []


def _unique(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(cleaned for word in words if (cleaned := " ".join(word.split()))))


def _variants(cell: str, question: str) -> list[str]:
    seen = {question.lower()}
    kept = []
    for variant in _unique([_BULLET.sub("", line) for line in _VARIANTS.split(cell)]):
        if variant.lower() not in seen:
            seen.add(variant.lower())
            kept.append(variant)
    return kept


def _choice(values: Mapping[str, str], field: str, known: Mapping[str, str], faults: list[FieldError]) -> str | None:
    given = values.get(field, "").strip()
    if not given:
        return None
    found = known.get(given.lower())
    if found is None:
        faults.append(FieldError(field, f"import.{field}_unknown", {"value": given[:40]}))
    return found


def _moment(values: Mapping[str, str], field: str, zone: ZoneInfo, faults: list[FieldError]) -> str | None:
    """A date or time in the company's zone, as ISO UTC. A last day counts whole."""
    given = values.get(field, "").strip()
    if not given:
        return None
    match = _DATE.match(given)
    try:
        if match is None:
            raise ValueError(given)
        year, month, day = int(match[1]), int(match[2]), int(match[3])
        at = datetime(year, month, day, int(match[4] or 0), int(match[5] or 0), int(match[6] or 0), tzinfo=zone)
        if match[7]:
            at = datetime.fromisoformat(at.strftime("%Y-%m-%dT%H:%M:%S") + match[7].replace("Z", "+00:00"))
        if field == "valid_until" and match[4] is None:
            at += timedelta(days=1)
        return at.astimezone(UTC).isoformat()
    except (ValueError, OverflowError):
        faults.append(FieldError(field, "import.date_unknown", {"value": given[:40]}))
        return None
