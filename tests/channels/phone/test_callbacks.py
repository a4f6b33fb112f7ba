"""Promises to call: asked by customers, switches and colleagues; kept, tried, broken."""

from datetime import UTC, datetime, timedelta
from functools import partial

import httpx
import pytest

from qiao.channels.phone import jobs, promising
from qiao.core import clock
from qiao.core.runtime import Runtime
from qiao.people.organization.hours import Calendar
from tests.channels.phone.conftest import NUMBER, AddCustomer, Line
from tests.channels.street import API
from tests.conftest import SignIn

NINE_TO_SIX = Calendar(timezone="Asia/Shanghai", weekly=(*(((540, 1080),),) * 5, (), ()))
FRIDAY_LATE = datetime(2026, 3, 6, 17, 40, tzinfo=NINE_TO_SIX.zone)


def test_promises_are_made_in_business_hours_of_the_line() -> None:
    start, end = promising.soonest(NINE_TO_SIX, FRIDAY_LATE, 60) or (None, None)
    assert start == FRIDAY_LATE and end == datetime(2026, 3, 9, 9, 40, tzinfo=NINE_TO_SIX.zone)
    night = datetime(2026, 3, 6, 23, 0, tzinfo=NINE_TO_SIX.zone)
    start, end = promising.soonest(NINE_TO_SIX, night, 60) or (None, None)
    assert start == datetime(2026, 3, 9, 9, 0, tzinfo=NINE_TO_SIX.zone)
    assert end == datetime(2026, 3, 9, 10, 0, tzinfo=NINE_TO_SIX.zone)
    offered = promising.slots(NINE_TO_SIX, night)
    assert offered[0] == (
        datetime(2026, 3, 9, 9, 0, tzinfo=NINE_TO_SIX.zone),
        datetime(2026, 3, 9, 10, 0, tzinfo=NINE_TO_SIX.zone),
    )
    assert all(9 <= one.astimezone(NINE_TO_SIX.zone).hour < 18 for one, _ in offered)
    never = Calendar(timezone="Asia/Shanghai", weekly=((),) * 7)
    assert promising.soonest(never, night, 60) is None and promising.slots(never, night) == []
    assert promising.later(NINE_TO_SIX, FRIDAY_LATE, 30) == datetime(2026, 3, 9, 9, 10, tzinfo=NINE_TO_SIX.zone)


async def test_the_place_in_line_is_kept(line: Line, street_agents_away: None) -> None:
    """Who began to wait first is called first, whoever asked first."""
    path = f"{API}/channels/phone/{line.inbox.key}/callbacks"
    now = datetime.now(UTC)
    for name, waited in (("late", 1), ("early", 9), ("middle", 5)):
        body = {
            "key": name,
            "number": f"1390000000{waited}",
            "name": name,
            "waiting_since": (now - timedelta(minutes=waited)).isoformat(),
        }
        made = await line.pbx.post(path, json=body)
        assert made.status_code == 201 and made.json()["number"] == f"139****000{waited}", made.text
        again = await line.pbx.post(path, json=body)
        assert again.json()["id"] == made.json()["id"]
    open_ones = await line.callbacks()
    assert [one["customer"]["name"] for one in open_ones] == ["early", "middle", "late"]
    waiting = (await line.agent.get(f"{API}/conversations", params={"view": "queue", "sort": "waiting"})).json()[
        "items"
    ]
    assert len(waiting) == 3 and all(one["status"] == "queued" for one in waiting)
    await line.street.set_state(line.user_id, "online")
    given = await line.conversation(open_ones[0]["conversation_id"])
    assert given["assignee"]["id"] == str(line.user_id), "the one who has waited longest is given out first"


@pytest.fixture
async def street_agents_away(line: Line) -> None:
    await line.street.set_state(line.user_id, "away")


