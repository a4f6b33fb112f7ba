"""A number's life, over the public interface and on the real database."""

from datetime import timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import text

from qiao.channels.walkin import jobs, repository
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.desk.conversations import service as conversations
from qiao.desk.routing import service as routing
from tests.channels.walkin.conftest import API, Branch, said
from tests.conftest import Browser, SignIn

NOTHING = "00000000-0000-0000-0000-000000000000"
_events = text(
    "SELECT payload FROM events WHERE kind = 'walkin.visit_moved' AND conversation_id = :id ORDER BY xid, id"
)


async def test_from_the_kiosk_to_the_rating(branch: Branch, li: Browser) -> None:
    entry = (await branch.http.get(f"{API}/walkin/entry/{branch.keys['kiosk']}")).json()
    assert (entry["mode"], [s["prefix"] for s in entry["services"]]) == ("kiosk", ["A", "B"])
    visit = await branch.take(key="kiosk", client_key="the-same-key", device="kiosk-1")
    again = await branch.take(key="kiosk", client_key="the-same-key", device="kiosk-1")
    assert (visit["code"], visit["state"], visit["ahead"], visit["estimate_s"]) == ("A001", "waiting", 0, None)
    assert again["secret"] == visit["secret"]
    second = await branch.take()
    assert (second["code"], second["ahead"]) == ("A002", 1)
    assert (await branch.take("B"))["code"] == "B001"

    # A member of the queue who is online is not given them: they are called.
    user_id = li.actor_id
    async with branch.runtime.db.transaction() as db:
        await routing.set_presence(db, Actor(kind="user", id=user_id), user_id, state="online")
    assert [v["code"] for v in (await branch.desk(li))["waiting"]] == ["A001", "A002", "B001"]

    await branch.opens(li, "1", "A")
    assert (await branch.visitor(second))["estimate_s"] == 300
    called = await branch.calls(li)
    assert (called["code"], called["counter"], called["state"]) == ("A001", "1", "called")
    board = await branch.display()
    assert [(c["code"], c["counter"]) for c in board["calls"]] == [("A001", "1")]
    assert [n["code"] for n in board["next"]] == ["A002", "B001"]
    mine = await branch.visitor(visit)
    assert (mine["state"], mine["counter"], mine["calls"]) == ("called", "1", 1)

    conversation = (await li.get(f"{API}/conversations/{called['conversation_id']}")).json()
    assert (conversation["status"], conversation["inbox"]["channel"]) == ("assigned", "walkin")
    assert conversation["first_response_at"] is not None
    messages = (await li.get(f"{API}/conversations/{called['conversation_id']}/messages")).json()["items"]
    assert [m["body"] for m in messages if m["kind"] == "text"] == [
        "Number A001: Returns",
        "A001, please go to counter 1.",
    ]

    assert (await branch.try_visitor(visit, "rating", {"score": 5})).json()["code"] == "survey.too_early"
    await branch.does(li, called, "start")
    await branch.does(li, called, "end", {"disposition": "solved", "note": "Exchanged the kettle"})
    conversation = (await li.get(f"{API}/conversations/{called['conversation_id']}")).json()
    assert (conversation["status"], conversation["wrap_up"]["note"]) == ("resolved", "Exchanged the kettle")
    done = await branch.visitor(visit)
    assert (done["state"], done["may_rate"]) == ("served", True)
    await branch.visitor(visit, "rating", {"score": 5, "comment": "Quick"})
    assert (await branch.visitor(visit))["rating"] == 5
    # Nothing on public pages tells who anybody is.
    for shown in (str(board), str(mine), str(done)):
        assert "Li" not in shown and "phone" not in shown


