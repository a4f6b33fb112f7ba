"""Links, parents, merging and splitting: nothing is lost, no circle closes."""

import asyncio

import pytest
from sqlalchemy import text

from qiao.core.actor import Actor
from qiao.core.errors import Conflict, Invalid, Problem, Refused
from qiao.desk.tickets import service
from qiao.desk.tickets.schemas import SplitBody, TicketPatch
from tests.desk.tickets.office import Office


async def test_a_link_is_seen_from_both_ends(office: Office) -> None:
    one, two = await office.make(title="One"), await office.make(title="Two")
    linked = await office.run(service.link, office.li, one.id, two.ref, "blocks")
    assert [(link.kind, link.ticket.ref) for link in linked.links or ()] == [("blocks", two.ref)]
    other = await office.get(two.id)
    assert [(link.kind, link.ticket.title) for link in other.links or ()] == [("blocked_by", "One")]
    again = await office.run(service.link, office.li, two.id, one.id, "blocked_by")
    assert len(again.links or ()) == 1, "the same link, said from the other end"
    assert "links.blocked_by" in ((await office.lines(two.id))[-1].changes or {})
    await office.run(service.link, office.li, two.id, one.id, "relates")
    await office.run(service.link, office.li, one.id, two.id, "relates")
    gone = await office.run(service.unlink, office.li, one.id, two.id, "blocks")
    assert [link.kind for link in gone.links or ()] == ["relates"]


async def test_no_circle_of_blocking(office: Office) -> None:
    a, b, c = [(await office.make(title=name)).id for name in "abc"]
    await office.run(service.link, office.li, a, b, "blocks")
    await office.run(service.link, office.li, b, c, "blocks")
    with pytest.raises(Refused) as refused:
        await office.run(service.link, office.li, c, a, "blocks")
    assert refused.value.code == "ticket.link_circle"
    with pytest.raises(Refused):
        await office.run(service.link, office.li, a, c, "blocked_by")
    await office.run(service.link, office.li, c, a, "causes")  # another kind is another story
    with pytest.raises(Invalid):
        await office.run(service.link, office.li, a, a, "relates")


async def test_no_ticket_is_its_own_ancestor(office: Office) -> None:
    a, b, c = [(await office.make(title=name)).id for name in "abc"]
    await office.run(service.set_parent, office.li, b, a)
    below = await office.run(service.set_parent, office.li, c, b)
    assert below.parent is not None
    assert below.parent.title == "b"
    with pytest.raises(Refused):
        await office.run(service.set_parent, office.li, a, c)
    assert [child.title for child in (await office.get(a)).children or ()] == ["b"]
    freed = await office.run(service.set_parent, office.li, b, None)
    assert freed.parent is None


async def test_two_links_at_once_do_not_close_a_circle(office: Office) -> None:
    a, b = [(await office.make(title=name)).id for name in "ab"]
    results = await asyncio.gather(
        office.run(service.set_parent, office.li, a, b),
        office.run(service.set_parent, office.wu, b, a),
        return_exceptions=True,
    )
    assert sum(isinstance(one, Problem) for one in results) == 1


async def test_merging_keeps_everything(office: Office) -> None:
    customer = await office.customer()
    into = await office.make(title="Stays", tags=["a"], watchers=[office.li.id])
    first = await office.make(title="Goes", tags=["b"], customer_id=customer, priority=3, watchers=[office.wu.id])
    second = await office.make(title="Goes too")
    child, related = await office.make(title="Child"), await office.make(title="Related")
    await office.say(first.id, "What the customer was told", client_id="c1")
    await office.say(into.id, "Said here", client_id="c1")
    await office.say(second.id, "A note", public=False)
    await office.run(service.log_work, office.wu, first.id, seconds=300)
    await office.run(service.add_item, office.li, first.id, "From the first")
    await office.run(service.add_item, office.li, into.id, "Own")
    await office.run(service.set_parent, office.li, child.id, first.id)
    await office.run(service.link, office.li, first.id, related.id, "relates")
    await office.run(service.link, office.li, first.id, into.id, "duplicates")
    merged = await office.run(service.merge, office.li, into.id, [first.ref, second.id], comment="same matter")
    assert merged.tags == ["a", "b"]
    assert merged.customer is not None
    assert merged.customer.id == customer
    assert merged.priority == 3
    assert merged.worked_seconds == 300
    assert merged.watchers == 2
    assert [item.text for item in merged.checklist or ()] == ["Own", "From the first"]
    assert [one.title for one in merged.children or ()] == ["Child"]
    assert [(link.kind, link.ticket.title) for link in merged.links or ()] == [("relates", "Related")]
    lines = await office.lines(into.id)
    assert [line.seq for line in lines] == list(range(1, merged.last_seq + 1))
    origins = {line.body: line.origin.ref if line.origin else None for line in lines if line.body}
    assert origins == {
        "Said here": None,
        "What the customer was told": first.ref,
        "A note": second.ref,
        "same matter": None,
    }
    gone = await office.get(first.id)
    assert gone.status == "closed"
    assert gone.merged_into is not None
    assert gone.merged_into.ref == into.ref
    assert [line.seq for line in await office.lines(first.id)] == [1, 2]
    with pytest.raises(Refused) as refused:
        await office.say(first.id, "too late")
    assert refused.value.data == {"merged_into": into.ref}
    logs = await office.read(service.worklogs, office.li, into.id)
    assert [log.origin for log in logs] == [first.ref]


