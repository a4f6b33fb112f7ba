"""What in a text must not be made up: numbers with their units, codes, links. Pure; Chinese and English meet in one form."""

import re
from typing import Final

from qiao.core.text import normalize

_DIGITS: Final = {c: n for n, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_TENS: Final = {"十": 10, "百": 100, "千": 1000}
_ZH_UNITS: Final = {
    "个工作日": "workday", "工作日": "workday", "个自然日": "day", "自然日": "day", "天": "day", "日": "day", "号": "day",
    "个小时": "hour", "小时": "hour", "个钟头": "hour", "分钟": "minute", "秒": "second", "个星期": "week", "星期": "week",
    "周": "week", "个月": "month", "月": "month", "年": "year", "元": "money", "块钱": "money", "块": "money",
    "折": "discount", "件": "piece", "次": "time", "公里": "km", "公斤": "kg", "千克": "kg", "倍": "fold", "万": "wan",
    "岁": "age", "张": "piece",
}  # fmt: skip
_EN_UNITS: Final = {
    "working day": "workday", "business day": "workday", "day": "day", "hour": "hour", "hr": "hour", "minute": "minute",
    "min": "minute", "second": "second", "week": "week", "month": "month", "year": "year", "yuan": "money", "rmb": "money",
    "cny": "money", "usd": "money", "dollar": "money", "percent": "percent", "kg": "kg", "km": "km", "time": "time",
}  # fmt: skip
_ZH: Final = "|".join(sorted(_ZH_UNITS, key=len, reverse=True))
_EN: Final = "|".join(sorted(_EN_UNITS, key=len, reverse=True))
_NUMBER: Final = re.compile(
    rf"(?P<money>[¥$€£])?\s*(?P<number>\d+(?:,\d{{3}})*(?:\.\d+)?)\s*(?:(?P<percent>%)|(?P<zh>{_ZH})|[- ]?(?P<en>{_EN})s?\b)?"
)
# 一 alone says too little (一下, 一般, 第一): it counts with a unit of time or money only.
_CHINESE: Final = re.compile(rf"[零〇一二两三四五六七八九十百千]+(?=\s*(?:{_ZH}))")
_PERCENT_OF: Final = re.compile(r"百分之([零〇一二两三四五六七八九十百\d.]+)")
_VAGUE: Final = re.compile(r"一(?:次|件|倍|张|号)")
_LINK: Final = re.compile(r"(?:https?://|www\.)[^\s，。；、）)\]】>\"']+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CODE: Final = re.compile(r"(?=[a-z0-9-]*\d)(?=[a-z0-9-]*[a-z])[a-z0-9][a-z0-9-]+")
_COUNTED: Final = "zero one two three four five six seven eight nine ten eleven twelve"
_WORDS: Final = {word: str(n) for n, word in enumerate(_COUNTED.split()) if n > 1}
_WORD: Final = re.compile(rf"\b({'|'.join(_WORDS)})\b")

Figure = tuple[str, str]
"""A number in its plainest form, and what it counts (empty when nothing is said)."""


def _chinese(digits: str) -> str:
    """十五 → 15, 二十 → 20, 三百五十 → 350, 二〇二四 → 2024."""
    if not any(c in _TENS for c in digits):
        return "".join(str(_DIGITS[c]) for c in digits)
    total, current = 0, 0
    for c in digits:
        if c in _TENS:
            total += (current or 1) * _TENS[c]
            current = 0
        else:
            current = _DIGITS[c]
    return str(total + current)


def _plainest(number: str) -> str:
    number = number.replace(",", "")
    whole, _, part = number.partition(".")
    part = part.rstrip("0")
    return (whole.lstrip("0") or "0") + (f".{part}" if part else "")


def figures(text: str) -> set[Figure]:
    """Every number of a text with its unit."""
    normal = _VAGUE.sub(" ", normalize(text))
    normal = _PERCENT_OF.sub(lambda m: (m[1] if m[1][0].isdigit() else _chinese(m[1])) + "%", normal)
    normal = _CHINESE.sub(lambda m: _chinese(m[0]), normal)
    normal = _WORD.sub(lambda m: _WORDS[m[1]], normal)
    found: set[Figure] = set()
    for match in _NUMBER.finditer(normal):
        if match["percent"]:
            unit = "percent"
        elif match["zh"]:
            unit = _ZH_UNITS[match["zh"]]
        elif match["en"]:
            unit = _EN_UNITS[match["en"]]
        else:
            unit = "money" if match["money"] else ""
        found.add((_plainest(match["number"]), unit))
    return found


def codes(text: str) -> set[str]:
    """Words of letters and digits: models, orders, coupons. Numbers with a unit in letters (7days) are none."""
    normal = _NUMBER.sub(lambda m: " " if m["en"] else m[0], normalize(text))
    return {code.replace("-", "") for code in _CODE.findall(normal)}


def links(text: str) -> set[str]:
    """Addresses of pages and mailboxes."""
    return {link.rstrip(".,;:!?。，").rstrip("/").lower() for link in _LINK.findall(text)}


def invented(claim: str, source: str) -> str | None:
    """The first number, code or link of `claim` that `source` does not have; None when all are there."""
    has = figures(source)
    numbers = {number for number, _ in has}
    for number, unit in sorted(figures(claim)):
        # Without a unit on either side the number decides; with two different ones 7 天 is not 7 小时.
        if number not in numbers or (unit and (number, unit) not in has and (number, "") not in has):
            return number
    known = {code.replace("-", "") for code in _CODE.findall(normalize(source))}
    for code in sorted(codes(claim) - known):
        return code
    for link in sorted(links(claim) - links(source)):
        return link
    return None