async def test_every_move_is_an_event_and_illegal_ones_are_refused(branch: Branch, li: httpx.AsyncClient) -> None:
    visit = await branch.take()
    await branch.opens(li, "1")
    called = await branch.calls(li)
    early = await li.post(f"{API}/counter/visits/{called['id']}/miss")
    assert (early.status_code, early.json()["code"]) == (409, "walkin.call_again")
    assert (await li.post(f"{API}/counter/next")).json()["code"] == "walkin.finish_first"
    assert (await li.post(f"{API}/counter/visits/{called['id']}/park")).json()["code"] == "walkin.move_refused"
    for _ in range(2):
        await branch.does(li, called, "recall")
    assert (await branch.visitor(visit))["calls"] == 3
    missed = await branch.does(li, called, "miss")
    assert missed["return_by"] is not None
    assert (await branch.display())["missed"] == ["A001"]
    assert (await branch.visitor(visit))["may_return"]

    others = [await branch.take() for _ in range(5)]
    back = await branch.visitor(visit, "back")
    assert (back["state"], back["ahead"]) == ("waiting", 3)
    codes = [(await branch.serves(li))["code"] for _ in range(6)]
    assert codes == ["A002", "A003", "A004", "A001", "A005", "A006"]
    assert (await branch.visitor(others[0]))["state"] == "served"

    async with branch.runtime.db.read() as db:
        row = await repository.visit(db, called["id"])
        assert row is not None
        rows = await db.execute(_events, {"id": row.conversation_id})
        moves = [payload["move"] for (payload,) in rows]
    assert moves == ["take", "call", "recall", "recall", "miss", "back", "call", "end"]


async def test_whoever_stands_there_is_called_however_much_waits_on_the_screen(
    branch: Branch, li: httpx.AsyncClient
) -> None:
    await branch.take()
    await branch.opens(li, "1")
    full = await li.put(f"{API}/me/presence", json={"state": "online", "capacity": 0})
    assert full.is_success, full.text
    assert (await branch.calls(li))["code"] == "A001"


async def test_missed_and_never_back(branch: Branch, li: httpx.AsyncClient) -> None:
    visit = await branch.take()
    await branch.opens(li, "1")
    called = await branch.calls(li)
    for _ in range(2):
        await branch.does(li, called, "recall")
    await branch.does(li, called, "miss")
    with clock.frozen(clock.now() + timedelta(minutes=31)):
        late = await branch.try_visitor(visit, "back")
        assert late.json()["code"] == "walkin.return_over"
        await jobs.sweep(branch.runtime)
    gone = await branch.visitor(visit)
    assert (gone["state"], gone["may_return"]) == ("missed", False)
    assert (await branch.try_visitor(visit, "back")).json()["code"] == "walkin.move_refused"
    conversation = (await li.get(f"{API}/conversations/{called['conversation_id']}")).json()
    assert conversation["status"] == "closed"


async def test_parked_passed_on_and_taken_up_again(
    branch: Branch, li: httpx.AsyncClient, wang: httpx.AsyncClient
) -> None:
    first, second = await branch.take("A"), await branch.take("B")
    await branch.opens(li, "1", "A")
    await branch.opens(wang, "2", "B")
    called = await branch.calls(li)
    await branch.does(li, called, "start")
    await branch.does(li, called, "park")
    assert (await branch.visitor(first))["parked"]
    desk = await branch.desk(li)
    assert (desk["current"], [v["code"] for v in desk["parked"]]) == (None, ["A001"])
    await branch.does(li, called, "resume")
    # To the other service: before who came there later, because they came earlier.
    await branch.does(li, called, "transfer", {"service_id": str(branch.services["B"]), "note": "Needs a spare part"})
    assert (await branch.calls(wang))["code"] == "A001"
    assert (await branch.visitor(second))["ahead"] == 0

    # To one counter: nobody else calls them while it is open, everybody once it closes.
    third = await branch.take("A")
    current = (await branch.desk(wang))["current"]
    await branch.does(wang, current, "transfer", {"counter_id": str(branch.counters["1"])})
    assert (await branch.calls(wang))["code"] == "B001"
    closed = await li.post(f"{API}/counter/counters/{branch.counters['1']}/close")
    assert closed.status_code == 204
    await branch.does(wang, (await branch.desk(wang))["current"], "end", {})
    assert (await branch.calls(wang))["code"] == "A001"
    assert (await branch.visitor(third))["state"] == "waiting"


