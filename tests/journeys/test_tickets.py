"""Two people write in one ticket at once. (What begins in a chat and ends as a closed ticket is the journey of a refund.)"""

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import FilePayload, expect

from tests.journeys.people import Colleague

pytestmark = [pytest.mark.journey, pytest.mark.usefixtures("clean_desk")]
Work = Callable[..., Colleague]


def test_two_write_at_once_and_the_second_chooses(colleague: Work) -> None:
    agent = colleague("chen.yu", "en")
    ticket = agent.api.post("/tickets", {"type_key": "suggestion", "title": "A softer soap"})
    agent.comes_in(f"/tickets/{ticket['ref']}")
    edit = agent.page.get_by_role("button", name="A softer soap", exact=True)
    edit.click()
    box = agent.page.get_by_role("textbox", name=agent.w("tickets:head.title"), exact=True)
    box.fill("A much softer soap")

    lead = agent.product.api("lin.mu")
    lead.patch(f"/tickets/{ticket['id']}", {"title": "A green soap", "priority": 3})
    lead.close()
    expect(agent.page.locator(".q-tk__facts .q-bars--3")).to_be_visible()

    box.press("Enter")
    clash = agent.page.get_by_role("dialog").last
    expect(clash).to_contain_text("A green soap")
    expect(clash).to_contain_text("A much softer soap")
    clash.get_by_role("radio", name=re.compile(agent.w("tickets:conflict.mine"))).check()
    clash.get_by_role("button", name=agent.w("tickets:conflict.keep"), exact=True).click()
    expect(agent.page.get_by_role("heading", name="A much softer soap", level=1)).to_be_visible()
    assert agent.api.get(f"/tickets/{ticket['id']}")["title"] == "A much softer soap"


def test_a_ticket_whose_owner_left_says_so(colleague: Work) -> None:
    lead = colleague("lin.mu", "en")
    (role,) = [one["id"] for one in lead.api.items("/roles") if one["key"] == "agent"]
    person = {"email": "ren.zou@kapok.example", "name": "Zou Ren", "role_ids": [role]}
    left = lead.api.post("/users", person)["id"]
    ticket = lead.api.post("/tickets", {"type_key": "suggestion", "title": "A rounder soap", "assignee_id": left})
    lead.api.patch(f"/users/{left}", {"active": False})
    lead.comes_in(f"/tickets/{ticket['ref']}")
    expect(lead.page.locator(".q-tk__facts")).to_contain_text(lead.w("tickets:pick.left", name="Zou Ren"))


def test_what_was_done_to_many_is_taken_back_before_ones_eyes(colleague: Work) -> None:
    agent = colleague("lin.mu", "en")
    words = "tickets/lists:"
    ticket = agent.api.post("/tickets", {"type_key": "suggestion", "title": "A lighter box", "priority": 0})
    agent.comes_in("/tickets")
    agent.page.get_by_text("All tickets", exact=True).first.click()
    row = agent.page.get_by_role("row", name=re.compile("A lighter box"))
    row.get_by_role("checkbox").check(force=True)
    agent.page.get_by_role("button", name=agent.w(f"{words}verb.priority"), exact=True).last.click()
    form = agent.page.get_by_role("dialog").last
    form.get_by_role("combobox").click(force=True)
    agent.page.locator(".ant-select-item-option:visible").first.click()
    form.locator(".ant-btn-primary").click()
    expect(row.locator(".q-bars--3")).to_be_visible()
    agent.page.get_by_role("button", name=agent.w(f"{words}undo"), exact=True).click()
    expect(row.locator(".q-bars--0")).to_be_visible()
    assert agent.api.get(f"/tickets/{ticket['id']}")["priority"] == 0


def test_a_rule_that_lacks_something_shows_what(colleague: Work) -> None:
    boss = colleague("lin.mu", "en")
    boss.comes_in("/settings/automation/new")
    boss.page.get_by_label("Name", exact=False).first.fill("Nothing yet")
    boss.page.get_by_role("button", name=boss.w("settings/automation:editor.create"), exact=True).click()
    expect(boss.page.get_by_text(boss.w("settings/automation:need.actions"))).to_be_in_viewport()


def test_looking_at_a_condition_as_an_expression_changes_nothing(colleague: Work) -> None:
    boss = colleague("lin.mu", "en")
    words = "settings/automation:"
    boss.comes_in("/settings/automation/new")
    boss.page.get_by_text(boss.w(f"{words}if.cel"), exact=True).click()
    expression = boss.page.locator("#rule-cel")
    expect(expression).to_be_visible()
    unsaved = boss.page.get_by_text(boss.w("settings:kit.unsaved"), exact=True)
    expect(unsaved).to_be_hidden()
    expression.fill("ticket.priority >= 2")
    expect(unsaved).to_be_visible()


def test_a_procedure_comes_in_from_a_file_and_keeps_what_was_typed_as_evidence(colleague: Work) -> None:
    boss = colleague("lin.mu", "en")
    words = "settings/procedures:"
    boss.comes_in("/settings/procedures")

    def takes_in(source: str) -> None:
        file: FilePayload = {"name": "p.yaml", "mimeType": "application/yaml", "buffer": source.encode()}
        boss.page.locator("input[type=file]").set_input_files(file)

    takes_in("procedure: [")
    boss.is_told("cannot be read")
    proof = PROOF.replace("GREETING", "Hello")
    takes_in(proof)
    expect(boss.page.get_by_role("heading", name="Proof of damage")).to_be_visible()
    boss.page.get_by_role("button", name=boss.w(f"{words}publish"), exact=True).click()
    expect(boss.page.get_by_text("v1", exact=True)).to_be_visible()

    # The same file again, changed: it becomes the draft of what is there.
    boss.page.get_by_role("button", name=boss.w(f"{words}back"), exact=True).click()
    takes_in(PROOF.replace("GREETING", "Hello again"))
    boss.page.get_by_role("button", name=boss.w(f"{words}replace"), exact=True).click()
    expect(boss.page.get_by_role("heading", name="Proof of damage")).to_contain_text(boss.w(f"{words}changed"))

    ticket = boss.api.post("/tickets", {"type_key": "suggestion", "title": "A torn parcel"})
    body = {"procedure": "proof_of_damage", "subject_kind": "ticket", "subject_id": ticket["id"], "reason": "hand"}
    run = boss.api.post("/procedures/runs", body)
    boss.comes_in(f"/tickets/{ticket['ref']}")
    card = boss.page.locator("[data-procedure-step=proof]")
    card.get_by_role("textbox").fill("https://example.com/torn.jpg")
    card.get_by_role("button", name=re.compile(boss.w("tickets/sop:on"))).click()
    expect(card).to_be_hidden()
    first = boss.api.get(f"/procedures/runs/{run['id']}")["history"][0]
    assert [item["url"] for item in first["answer"]["items"]] == ["https://example.com/torn.jpg"]


PROOF = """
format: 1
procedure: proof_of_damage
name: {zh-CN: 破损凭证, en: Proof of damage}
steps:
- {id: proof, type: evidence, text: {zh-CN: 链接, en: GREETING}, accept: [link]}
- {id: end, type: end, outcome: done, label: {zh-CN: 完成, en: Done}}
"""