async def test_a_customer_asks_in_the_chat_and_sees_the_promise(line: Line, runtime: Runtime) -> None:
    widget = line.street.widget()
    await widget.open()
    await widget.say("Where is my parcel?")
    offer = (await widget.get("/callback")).json()
    assert offer["available"] and offer["current"] is None and offer["soonest"] and offer["slots"]
    half = await widget.post("/callback", {"client_id": "a", "phone": "13800138"})
    assert half.json()["errors"][0]["field"] == "phone"
    bad = await widget.post("/callback", {"client_id": "a", "phone": "12"})
    assert bad.status_code == 422 and bad.json()["errors"][0]["field"] == "phone"
    gone = await widget.post("/callback", {"client_id": "a", "phone": NUMBER, "slot": "2020-01-01T09:00:00Z"})
    assert gone.json()["errors"][0]["field"] == "slot"
    made = await widget.post("/callback", {"client_id": "a", "phone": NUMBER, "name": "Wang", "topic": "parcel"})
    assert made.status_code == 201, made.text
    again = await widget.post("/callback", {"client_id": "b", "phone": NUMBER})
    assert again.json()["id"] == made.json()["id"], "one promise at a time"
    assert (await widget.get("/callback")).json()["current"]["promised_until"] == made.json()["promised_until"]
    cards = [one for one in await widget.history() if one["kind"] == "card"]
    assert cards[0]["payload"]["callback"]["state"] == "open" and NUMBER not in str(cards)
    (promise,) = await line.callbacks()
    assert promise["source"] == "customer" and promise["topic"] == "parcel" and promise["waiting"]
    other = line.street.widget()
    await other.open()
    theirs = await other.post("/callback", {"client_id": "a", "phone": NUMBER})
    assert theirs.json()["id"] != made.json()["id"], "whoever types a number learns nothing of its owner's promise"
    assert (await other.http.delete(f"{API}/widget/callback", headers=other.headers)).status_code == 204
    # The chat they asked in is where the agent finds it.
    conversation = await line.conversation(promise["conversation_id"])
    assert conversation["inbox"]["channel"] == "webchat" and conversation["assignee"]["id"] == str(line.user_id)
    cancelled = await widget.http.delete(f"{API}/widget/callback", headers=widget.headers)
    assert cancelled.status_code == 204 and await line.callbacks() == []
    cards = [one for one in await widget.history() if one["kind"] == "card"]
    assert cards[0]["payload"]["callback"]["state"] == "cancelled"


async def test_a_chosen_hour_waits_for_its_time(line: Line, runtime: Runtime) -> None:
    widget = line.street.widget()
    await widget.open()
    offer = (await widget.get("/callback")).json()
    slot = offer["slots"][2]["start"]
    made = await widget.post("/callback", {"client_id": "a", "phone": NUMBER, "slot": slot})
    assert made.status_code == 201, made.text
    (promise,) = await line.callbacks()
    assert not promise["waiting"] and promise["conversation_id"] is None
    await jobs.put_forward(runtime)
    assert (await line.callbacks())[0]["conversation_id"] is None, "nobody is bothered before its time"
    with clock.frozen(datetime.fromisoformat(slot) + timedelta(minutes=1)):
        await jobs.put_forward(runtime)
        await jobs.put_forward(runtime)
    (promise,) = await line.callbacks()
    conversation = await line.conversation(promise["conversation_id"])
    assert conversation["inbox"]["channel"] == "phone" and conversation["assignee"]["id"] == str(line.user_id)


