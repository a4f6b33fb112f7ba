"""One source: a procedure makes a flow that passes the flows' own checking and plays through."""

from typing import Any

import pytest

from qiao.bot.flows import checking as flow_checking
from qiao.bot.flows.document import Flow
from qiao.bot.flows.from_procedure import to_flow
from qiao.bot.flows.rehearsal import run_tests
from qiao.desk.sop import checking
from qiao.packs.loader import procedure_files
from tests.conftest import SignIn

SHIPPED = {path.stem: checking.parse_text(path.read_text("utf-8")) for path in procedure_files()}


def flow_of(name: str, **more: Any) -> Flow:
    return flow_checking.parse({**to_flow(SHIPPED[name]), **more})


@pytest.mark.parametrize("name", sorted(SHIPPED))
def test_every_shipped_procedure_makes_a_sound_flow(name: str) -> None:
    flow = flow_of(name)
    assert flow_checking.faults(flow, {}) == []
    assert flow.steps[0].id == SHIPPED[name].steps[0].id
    assert flow.triggers.phrases.zh_cn and flow.triggers.phrases.en


async def test_a_parcel_is_asked_about_and_what_needs_a_person_is_handed_over() -> None:
    began = {"customer": "我的快递还没到", "step": "facts"}
    flow = flow_of(
        "parcel_missing",
        tests=[
            {
                "name": "on its way",
                "turns": [
                    began,
                    {"customer": "KL20260001", "step": "state", "slots": {"order_number": "KL20260001"}},
                    {"customer": "在路上", "says": "通常 1–2 天内送到", "ended": "completed"},
                ],
            },
            {
                "name": "stuck",
                "turns": [
                    began,
                    {"customer": "KL20260001", "step": "state"},
                    {"customer": "48 小时没更新", "ended": "handoff"},
                ],
            },
        ],
    )
    results = await run_tests(flow, {})
    assert [(one.name, one.passed, one.misses) for one in results] == [("on its way", True, ()), ("stuck", True, ())]


async def test_an_editor_makes_the_draft_with_one_call(sign_in: SignIn) -> None:
    boss, agent = await sign_in("boss"), await sign_in("li", role="agent")
    url = "/api/v1/bot/flows/from-procedure"
    made = await boss.post(url, json={"procedure": "parcel_missing"})
    assert made.status_code == 201, made.text
    assert (made.json()["key"], made.json()["published"], made.json()["faults"]) == ("parcel_missing", None, [])
    assert (await boss.post(url, json={"procedure": "parcel_missing"})).status_code == 409
    assert (await boss.post(url, json={"procedure": "parcel_missing", "key": "other"})).status_code == 201
    assert (await boss.post(url, json={"procedure": "nothing"})).status_code == 404
    assert (await agent.post(url, json={"procedure": "parcel_missing"})).status_code == 403