async def test_who_they_are_is_known_once_staff_has_verified_it(
    branch: Branch, li: httpx.AsyncClient, sign_in: SignIn
) -> None:
    admin = await sign_in("admin")
    vip = await said(admin, f"{API}/customers", {"name": "Zhao Min", "level": "vip", "phone": "13800138000"})
    for _ in range(3):
        await branch.take(phone="139 0013 9000")
    desk = await branch.desk(li)
    assert {v["customer"] for v in desk["waiting"]} == {None}
    assert "13900139000" not in str(desk)
    last = desk["waiting"][-1]
    found = await branch.does(li, last, "customer", {"customer_id": vip["id"]})
    assert (found["customer"]["name"], found["priority"]) == ("Zhao Min", 3)
    conversation = (await li.get(f"{API}/conversations/{last['conversation_id']}")).json()
    assert (conversation["customer"]["id"], conversation["priority"]) == (vip["id"], 3)
    assert [v["code"] for v in (await branch.desk(li))["waiting"]] == ["A003", "A001", "A002"]
    twice = await li.post(f"{API}/counter/visits/{last['id']}/customer", json={"customer_id": vip["id"]})
    assert twice.json()["code"] == "walkin.already_verified"
    # The number they left, seen on their phone by staff, makes a customer who is found everywhere.
    new = await branch.does(li, desk["waiting"][0], "customer", {"name": "Qian"})
    listed = (await admin.get(f"{API}/customers", params={"q": "13900139000"})).json()["items"]
    assert [c["id"] for c in listed] == [new["customer"]["id"]]


async def test_staff_see_and_do_what_their_queues_allow(branch: Branch, sign_in: SignIn, li: Browser) -> None:
    visit = await branch.take()
    stranger = await sign_in("chen", role="agent")
    async with branch.runtime.db.transaction() as db:
        await routing.set_members(db, Actor.system(), branch.queue_id, [li.actor_id])
    refused = await stranger.post(f"{API}/counter/counters/{branch.counters['1']}/open", json={})
    assert refused.json()["code"] == "walkin.nothing_to_take"
    assert (await branch.desk(stranger))["waiting"] == []
    seen = (await branch.desk(li))["waiting"][0]
    for verb, body in (("cancel", None), ("priority", {"priority": 3}), ("transfer", {}), ("customer", {})):
        there = await stranger.post(f"{API}/counter/visits/{seen['id']}/{verb}", json=body)
        assert there.status_code in (403, 404), (verb, there.text)
    await branch.opens(li, "1")
    supervisor = await sign_in("wu", role="supervisor")
    held = await supervisor.post(f"{API}/counter/counters/{branch.counters['1']}/open", json={})
    assert held.json()["code"] == "walkin.counter_held"
    assert (await stranger.post(f"{API}/counter/counters/{branch.counters['1']}/close")).status_code == 403
    assert (await supervisor.post(f"{API}/counter/counters/{branch.counters['1']}/close")).status_code == 204
    assert (await branch.visitor(visit))["state"] == "waiting"


