"""Whatever the product writes into the audit log reads as a sentence of the reader's language there."""

import ast
import json
import re
from functools import cache
from pathlib import Path

import pytest

import qiao
from qiao.app import load_rooms
from qiao.core.permissions import PERMISSIONS
from qiao.core.reactions.registry import REACTIONS

ROOT = Path(qiao.__file__).parent
CONSOLE = ROOT.parent / "web/console/src/features/settings/locales"


@cache
def recorded() -> set[str]:
    """The literal actions of every ``audit.record`` call in the package, also those that are given a name before."""
    actions = set()
    for path in ROOT.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        tree = ast.parse(text) if "record(" in text else ast.Module([], [])
        for node in ast.walk(tree):
            written: list[ast.expr] = []
            if isinstance(node, ast.Call) and ast.unparse(node.func) in ("audit.record", "record"):
                written = node.args
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "action":
                written = [node.value]
            texts = [part.value for one in written for part in ast.walk(one) if isinstance(part, ast.Constant)]
            actions |= {text for text in texts if isinstance(text, str) and re.fullmatch(r"\w+\.\w+", text)}
    return actions


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_every_recorded_action_has_words(locale: str) -> None:
    catalogue = json.loads((CONSOLE / f"{locale}.json").read_text(encoding="utf-8"))["audit"]["actions"]
    known = {f"{thing}.{action}" for thing, actions in catalogue.items() for action in actions}
    actions = recorded()
    assert len(actions) > 40
    assert actions <= known, sorted(actions - known)


@cache
def changed_things() -> set[str]:
    """The literal kinds of things in the ``audit.record`` calls of the package."""
    things = set()
    for path in ROOT.rglob("*.py"):
        text = path.read_text(encoding="utf-8")
        for node in ast.walk(ast.parse(text)) if "record(" in text else ():
            if (
                isinstance(node, ast.Call)
                and ast.unparse(node.func) in ("audit.record", "record")
                and len(node.args) > 3
            ):
                thing = node.args[3]
                if isinstance(thing, ast.Constant) and isinstance(thing.value, str):
                    things.add(thing.value)
    return things


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_every_changed_thing_and_every_right_has_words(locale: str) -> None:
    catalogue = json.loads((CONSOLE / f"{locale}.json").read_text(encoding="utf-8"))
    things = changed_things()
    assert len(things) > 20
    assert things <= set(catalogue["audit"]["objects"]), sorted(things - set(catalogue["audit"]["objects"]))
    tokens = json.loads((CONSOLE.parents[2] / f"app/locales/{locale}.json").read_text(encoding="utf-8"))["permission"]
    for right in PERMISSIONS:
        assert tokens.get(right), f"{right} cannot be read where tokens are made"
        room, _, name = right.partition(".")
        assert set(catalogue["permission"][room][name]) == {"name", "text"}, right


@pytest.mark.parametrize("locale", ["zh-CN", "en"])
def test_every_reaction_has_words_on_the_page_of_operations(locale: str) -> None:
    load_rooms()
    catalogue = json.loads((CONSOLE / f"{locale}.json").read_text(encoding="utf-8"))["operations"]["part"]
    known = {f"{room}.{name}" for room, names in catalogue.items() if isinstance(names, dict) for name in names}
    names = {name for name in REACTIONS if not name.startswith("test.")}
    assert names <= known, sorted(names - known)
