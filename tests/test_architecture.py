"""The house rules of imports that layers cannot say: a room's tables and queries are its own."""

import re
from pathlib import Path

import qiao

ROOT = Path(qiao.__file__).parent
PRIVATE = {"models", "repository"}

# Old leaks. This list only shrinks.
EXCEPTIONS: frozenset[tuple[str, str]] = frozenset(
    {
        ("desk.files.routes", "core.files.models"),
        ("people.organization.service", "people.accounts.models"),
        ("people.setup.service", "people.accounts.repository"),
    }
)


def _room(parts: tuple[str, ...]) -> tuple[str, ...]:
    return parts[:2]


# Written as the formatter writes it; parsing all of the product takes this test's time twentyfold.
_FROM = re.compile(r"^[ \t]*from (qiao[\w.]*) import (\([^)]*\)|[^\n]*)", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*import (qiao[\w.]*)", re.MULTILINE)


def _imports(path: Path) -> set[str]:
    text = path.read_text(encoding="utf-8")
    found = set(_IMPORT.findall(text))
    for module, names in _FROM.findall(text):
        bare = re.sub(r"#[^\n]*", "", names).strip("()")
        found.add(module)
        found.update(f"{module}.{name.split()[0]}" for name in bare.split(",") if name.strip())
    return found


def test_no_room_reaches_into_the_tables_or_queries_of_another() -> None:
    leaks: set[tuple[str, str]] = set()
    for path in ROOT.rglob("*.py"):
        own = path.relative_to(ROOT).with_suffix("").parts
        for name in _imports(path):
            parts = tuple(name.split(".")[1:])
            if not name.startswith("qiao.") or len(parts) < 3 or parts[2] not in PRIVATE or parts[0] == "packs":
                continue
            if _room(parts) != _room(own):
                leaks.add((".".join(own), ".".join(parts[:3])))
    assert leaks - EXCEPTIONS == set()
    assert leaks >= EXCEPTIONS, "an exception is no longer needed: take it off the list"


def test_every_room_says_what_it_is_for() -> None:
    missing = [
        str(room.relative_to(ROOT))
        for wing in ("people", "knowledge", "desk", "channels", "bot", "growth", "insight", "platform")
        for room in (ROOT / wing).iterdir()
        if room.is_dir() and (room / "__init__.py").exists() and not (room / "README.md").exists()
    ]
    assert missing == []
