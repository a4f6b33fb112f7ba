"""Variables in texts: found, refused with their place, filled once."""

from hypothesis import given
from hypothesis import strategies as st

from qiao.desk.canned import policy

GAPS = {name: f"【{name}】" for name in policy.VARIABLES}


def test_faults_name_line_and_column() -> None:
    body = "您好 {{customer.name}}，\n您的{{ order.numbr }}已发出\n{{order.total"
    assert policy.faults(body) == [("order.numbr", 2, 3), (None, 3, 1)]
    assert policy.faults("{{workspace.name}} {{ agent.name }} {single}") == []


def test_values_fill_and_gaps_show() -> None:
    body, missing = policy.fill(
        "{{customer.name}} {{order.number}} {{ order.number }} {{workspace.name}}",
        {"customer.name": "王芳", "order.number": None, "company.name": "桥"},
        GAPS,
    )
    assert body == "王芳 【order.number】 【order.number】 桥"
    assert missing == ["order.number"]


def test_a_value_is_not_read_for_variables_again() -> None:
    filled, missing = policy.fill("{{customer.name}}", {"customer.name": "{{order.total}}", "order.total": "1"}, GAPS)
    assert (filled, missing) == ("{{order.total}}", [])


def test_money_reads_like_money() -> None:
    assert policy.money(12900, "CNY") == "¥129.00"
    assert policy.money(1234567, "USD") == "$12,345.67"
    assert policy.money(500, "JPY") == "JPY 500"
    assert policy.money(5, "CHF") == "CHF 0.05"


@given(st.text(alphabet="{}ab.\n 订customer.nameorder", max_size=80))
def test_what_has_no_fault_is_filled_whole(body: str) -> None:
    filled, _ = policy.fill(body, dict.fromkeys(policy.VARIABLES, "x"), GAPS)
    if not policy.faults(body):
        assert "{{" not in filled or "{{{" in body
    for fault in policy.faults(body):
        assert body.split("\n")[fault.line - 1][fault.column - 1 :].startswith("{{")
