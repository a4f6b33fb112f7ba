"""The demo company's test set: questions as its customers put them. A run of it is made by whoever looks at it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final
from uuid import UUID

import yaml

from qiao.bot.evaluation import sets
from qiao.bot.evaluation.schemas import CaseBody, SetBody
from qiao.core.actor import Actor
from qiao.core.db import Session
from qiao.packs.loader import PACKS

FILE: Final = PACKS / "ecommerce" / "demo" / "evaluation.yaml"


def load(path: Path = FILE) -> dict[str, Any]:
    """The file's contents: name and description by language, cases by language."""
    found: dict[str, Any] = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found


def case_of(row: Mapping[str, Any], locale: str, answers: Mapping[tuple[str, str], UUID]) -> CaseBody:
    """A row of the file as a case. Raises KeyError for an FAQ that the demo does not have."""
    expected = [answers[key, locale] for key in row.get("expect", ())]
    expects = "texts" if expected else "flow" if row.get("flow") else "none"
    return CaseBody.model_validate(
        {
            "question": row["ask"],
            "context": row.get("after"),
            "locale": locale,
            "expects": expects,
            "expected": expected,
            "flow": row.get("flow"),
        }
    )


async def seed_test_set(db: Session, actor: Actor, answers: Mapping[tuple[str, str], UUID], locale: str) -> None:
    """After the flows: `answers` are the FAQs by pack id and language."""
    file = load()
    made = await sets.create_set(db, actor, SetBody(name=file["name"][locale], description=file["description"][locale]))
    bodies = [case_of(row, language, answers) for language, rows in file["cases"].items() for row in rows]
    await sets.put(db, actor, made.id, bodies)
