"""Groups of questions that one answer answers, by trade: what the engine's chances and rerankers are fitted on.

README.md beside this file says how the files are written.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).parent
LANGUAGES = ("zh", "en")
PHRASINGS = range(3, 7)


@dataclass(frozen=True)
class Group:
    """A question as a company titles it, and the same question as people type it."""

    title: str
    phrasings: tuple[str, ...]


@dataclass(frozen=True)
class Domain:
    """A small company's knowledge base and questions that none of its groups answers.

    `near` ones are of the same trade and often share most words with a group; `far` ones are of anything else.
    """

    name: str
    language: str
    groups: tuple[Group, ...]
    near: tuple[str, ...]
    far: tuple[str, ...]


class MalformedGroups(ValueError):
    def __init__(self, path: Path, line: int, what: str) -> None:
        super().__init__(f"{path.name}:{line}: {what}")


def load() -> list[Domain]:
    """Every domain, in order of language and name."""
    return [read(path) for path in sorted(FOLDER.glob("*.txt"))]


def read(path: Path) -> Domain:
    language, _, name = path.stem.partition("-")
    if language not in LANGUAGES or not name:
        raise MalformedGroups(path, 0, "a file is named <language>-<domain>.txt")
    groups: list[Group] = []
    strangers: dict[str, list[str]] = {"~": [], "*": []}
    seen: dict[str, int] = {}
    for number, mark, texts in _lines(path):
        for text in texts:
            key = _key(text)
            if not key:
                raise MalformedGroups(path, number, "an empty part")
            if key in seen:
                raise MalformedGroups(path, number, f"{text!r} stands in line {seen[key]} too")
            seen[key] = number
        if mark == "=":
            title, *phrasings = texts
            if len(phrasings) not in PHRASINGS:
                raise MalformedGroups(path, number, f"{len(phrasings)} phrasings, not 3 to 6")
            groups.append(Group(title, tuple(phrasings)))
        elif mark in strangers:
            strangers[mark] += texts
        else:
            raise MalformedGroups(path, number, f"a line starts with '= ', '~ ', '* ' or '#', not {mark!r}")
    if not groups:
        raise MalformedGroups(path, 0, "no group")
    return Domain(name, language, tuple(groups), tuple(strangers["~"]), tuple(strangers["*"]))


def _lines(path: Path) -> Iterator[tuple[int, str, list[str]]]:
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if line.strip() and not line.startswith("#"):
            mark, _, rest = line.partition(" ")
            yield number, mark, [part.strip() for part in rest.split("|")]


def _key(text: str) -> str:
    """What makes two texts the same: neither case nor spaces nor punctuation."""
    return "".join(letter for letter in text.casefold() if letter.isalnum())
