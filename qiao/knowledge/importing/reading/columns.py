"""Which column of a table is what: recognised by name in Chinese and English, or told by the person."""

import re
from collections.abc import Mapping, Sequence
from typing import Final

from qiao.core.errors import FieldError, Invalid
from qiao.core.text import normalize

FIELDS: Final = (
    "question", "variants", "answer", "category", "tags", "locale", "audience", "valid_from", "valid_until", "validity"
)  # fmt: skip
REQUIRED: Final = ("question", "answer")
MAX_NAMED: Final = 60
_NAMES: Final[dict[str, tuple[str, ...]]] = {
    "question": (
        "问题", "标准问题", "标准问", "主问题", "提问", "问",
        "问题标题", "知识标题", "知识点", "标准问法",
        "faq", "question", "standard question", "title", "标题", "q"
    ),
    "variants": (
        "相似问法", "相似问", "相似问题", "相似提问", "相似说法", "拓展问", "扩展问", "扩展问法", "问法",
        "同义问法", "其他问法",
        "variants", "variant", "similar questions", "similar", "phrasings", "alternatives", "synonyms",
    ),
    "answer": ("答案", "回答", "标准答案", "回复", "答复", "内容", "答",
        "答案内容", "知识内容", "默认答案", "文本答案", "答案文本",
        "answer", "reply", "response", "content", "a"),
    "category": ("分类", "类别", "类目", "目录", "知识分类",
        "所属分类", "问题分类", "知识目录", "分类名称", "分类路径",
        "category", "categories", "folder", "topic"),
    "tags": ("标签", "关键词", "tags", "tag", "labels", "keywords"),
    "locale": ("语言", "语种", "locale", "language", "lang"),
    "audience": ("受众", "可见范围", "可见性", "对象", "audience", "visibility"),
    "valid_from": ("生效", "生效时间", "生效日期", "开始时间", "有效期起", "valid from", "from", "start", "effective"),
    "valid_until": (
        "失效", "失效时间", "失效日期", "结束时间", "有效期至", "过期时间", "valid until", "until", "end", "expires", "expiry"
    ),
    "validity": ("有效期", "有效时间", "生效期", "有效期限", "validity", "valid", "valid period"),
}  # fmt: skip
# 相似问1, 相似问2, … and 一级分类, 二级分类, …: several columns that are one field together.
_COUNTED: Final = re.compile(r"[0-9０-９一二三四五六七八九十]{1,3}$")
_LEVEL: Final = re.compile(r"^([一二三四五六七八九]|[1-9])级(?:分类|类目|目录)$")
_NOISE: Final = re.compile(r"[\s_*＊:：\-]+|[(（\[【].*?[)）\]】]")
_BY_NAME: Final = {_NOISE.sub("", normalize(name)): field for field, names in _NAMES.items() for name in names}


def field_of(header: str) -> str | None:
    """The field a column's name stands for. Case, script variant, blanks, stars and remarks in brackets do not matter."""
    return _BY_NAME.get(_NOISE.sub("", normalize(header)))


def recognised(header: Sequence[str]) -> dict[str, int]:
    """Field → column of a header; the first column of a name counts."""
    found: dict[str, int] = {}
    for index, name in enumerate(header):
        field = field_of(name)
        if field is not None:
            found.setdefault(field, index)
    for index, (field, _) in merged(header).items():
        found.setdefault(field, index)
    return found


def mapped(header: Sequence[str], override: Mapping[str, str | int | None]) -> dict[str, int]:
    """Field → column: as recognised, changed by `override` (field → column name or number from 0, None for none).

    Raises Invalid for fields and columns there are not, and when question or answer have no column.
    """
    found = recognised(header)
    problems: list[FieldError] = []
    for field, column in override.items():
        if field not in FIELDS:
            problems.append(FieldError("mapping", "import.mapping_field_unknown", {"name": field[:40]}))
        elif column is None:
            found.pop(field, None)
        elif isinstance(column, int):
            if 0 <= column < len(header):
                found[field] = column
            else:
                problems.append(FieldError("mapping", "import.mapping_column_unknown", {"name": column}))
        elif column in header:
            found[field] = list(header).index(column)
        else:
            problems.append(FieldError("mapping", "import.mapping_column_unknown", {"name": column[:40]}))
    if problems:
        raise Invalid("invalid", fields=problems)
    if any(field not in found for field in REQUIRED):
        shown = ", ".join(name or "–" for name in list(header)[:12])
        # The columns one by one as well, so that a screen can ask which of them is what.
        named = [
            FieldError(f"columns.{i}", "import.column_named", {"name": name})
            for i, name in enumerate(header[:MAX_NAMED])
        ]
        whole = FieldError("file", "import.columns_missing", {"columns": shown[:300]})
        raise Invalid("import.columns_missing", fields=[whole, *named], columns=shown[:300])
    return found


def merged(header: Sequence[str]) -> dict[int, tuple[str, tuple[int, ...]]]:
    """Columns that are one field together: the first of them → (field, all of them). Phrasings add up; of the levels of a
    category the deepest that is filled counts."""
    phrasings: list[int] = []
    levels: list[tuple[int, int]] = []
    for index, name in enumerate(header):
        plain = _NOISE.sub("", normalize(name))
        if _BY_NAME.get(plain) == "variants" or _BY_NAME.get(_COUNTED.sub("", plain)) == "variants":
            phrasings.append(index)
        elif level := _LEVEL.match(plain):
            levels.append(("一二三四五六七八九".find(level[1]) if not level[1].isdigit() else int(level[1]) - 1, index))
    found: dict[int, tuple[str, tuple[int, ...]]] = {}
    if len(phrasings) > 1:
        found[phrasings[0]] = ("variants", tuple(phrasings))
    if levels:
        found[min(index for _, index in levels)] = ("category", tuple(index for _, index in sorted(levels)))
    return found
