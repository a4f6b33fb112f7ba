"""What differs between two versions of a text: line by line, and word by word within a line. Pure."""

import re
from collections.abc import Iterable, Mapping
from difflib import SequenceMatcher
from typing import Any, Final

from qiao.core.text import words
from qiao.knowledge.articles.lifecycle_schemas import DiffLine, FieldDiff

_HAN: Final = re.compile(r"[㐀-䶿一-鿿]+")
_PARTS: Final = re.compile(r"[㐀-䶿一-鿿]+|[^\W_]+(?:['’.-][^\W_]+)*|\s+|.", re.DOTALL)
# Lines this unlike each other are one gone and one new, rather than one changed beyond recognition.
_RELATED: Final = 0.35
_LONGEST_LINE: Final = 20_000


def tokens(line: str) -> list[str]:
    """A line in words; joined again they are the line. Chinese is cut by the dictionary."""
    found: list[str] = []
    for part in _PARTS.findall(line):
        found.extend(words(part) if _HAN.fullmatch(part) and len(part) > 1 else [part])
    return found if "".join(found) == line else [line]


def _spans(left: str, right: str) -> tuple[list[tuple[str, str]], list[tuple[str, str]], float]:
    if max(len(left), len(right)) > _LONGEST_LINE:
        return [("gone", left)], [("new", right)], 0.0
    one, two = tokens(left), tokens(right)
    matcher = SequenceMatcher(None, one, two, autojunk=False)
    before: list[tuple[str, str]] = []
    after: list[tuple[str, str]] = []
    same = 0
    for op, a, b, c, d in matcher.get_opcodes():
        gone, new = "".join(one[a:b]), "".join(two[c:d])
        if op == "equal":
            same += len(gone)
            before.append(("same", gone))
            after.append(("same", new))
            continue
        if gone:
            before.append(("gone", gone))
        if new:
            after.append(("new", new))
    return before, after, 2 * same / max(len(left) + len(right), 1)


def lines(left: str, right: str) -> list[DiffLine]:
    """Both texts beside each other."""
    one, two = left.split("\n") if left else [], right.split("\n") if right else []
    found: list[DiffLine] = []
    long = len(one) + len(two) > 4000  # comparing every line with every other would take minutes
    for op, a, b, c, d in SequenceMatcher(None, one, two, autojunk=long).get_opcodes():
        if op == "equal":
            found.extend(DiffLine(op="same", left=[("same", line)], right=[("same", line)]) for line in one[a:b])
        else:
            found.extend(_changed(one[a:b], two[c:d]))
    return found


def _changed(one: list[str], two: list[str]) -> Iterable[DiffLine]:
    """Pairs lines in their order as long as they are related; the rest is gone or new."""
    rest = list(two)
    for line in one:
        match = None
        for index, other in enumerate(rest[:8]):
            before, after, share = _spans(line, other)
            if share >= _RELATED:
                match = (index, before, after)
                break
        if match is None:
            yield DiffLine(op="gone", left=[("gone", line)], right=None)
            continue
        index, before, after = match
        for other in rest[:index]:
            yield DiffLine(op="new", left=None, right=[("new", other)])
        rest = rest[index + 1 :]
        yield DiffLine(op="changed", left=before, right=after)
    for other in rest:
        yield DiffLine(op="new", left=None, right=[("new", other)])


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, dict):
        return "\n".join(f"{key}: {', '.join(map(str, entries))}" for key, entries in sorted(value.items()) if entries)
    return "\n".join(map(str, value)) if isinstance(value, list) else str(value)


def fields(left: Mapping[str, Any], right: Mapping[str, Any]) -> list[FieldDiff]:
    """The fields in which two versions differ, in the order a text has them."""
    found = []
    for key in dict.fromkeys([*left, *right]):
        before, after = _shown(left.get(key)), _shown(right.get(key))
        if before != after:
            found.append(FieldDiff(field=key, lines=lines(before, after)))
    return found
