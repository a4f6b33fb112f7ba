"""Dates as people say them, in Chinese and English: 明天, 上周五, 11月3日, next Friday, in 3 days. Pure."""
# ruff: noqa: E501  the rules are tables of words, easier to check in rows

import re
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Final

_DIGITS: Final = {c: i for i, c in enumerate("零一二三四五六七八九")} | {"〇": 0, "两": 2}
_DAYS_ZH: Final = {"大前天": -3, "前天": -2, "昨天": -1, "昨日": -1, "今天": 0, "今日": 0, "今晚": 0, "明天": 1, "明日": 1, "明早": 1,
                   "明晚": 1, "大后天": 3, "后天": 2}  # fmt: skip
_DAYS_EN: Final = {
    "day before yesterday": -2,
    "yesterday": -1,
    "today": 0,
    "tonight": 0,
    "day after tomorrow": 2,
    "tomorrow": 1,
}
_WEEK_ZH: Final = {"一": 0, "二": 1, "三": 2, "四": 3, "五": 4, "六": 5, "日": 6, "天": 6,
                   "1": 0, "2": 1, "3": 2, "4": 3, "5": 4, "6": 5, "7": 6}  # fmt: skip
_WEEK_EN: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_MONTHS: Final = ("january", "february", "march", "april", "may", "june", "july", "august", "september", "october",
                  "november", "december")  # fmt: skip
_NUMBER: Final = r"\d{1,3}|[零〇一二两三四五六七八九十]{1,3}"
_MONTH_NAMES: Final = "|".join(f"{name}|{name[:3]}" + ("|sept" if name == "september" else "") for name in _MONTHS)
_WEEKDAYS: Final = (
    r"mon(?:day)?|tue(?:s(?:day)?)?|wed(?:nesday)?|thu(?:rs?(?:day)?)?|fri(?:day)?|sat(?:urday)?|sun(?:day)?"
)

_FULL: Final = re.compile(r"(?<!\d)(\d{4})\s*(?:[-/.]|年)\s*(\d{1,2})\s*(?:[-/.]|月)\s*(\d{1,2})\s*[日号]?(?!\d)")
_MONTH_DAY_ZH: Final = re.compile(rf"({_NUMBER})月({_NUMBER})[日号]?")
_SLASHED: Final = re.compile(r"(?<![\d./-])(\d{1,2})[/.-](\d{1,2})(?![\d./-])")
_DAY_ZH: Final = re.compile(
    rf"(?:(下个?月|上个?月|本月|这个月)|(?<![\d月零〇一二两三四五六七八九十]))({_NUMBER})[号日](?!码|楼|店|线)"
)
_RELATIVE_ZH: Final = re.compile("|".join(sorted(_DAYS_ZH, key=len, reverse=True)))
_AGO_ZH: Final = re.compile(rf"({_NUMBER})\s*(天|周|个?星期|个?礼拜)\s*(?:以)?(前|后|之前|之后)")
_WEEKDAY_ZH: Final = re.compile(r"(上上个?|下下个?|上个?|下个?|这个?|本)?(?:周|星期|礼拜)([一二三四五六日天1-7])")
_RELATIVE_EN: Final = re.compile(r"\b(?:the )?(" + "|".join(sorted(_DAYS_EN, key=len, reverse=True)) + r")\b")
_AGO_EN: Final = re.compile(
    r"\b(\d{1,3}|a|one|two|three) (day|week)s? (ago|from now)\b|\bin (\d{1,3}|a|one|two|three) (day|week)s?\b"
)
_WEEKDAY_EN: Final = re.compile(rf"\b(last |next |this |on |coming )?({_WEEKDAYS})\b")
_MONTH_DAY_EN: Final = re.compile(rf"\b({_MONTH_NAMES})\.? (\d{{1,2}})(?:st|nd|rd|th)?(?:,? (\d{{4}}))?\b")
_DAY_MONTH_EN: Final = re.compile(rf"\b(\d{{1,2}})(?:st|nd|rd|th)?(?: of)? ({_MONTH_NAMES})\b(?:,? (\d{{4}}))?")


def number(text: str) -> int | None:
    """`12`, `十二`, `二十` as a number."""
    if text.isdecimal():
        return int(text)
    words = {"a": 1, "one": 1, "two": 2, "three": 3}
    if text in words:
        return words[text]
    if text == "十":
        return 10
    tens, ten, ones = text.partition("十")
    try:
        if ten:
            return (_DIGITS[tens] if tens else 1) * 10 + (_DIGITS[ones] if ones else 0)
        return int("".join(str(_DIGITS[c]) for c in text))
    except (KeyError, ValueError):
        return None


