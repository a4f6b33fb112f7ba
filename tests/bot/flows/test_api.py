"""Editing, checking, rehearsing and publishing flows over HTTP."""

from typing import Any

import httpx

from qiao.packs.loader import flow_files
from tests.conftest import SignIn

REFUND = next(path for path in flow_files() if path.stem == "refund_request").read_text(encoding="utf-8")


async def test_a_flow_from_file_to_customers_and_back(sign_in: SignIn) -> None:
    editor = await sign_in("kim", role="knowledge_editor")
    made = await editor.post("/api/v1/bot/flows", json={"yaml": REFUND})
    assert made.status_code == 201, made.text
    flow = made.json()
    assert (flow["key"], flow["published"], flow["faults"]) == ("refund_request", None, [])
    assert (await editor.post("/api/v1/bot/flows", json={"yaml": REFUND})).status_code == 409
    address = f"/api/v1/bot/flows/{flow['id']}"

    published = (await editor.post(f"{address}/publish", json={"revision": flow["revision"]})).json()
    assert (published["published"], published["changed"]) == (1, False)
    document = published["document"]
    document["steps"][-1]["text"]["en"] = "Nothing to refund."
    saved = await editor.put(f"{address}/draft", json={"revision": published["revision"], "document": document})
    assert (saved.status_code, saved.json()["changed"]) == (200, True)
    late = await editor.put(f"{address}/draft", json={"revision": published["revision"], "document": document})
    assert late.status_code == 409, "somebody else's change is not overwritten"

    broken = saved.json()["document"]
    broken["steps"][0]["next"] = "nowhere"
    kept = (await editor.put(f"{address}/draft", json={"revision": 2, "document": broken})).json()
    assert next((f["step"], f["field"]) for f in kept["faults"]) == ("who", "next")
    refused = await editor.post(f"{address}/publish", json={"revision": kept["revision"]})
    assert refused.status_code == 422
    assert refused.json()["errors"][0]["field"] == "who.next"

    restored = (await editor.post(f"{address}/versions/1/restore")).json()
    assert (restored["faults"], restored["changed"]) == ([], False)
    versions = (await editor.get(f"{address}/versions")).json()["items"]
    assert [(v["number"], v["current"]) for v in versions] == [(1, True)]
    assert (await editor.delete(address)).status_code == 409
    assert (await editor.post(f"{address}/unpublish")).json()["published"] is None
    assert (await editor.delete(address)).status_code == 204

    agent = await sign_in("li", role="agent")
    assert (await agent.get("/api/v1/bot/flows")).status_code == 403


async def test_a_draft_is_rehearsed_and_its_tests_run(sign_in: SignIn) -> None:
    editor = await sign_in("kim")
    checked = (await editor.post("/api/v1/bot/flows/check", json={"yaml": REFUND})).json()
    assert checked["faults"] == []
    again = (await editor.post("/api/v1/bot/flows/check", json={"yaml": checked["yaml"]})).json()
    assert again["document"] == checked["document"]
    wrong = (await editor.post("/api/v1/bot/flows/check", json={"yaml": "a: ["})).json()
    assert wrong["document"] is None
    assert "Line" in wrong["faults"][0]["text"]

    async def say(client: httpx.AsyncClient, text: str, state: object) -> dict[str, object]:
        body = {"document": checked["document"], "text": text, "state": state, "locale": "en"}
        response = await client.post("/api/v1/bot/flows/rehearse", json=body)
        assert response.status_code == 200, response.text
        return dict(response.json())

    first = await say(editor, "I want a refund for KL80010001, it is broken", None)
    assert (first["step"], first["slots"]) == ("more", {"number": "KL80010001", "reason": "damaged"})
    second = await say(editor, "no", first["state"])
    third = await say(editor, "yes", second["state"])
    assert third["ended"] == "completed"
    assert [call["tool"] for call in third["calls"]] == ["orders.request_refund"]  # type: ignore[attr-defined]
    assert (await editor.get("/api/v1/order-requests")).json()["items"] == [], "a rehearsal leaves nothing behind"

    results = (await editor.post("/api/v1/bot/flows/test", json={"document": checked["document"]})).json()
    assert results
    assert all(result["passed"] for result in results)


async def test_a_file_is_data_that_json_can_say(sign_in: SignIn) -> None:
    editor = await sign_in("ed", role="knowledge_editor")

    async def check(text: str) -> dict[str, Any]:
        answer = await editor.post("/api/v1/bot/flows/check", json={"yaml": text})
        assert answer.status_code == 200, text
        return answer.json()  # type: ignore[no-any-return]  # an object

    assert (await check("0: {1.5: [x]}"))["document"] == {"0": {"1.5": ["x"]}}
    for text in ("name: .nan", "name: -.inf", "name: !!binary aGk=", "name: !!set {a, b}", "? [a, b]\n: c"):
        assert (await check(text))["faults"], text


async def test_all_that_is_wrong_is_said_at_once(sign_in: SignIn) -> None:
    editor = await sign_in("kim", role="knowledge_editor")
    file = """
flow: Bad Name
name: {zh-CN: 试}
colour: red
slots:
  order: {type: order_number, label: {zh-CN: 订单, en: Order}, ask: {zh-CN: 哪个？}}
  days: {label: {zh-CN: 天, en: Days}, ask: {zh-CN: "{{nowhere}}", en: Days?}, min: 5, max: 2}
steps:
  - {id: first, type: ask, slot: ordr}
  - {id: look, type: tool, tool: orders.find, inputs: {number: "{{order}}"}, save_as: found, timeout_s: 500}
  - {id: tell, type: say, text: {zh-CN: "{{found.state}} {{oder}}", en: Well}, next: nowhere}
  - {id: odd, type: sya}
"""
    wanted = {
        ("", "flow"), ("", "name.en"), ("", "colour"), ("", "slots.order.ask.en"), ("look", "timeout_s"),
        ("odd", "type"), ("", "slots.days.min"), ("", "slots.days.ask.zh-CN"), ("first", "slot"), ("tell", "next"),
        ("tell", "text.zh-CN"),
    }  # fmt: skip
    checked = (await editor.post("/api/v1/bot/flows/check", json={"yaml": file})).json()
    assert {(fault["step"], fault["field"]) for fault in checked["faults"]} == wanted
    refused = await editor.post("/api/v1/bot/flows", json={"yaml": file})
    assert refused.status_code == 422
    said = {error["field"]: error["message"] for error in refused.json()["errors"]}
    assert set(said) == {".".join(part for part in pair if part) for pair in wanted}
    assert not any(message.startswith("flows.") for message in said.values())