async def test_tries_by_rule_until_it_is_enough(line: Line, runtime: Runtime, add_customer: AddCustomer) -> None:
    wang = await add_customer("Wang", NUMBER)
    made = await line.agent.post(
        f"{API}/callbacks", json={"key": "k", "customer_id": str(wang), "mine": True, "topic": "refund"}
    )
    assert made.status_code == 201, made.text
    promise = made.json()
    assert promise["promised_by"]["id"] == promise["assignee"]["id"] == str(line.user_id)
    path = f"{API}/callbacks/{promise['id']}"
    for number in (1, 2):
        tried = (
            await line.agent.post(f"{path}/attempts", json={"client_id": f"t{number}", "outcome": "no_answer"})
        ).json()
        again = (
            await line.agent.post(f"{path}/attempts", json={"client_id": f"t{number}", "outcome": "no_answer"})
        ).json()
        assert tried["attempts"] == again["attempts"] == number and tried["state"] == "open"
        assert datetime.fromisoformat(tried["next_at"]) > datetime.now(UTC) + timedelta(minutes=29)
        conversation = await line.conversation(promise["conversation_id"])
        assert conversation["status"] == "snoozed", "put aside until the next try"
    last = (
        await line.agent.post(f"{path}/attempts", json={"client_id": "t3", "outcome": "busy", "note": "gave up"})
    ).json()
    assert last["state"] == "failed" and [one["outcome"] for one in last["history"]] == [
        "no_answer",
        "no_answer",
        "busy",
    ]
    assert (
        await line.agent.post(f"{path}/attempts", json={"client_id": "t4", "outcome": "reached"})
    ).status_code == 409
    (over,) = await line.callbacks(which="over")
    assert over["id"] == promise["id"] and over["outcome"] == "gave up"


async def test_a_broken_promise_is_counted_told_and_still_kept(
    line: Line, runtime: Runtime, add_customer: AddCustomer, sign_in: SignIn
) -> None:
    wang = await add_customer("Wang", NUMBER)
    made = (await line.agent.post(f"{API}/callbacks", json={"key": "k", "customer_id": str(wang), "mine": True})).json()
    with clock.frozen(datetime.fromisoformat(made["promised_until"]) + timedelta(minutes=1)):
        await jobs.keep_count(runtime)
        await jobs.keep_count(runtime)
    (broken,) = await line.callbacks(which="broken")
    assert broken["state"] == "open" and broken["broken"]
    bell = (await line.agent.get(f"{API}/notifications")).json()["items"]
    assert sum(one["kind"] == "callback.broken" for one in bell) == 1
    counts = (await line.agent.get(f"{API}/callbacks/counts")).json()
    assert counts == {"open": 1, "due": 1, "broken": 1}
    done = await line.agent.post(
        f"{API}/callbacks/{made['id']}/attempts", json={"client_id": "t", "outcome": "reached"}
    )
    assert done.json()["state"] == "done" and done.json()["broken"], "kept late is still broken"
    stranger = await sign_in("wu", role="agent")
    await line.street.hire(line.agent)
    assert (await stranger.get(f"{API}/callbacks/{made['id']}")).status_code == 404


async def test_another_time_and_a_window_that_cannot_be(line: Line, add_customer: AddCustomer) -> None:
    wang = await add_customer("Wang", NUMBER)
    nobody = await add_customer("Nobody")
    ask = partial(line.agent.post, f"{API}/callbacks")

    def ahead(hours: int) -> str:
        return (datetime.now(UTC) + timedelta(hours=hours)).isoformat()

    for wrong, field in (
        ({"promised_from": ahead(2), "promised_until": ahead(1)}, "promised_until"),
        ({"promised_until": ahead(2000)}, "promised_until"),
        ({"customer_id": str(nobody)}, "number"),
    ):  # fmt: skip
        answer: httpx.Response = await ask(json={"key": "w", "customer_id": str(wang), **wrong})
        assert answer.status_code == 422 and answer.json()["errors"][0]["field"] == field, answer.text
    made = (await ask(json={"key": "k", "customer_id": str(wang), "mine": True})).json()
    window = {
        "promised_from": ahead(3),
        "promised_until": ahead(4),
    }
    moved = (await line.agent.post(f"{API}/callbacks/{made['id']}/reschedule", json=window)).json()
    assert not moved["waiting"] and (await line.conversation(made["conversation_id"]))["status"] == "snoozed"
    taken = (await line.agent.post(f"{API}/callbacks/{made['id']}/take")).json()
    assert (await line.conversation(taken["conversation_id"]))["status"] == "assigned"
