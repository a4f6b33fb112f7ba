"""Calls as a switch reports them, through the API on a real database."""

import itertools
from datetime import timedelta
from typing import Any

import httpx
import pytest

from qiao.channels.phone import jobs, policy
from qiao.core.runtime import Runtime
from tests.channels.phone.conftest import NUMBER, AddCustomer, Line
from tests.channels.street import API
from tests.conftest import SignIn


async def test_a_call_from_ringing_to_wrap_up(line: Line, add_customer: AddCustomer) -> None:
    wang = await add_customer("Wang", NUMBER)
    taken = await line.report("c1", "ringing", 0, number="+86 138 0013 8000", extensions=["801"], line="4008001234")
    assert taken["state"] == "ringing" and taken["customer"]["name"] == "Wang" and taken["conversation_id"] is None

    (pop,) = await line.current()
    assert pop["call"]["number"] == "138****8000", "an agent who may not reveal sees the number masked"
    assert [one["customer"]["id"] for one in pop["candidates"]] == [str(wang)] and pop["call"]["sure"]

    answered = await line.report("c1", "answered", 9, extension="801")
    conversation = await line.conversation(answered["conversation_id"])
    assert conversation["assignee"]["id"] == str(line.user_id) and conversation["status"] == "assigned"
    assert conversation["customer"]["id"] == str(wang) and conversation["waiting_since"] is None

    await line.report("c1", "held", 20)
    assert (await line.call(answered["id"]))["state"] == "held"
    await line.report("c1", "resumed", 50)
    await line.report("c1", "ended", 189, hung_up_by="customer", recording_url="https://pbx.example.com/r/c1.mp3")
    call = await line.call(answered["id"])
    assert (call["state"], call["wait_s"], call["talk_s"], call["held_s"]) == ("ended", 9, 180, 30)
    assert call["hung_up_by"] == "customer" and call["has_recording"]

    cards = [one for one in await line.messages(answered["conversation_id"]) if one["kind"] == "card"]
    assert len(cards) == 1 and cards[0]["payload"]["type"] == "call"
    assert cards[0]["payload"]["call"]["talk_s"] == 180 and "8000" in cards[0]["payload"]["call"]["number"]
    assert NUMBER not in str(cards), "no card holds a number in full"

    note = await line.agent.post(
        f"{API}/conversations/{answered['conversation_id']}/notes", json={"client_id": "n1", "body": "Wants an invoice"}
    )
    assert note.status_code == 201, note.text
    done = await line.agent.post(
        f"{API}/conversations/{answered['conversation_id']}/resolve", json={"disposition": "solved", "note": "sent"}
    )
    assert done.status_code == 200, done.text
    # Its record still grows when all is settled.
    late = await line.report("c1", "recording", 400, url="https://pbx.example.com/r/c1-final.mp3")
    assert late["conversation_id"] == answered["conversation_id"]
    heard = (await line.agent.post(f"{API}/calls/{answered['id']}/recording")).json()
    assert heard == {"url": "https://pbx.example.com/r/c1-final.mp3", "ours": False, "mime": None}


async def test_reports_in_any_order_end_in_one_story(line: Line, add_customer: AddCustomer) -> None:
    """Whatever the order: one conversation, one card, the agent's, nothing owed."""
    await add_customer("Wang", NUMBER)
    story: list[tuple[str, float, dict[str, Any]]] = [
        ("ringing", 0, {"number": NUMBER, "extensions": ["801"]}),
        ("answered", 9, {"extension": "801"}),
        ("ended", 60, {"hung_up_by": "agent"}),
    ]
    for number, order in enumerate(itertools.permutations(story)):
        for event, seconds, more in order:
            await line.report(f"p{number}", event, seconds, **more)
        again = await line.report(f"p{number}", "answered", 9, extension="801")
        assert again["duplicate"] and again["state"] == "ended"
        call = await line.call(again["id"])
        assert (call["state"], call["talk_s"]) == ("ended", 51)
        conversation = await line.conversation(call["conversation_id"])
        assert conversation["assignee"]["id"] == str(line.user_id), order
        cards = [one for one in await line.messages(call["conversation_id"]) if one["payload"].get("type") == "call"]
        assert len(cards) == 1 and cards[0]["payload"]["call"]["state"] == "ended"
        await line.agent.post(f"{API}/conversations/{call['conversation_id']}/resolve", json={})
    assert await line.callbacks() == [], "what was answered after all owes no call-back"


