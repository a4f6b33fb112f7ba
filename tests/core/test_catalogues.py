"""What people read exists in both languages, and what the code names exists at all."""

import ast
import re
import string
from collections.abc import Iterator
from pathlib import Path

import pytest

from qiao.channels.incoming.channel import MANIFEST as INCOMING
from qiao.core import i18n
from qiao.core.errors import Invalid
from qiao.core.permissions import BUILT_IN_ROLES, PERMISSIONS

ROOT = Path(i18n.__file__).resolve().parents[1]
PROBLEMS = {
    "Invalid",
    "BadRequest",
    "Unauthenticated",
    "Forbidden",
    "NotFound",
    "Conflict",
    "Refused",
    "TooLarge",
    "Unsupported",
    "RateLimited",
    "Unavailable",
    "Problem",
}


def calls() -> Iterator[tuple[Path, ast.Call, str]]:
    for path in sorted(ROOT.rglob("*.py")):
        if "web_dist" in path.parts:
            continue
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                yield path, node, ast.unparse(node.func)


def constant(node: ast.Call, index: int) -> str | None:
    if len(node.args) > index and isinstance(node.args[index], ast.Constant):
        value = node.args[index].value  # type: ignore[attr-defined]
        return value if isinstance(value, str) else None
    return None


def test_both_languages_have_the_same_keys_and_parameters() -> None:
    chinese, english = (i18n.catalogues()[locale] for locale in ("zh-CN", "en"))
    assert chinese.keys() == english.keys()
    for key in chinese:
        fields = [{f for _, f, _, _ in string.Formatter().parse(text) if f} for text in (chinese[key], english[key])]
        assert fields[0] == fields[1], key


def test_chinese_is_chinese_and_english_english() -> None:
    han = re.compile("[\u4e00-\u9fff]")
    assert not [k for k, text in i18n.catalogues()["en"].items() if han.search(text)]


def test_every_error_code_has_a_sentence() -> None:
    known = i18n.catalogues()["en"]
    missing = []
    for path, node, name in calls():
        last = name.rpartition(".")[2]
        code = None
        if last in PROBLEMS:
            code = constant(node, 0)
        elif name.endswith("Invalid.field") or last in ("FieldError",):
            code = constant(node, 1)
        elif last == "PydanticCustomError":
            code = constant(node, 0)
        if code is not None and f"errors.{code}" not in known:
            missing.append(f"{path.relative_to(ROOT)}:{node.lineno} {code}")
    assert not missing


def test_every_permission_that_is_asked_for_exists() -> None:
    unknown = [
        f"{path.relative_to(ROOT)}:{node.lineno} {permission}"
        for path, node, name in calls()
        if name.rpartition(".")[2] in ("may", "require", "Needs", "holders")
        for index in range(len(node.args))
        if (permission := constant(node, index)) is not None and permission not in PERMISSIONS
    ]
    assert not unknown
    assert all(set(permissions) <= set(PERMISSIONS) for permissions in BUILT_IN_ROLES.values())


@pytest.mark.parametrize(
    ("wanted", "locale"),
    [
        (("en",), "en"),
        (("en-GB,zh;q=0.5",), "en"),
        (("zh;q=0.5,en-GB",), "en"),
        (("fr,en;q=0.3",), "en"),
        (("zh-TW",), "zh-CN"),
        ((None, "", "en"), "en"),
        (("fr", "de"), "zh-CN"),
        (("en;q=abc,zh",), "zh-CN"),
        ((";;;,,,", "en"), "en"),
    ],
)
def test_the_readers_language(wanted: tuple[str | None, ...], locale: str) -> None:
    assert i18n.match_locale(*wanted) == locale


def test_a_text_may_name_anything_even_a_key_or_a_locale() -> None:
    said = Invalid.field("keys", "ticket.type.unknown", key="x-9", locale="none").body("en")
    assert "x-9" in said["errors"][0]["message"]


def test_a_channel_that_takes_any_system_has_one_name() -> None:
    console = ROOT.parent / "web" / "console" / "src"
    written = {
        name
        for path in console.rglob("locales/zh-CN.json")
        for name in re.findall(r'"incoming": "([^"]+)"', path.read_text(encoding="utf-8"))
    }
    assert written == {INCOMING.title["zh-CN"]}
