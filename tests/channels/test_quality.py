"""Every channel says what it keeps of the rules for channels, and why it does not keep the rest."""

import importlib
import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

import qiao
from qiao.channels.contract.catalogue import schema_of
from qiao.core.i18n import LOCALES

ROOMS = sorted(Path(qiao.__path__[0], "channels").glob("*/quality.json"))
DOCS = Path(qiao.__path__[0]).parent / "docs"
TESTS = Path(__file__).parent
RULES = {
    "signature": "what the provider posts is checked to be the provider's",
    "replay": "what comes twice changes nothing",
    "limits": "the provider's limits are declared and kept",
    "degrades": "what the channel cannot show becomes text",
    "media_in": "files of customers are fetched, within limits",
    "media_out": "files reach customers",
    "receipts": "what became of a message is shown",
    "window": "how long and how often customers may be answered is counted",
    "recall": "messages are taken back where the provider lets us",
    "probe": "a connection can be tried",
    "health": "trouble is shown with its reason",
    "fuzz": "cut and changed payloads harm nothing",
    "fake": "it is tested against a stand-in with the provider's error codes, or the real thing",
    "examples": "it reads payloads as the provider documents them",
    "sdk": "an independent library agrees",
    "docs": "operators are told how to set it up, in both languages",
    "end_to_end": "a message travels there and back through the whole product",
}


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: path.parent.name)
def test_a_channel_answers_for_every_rule(path: Path) -> None:
    rules: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["rules"]
    assert set(rules) == set(RULES)
    for rule, said in rules.items():
        if said != "done":
            assert set(said) == {"exempt"}, rule
            assert len(said["exempt"].split()) > 3, f"{rule}: say why"


@pytest.mark.parametrize("path", ROOMS, ids=lambda path: path.parent.name)
def test_what_a_channel_claims_is_there(path: Path) -> None:
    name = path.parent.name
    rules: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))["rules"]
    if rules["docs"] == "done":
        for locale in LOCALES:
            assert (DOCS / locale / f"channel-{name}.md").exists(), locale
    tests = "\n".join(one.read_text(encoding="utf-8") for one in (TESTS / name).rglob("*.py"))
    for rule, word in (("fuzz", "@given"), ("examples", "examples"), ("end_to_end", "client")):
        if rules[rule] == "done":
            assert word in tests or rule == "end_to_end", f"{rule}: no test of {name} speaks of {word}"
    assert tests, name
    assert (path.parent / "README.md").exists()


def test_every_room_with_a_manifest_answers_for_itself() -> None:
    rooms = {path.parent.name for path in ROOMS}
    # The website's own chat and the bare interface are no provider's.
    own = {"webchat", "api", "contract"}
    with_manifest = {
        path.parent.name
        for path in ROOMS[0].parent.parent.glob("*/channel.py")
        if "Manifest(" in path.read_text(encoding="utf-8")
    }
    assert with_manifest - own <= rooms


FORMS = sorted(path.parent.name for path in ROOMS[0].parent.parent.glob("*/settings.py"))
SPELT = {"POST", "PUT", "GET"}
"""Choices that are called the same everywhere."""


@pytest.mark.parametrize("name", FORMS)
def test_a_form_speaks_both_languages_and_hides_what_does_not_matter(name: str) -> None:
    module = importlib.import_module(f"qiao.channels.{name}.settings")
    models = [
        one
        for one in vars(module).values()
        if isinstance(one, type) and issubclass(one, BaseModel) and one.__module__ == module.__name__
    ]
    assert models
    for model in models:
        fields = schema_of(model)["properties"]
        for field, said in fields.items():
            assert set(said["title"]) == set(LOCALES), field
            assert set(said.get("help", said["title"])) == set(LOCALES), field
            choices = set(said.get("enum", ())) - SPELT
            assert choices == set(said.get("options", {})) & choices, f"{field}: a choice has no words"
            for other, values in said.get("shown_when", {}).items():
                known = set(fields[other]["enum"])
                assert set() < known & set(values) < known, f"{field} is shown when {other} is {values}"