async def test_a_number_of_two_people_offers_both(line: Line, add_customer: AddCustomer) -> None:
    first, second = await add_customer("Zhao", NUMBER), await add_customer("Qian", NUMBER)
    await line.report("c1", "ringing", 0, number=NUMBER, extensions=["801"])
    (pop,) = await line.current()
    assert {one["customer"]["id"] for one in pop["candidates"]} == {str(first), str(second)}
    assert not pop["call"]["sure"]
    taken = await line.report("c1", "answered", 5, extension="801")
    other = next(one for one in (first, second) if str(one) != pop["call"]["customer"]["id"])
    chosen = await line.agent.put(f"{API}/calls/{taken['id']}/customer", json={"customer_id": str(other)})
    assert chosen.status_code == 200 and chosen.json()["sure"], chosen.text
    assert (await line.conversation(taken["conversation_id"]))["customer"]["id"] == str(other)
    (pop,) = await line.current()
    assert [one["customer"]["id"] for one in pop["candidates"]] == [str(other)]


async def test_a_missed_call_is_promised_a_call_back(line: Line) -> None:
    taken = await line.report("m1", "ringing", 0, number="13911112222", name="Sun", extensions=["801"])
    assert taken["customer"] is None and len(await line.current()) == 1
    gone = await line.report("m1", "abandoned", 20)
    assert gone["state"] == "abandoned" and await line.current() == []
    (promise,) = await line.callbacks()
    assert promise["source"] == "missed" and promise["number"] == "139****2222" and promise["customer"]["name"] == "Sun"
    conversation = await line.conversation(gone["conversation_id"])
    assert conversation["status"] == "assigned", "the free agent has it at once"
    # They ring again before anybody called: one promise stands.
    again = await line.report("m2", "missed", 60, number="13911112222")
    assert again["customer"]["name"] == "Sun", "the caller of before is known by their number"
    assert len(await line.callbacks()) == 1
    assert (await line.conversation(again["conversation_id"]))["status"] == "resolved"
    # Somebody who hides their number cannot be called back: the list has the call, nobody has work.
    hidden = await line.report("m3", "missed", 70, number="anonymous")
    assert hidden["conversation_id"] is None
    listed = (await line.agent.get(f"{API}/calls", params={"state": ["missed", "abandoned"]})).json()["items"]
    assert {one["id"] for one in listed} == {gone["id"], again["id"], hidden["id"]}


async def test_transfers_and_people_without_an_account(line: Line, sign_in: SignIn, add_customer: AddCustomer) -> None:
    await add_customer("Wang", NUMBER)
    admin = await sign_in("pbx")
    colleague = await sign_in("zhou", role="agent")
    items = [
        {"extension": "801", "user_id": str(line.user_id)},
        {"extension": "802", "user_id": str(colleague.actor_id)},
    ]
    await admin.put(f"{API}/calls/extensions/{line.inbox.id}", json={"items": items})
    twice = await admin.put(f"{API}/calls/extensions/{line.inbox.id}", json={"items": [*items, items[0]]})
    assert twice.status_code == 422 and twice.json()["errors"][0]["field"] == "items.2.extension"
    taken = await line.report("t1", "answered", 0, number=NUMBER, extension="801")
    await line.report("t1", "transferred", 30, extension="801", to_extension="802")
    conversation = await line.conversation(taken["conversation_id"])
    assert conversation["assignee"]["id"] == str(colleague.actor_id)
    assert (await line.call(taken["id"], colleague))["transfers"][0]["to"] == "802"
    # The warehouse picks up; nobody here has to do anything about it.
    elsewhere = await line.report("t2", "answered", 0, number=NUMBER, extension="999")
    assert (await line.conversation(elsewhere["conversation_id"]))["status"] == "resolved"
    # … until it is handed to one of us.
    await line.report("t2", "transferred", 20, extension="999", to_extension="801")
    conversation = await line.conversation(elsewhere["conversation_id"])
    assert conversation["status"] == "assigned" and conversation["assignee"]["id"] == str(line.user_id)