def find(text: str, today: date) -> date | None:
    """The first date in a normalized text, or None. A day and month without a year is the nearest one."""
    found = sorted(_all(text, today), key=lambda pair: (pair[0], -pair[1]))
    return found[0][2] if found else None


def _all(text: str, today: date) -> Iterator[tuple[int, int, date]]:
    for start, end, value in _raw(text, today):
        if value is not None:
            yield start, end - start, value


def _raw(text: str, today: date) -> Iterator[tuple[int, int, date | None]]:
    for m in _FULL.finditer(text):
        yield m.start(), m.end(), _date(int(m[1]), int(m[2]), int(m[3]))
    for m in _MONTH_DAY_ZH.finditer(text):
        yield m.start(), m.end(), _nearest(number(m[1]), number(m[2]), today)
    for m in _SLASHED.finditer(text):
        yield m.start(), m.end(), _nearest(int(m[1]), int(m[2]), today)
    for m in _DAY_ZH.finditer(text):
        yield m.start(), m.end(), _day(m[1] or "", number(m[2]), today)
    for m in _RELATIVE_ZH.finditer(text):
        yield m.start(), m.end(), today + timedelta(days=_DAYS_ZH[m[0]])
    for m in _AGO_ZH.finditer(text):
        days = (number(m[1]) or 0) * (1 if m[2] == "天" else 7)
        yield m.start(), m.end(), today + timedelta(days=-days if "前" in m[3] else days)
    for m in _WEEKDAY_ZH.finditer(text):
        yield m.start(), m.end(), _weekday(m[1] or "", _WEEK_ZH[m[2]], today)
    for m in _RELATIVE_EN.finditer(text):
        yield m.start(), m.end(), today + timedelta(days=_DAYS_EN[m[1]])
    for m in _AGO_EN.finditer(text):
        count, unit = (m[1] or m[4]), (m[2] or m[5])
        days = (number(count) or 0) * (7 if unit == "week" else 1)
        yield m.start(), m.end(), today + timedelta(days=-days if m[3] == "ago" else days)
    for m in _WEEKDAY_EN.finditer(text):
        day = next(i for i, name in enumerate(_WEEK_EN) if name.startswith(m[2][:3]))
        yield m.start(), m.end(), _weekday_en((m[1] or "").strip(), day, today)
    for m in _MONTH_DAY_EN.finditer(text):
        yield m.start(), m.end(), _named(m[1], int(m[2]), m[3], today)
    for m in _DAY_MONTH_EN.finditer(text):
        yield m.start(), m.end(), _named(m[2], int(m[1]), m[3], today)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _nearest(month: int | None, day: int | None, today: date) -> date | None:
    if month is None or day is None:
        return None
    years = (_date(year, month, day) for year in (today.year - 1, today.year, today.year + 1))
    return min((d for d in years if d is not None), key=lambda d: abs((d - today).days), default=None)


def _day(which: str, day: int | None, today: date) -> date | None:
    if day is None:
        return None
    shift = 1 if which.startswith("下") else -1 if which.startswith("上") else 0
    month = today.month - 1 + shift
    return _date(today.year + month // 12, month % 12 + 1, day)


def _weekday(which: str, day: int, today: date) -> date:
    """Chinese weeks begin on Monday: 下周五 is the Friday of next week, 周五 that of this one."""
    weeks = {"上上": -2, "上": -1, "下": 1, "下下": 2}.get(which.removesuffix("个"), 0)
    return today - timedelta(days=today.weekday()) + timedelta(days=day + 7 * weeks)


def _weekday_en(which: str, day: int, today: date) -> date:
    ahead = (day - today.weekday()) % 7
    if which == "last":
        return today - timedelta(days=(today.weekday() - day) % 7 or 7)
    if which == "next":
        return today + timedelta(days=ahead or 7)
    return today + timedelta(days=ahead)


def _named(month: str, day: int, year: str | None, today: date) -> date | None:
    index = next(i for i, name in enumerate(_MONTHS) if name.startswith(month[:3])) + 1
    return _date(int(year), index, day) if year else _nearest(index, day, today)
