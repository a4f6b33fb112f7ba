"""Types: made without code, refused with every fault and its place, never taken away under their tickets."""

from typing import Any

import pytest

from qiao.core.errors import Conflict, Invalid, Refused
from qiao.core.ids import new_id
from qiao.desk.tickets import service
from qiao.desk.tickets.checking import faults, pattern_fault
from qiao.desk.tickets.definition import Definition
from qiao.desk.tickets.schemas import TypeCreate, TypeDuplicate, TypeImport, TypePatch
from qiao.desk.tickets.types import service as types
from tests.desk.tickets.office import SYSTEM, Office


def simple(**more: Any) -> dict[str, Any]:
    return {
        "name": {"en": "Simple"},
        "workflow": {
            "initial": "a",
            "states": [
                {"key": "a", "label": {"en": "A"}, "status": "new"},
                {"key": "b", "label": {"en": "B"}, "status": "open"},
                {"key": "z", "label": {"en": "Z"}, "status": "solved"},
            ],
            "transitions": [
                {"key": "go", "label": {"en": "Go"}, "from_states": ["a"], "to": "b"},
                {"key": "end", "label": {"en": "End"}, "from_states": ["b"], "to": "z"},
            ],
        },
        **more,
    }


def found_in(**more: Any) -> set[tuple[str, str]]:
    return {(one.field, one.code.removeprefix("ticket.")) for one in faults(Definition.model_validate(simple(**more)))}


def field(**values: Any) -> dict[str, Any]:
    return {"key": "f", "kind": "text", "label": {"en": "F"}, **values}


def test_the_shipped_types_are_sound_and_speak_both_languages() -> None:
    for key, data in types.shipped():
        definition = Definition.model_validate(data)
        assert faults(definition) == [], key
        words = [definition.name, definition.description]
        words += [one.label for one in (*definition.fields, *definition.workflow.states)]
        words += [one.label for one in definition.workflow.transitions]
        words += [option.label for one in definition.fields for option in one.options]
        assert all(set(one) == {"zh-CN", "en"} for one in words), key
        assert {state.status for state in definition.workflow.states} >= {"new", "open", "on_hold", "solved", "closed"}


@pytest.mark.parametrize(
    ("more", "fault"),
    [
        ({"name": {"en": " "}}, ("name", "type.words_missing")),
        ({"fields": [field(), field()]}, ("fields[1].key", "type.key_twice")),
        ({"fields": [field(kind="choice")]}, ("fields[0].options", "type.options_missing")),
        ({"fields": [field(kind="table")]}, ("fields[0].columns", "type.columns_missing")),
        ({"fields": [field(pattern="(")]}, ("fields[0].pattern", "type.pattern_broken")),
        ({"fields": [field(pattern="(a+)+$")]}, ("fields[0].pattern", "type.pattern_slow")),
        ({"fields": [field(minimum=2, maximum=1, kind="number")]}, ("fields[0].maximum", "type.limits_crossed")),
        ({"fields": [field(kind="number", default="x")]}, ("fields[0].default", "number_invalid")),
        (
            {"fields": [field(shown_when={"fact": "ticket.fields.g", "op": "filled"})]},
            ("fields[0].shown_when", "type.fact_unknown"),
        ),
        (
            {"fields": [field(shown_when={"fact": "ticket.fields.f", "op": "filled"})]},
            ("fields[0].shown_when", "type.shown_in_circle"),
        ),
        ({"approval": {"steps": [{"label": {"en": "x"}, "roles": ["admin"], "above_minor": 5}]}},
         ("approval.steps[0].above_minor", "type.amount_missing")),
        ({"approval": {"amount_field": "f", "steps": [{"label": {"en": "x"}, "roles": ["admin"]}]},
          "fields": [field()]}, ("approval.amount_field", "type.amount_not_money")),
    ],
)  # fmt: skip
def test_every_fault_has_its_place(more: dict[str, Any], fault: tuple[str, str]) -> None:
    assert fault in found_in(**more)


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"initial": "x"}, ("workflow.initial", "type.state_unknown")),
        ({"initial": "z"}, ("workflow.initial", "type.initial_done")),
        ({"transitions.1.to": "x"}, ("workflow.transitions[1].to", "type.state_unknown")),
        ({"transitions.0.from_states": ["x"]}, ("workflow.transitions[0].from_states[0]", "type.state_unknown")),
        ({"transitions.0.to": "a"}, ("workflow.transitions[0].to", "type.leads_nowhere")),
        ({"transitions.0.to": "z"}, ("workflow.states[1]", "type.state_unreachable")),
        ({"transitions.1.from_states": ["a"]}, ("workflow.states[1]", "type.state_without_end")),
        ({"transitions.0.require": ["x"]}, ("workflow.transitions[0].require[0]", "type.field_unknown")),
        ({"transitions.0.approval": True}, ("workflow.transitions[0].approval", "type.approval_missing")),
        (
            {"transitions.0.effects": [{"do": "set", "field": "priority", "value": 9}]},
            ("workflow.transitions[0].effects[0].value", "type.priority_bad"),
        ),
        (
            {"transitions.0.effects": [{"do": "set", "field": "fields.x", "value": 9}]},
            ("workflow.transitions[0].effects[0].field", "type.field_unknown"),
        ),
    ],
)
def test_every_fault_of_a_workflow_has_its_place(change: dict[str, Any], fault: tuple[str, str]) -> None:
    data = simple()
    for path, value in change.items():
        *steps, last = path.split(".")
        node: Any = data["workflow"]
        for step in steps:
            node = node[int(step)] if step.isdigit() else node[step]
        node[last] = value
    assert fault in found_in(workflow=data["workflow"])