async def test_who_may_do_what(line: Line, sign_in: SignIn, client: httpx.AsyncClient) -> None:
    taken = await line.report("w1", "answered", 0, number=NUMBER, extension="801")
    stranger = await sign_in("wu", role="agent")
    await line.street.hire(line.agent)  # nobody else is in the queue
    assert (await stranger.get(f"{API}/calls")).json()["items"] == []
    assert (await stranger.get(f"{API}/calls/{taken['id']}")).status_code == 404
    boss = await sign_in("boss", role="supervisor")
    (seen,) = (await boss.get(f"{API}/calls")).json()["items"]
    assert seen["number"] == NUMBER, "whoever may reveal sees it whole"
    path = f"{API}/channels/phone/{line.inbox.key}/calls"
    assert (await line.agent.post(path, json={"call_id": "x", "event": "ended"})).status_code == 403
    assert (await client.post(path, json={"call_id": "x", "event": "ended"})).status_code == 401
    assert (await line.pbx.get(f"{API}/customers")).status_code == 403, "the switch's token can do nothing else"
    for wrong in (
        {"call_id": "x", "event": "exploded"},
        {"call_id": "", "event": "ended"},
        {"call_id": "x", "event": "ended", "at": "1990-01-01T00:00:00Z"},
        {"call_id": "x", "event": "recording", "url": "javascript:alert(1)"},
        {"call_id": "x\x00", "event": "ended"},
    ):
        assert (await line.pbx.post(path, json=wrong)).status_code == 422, wrong


async def test_recordings_uploaded_to_us(line: Line) -> None:
    taken = await line.report("r1", "answered", 0, number=NUMBER, extension="801")
    path = f"{API}/channels/phone/{line.inbox.key}/calls"
    wave = (
        b"RIFF$\x00\x00\x00WAVEfmt \x10\x00\x00\x00\x01\x00\x01\x00@\x1f\x00\x00@\x1f\x00\x00\x01\x00\x08\x00"
        + b"data\x00\x00\x00\x00"
    )
    sent = await line.pbx.post(f"{path}/r1/recording", content=wave, headers={"X-Filename": "r1.wav"})
    assert sent.status_code == 200, sent.text
    assert (await line.call(taken["id"]))["has_recording"]
    heard = (await line.agent.post(f"{API}/calls/{taken['id']}/recording")).json()
    assert heard["ours"] and (await line.agent.get(heard["url"])).content == wave
    unknown = await line.pbx.post(f"{path}/nobody/recording", content=wave, headers={"X-Filename": "r.wav"})
    assert unknown.status_code == 404


async def test_the_list_is_filtered_and_paged(line: Line, sign_in: SignIn) -> None:
    for number in range(5):
        await line.report(f"l{number}", "answered", number, number=f"1380013800{number}", extension="801")
        await line.report(f"l{number}", "ended", number + 30)
    first = (await line.agent.get(f"{API}/calls", params={"limit": 3})).json()
    second = (await line.agent.get(f"{API}/calls", params={"limit": 3, "cursor": first["next_cursor"]})).json()
    assert len(first["items"]) == 3 and len(second["items"]) == 2 and second["next_cursor"] is None
    found = (await line.agent.get(f"{API}/calls", params={"number": "+8613800138003"})).json()["items"]
    assert len(found) == 1
    assert (await line.agent.get(f"{API}/calls", params={"direction": "outbound"})).json()["items"] == []


async def test_ringing_that_nobody_hears_of_is_missed_until_more_is_heard(
    line: Line, runtime: Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    await line.report("c1", "ringing", 0, number=NUMBER, extensions=["801"])
    await jobs.end_lost_calls(runtime)
    (pop,) = await line.current()
    assert pop["call"]["state"] == "ringing", "it may still ring"

    monkeypatch.setattr(policy, "RINGS", timedelta(seconds=-1))
    await jobs.end_lost_calls(runtime)
    assert await line.current() == []
    missed = await line.call(pop["call"]["id"])
    assert missed["state"] == "missed" and missed["conversation_id"]
    (promise,) = await line.callbacks()
    assert promise["state"] == "open"

    # It rang all the time, in the queue of the switch: the answer is heard of, and nothing is owed any more.
    again = await line.report("c1", "answered", 400, extension="801")
    assert again["state"] == "active" and again["conversation_id"] == missed["conversation_id"]
    assert (await line.callbacks()) == []
    await jobs.end_lost_calls(runtime)
    assert (await line.call(again["id"]))["state"] == "active", "whoever speaks is not cut short"
    done = await line.report("c1", "ended", 460, hung_up_by="customer")
    call = await line.call(done["id"])
    assert (call["state"], call["talk_s"], call["hung_up_by"]) == ("ended", 60, "customer")
