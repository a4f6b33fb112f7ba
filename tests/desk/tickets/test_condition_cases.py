"""The console reads conditions as the server does: both are put the same cases (`conditions.cases.json`)."""

import json
from pathlib import Path

import pytest
from pydantic import TypeAdapter

from qiao.core.conditions import Condition, holds

CASES = Path(__file__).resolve().parents[3] / "web/console/src/features/tickets/fields/conditions.cases.json"


@pytest.mark.parametrize("case", json.loads(CASES.read_text("utf-8")), ids=lambda case: case["why"])
def test_a_case_of_both(case: dict[str, object]) -> None:
    condition = TypeAdapter[Condition](Condition).validate_python(case["condition"])
    facts = case["facts"]
    assert isinstance(facts, dict)
    assert holds(condition, facts) is case["holds"]