def test_patterns_that_could_take_ages_are_known() -> None:
    for bad in (r"(a+)+", r"(a|a)*b", r"(\w+\s?)*$", r"(?=x)y", r"(a)\1", r".*.*.*.*x", r"((ab)*c)*"):
        assert pattern_fault(bad) in ("pattern_slow", None if bad == r"(a|a)*b" else "pattern_slow"), bad
    for good in (r"\d{4}-\d{2}", r"[A-Z]{2}\d+", r"(SF|JD)\d{8,20}", r"[^@]+@[^@]+"):
        assert pattern_fault(good) is None, good


async def test_making_changing_and_coming_too_late(office: Office) -> None:
    made = await office.run(types.create, SYSTEM, TypeCreate(key="own", definition=simple()))
    assert (made.revision, made.position) == (1, 8)
    with pytest.raises(Invalid):
        await office.run(types.create, SYSTEM, TypeCreate(key="own", definition=simple()))
    patch = TypePatch(definition=simple(fields=[field(required=True)]), revision=1)
    assert (await office.run(types.update, SYSTEM, "own", patch)).revision == 2
    with pytest.raises(Conflict) as conflict:
        await office.run(types.update, SYSTEM, "own", patch)
    assert conflict.value.data == {"revision": 2}
    with pytest.raises(Invalid):
        await office.make(type_key="own")  # the new revision asks for the field at once
    with pytest.raises(Invalid) as wrong:
        strange = simple(routing={"department_id": str(new_id())})
        await office.run(types.create, SYSTEM, TypeCreate(key="other", definition=strange))
    assert [one.field for one in wrong.value.fields] == ["definition.routing.department_id"]


async def test_states_with_tickets_in_them_stay(office: Office) -> None:
    await office.run(types.create, SYSTEM, TypeCreate(key="own", definition=simple()))
    made = await office.make(type_key="own")
    smaller = simple()
    smaller["workflow"]["initial"] = "b"
    smaller["workflow"]["states"] = smaller["workflow"]["states"][1:]
    smaller["workflow"]["transitions"] = smaller["workflow"]["transitions"][1:]
    patch = TypePatch(definition=smaller, revision=1)
    with pytest.raises(Refused) as refused:
        await office.run(types.update, SYSTEM, "own", patch)
    assert refused.value.data is not None
    assert refused.value.data["states"][0]["state"] == "a"
    assert refused.value.params["count"] == "1"
    await office.move(made.id, "go")
    await office.run(types.update, SYSTEM, "own", patch)
    assert (await office.get(made.id)).state.key == "b"


