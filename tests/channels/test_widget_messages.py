"""What visitors say and see over HTTP."""

import asyncio
import io
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import pytest
from fastapi import FastAPI
from PIL import Image

from qiao.channels.webchat.limits import Limiter
from qiao.channels.webchat.visitors import Visitors
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.desk.conversations import service as conversations
from qiao.people.customers import service as customers
from tests.channels.street import API, Street
from tests.conftest import BASE


def picture() -> bytes:
    buffer = io.BytesIO()
    Image.new("RGB", (40, 30), "red").save(buffer, "PNG")
    return buffer.getvalue()


async def test_a_message_is_stored_once_however_often_it_is_sent(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    first = await widget.try_say("hello", "same")
    again = await widget.try_say("hello", "same")
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json()["message"]["id"] == again.json()["message"]["id"]
    assert first.json()["conversation"]["status"] == "queued"
    more = await widget.try_say("and more")
    assert more.json()["conversation"] is None  # one more message in a running conversation says nothing new about it
    assert more.json()["message"]["seq"] > first.json()["message"]["seq"]
    many = await asyncio.gather(*(widget.try_say("burst", "burst") for _ in range(8)))
    assert len({r.json()["message"]["id"] for r in many}) == 1


async def test_two_first_messages_at_once_are_one_conversation(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    sent = await asyncio.gather(*(widget.say(f"m{n}") for n in range(6)))
    assert len({m["conversation_id"] for m in sent}) == 1
    assert len({m["seq"] for m in sent}) == 6


async def test_visitors_see_their_own_and_nothing_else(street: Street) -> None:
    one, two = street.widget(), street.widget()
    await one.open()
    await two.open()
    mine = await one.say("secret of one")
    await two.say("secret of two")
    assert [m["body"] for m in await two.history() if m["kind"] == "text"] == ["secret of two"]
    for params in ({"cursor": mine["id"]}, {"conversation_id": mine["conversation_id"], "after_seq": 0}):
        response = await two.get("/messages", **params)
        assert response.status_code in (404, 422), response.text
    assert (await two.get("/transcript.txt", conversation_id=mine["conversation_id"])).status_code == 404
    body = {"conversation_id": mine["conversation_id"], "score": 5, "comment": ""}
    assert (await two.post("/rating", body)).status_code == 404
    assert (await two.post("/feedback", {"message_id": mine["id"], "helpful": True})).status_code == 404
    polled = (await two.get("/poll", conversation_id=mine["conversation_id"], after_seq=0, wait=0)).json()
    assert "secret of one" not in str(polled)


async def test_visitors_take_back_what_they_have_just_sent(street: Street) -> None:
    one, two = street.widget(), street.widget()
    await one.open()
    await two.open()
    slip = await one.say("my card is 6222")
    key = slip["conversation_id"]
    answer = await street.answer(key, "hello there")
    assert (await two.post(f"/messages/{slip['id']}/withdraw", {})).status_code == 404
    theirs = await one.post(f"/messages/{answer.id}/withdraw", {})
    assert (theirs.status_code, theirs.json()["code"]) == (409, "conversation.recall_own_only")
    for _ in range(2):
        gone = await one.post(f"/messages/{slip['id']}/withdraw", {})
        assert gone.status_code == 200 and gone.json()["recalled_at"] and gone.json()["body"] == "", gone.text
    [seen] = [m for m in await one.history() if m["author"]["kind"] == "customer"]
    assert seen["recalled_at"] and "6222" not in str(seen)
    staff, _ = await street.runtime.db.run(lambda db: conversations.transcript(db, Actor.system(), UUID(key)))
    assert "6222" not in str(staff)
    late = await one.say("too late")
    limit = (await street.http.get(f"{API}/widget/{street.inbox.key}/config")).json()["limits"]["withdraw_s"]
    with clock.frozen(clock.now() + timedelta(seconds=limit + 1)):
        refused = await one.post(f"/messages/{late['id']}/withdraw", {})
    assert (refused.status_code, refused.json()["code"]) == (409, "conversation.recall_too_late")


async def test_notes_and_whispers_never_reach_the_customer(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    message = await widget.say("hi")
    key = message["conversation_id"]
    await street.note(key, "the customer is difficult")
    await street.note(key, "offer ten percent", kind="whisper")
    await street.answer(key, "hello there", confidence=0.9)
    seen = [
        str((await widget.get("/messages")).json()),
        str((await widget.get("/messages", conversation_id=key, after_seq=0)).json()),
        str(await widget.open()),
        str((await widget.get("/poll", wait=0)).json()),
        (await widget.get("/transcript.txt")).text,
    ]
    for text in seen:
        assert "hello there" in text
        assert "difficult" not in text
        assert "ten percent" not in text
    assert "confidence" not in seen[0]


async def test_history_runs_across_conversations(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    for number in range(3):
        for line in range(4):
            message = await widget.say(f"c{number} m{line}")
        async with street.runtime.db.transaction() as db:
            await conversations.close(db, Actor.system(), message["conversation_id"])
        await street.runtime.reactions.settled()
    walked: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = (await widget.get("/messages", limit=5, **({"cursor": cursor} if cursor else {}))).json()
        walked = page["items"] + walked
        if not page["has_more"]:
            break
        cursor = page["items"][0]["id"]
    words = [m["body"] for m in walked if m["kind"] == "text"]
    assert words == [f"c{c} m{m}" for c in range(3) for m in range(4)]
    assert len({m["conversation_id"] for m in walked}) == 3
    assert len({m["id"] for m in walked}) == len(walked)
    view = (await widget.open())["conversation"]
    assert view["status"] == "closed"


async def test_a_new_conversation_knows_language_and_page(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    first = await widget.say("one")
    async with street.runtime.db.transaction() as db:
        await conversations.close(db, Actor.system(), first["conversation_id"])
    await street.runtime.reactions.settled()
    second = await widget.say("two")
    assert second["conversation_id"] != first["conversation_id"]
    async with street.runtime.db.read() as db:
        view = (await conversations.views_of(db, [second["conversation_id"]])).popitem()[1]
    assert (view.locale, view.context["page_url"]) == ("en", "https://shop.example/bed")


async def test_pictures_and_files(street: Street) -> None:
    widget, other = street.widget(), street.widget()
    await widget.open()
    await other.open()
    upload = await street.http.post(
        f"{API}/widget/files", files={"file": ("红.png", picture(), "image/png")}, headers=widget.headers
    )
    assert upload.status_code == 201, upload.text
    file = upload.json()
    sent = await widget.say(
        "", kind="image", payload={"file_id": file["id"], "url": "https://evil.example/x.png", "size": 1}
    )
    payload = sent["payload"]
    assert payload["name"] == "红.png"
    assert (payload["width"], payload["height"]) == (40, 30)
    assert payload["url"].startswith("/api/v1/files/")
    assert (await street.http.get(payload["url"])).status_code == 200
    assert (await street.http.get(payload["thumb_url"])).headers["content-type"] == "image/webp"
    assert (await widget.history())[0]["payload"]["url"] == payload["url"]
    # Somebody else's file cannot be sent, and what is not a picture is not an image.
    theft = await other.try_say("", kind="file", payload={"file_id": file["id"]})
    assert (theft.status_code, theft.json()["errors"][0]["code"]) == (422, "file.not_yours")
    text = await street.http.post(
        f"{API}/widget/files", content=b"words", headers={**widget.headers, "X-Filename": "a.txt"}
    )
    wrong = await widget.try_say("", kind="image", payload={"file_id": text.json()["id"]})
    assert wrong.status_code == 422
    evil = await street.http.post(
        f"{API}/widget/files", content=b"<svg onload=alert(1)>", headers={**widget.headers, "X-Filename": "a.svg"}
    )
    assert evil.status_code in (415, 422)
    assert (await street.http.post(f"{API}/widget/files", content=b"x")).status_code == 401


async def test_a_visitor_cannot_forge_what_a_message_carries(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    forged = {
        "sources": [{"title": "x", "url": "https://evil.example"}],
        "helpful": True,
        "choice": {"id": "1", "evil": [1]},
    }
    assert (await widget.say("hi", payload=forged))["payload"] == {"choice": {"id": "1"}}
    for kind in ("card", "choices", "event", "note", "whisper", "system"):
        refused = await widget.try_say("x", kind=kind, payload={"type": "order"})
        assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "kind"), kind


@pytest.mark.parametrize(
    ("message", "field"),
    [
        ({"client_id": "", "body": "x"}, "client_id"),
        ({"client_id": "c" * 81, "body": "x"}, "client_id"),
        ({"client_id": "c", "body": "   "}, "body"),
        ({"client_id": "c", "body": "x" * 10_001}, "body"),
        ({"client_id": "c", "body": "a\x00b"}, "body"),
        ({"client_id": 5, "body": "x"}, "body"),
        ({"client_id": "c", "kind": "image"}, "payload.file_id"),
        ([], "body"),
    ],
)
async def test_what_is_no_message_is_refused_with_a_sentence(street: Street, message: Any, field: str) -> None:
    widget = street.widget()
    await widget.open()
    response = await widget.post("/messages", message)
    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == field
    assert response.json()["errors"][0]["message"]


async def test_asking_for_a_person(street: Street, sign_in: Any) -> None:
    inbox = await street.add_inbox(bot_enabled=True)
    widget = street.widget(inbox)
    await widget.open()
    view = (await widget.post("/handoff", {"reason": "my bill"})).json()
    # Nobody is at work: the customer is told, and may leave a message.
    assert view["status"] == "queued"
    assert view["offline"] == {"next_open": None}
    again = (await widget.post("/handoff", {})).json()
    assert (again["id"], again["status"]) == (view["id"], "queued")
    async with street.runtime.db.read() as db:
        facts = await conversations.facts(db, view["id"])
    assert facts is not None
    assert (facts.handoff_reason, facts.handoff_summary) == ("customer_request", {"request": "my bill"})
    agent = await sign_in("li", role="agent")
    await street.hire(agent)
    there = (await widget.open())["conversation"]
    assert there["status"] in ("assigned", "queued")  # assigned, or offered and waiting for the agent to accept


async def test_asking_for_a_person_where_there_is_no_bot(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    view = (await widget.post("/handoff", {})).json()
    assert view["status"] == "queued"
    assert view["queue"]["place"] == 1
    second = street.widget()
    await second.open()
    await second.say("me too")
    assert (await second.open())["conversation"]["queue"]["place"] == 2


async def test_a_message_left_for_later(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    form = {"client_id": "l1", "name": "Lin", "phone": "138 0013 8000", "email": "", "body": "Where is my parcel?"}
    for fault, field in (
        ({"body": " "}, "body"),
        ({"phone": ""}, "phone"),
        ({"phone": "12"}, "phone"),
        ({"phone": "1380013"}, "phone"),
        ({"email": "x"}, "email"),
    ):
        response = await widget.post("/leave-message", {**form, **fault})
        assert response.status_code == 422
        assert response.json()["errors"][0]["field"] == field
    left = await widget.post("/leave-message", form)
    assert left.status_code == 201, left.text
    assert left.json()["conversation"]["status"] == "queued"
    assert left.json()["conversation"]["offline"] is not None
    assert (await widget.post("/leave-message", form)).status_code == 200
    assert [m["body"] for m in await widget.history() if m["kind"] == "text"] == ["Where is my parcel?"]
    async with street.runtime.db.read() as db:
        customer = await customers.get(db, Actor.system(), widget.session["customer"]["id"])
        facts = await conversations.facts(db, left.json()["conversation"]["id"])
    assert (customer.name, customer.phone) == ("Lin", "13800138000")
    # A number somebody typed identifies nobody.
    assert [i.kind for i in customer.identities] == ["visitor"]
    assert facts is not None and facts.queued_at is not None


async def test_feedback_on_a_bot_answer(street: Street) -> None:
    inbox = await street.add_inbox(bot_enabled=True)
    widget = street.widget(inbox)
    await widget.open()
    asked = await widget.say("hi")
    async with street.runtime.db.transaction() as db:
        from qiao.desk.conversations.schemas import Outgoing

        out = Outgoing(body="42", payload={"feedback": True, "sources": [{"type": "faq", "id": "f1", "title": "t"}]})
        answer = await conversations.send(db, Actor.bot(), asked["conversation_id"], out)
    for helpful in (True, True, False):
        response = await widget.post("/feedback", {"message_id": str(answer.id), "helpful": helpful})
        assert response.status_code == 204, response.text
    kept = next(m for m in await widget.history() if m["id"] == str(answer.id))
    assert kept["payload"]["helpful"] is False
    assert (await widget.post("/feedback", {"message_id": asked["id"], "helpful": True})).status_code == 409
    pool = await street.runtime.db.raw()
    rows = await pool.fetch("SELECT payload FROM events WHERE kind = 'webchat.answer_rated' ORDER BY id")
    assert [(r["payload"]["previous"], r["payload"]["helpful"]) for r in rows] == [(None, True), (True, False)]


async def test_a_long_poll_hears_of_the_first_answer(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    waiting = asyncio.create_task(widget.get("/poll", after_seq=0, wait=20))
    await asyncio.sleep(0.2)
    assert not waiting.done()
    message = await widget.say("hello")
    answer = (await waiting).json()
    assert [m["body"] for m in answer["messages"] if m["kind"] == "text"] == ["hello"]
    last = max(m["seq"] for m in answer["messages"])
    key = message["conversation_id"]
    waiting = asyncio.create_task(widget.get("/poll", conversation_id=key, after_seq=max(last, 2), wait=20))
    await asyncio.sleep(0.2)
    await street.note(key, "not for them")
    await street.answer(key, "yes?")
    answer = (await waiting).json()
    assert [m["body"] for m in answer["messages"] if m["kind"] == "text"] == ["yes?"]
    assert answer["conversation"]["id"] == key
    empty = (await widget.get("/poll", conversation_id=key, after_seq=10_000, wait=0.05)).json()
    assert empty["messages"] == []


async def test_transcript_of_ones_own_words(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    assert (await widget.get("/transcript.txt")).status_code == 404
    await widget.say("find me")
    response = await widget.get("/transcript.txt")
    assert "find me" in response.text
    assert response.headers["content-disposition"].startswith("attachment")
    refused = await widget.post("/transcript-mail", {"email": "a@example.com"})
    assert (refused.status_code, refused.json()["code"]) == (503, "widget.mail_off")


async def test_too_fast_is_refused_for_a_while(street: Street, app: FastAPI) -> None:
    visitors = street.runtime.get(Visitors)
    visitors.rate, visitors.burst = 0.02, 3.0  # slow enough for a busy machine
    widget = street.widget()
    await widget.open()
    statuses = [(await widget.try_say(f"m{n}")).status_code for n in range(5)]
    assert statuses == [201, 201, 201, 429, 429]
    refused = await widget.try_say("more")
    assert int(refused.headers["retry-after"]) >= 1
    assert "Please try again" in refused.json()["detail"]
    # Another visitor is not held up.
    other = street.widget()
    await other.open()
    await other.say("hi")
    # Sessions from one address on the internet are limited, too.
    visitors.sessions_by_ip = Limiter(0.001, 4.0)
    transport = httpx.ASGITransport(app=app, client=("203.0.113.9", 1))
    async with httpx.AsyncClient(transport=transport, base_url=BASE) as http:
        path = f"{API}/widget/{street.inbox.key}/session"
        codes = [(await http.post(path, json={"locale": "en"})).status_code for _ in range(6)]
    assert codes == [200] * 4 + [429] * 2


async def test_reading_is_recorded(street: Street) -> None:
    widget = street.widget()
    await widget.open()
    message = await widget.say("hi")
    await street.answer(message["conversation_id"], "hello")
    assert (await widget.post("/read", {"seq": 99})).status_code == 204
    async with street.runtime.db.read() as db:
        facts = await conversations.facts(db, message["conversation_id"])
    assert facts is not None
    assert facts.customer_read_seq == facts.last_seq
