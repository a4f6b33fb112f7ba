"""A small language that finds things in JSON. Pure, bounded, and every mistake has a place.

    message.text            a member, and one in it           $.id            from the very top, inside `items`
    items[0].url            the first of a list               files[*].url    of each in a list
    ["odd key"].x           a member with an odd name         'web-{order.id}'  words with something in them
    a | b | 'none'          the first that is there

A condition is one expression (is it there, and not false), or `type == 'message'`, `type != 'echo'`, joined by `and`.
"""

import re
from dataclasses import dataclass
from typing import Any, Final

LONGEST: Final = 500
MOST_VALUES: Final = 200
DEEPEST: Final = 20
_PLAIN: Final = re.compile(r"(-?[0-9]{1,20}|true|false)(?![^\s|=!}])", re.ASCII)
"""Numbers and truths stand for themselves; a member with such a name is written `["0"]`."""
_NAME_END: Final = frozenset(" \t\n.[]|'\"{}$=!()")


class ExpressionFault(Exception):
    """What is wrong, and at which character. `code` is a key below `incoming.fault.`."""

    def __init__(self, code: str, at: int, **params: Any):
        super().__init__(f"{code} at {at}")
        self.code = code
        self.at = at
        self.params = params


@dataclass(frozen=True, slots=True)
class Path:
    """`steps`: names, numbers, or None for each of a list."""

    top: bool
    steps: tuple[str | int | None, ...]


@dataclass(frozen=True, slots=True)
class Words:
    parts: tuple["str | Path", ...]


Term = Path | Words


@dataclass(frozen=True, slots=True)
class Expression:
    """Terms in the order they are tried."""

    terms: tuple[Term, ...]

    def values(self, here: Any, top: Any) -> list[Any]:
        """Everything the first term finds that finds something; nothing is empty, null or missing."""
        for term in self.terms:
            found = _found(term, here, top)
            if found:
                return found
        return []

    def text(self, here: Any, top: Any) -> str | None:
        """The first thing found, as text; None where nothing is, or where it is an object or a list."""
        for value in self.values(here, top):
            said = as_text(value)
            if said is not None:
                return said
        return None


@dataclass(frozen=True, slots=True)
class Test:
    left: Expression
    operator: str | None
    right: Expression | None


@dataclass(frozen=True, slots=True)
class Condition:
    tests: tuple[Test, ...]

    def holds(self, here: Any, top: Any) -> bool:
        return all(_holds(test, here, top) for test in self.tests)