async def test_what_happens_in_the_inbox_happens_here(branch: Branch, li: httpx.AsyncClient, wang: Browser) -> None:
    visits = [await branch.take() for _ in range(4)]
    await branch.opens(li, "1")
    waiting = (await branch.desk(li))["waiting"]
    taken = waiting[2]["conversation_id"]
    response = await li.post(f"{API}/conversations/{taken}/take")
    assert response.status_code == 200, response.text
    third = await branch.visitor(visits[2])
    assert (third["state"], third["counter"]) == ("called", "1")
    back = {"to": {"type": "queue", "id": str(branch.queue_id)}, "note": ""}
    await said(li, f"{API}/conversations/{taken}/transfer", back)
    assert (await branch.visitor(visits[2]))["state"] == "waiting"
    await said(li, f"{API}/conversations/{waiting[1]['conversation_id']}/close")
    assert (await branch.visitor(visits[1]))["state"] == "cancelled"
    called = await branch.calls(li)
    await said(li, f"{API}/conversations/{called['conversation_id']}/resolve", {"note": "done"})
    assert (await branch.visitor(visits[0]))["state"] == "served"
    assert (await branch.calls(li))["code"] == "A003"
    # Given to a colleague without a counter: they go on with it, away from the window.
    await said(li, f"{API}/conversations/{taken}/assign", {"user_id": str(wang.actor_id)})
    assert (await branch.visitor(visits[2]))["counter"] is None
    assert (await branch.calls(li))["code"] == "A004"


async def test_visitors_cancel_and_let_others_go_first(branch: Branch, li: httpx.AsyncClient) -> None:
    visits = [await branch.take() for _ in range(5)]
    later = await branch.visitor(visits[0], "later")
    assert later["ahead"] == 3
    await branch.visitor(visits[0], "later")
    enough = await branch.try_visitor(visits[0], "later")
    assert enough.json()["code"] == "walkin.postponed_enough"
    assert (await branch.visitor(visits[1], "cancel"))["state"] == "cancelled"
    assert (await branch.visitor(visits[1], "cancel"))["state"] == "cancelled"
    await branch.opens(li, "1")
    assert [(await branch.serves(li))["code"] for _ in range(4)] == ["A003", "A004", "A005", "A001"]
    assert (await li.post(f"{API}/counter/next")).json() == {"visit": None}


async def test_numbers_are_given_to_so_many_a_minute(branch: Branch) -> None:
    answers = [(await branch.try_take(device="one phone")).status_code for _ in range(6)]
    assert answers == [201] * 4 + [429] * 2
    limited = await branch.try_take(device="one phone")
    assert limited.json()["code"] == "walkin.too_fast" and limited.headers["Retry-After"]
    assert (await branch.try_take(device="another")).status_code == 201
    for key in ("kiosk", "join", "display"):
        assert (await branch.http.get(f"{API}/walkin/entry/{branch.keys[key]}x")).status_code == 404
    assert (await branch.http.get(f"{API}/walkin/entry/{branch.keys['display']}")).status_code == 404
    assert (await branch.http.get(f"{API}/walkin/display/{branch.keys['join']}")).status_code == 404


@pytest.mark.parametrize(
    "body",
    [
        {"device": ""},
        {"client_key": "x"},
        {"phone": "no number"},
        {"phone": "1390000"},
        {"service_id": NOTHING},
    ],
)
async def test_nonsense_takes_no_number(branch: Branch, body: dict[str, Any]) -> None:
    refused = await branch.try_take(**body)
    assert refused.status_code in (404, 422), refused.text
    assert (await branch.display())["waiting"] == 0


async def test_yesterday_ends(branch: Branch, li: httpx.AsyncClient) -> None:
    waiting, called, serving = [await branch.take(phone="13800138000") for _ in range(3)]
    await branch.opens(li, "1")
    first = await branch.calls(li)
    await branch.does(li, first, "start")
    with clock.frozen(clock.now() + timedelta(days=3)):  # whatever day it is there when it is another one here
        await jobs.end_of_day(branch.runtime)
        assert [(await branch.visitor(v))["state"] for v in (waiting, called, serving)] == [
            "served",
            "cancelled",
            "cancelled",
        ]
        assert (await branch.take())["code"] == "A001"
    async with branch.runtime.db.read() as db:
        assert await repository.at_counter(db, branch.counters["1"]) is None
        rows = await repository.some(db, [first["id"]])
        assert [row.phone for row in rows.values()] == [None]
        facts = await conversations.facts(db, first["conversation_id"])
        assert facts is not None and facts.status == "resolved"
