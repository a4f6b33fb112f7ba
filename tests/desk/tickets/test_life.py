"""A ticket from its making to its end."""

from tests.desk.tickets.office import Office


async def test_a_refund_goes_its_way(office: Office) -> None:
    customer = await office.customer()
    fields = {"order": "KP-1001", "reason": "damaged", "amount": "128.50"}
    made = await office.make(type_key="refund", title="Broken cup", fields=fields, customer_id=customer)
    assert (made.status, made.state.key, made.ref) == ("new", "new", f"R-{made.number}")
    assert made.fields["amount"] == {"minor": 12850, "currency": "CNY"}
    assert made.fields["kind"] == "return", "the default"
    await office.move(made.id, "check")
    waiting = await office.move(made.id, "await_goods")
    assert (waiting.status, waiting.state.key) == ("on_hold", "waiting_goods")
    await office.move(made.id, "goods_back", fields={"inspection": "fine"})
    await office.move(made.id, "approve")  # 128.50 needs nobody's approval
    done = await office.move(made.id, "refund")
    assert done.status == "solved"
    assert done.solved_at is not None
    lines = await office.lines(made.id)
    said = [line.body for line in lines if line.kind == "comment"]
    assert "¥128.50" in said[-1]
    assert [line.seq for line in lines] == list(range(1, len(lines) + 1))
    assert done.last_seq == len(lines)
