"""The documentation keeps up with the product: what exists is described, links lead somewhere, both languages match."""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer

import qiao
from qiao.cli import app
from qiao.core import events
from qiao.core.permissions import BUILT_IN_ROLES, PERMISSIONS
from qiao.core.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
LOCALES = ("zh-CN", "en")
PAGES = sorted([*DOCS.rglob("*.md"), *ROOT.glob("*.md")])
LINK = re.compile(r"(?<!\\)!?\[[^\]]*\]\(([^)\s]+)\)")


def read(*parts: str) -> str:
    return DOCS.joinpath(*parts).read_text(encoding="utf-8")


@pytest.mark.parametrize("locale", LOCALES)
def test_every_setting_is_described_with_its_default(locale: str) -> None:
    text = read(locale, "operate.md")
    for name, field in Settings.model_fields.items():
        row = re.search(rf"^\| `QIAO_{name.upper()}` \| ([^|]*)\|", text, re.MULTILINE)
        assert row, f"QIAO_{name.upper()} is missing"
        assert row[1].strip() == _shown(field.default), f"QIAO_{name.upper()}: {row[1]!r}"


def _shown(default: object) -> str:
    if default is None:
        return ""
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{default:g}`" if isinstance(default, float) else f"`{default}`"


def test_no_setting_is_described_that_does_not_exist() -> None:
    known = {f"QIAO_{name.upper()}" for name in Settings.model_fields} | {"QIAO_LOCALE", "QIAO_IDENTITY_SECRET"}
    for page in PAGES:
        named = set(re.findall(r"\bQIAO_[A-Z_]+\b", page.read_text(encoding="utf-8")))
        assert named <= known, f"{page.name}: {named - known}"


def test_every_kind_of_event_is_described() -> None:
    for module in pkgutil.walk_packages(qiao.__path__, "qiao."):
        if module.name.endswith((".events", ".jobs")):
            importlib.import_module(module.name)
    text = read("reference", "events.md")
    described = set(re.findall(r"^\| `([a-z_.]+)` \|", text, re.MULTILINE))
    # Other tests of the same process may have made events of their own.
    assert described == {kind for kind in events.REGISTRY if not kind.startswith("test.")}


@pytest.mark.parametrize("locale", LOCALES)
def test_every_permission_is_described_with_who_has_it(locale: str) -> None:
    rows = {
        row[1]: [cell.strip() == "✓" for cell in row[2].split("|")[1:-1]]
        for row in re.finditer(r"^\| `([a-z_.]+)` (\|.*\|)$", read(locale, "permissions.md"), re.MULTILINE)
    }
    assert list(rows) == list(PERMISSIONS)
    for permission, cells in rows.items():
        assert cells[1:] == [permission in held for held in BUILT_IN_ROLES.values()], permission


@pytest.mark.parametrize("locale", LOCALES)
def test_every_command_is_described(locale: str) -> None:
    text = read(locale, "cli.md")
    for name in typer.main.get_group(app).commands:
        assert f"`qiao {name}" in text, name


def test_both_languages_have_the_same_pages_and_sections() -> None:
    pages = [{path.name for path in (DOCS / locale).glob("*.md")} for locale in LOCALES]
    assert pages[0] == pages[1]
    for name in pages[0]:
        levels = [re.findall(r"^(#+) ", _prose(read(locale, name)), re.MULTILINE) for locale in LOCALES]
        assert levels[0] == levels[1], name
    for locale in LOCALES:
        for name in pages[0]:
            assert f"({locale}/{name})" in read("index.md")


def _prose(text: str) -> str:
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def _anchors(path: Path) -> set[str]:
    """As GitHub makes them out of headings."""
    headings = re.findall(r"^#+ (.+)$", _prose(path.read_text(encoding="utf-8")), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def _links() -> Iterator[tuple[Path, str]]:
    for page in PAGES:
        for target in LINK.findall(_prose(page.read_text(encoding="utf-8"))):
            if not re.match(r"[a-z]+:", target):
                yield page, target


def test_links_lead_somewhere() -> None:
    for page, target in _links():
        path, _, anchor = target.partition("#")
        there = (page.parent / path).resolve() if path else page
        assert there.exists(), f"{page.relative_to(ROOT)}: {target}"
        if anchor:
            assert anchor in _anchors(there), f"{page.relative_to(ROOT)}: {target}"


def test_pictures_are_small_and_used() -> None:
    used = {(page.parent / target).resolve() for page, target in _links() if target.endswith(".png")}
    pictures = set((DOCS / "images").glob("*.png"))
    assert pictures == used
    assert all(path.stat().st_size <= 250 * 1024 for path in pictures)
