"""Documents and the machine: what is wrong is pointed at, and every walk ends or stays resumable."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.desk.sop import checking, machine
from qiao.desk.sop.book import Shelf
from qiao.desk.sop.checking import Faulty
from qiao.desk.sop.document import Check, Choice, End, Evidence, Form, Procedure, dump
from qiao.desk.sop.machine import Arrival, Visit
from qiao.packs.loader import procedure_files

END = {"id": "end", "type": "end", "outcome": "done", "label": {"zh-CN": "完成", "en": "Done"}}
SHIPPED = {doc.procedure: doc for doc in (checking.parse_text(p.read_text("utf-8")) for p in procedure_files())}


def text(word: str = "Do it") -> dict[str, str]:
    return {"zh-CN": f"{word}（中文）", "en": word}


def procedure(*steps: dict[str, Any], **more: Any) -> Procedure:
    return checking.parse({"procedure": "p", "name": text("P"), "steps": list(steps), **more})


def codes(*steps: dict[str, Any], **more: Any) -> set[tuple[str, str]]:
    return {(f.code, f.step) for f in checking.hindrances(checking.faults(procedure(*steps, **more)))}


def test_what_ships_is_sound_in_both_languages_and_survives_the_file() -> None:
    assert len(SHIPPED) == 5
    for document in SHIPPED.values():
        assert checking.faults(document, SHIPPED) == [], document.procedure
        again = checking.parse(checking.read_text(checking.to_yaml(dump(document))))
        assert again == document
        assert document.start.ticket_types


def test_soundness_dead_ends_circles_and_names() -> None:
    say = {"id": "a", "type": "instruction", "text": text()}
    assert codes(say, END) == set()
    assert codes(say) == {("dead_end", "a"), ("no_end", "")}
    assert codes({**say, "next": "end"}, {**say, "id": "b"}, END) == {("unreachable", "b")}
    assert codes({**say, "next": "nowhere"}, END) >= {("unknown_step", "a")}
    # Round and round: with an exit it may be, without one not.
    ask = {"id": "ask", "type": "check", "text": text(), "failed": "a"}
    assert codes(say, ask, END) == set()
    assert codes(say, {**ask, "next": "a"}, END) == {("no_exit", "a"), ("no_exit", "ask"), ("unreachable", "end")}
    when = {"fact": "answers.ask", "op": "is", "value": True}
    turning = [
        {"id": "x", "type": "branch", "cases": [{"when": when, "next": "y"}], "next": "end"},
        {"id": "y", "type": "branch", "cases": [{"when": when, "next": "x"}], "next": "end"},
    ]
    assert codes(say, ask, *turning, END) == {("circling", "x"), ("circling", "y")}
    assert codes({**say, "text": text("{{answers.amount}} {{who}}")}, END) == {
        ("unknown_answer", "a"),
        ("unknown_variable", "a"),
    }
    assert codes(say, END, start={"when": {"fact": "weather.rain", "op": "filled"}}) == {("unknown_fact", "")}
    form = {"id": "f", "type": "form", "text": text(), "fields": [{"key": "k", "kind": "choice", "label": text()}]}
    assert codes(form, END) == {("options_missing", "f")}
    inner = {"id": "s", "type": "procedure", "procedure": "p"}
    assert codes(inner, END) == {("within_itself", "s")}
    timer = {"id": "t", "type": "timer", "text": text(), "at_least": 10, "at_most": 5}
    assert codes(timer, END) == {("timer_never", "t")}


def test_money_is_compared_by_its_coins_and_dots_are_no_words() -> None:
    """A condition on an amount with its currency would never hold: whoever writes one is told, and how it is written."""
    form = {"id": "f", "type": "form", "text": text(), "fields": [{"key": "sum", "kind": "money", "label": text()}]}
    for fact, op, found in (
        ("answers.sum", "above", {("money_by_minor", "by")}),
        ("answers.sum", "is", {("money_by_minor", "by")}),
        ("answers.sum", "filled", set()),
        ("answers.sum_minor", "above", set()),
    ):
        case = {"when": {"fact": fact, "op": op, "value": 20000}, "next": "end"}
        assert codes(form, {"id": "by", "type": "branch", "cases": [case], "next": "end"}, END) == found
    assert codes({"id": "a", "type": "instruction", "text": text("……")}, END) == {("not_written", "a")}


def test_a_malformed_file_is_pointed_at_with_line_and_column() -> None:
    source = (
        "procedure: p\n"
        "name: {en: P}\n"
        "steps:\n"
        "  - {id: a, type: instruction, text: {en: Go}}\n"
        "  - id: b\n"
        "    type: chek\n"
        "  - id: c\n"
        "    type: timer\n"
        "    text: {en: Wait}\n"
        "    at_least: -3\n"
        "    colour: red\n"
        "  - {id: d, type: action, text: {en: Do}, action: {do: fly}}\n"
    )
    with pytest.raises(Faulty) as caught:
        checking.parse_text(source)
    found = {(f.code, f.step, f.field): (f.line, f.column) for f in caught.value.faults}
    assert found == {
        ("unknown_type", "b", "type"): (6, 5),
        ("too_small", "c", "at_least"): (10, 5),
        ("unknown_field", "c", "colour"): (11, 5),
        ("unknown_type", "d", "action.do"): (12, 52),
    }
    with pytest.raises(Faulty) as caught:
        checking.read_text("a: [1,\nb: {")
    assert (caught.value.faults[0].code, caught.value.faults[0].line) == ("not_yaml", 3)
    for hostile in ("", "[]", "a: &x [*x]", "a: 2020-01-01", "? {a: 1}\n: b"):
        with pytest.raises(Faulty):
            checking.parse_text(hostile)
    # Sense is placed as well, where the file has it.
    text_ = "procedure: p\nname: {en: P, zh-CN: 流程}\nsteps:\n  - {id: a, type: instruction, text: {en: Hi {{x}}}}\n"
    sound = text_.replace("Hi {{x}}", '"Hi {{x}}"')
    placed = checking.placed(checking.faults(checking.parse_text(sound)), sound)
    assert ("unknown_variable", 4, 39) in {(f.code, f.line, f.column) for f in placed}


def test_answers_are_held_against_their_step() -> None:
    document = procedure(
        {
            "id": "f",
            "type": "form",
            "text": text(),
            "fields": [
                {"key": "amount", "kind": "money", "label": text(), "required": True, "maximum": 500},
                {
                    "key": "why",
                    "kind": "text",
                    "label": text(),
                    "required_when": {"fact": "answers.amount_minor", "op": "above", "value": 20000},
                },
            ],
        },
        {
            "id": "n",
            "type": "check",
            "text": text(),
            "value": {"key": "n", "kind": "number", "label": text()},
            "passes": {"fact": "answers.n", "op": "at_least", "value": 3},
            "failed": "f",
        },
        {"id": "e", "type": "evidence", "text": text(), "accept": ["link"]},
        END,
    )
    form, check, proof = document.steps[:3]

    def wrong(step: Any, answer: dict[str, Any]) -> list[tuple[str, str]]:
        with pytest.raises(machine.Unanswerable) as caught:
            machine.judge(document, step, answer, {"answers": {}})
        return [(one.field, one.code) for one in caught.value.fields]

    assert wrong(form, {"values": {}}) == [("answer.values.amount", "sop.answer_missing")]
    assert wrong(form, {"values": {"amount": 600, "x": 1}}) == [
        ("answer.values.x", "sop.answer_unknown"),
        ("answer.values.amount", "ticket.field.at_most"),
    ]
    assert wrong(form, {"values": {"amount": 250}}) == [("answer.values.why", "sop.answer_missing")]
    good = machine.judge(document, form, {"values": {"amount": "¥250", "why": "broken"}}, {"answers": {}})
    assert good.answers == {"amount": {"minor": 25000, "currency": "CNY"}, "why": "broken"}
    assert machine.judge(document, check, {"value": 2}, {}).target == "f"
    assert machine.judge(document, check, {"value": "3"}, {}).target == "e"
    assert wrong(check, {"value": "many"}) == [("answer.value", "number_invalid")]
    assert wrong(proof, {"items": [{"kind": "link", "url": "javascript:alert(1)"}]})[0][1] == "sop.evidence_link"
    assert wrong(proof, {"items": [{"kind": "text", "text": "x"}]})[0][1] == "sop.evidence_kind"


# -- any walk ends or stays resumable ----------------------------------------------------------------------------------


def _answer(draw: Any, step: Any) -> dict[str, Any]:
    """Something the step takes."""
    if isinstance(step, Check):
        return {"value": draw(st.booleans())}
    if isinstance(step, Choice):
        return {"value": draw(st.sampled_from([option.key for option in step.options]))}
    if isinstance(step, Evidence):
        return {"items": [{"kind": step.accept[0], "text": "x", "url": "https://a.test", "file_id": "f"}]}
    if isinstance(step, Form):
        made = {
            "order": "KL20260001",
            "money": draw(st.sampled_from([99, 250])),
            "number": draw(st.sampled_from([1, 30])),
            "email": "a@example.com",
            "phone": "19900001234",
            "date": "2026-01-01",
        }
        values = {}
        for spec in step.fields:
            if spec.options:
                key = draw(st.sampled_from([option.key for option in spec.options]))
                values[spec.key] = [key] if spec.kind == "choices" else key
            else:
                values[spec.key] = made.get(spec.kind, "91310000MA1FL5E91B")
        return {"values": values}
    return {}


def _random_procedure(draw: Any) -> Procedure:
    """Steps that lead anywhere at all; those that are not sound are left out."""
    size = draw(st.integers(2, 7))
    ids = [f"s{i}" for i in range(size)]
    steps: list[dict[str, Any]] = []
    for i, step_id in enumerate(ids[:-1]):
        kind = draw(st.sampled_from(["instruction", "check", "choice", "branch", "procedure"]))
        target = st.sampled_from(ids)
        step: dict[str, Any] = {"id": step_id, "type": kind, "next": draw(st.one_of(target, st.just(ids[i + 1])))}
        if kind in ("instruction", "check", "choice"):
            step["text"] = text()
        if kind == "check":
            step["failed"] = draw(target)
        if kind == "choice":
            step["options"] = [{"key": k, "label": text(k), "next": draw(target)} for k in ("a", "b")]
        if kind == "branch":
            fact = {"fact": "answers.s0", "op": "filled"}
            step["cases"] = [{"when": fact, "next": draw(target)}]
        if kind == "procedure":
            step["procedure"] = "angry_customer"
        steps.append(step)
    return procedure(*steps, {**END, "id": ids[-1]})


@settings(max_examples=80)
@given(st.data())
def test_any_walk_through_a_sound_procedure_ends_or_stays_resumable(data: st.DataObject) -> None:
    draw = data.draw
    known = dict(SHIPPED)
    if draw(st.booleans()):
        document = draw(st.sampled_from(sorted(SHIPPED.values(), key=lambda one: one.procedure)))
    else:
        document = _random_procedure(draw)
        if any(
            "answers.s0" in str(step) and document.steps[0].type not in ("check", "choice") for step in document.steps
        ):
            return
        if checking.hindrances(checking.faults(document, known)):
            return
    known[document.procedure] = document
    shelf = Shelf(known, {key: key for key in SHIPPED})
    facts: dict[str, Any] = {"answers": {}}
    arrival = machine.begin(shelf, document.procedure, facts)
    origin, visits = arrival.position, list[Visit]()
    for _ in range(draw(st.integers(0, 25))):
        if not arrival.position:
            break
        frame = arrival.position[-1]
        inner = shelf.document(frame.version)
        step = inner.step(frame.step)
        act = draw(st.sampled_from(["answer", "answer", "answer", "skip", "jump", "back"]))
        if act == "back":
            last = next((i for i in range(len(visits) - 1, -1, -1) if not visits[i].undone), None)
            if last is not None:
                one = visits[last]
                visits[last] = Visit(one.frm, one.to, one.answers, undone=True)
                arrival = Arrival(one.frm)
                facts = machine.with_answers({"answers": {}}, machine.known_answers(visits))
            continue
        gained: dict[str, Any] = {}
        if act == "skip":
            target = inner.after(step)
            if target is None:
                continue
        elif act == "jump":
            target = draw(st.sampled_from([one.id for one in inner.steps]))
        else:
            verdict = machine.judge(inner, step, _answer(draw, step), facts)
            gained, target = verdict.answers, verdict.target
        facts = machine.with_answers(facts, gained)
        before = arrival.position
        arrival = machine.onward(shelf, before, target, facts)
        visits.append(Visit(before, arrival.position, gained))
        # The history explains where one stands, and one can stand there.
        assert machine.standing(origin, visits) == arrival.position
        if arrival.position:
            here = shelf.document(arrival.position[-1].version).step(arrival.position[-1].step)
            assert not isinstance(here, End) and here.type not in ("branch", "procedure")
        else:
            assert arrival.outcome
    # From wherever one stands an end can be reached by answering well and badly, without deviating.
    if arrival.position:
        assert all(_can_end(shelf.document(frame.version), frame.step) for frame in arrival.position)


def _can_end(document: Procedure, step_id: str) -> bool:
    reached, waiting = set[str](), [step_id]
    while waiting:
        current = waiting.pop()
        if current not in reached:
            reached.add(current)
            waiting += document.leads_to(document.step(current))
    return any(isinstance(document.step(one), End) for one in reached)


def test_a_history_that_does_not_hang_together_is_noticed() -> None:
    a, b, c = (machine.Frame("p", name) for name in "abc")
    assert machine.standing((a,), [Visit((a,), (b,)), Visit((b,), (c,), undone=True)]) == (b,)
    with pytest.raises(ValueError, match="while standing at"):
        machine.standing((a,), [Visit((b,), (c,))])