async def test_what_was_merged_before_leads_on_in_one_step(office: Office) -> None:
    a, b, c = [(await office.make(title=name)).id for name in "abc"]
    await office.run(service.merge, office.li, b, [a])
    await office.run(service.merge, office.li, c, [b])
    assert await office.read(service.merged_into, a) == c


async def test_what_cannot_be_merged(office: Office) -> None:
    one, two = await office.customer("Ann"), await office.customer("Ben")
    into, other = await office.make(customer_id=one), await office.make(customer_id=two)
    with pytest.raises(Invalid):
        await office.run(service.merge, office.li, into.id, [into.id])
    with pytest.raises(Conflict) as conflict:
        await office.run(service.merge, office.li, into.id, [other.id])
    assert conflict.value.data == {"refs": [other.ref]}
    await office.run(service.merge, office.li, into.id, [other.id], confirmed=True)
    with pytest.raises(Refused):
        await office.run(service.merge, office.li, into.id, [other.id], confirmed=True)
    with pytest.raises(Refused):
        await office.run(service.merge, office.li, other.id, [into.id], confirmed=True)


async def test_merging_a_parent_into_its_child(office: Office) -> None:
    above, parent, child = [(await office.make(title=name)).id for name in ("above", "parent", "child")]
    await office.run(service.set_parent, office.li, parent, above)
    await office.run(service.set_parent, office.li, child, parent)
    merged = await office.run(service.merge, office.li, child, [parent])
    assert merged.parent is not None
    assert merged.parent.title == "above"


async def test_all_of_a_merge_or_nothing(office: Office) -> None:
    into, good, closed = await office.make(), await office.make(), await office.make()
    await office.run(service.merge, office.li, good.id, [closed.id])
    with pytest.raises(Refused):
        await office.run(service.merge, office.li, into.id, [good.id, closed.id])
    assert (await office.facts(good.id)).merged_into_id is None


async def test_splitting_makes_a_linked_ticket_of_what_was_chosen(office: Office) -> None:
    customer = await office.customer()
    me = Actor(kind="customer", id=customer, name="Ann")
    made = await office.make(customer_id=customer, fields={"product": "Lamp"})
    await office.say(made.id, "My lamp flickers", me)
    other = await office.say(made.id, "And where is my invoice?", me)
    body = SplitBody(
        title="Invoice",
        entries=[other.id],
        type_key="invoice",
        fields={"order": "K-1", "title": "Ann", "email": "a@b.test"},
    )
    new = await office.run(service.split, office.li, made.id, body)
    assert (new.type.key, new.description) == ("invoice", "And where is my invoice?")
    assert new.customer is not None
    assert [(link.kind, link.ticket.ref) for link in new.links or ()] == [("relates", made.ref)]
    copied = next(line for line in await office.lines(new.id) if line.kind == "comment")
    assert (copied.body, copied.author.name) == ("And where is my invoice?", "Ann")
    assert copied.origin is not None
    assert copied.origin.ref == made.ref
    assert len([line for line in await office.lines(made.id) if line.kind == "comment"]) == 2, "nothing is lost here"
    same = await office.run(service.split, office.li, made.id, SplitBody(title="Again", entries=[other.id]))
    assert same.fields == {"product": "Lamp"}
    created = (await office.lines(made.id))[0]
    for entries in ([created.id], [made.id]):
        with pytest.raises(Invalid):
            await office.run(service.split, office.li, made.id, SplitBody(title="x", entries=entries))


async def test_whoever_watches_a_ticket_watches_what_is_split_off(office: Office) -> None:
    made = await office.make(watchers=[office.wu.id])
    entry = await office.say(made.id, "Two things at once")
    new = await office.run(service.split, office.li, made.id, SplitBody(title="The other", entries=[entry.id]))
    assert await office.read(service.watchers_of, new.id) == [office.wu.id]


async def test_numbers_are_found_however_they_are_written(office: Office) -> None:
    made = await office.make()
    for written in (made.ref, made.ref.lower(), f"#{made.number}", str(made.number), str(made.id)):
        assert await office.read(service.resolve, written) == made.id
    await office.run(service.update, office.li, made.id, TicketPatch(type_key="suggestion"))
    assert await office.read(service.resolve, made.ref) == made.id, "another type, another letter, the same number"


async def test_tables_hold_no_rest_of_what_was_merged(office: Office) -> None:
    into, other = await office.make(), await office.make(watchers=[office.wu.id])
    await office.run(service.add_item, office.li, other.id, "x")
    await office.run(service.merge, office.li, into.id, [other.id])
    async with office.runtime.db.read() as db:
        for table in ("ticket_checklist", "ticket_worklogs", "ticket_involved"):
            query = text(f"SELECT count(*) FROM {table} WHERE ticket_id = :id")
            assert await db.scalar(query, {"id": other.id}) == 0