def as_text(value: Any) -> str | None:
    """How a plain value reads; None for an object or a list."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value
    if isinstance(value, int):
        # Longer numbers than any id are not written out: that takes time that grows with their square.
        return str(value) if value.bit_length() < 2000 else None
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() and abs(value) < 2**53 else repr(value)
    return None


def _found(term: Term, here: Any, top: Any) -> list[Any]:
    if isinstance(term, Words):
        parts: list[str] = []
        for part in term.parts:
            if isinstance(part, str):
                parts.append(part)
                continue
            found = next((as_text(one) for one in _walk(part, here, top) if as_text(one) is not None), None)
            if found is None:
                return []
            parts.append(found)
        said = "".join(parts)
        return [said] if said else []
    return [value for value in _walk(term, here, top) if value is not None and value != ""]


def _walk(path: Path, here: Any, top: Any) -> list[Any]:
    level: list[Any] = [top if path.top else here]
    for step in path.steps:
        following: list[Any] = []
        for value in level:
            if step is None:
                if isinstance(value, list):
                    following += value[: MOST_VALUES - len(following)]
            elif isinstance(step, int):
                if isinstance(value, list) and -len(value) <= step < len(value):
                    following.append(value[step])
            elif isinstance(value, dict) and step in value:
                following.append(value[step])
            if len(following) >= MOST_VALUES:
                break
        level = following
        if not level:
            break
    return level


def _holds(test: Test, here: Any, top: Any) -> bool:
    left = test.left.values(here, top)
    if test.operator is None:
        return bool(left) and left[0] is not False
    assert test.right is not None
    said = as_text(left[0]) if left else None
    wanted = test.right.text(here, top)
    return (said == wanted) if test.operator == "==" else (said != wanted)


# -- reading ---------------------------------------------------------------------------------------------------------


def parse(text: str) -> Expression:
    """Raises ExpressionFault."""
    reader = _Reader(text)
    made = reader.expression()
    reader.end()
    return made


def parse_condition(text: str) -> Condition:
    """Raises ExpressionFault."""
    reader = _Reader(text)
    tests = [reader.test()]
    while reader.word("and"):
        tests.append(reader.test())
    reader.end()
    return Condition(tuple(tests))


class _Reader:
    def __init__(self, text: str):
        if len(text) > LONGEST:
            raise ExpressionFault("too_long", LONGEST, most=LONGEST)
        self.text = text
        self.at = 0

    def _peek(self) -> str:
        return self.text[self.at] if self.at < len(self.text) else ""

    def _skip(self) -> None:
        while self._peek() in (" ", "\t", "\n") and self._peek():
            self.at += 1

    def end(self) -> None:
        self._skip()
        if self.at < len(self.text):
            raise ExpressionFault("unexpected", self.at, found=self._peek())

    def word(self, wanted: str) -> bool:
        self._skip()
        after = self.at + len(wanted)
        if self.text[self.at : after] == wanted and (after == len(self.text) or self.text[after] in " \t\n$['\""):
            self.at = after
            return True
        return False

    def expression(self) -> Expression:
        terms = [self._term()]
        self._skip()
        while self._peek() == "|":
            self.at += 1
            terms.append(self._term())
            self._skip()
        return Expression(tuple(terms))

    def test(self) -> Test:
        left = self.expression()
        self._skip()
        operator = self.text[self.at : self.at + 2]
        if operator not in ("==", "!="):
            return Test(left, None, None)
        self.at += 2
        return Test(left, operator, self.expression())

    def _term(self) -> Term:
        self._skip()
        found = self._peek()
        if found in ("'", '"') and found:
            return self._words(found)
        if not found:
            raise ExpressionFault("ends", self.at)
        plain = _PLAIN.match(self.text, self.at)
        if plain is not None:
            self.at = plain.end()
            return Words((plain[0],))
        return self._path()

    def _words(self, quote: str) -> Words:
        start = self.at
        self.at += 1
        parts: list[str | Path] = []
        plain: list[str] = []
        while True:
            found = self._peek()
            if not found:
                raise ExpressionFault("quote_open", start)
            self.at += 1
            if found == quote:
                break
            if found == "\\" and self._peek():
                plain.append(self._peek())
                self.at += 1
            elif found == "{":
                if plain:
                    parts.append("".join(plain))
                    plain = []
                opened = self.at - 1
                self._skip()
                parts.append(self._path())
                self._skip()
                if self._peek() != "}":
                    raise ExpressionFault("brace_open", opened)
                self.at += 1
            else:
                plain.append(found)
        if plain:
            parts.append("".join(plain))
        return Words(tuple(parts))

    def _path(self) -> Path:
        start = self.at
        top = self._peek() == "$"
        if top:
            self.at += 1
        steps: list[str | int | None] = []
        if not top and self._peek() not in ("[", "."):
            steps.append(self._name())
        elif not top and self._peek() == ".":
            raise ExpressionFault("name_missing", self.at)
        while True:
            found = self._peek()
            if found == ".":
                self.at += 1
                steps.append(self._name())
            elif found == "[":
                steps.append(self._index())
            else:
                break
            if len(steps) > DEEPEST:
                raise ExpressionFault("too_deep", start, most=DEEPEST)
        return Path(top, tuple(steps))

    def _name(self) -> str:
        start = self.at
        while self._peek() and self._peek() not in _NAME_END:
            self.at += 1
        if self.at == start:
            raise ExpressionFault("name_missing", self.at)
        return self.text[start : self.at]

    def _index(self) -> str | int | None:
        opened = self.at
        self.at += 1
        self._skip()
        found = self._peek()
        step: str | int | None
        if found == "*":
            self.at += 1
            step = None
        elif found in ("'", '"') and found:
            words = self._words(found)
            if any(isinstance(part, Path) for part in words.parts):
                raise ExpressionFault("name_missing", opened)
            step = "".join(part for part in words.parts if isinstance(part, str))
        else:
            start = self.at
            if found == "-":
                self.at += 1
            while self._peek().isascii() and self._peek().isdigit():
                self.at += 1
            digits = self.text[start : self.at]
            if not digits.strip("-") or len(digits) > 6:
                raise ExpressionFault("index_wrong", start)
            step = int(digits)
        self._skip()
        if self._peek() != "]":
            raise ExpressionFault("bracket_open", opened)
        self.at += 1
        return step