async def test_archived_types_take_no_new_tickets(office: Office) -> None:
    made = await office.make()
    await office.run(types.set_active, SYSTEM, "consultation", False)
    with pytest.raises(Invalid):
        await office.make()
    assert (await office.move(made.id, "start")).status == "open", "those there are go on"
    assert "consultation" not in [one.key for one in await office.read(types.summaries)]
    await office.run(types.set_active, SYSTEM, "consultation", True)
    await office.make()


async def test_order_copies_and_files(office: Office) -> None:
    order = await office.run(types.reorder, SYSTEM, ["internal", "refund"])
    assert [one.key for one in order][:3] == ["internal", "refund", "consultation"]
    await office.run(types.duplicate, SYSTEM, "refund", TypeDuplicate(key="refund_b2b", name={"en": "B2B refund"}))
    copy = await office.read(types.get_type, "refund_b2b")
    assert copy.definition.name == {"en": "B2B refund"}
    file = await office.read(types.as_file, "refund_b2b")
    with pytest.raises(Invalid):
        await office.run(types.from_file, SYSTEM, TypeImport(yaml=file))
    read = await office.run(types.from_file, SYSTEM, TypeImport(yaml=file, revision=1))
    assert read.definition == copy.definition
    with pytest.raises(Invalid) as wrong:
        broken = file.replace("prefix: RF", "prefix: toolong")
        await office.run(types.from_file, SYSTEM, TypeImport(yaml=broken, revision=2))
    line = broken.split("\n").index("  prefix: toolong") + 1
    assert [one.field for one in wrong.value.fields] == [f"definition.prefix ({line})"]
    for nonsense in ("a: [", "format: other\n", "- 1\n", "format: qiao.ticket_type/1\nkey: x\n"):
        with pytest.raises(Invalid):
            await office.run(types.from_file, SYSTEM, TypeImport(yaml=nonsense))


async def test_effects_happen_in_the_move(office: Office) -> None:
    definition = simple(fields=[field()])
    definition["workflow"]["transitions"][0]["effects"] = [
        {"do": "assign", "department_id": str(office.warehouse), "to": "nobody"},
        {"do": "set", "field": "priority", "value": 3},
        {"do": "set", "field": "tags", "value": ["urgent"]},
        {"do": "set", "field": "due_in_hours", "value": 4},
        {"do": "set", "field": "fields.f", "value": "filled in"},
        {"do": "tell_customer", "text": {"en": "Hello {{customer.name}}, {{ticket.number}}: {{fields.f}} {{nobody}}"}},
    ]
    await office.run(types.create, SYSTEM, TypeCreate(key="own", definition=definition))
    customer = await office.customer("Ann")
    made = await office.make(type_key="own", customer_id=customer, locale="en")
    moved = await office.move(made.id, "go")
    assert moved.department is not None
    assert (moved.department.name, moved.assignee, moved.priority, moved.tags) == ("Warehouse", None, 3, ["urgent"])
    assert moved.due_at is not None
    said = [line.body for line in await office.lines(made.id) if line.kind == "comment"]
    assert said == [f"Hello Ann, {made.ref}: filled in"]
    assert (await office.facts(made.id)).first_response_at is not None


async def test_strategies_without_anybody_to_choose_leave_it_to_the_department(office: Office) -> None:
    await office.run(
        types.create,
        SYSTEM,
        TypeCreate(key="mine", definition=simple(routing={"strategy": "creator", "department_id": office.service})),
    )
    made = await office.make(type_key="mine")
    assert made.assignee is not None
    assert made.assignee.id == office.li.id
    by_system = await office.make(SYSTEM, type_key="mine")
    assert by_system.assignee is None
    assert by_system.department is not None
    assert (await office.read(service.open_by_assignee, [office.li.id])) == {office.li.id: 1}
