"""The channel contract: what arrives is kept, taken in once, and set aside with its reason; what leaves is told of."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest

from qiao.channels.contract import arrivals, health, wire
from qiao.channels.contract.channel import (
    Channels,
    DeliveryFailed,
    DeliveryRefused,
    Endpoint,
    MediaFailed,
    SourceFailed,
)
from qiao.channels.contract.endpoints import Endpoints
from qiao.channels.contract.lanes import Lanes
from qiao.channels.contract.manifest import Window
from qiao.channels.contract.messages import Media
from qiao.channels.contract.sources import Sources
from qiao.channels.contract.taking import why_missing
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.runtime import Runtime
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import MessageView, Outgoing
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxCreate, InboxPatch, InboxView
from qiao.people.customers import service as customers
from tests.channels.street import API, Street
from tests.channels.toy import PNG, Feed, Provider, toy


class Toy:
    """An inbox of the toy channel, and both its sides."""

    def __init__(self, street: Street, provider: Provider, inbox: InboxView):
        self.runtime: Runtime = street.runtime
        self.http: httpx.AsyncClient = street.http
        self.provider = provider
        self.inbox = inbox
        self.hook = f"{API}/channels/hooks/{inbox.key}"

    async def post(self, *items: dict[str, Any], key: str | None = None, taken: bool = True) -> httpx.Response:
        """The provider posts; by default everything is taken in before this returns."""
        body = json.dumps({"items": list(items)} if len(items) != 1 else items[0])
        headers = {"x-toy": "open", **({"x-id": key} if key else {})}
        response = await self.http.post(self.hook, content=body, headers=headers)
        assert response.status_code == 200, response.text
        if taken:
            await self.runtime.get(Lanes).settled()
        return response

    async def conversations(self) -> list[tuple[str, list[MessageView]]]:
        """Every conversation of the inbox with its messages of people, oldest first."""
        async with self.runtime.db.read() as db:
            found, _ = await conversations.listing(db, Actor.system(), inbox_id=self.inbox.id, limit=100)
            said = []
            for one in sorted(found, key=lambda one: one.number):
                lines = await conversations.transcript(db, Actor.system(), one.id)
                said.append((str(one.id), [line for line in _views(lines) if line.kind != "event"]))
            return said

    async def texts(self) -> list[list[str]]:
        return [[line.body for line in lines] for _, lines in await self.conversations()]

    async def say(self, body: str, **payload: Any) -> MessageView:
        """The company says something in the newest conversation."""
        conversation_id = (await self.conversations())[-1][0]
        view = await self.runtime.db.run(
            lambda db: conversations.relay(db, Actor.system(), UUID(conversation_id), Outgoing("text", body, payload))
        )
        await self.runtime.reactions.settled()
        return view

    async def delivery(self, view: MessageView) -> str:
        async with self.runtime.db.read() as db:
            return (await conversations.messages_by_id(db, [view.id]))[view.id].delivery


def _views(lines: Any) -> list[MessageView]:
    found = lines[0] if isinstance(lines, tuple) else lines
    return list(found)


async def _open(street: Street, provider: Provider, feed: Feed | None = None, **more: Any) -> Toy:
    Channels.of(street.runtime).register(toy(provider, feed, **more))
    settings = {"account": "feed"} if feed is not None else {}
    async with street.runtime.db.transaction() as db:
        spec = InboxCreate(channel="toy", name="Toy", queue_id=street.queue_id, bot_enabled=False, settings=settings)
        inbox = await inboxes.create(db, Actor.system(), spec)
    return Toy(street, provider, inbox)


@pytest.fixture
async def shop(street: Street) -> AsyncIterator[Toy]:
    yield await _open(street, Provider())


def message(text: str, id: str, **more: Any) -> dict[str, Any]:
    return {"type": "message", "id": id, "text": text, **more}


# -- in ----------------------------------------------------------------------------------------------------------------


async def test_what_is_posted_becomes_a_message_once(shop: Toy) -> None:
    await shop.post(message("hello", "1"), key="k1")
    await shop.post(message("hello", "1"), key="k1")  # the provider repeats its payload
    await shop.post(message("hello", "1"), message("again", "2"), key="k2")  # and a message within another
    assert await shop.texts() == [["hello", "again"]]


async def test_senders_we_know_are_taken_in_together_each_in_their_order(shop: Toy) -> None:
    who = [f"p{number}" for number in range(12)]
    await shop.post(*(message("hello", f"{one}-0", **{"from": one}) for one in who))
    await shop.runtime.get(Lanes).stop()
    for turn in (1, 2, 3):
        for one in who:
            # Of one something else is said as well, one is new, and what comes twice is one.
            about = {"from": one, "name": "An"} if (one, turn) == ("p3", 2) else {"from": one}
            await shop.post(message(f"{one} says {turn}", f"{one}-{turn}", **about), taken=False)
        await shop.post(message(f"new says {turn}", f"new-{turn}", **{"from": "new"}), taken=False)
        await shop.post(message("p1 says 1", "p1-1", **{"from": "p1"}), taken=False)
    lanes = Lanes(shop.runtime)
    await lanes.start()
    await lanes.settled()
    await lanes.stop()
    said = sorted(await shop.texts(), key=lambda lines: lines[-1])
    assert said == sorted(
        [
            *(["hello", *(f"{one} says {turn}" for turn in (1, 2, 3))] for one in who),
            [f"new says {turn}" for turn in (1, 2, 3)],
        ],
        key=lambda lines: lines[-1],
    )
    [shown] = await shop.runtime.db.run(lambda db: health.views(db, "en"))
    assert (shown.state, shown.waiting, shown.dead) == ("fine", 0, 0)


async def test_one_sender_the_database_cannot_take_spoils_nothing_for_the_others(shop: Toy) -> None:
    await shop.post(*(message("hello", f"{one}-0", **{"from": one}) for one in ("a", "b", "c")))
    bad = message("from nowhere", "x-1", **{"from": "x\x00y"})
    await shop.post(*(message("again", f"{one}-1", **{"from": one}) for one in ("a", "b", "c")), bad)
    assert await shop.texts() == [["hello", "again"]] * 3


async def test_who_is_blocked_or_writes_in_an_ended_conversation_is_known_among_many(shop: Toy) -> None:
    await shop.post(*(message("hello", f"{one}-0", **{"from": one}) for one in ("a", "b", "c", "d")))
    found = await shop.conversations()
    over, blocked = UUID(found[1][0]), found[2][1][0].author.id
    await shop.runtime.db.run(lambda db: conversations.resolve(db, Actor.system(), over))
    await shop.runtime.db.run(lambda db: conversations.close(db, Actor.system(), over))
    await shop.runtime.db.run(lambda db: customers.set_blocked(db, Actor.system(), blocked, True))
    await shop.post(*(message("again", f"{one}-1", **{"from": one}) for one in ("a", "b", "c", "d")))
    assert await shop.texts() == [["hello", "again"], ["hello"], ["hello"], ["hello", "again"], ["again"]]


async def test_what_many_post_at_once_is_kept_whatever_one_of_them_posts(
    shop: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    await shop.runtime.get(Lanes).stop()
    keeper = arrivals.Keeper.of(shop.runtime)
    pool = await shop.runtime.db.raw()
    nowhere = UUID(int=7)  # no inbox: the database refuses it
    kept = await asyncio.gather(
        *(keeper.keep(shop.inbox.id, [(f"k{number % 15}", b"{}")]) for number in range(20)),
        keeper.keep(nowhere, [("k", b"{}")]),
        *(keeper.keep(shop.inbox.id, [(f"l{number}", b"{}")]) for number in range(20)),
        return_exceptions=True,
    )
    assert [number for number, one in enumerate(kept) if one is not None] == [20]
    assert await pool.fetchval("SELECT count(*) FROM channel_arrivals") == 35


async def test_the_handshake_is_answered_and_a_wrong_signature_is_refused(shop: Toy) -> None:
    assert (await shop.http.get(shop.hook, params={"echo": "42"})).text == "42"
    refused = await shop.http.post(shop.hook, content=b"{}", headers={"x-toy": "wrong"})
    assert (refused.status_code, refused.json()["code"]) == (401, "channel_signature_invalid")
    assert (await shop.http.post(f"{API}/channels/hooks/wk_unknown", content=b"{}")).status_code == 404


async def test_what_was_acknowledged_survives_the_process(shop: Toy) -> None:
    await shop.runtime.get(Lanes).stop()
    await shop.post(message("before the crash", "1"), taken=False)
    assert await shop.texts() == []
    lanes = Lanes(shop.runtime)
    await lanes.start()
    await lanes.settled()
    await lanes.stop()
    assert await shop.texts() == [["before the crash"]]


async def test_what_cannot_be_read_is_set_aside_and_holds_nobody_up(shop: Toy, sign_in: Any) -> None:
    await shop.post({"nothing": "known"}, key="bad")
    await shop.post(message("fine", "1"))
    assert await shop.texts() == [["fine"]]
    admin = await sign_in("admin")
    page = (await admin.get(f"{API}/channels/letters")).json()
    [letter] = page["items"]
    assert "type" in letter["reason"] and "_" not in letter["reason"], "in words, not in codes"
    unreadable = {"code": "channels.letter.unreadable", "params": {"field": "body", "detail": "value_invalid"}}
    assert health.reason(unreadable, "zh-CN") == "内容读不懂。整条内容：不是这个渠道的格式。"
    for detail, said in (("conversation.empty_message", "是空的。"), ("field_missing", "缺少这一项。")):
        unreadable["params"] = {"field": "Content", "detail": detail}
        assert health.reason(unreadable, "zh-CN") == f"内容读不懂。Content：{said}"
    shown = (await admin.get(f"{API}/channels/letters/{letter['id']}")).json()
    assert '"nothing"' in shown["preview"]
    # Replaying is in vain, and says so; putting it away is not.
    assert (letter["replays"], shown["replays"]) == (0, 0)
    for _ in range(2):
        outcome = (await admin.post(f"{API}/channels/letters/{letter['id']}/replay")).json()
        assert outcome == {"state": "dead", "reason": letter["reason"]}
    [again] = (await admin.get(f"{API}/channels/letters")).json()["items"]
    assert again["replays"] == 2 and again["failed_at"] > letter["failed_at"] > letter["received_at"]
    assert (await admin.delete(f"{API}/channels/letters/{letter['id']}")).status_code == 204
    assert (await admin.get(f"{API}/channels/letters")).json()["items"] == []
    assert (await admin.delete(f"{API}/channels/letters/{letter['id']}")).status_code == 404
    agent = await sign_in("li", role="agent")
    assert (await agent.get(f"{API}/channels/letters")).status_code == 403


async def test_what_can_be_read_by_now_is_taken_in_when_it_is_tried_again(shop: Toy, sign_in: Any) -> None:
    await shop.post({"nothing": "known"}, key="bad")
    admin = await sign_in("admin")
    [letter] = (await admin.get(f"{API}/channels/letters")).json()["items"]
    pool = await shop.runtime.db.raw()
    raw = msgspec.json.encode(message("understood by now", "1"))
    await pool.execute("UPDATE channel_arrivals SET raw = $1", raw)
    outcome = await admin.post(f"{API}/channels/letters/{letter['id']}/replay")
    assert outcome.json() == {"state": "taken", "reason": None}
    assert await shop.texts() == [["understood by now"]]
    assert (await admin.get(f"{API}/channels/letters")).json()["items"] == []


async def test_a_file_comes_with_its_message_and_one_that_is_gone_is_named(shop: Toy) -> None:
    await shop.post({"type": "message", "id": "1", "kind": "image", "files": ["photo"]})
    await shop.post({"type": "message", "id": "2", "kind": "image", "files": ["lost"]})
    [(_, lines)] = await shop.conversations()
    assert (lines[0].kind, lines[0].payload["mime"]) == ("image", "image/png")
    assert (lines[1].kind, lines[1].payload["missing"]) == ("text", ["lost.png"])
    assert lines[1].payload["missing_why"] == ["gone"]
    assert [why_missing(code) for code in ("file.too_large", "telegram.media.too_large", "file.type_not_allowed")] == [
        "too_large",
        "too_large",
        "type",
    ]


async def test_what_a_machine_says_calls_nobody_to_a_conversation_that_is_over(shop: Toy) -> None:
    async def states() -> list[str]:
        pool = await shop.runtime.db.raw()
        return [row["status"] for row in await pool.fetch("SELECT status FROM conversations ORDER BY id")]

    away = {"unattended": True}
    await shop.post(message("I am away", "1", **away))
    assert await states() == ["resolved"], "it is kept, and nobody has to take it"
    await shop.post(message("I am back", "2"))
    assert await states() == ["queued"]
    await shop.post(message("I am away again", "3", **away))
    assert await states() == ["queued"], "a person still waits"
    [(talk, _)] = await shop.conversations()
    await shop.runtime.db.run(lambda db: conversations.resolve(db, Actor.system(), UUID(talk)))
    await shop.post(message("and again", "4", **away))
    assert await states() == ["resolved"]
    assert await shop.texts() == [["I am away", "I am back", "I am away again", "and again"]]


async def test_a_file_that_may_come_later_is_waited_for(shop: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    shop.provider.files["photo"] = DeliveryFailed("down")
    await shop.post({"type": "message", "id": "1", "kind": "image", "files": ["photo"]}, taken=False)
    await shop.runtime.get(Lanes).settled()
    assert await shop.conversations() == []
    shop.provider.files["photo"] = MediaFailed("channels.media.gone")
    later = clock.now() + timedelta(minutes=1)
    monkeypatch.setattr(clock, "now", lambda: later)
    shop.runtime.get(Lanes).call(shop.inbox.id)
    await shop.runtime.get(Lanes).settled()
    assert await shop.texts() == [["photo.png"]]


async def test_files_that_take_long_hold_up_nobody_else(shop: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    arrived = asyncio.Event()

    async def slowly(endpoint: Endpoint, media: Media) -> AsyncIterator[bytes]:
        await arrived.wait()
        yield PNG

    monkeypatch.setattr(shop.provider, "fetch", slowly)
    pictures = [
        {"type": "message", "id": str(n), "kind": "image", "files": ["photo"], "from": f"p{n}"} for n in range(6)
    ]
    await shop.post(*pictures, message("only words", "w", **{"from": "writer"}), taken=False)
    await _until(shop, [["only words"]])
    arrived.set()
    await shop.runtime.get(Lanes).settled()
    assert len(await shop.texts()) == 7


async def test_an_exchange_goes_on_where_it_is_known_and_begins_its_own_otherwise(shop: Toy) -> None:
    await shop.post(message("about shoes", "1", threads=["<a>"], begins=["<a>"]))
    await shop.post(message("about socks", "2", threads=["<b>"]))
    await shop.post(message("shoes again", "3", threads=["<new>", "<a>"]))
    assert await shop.texts() == [["about shoes", "shoes again"], ["about socks"]]
    await shop.say("socks are out")
    # What we sent gave the exchange a name too; somebody else may answer to it.
    await shop.post(message("thanks", "4", threads=["out-1"], **{"from": "colleague", "name": "Mo"}))
    found = await shop.conversations()
    assert [line.body for line in found[1][1]] == ["about socks", "socks are out", "thanks"]
    assert found[1][1][-1].payload["sender"] == {"name": "Mo", "address": "colleague"}


async def test_an_exchange_whose_conversation_is_over_goes_on_in_one_new_one(shop: Toy) -> None:
    await shop.post(message("about shoes", "1", threads=["<a>"]))
    conversation_id = UUID((await shop.conversations())[0][0])
    await shop.runtime.db.run(lambda db: conversations.resolve(db, Actor.system(), conversation_id))
    await shop.runtime.db.run(lambda db: conversations.close(db, Actor.system(), conversation_id))
    await shop.post(message("shoes again", "2", threads=["<new>", "<a>"]))
    await shop.post(message("and again", "3", threads=["<newer>", "<a>"]))
    assert await shop.texts() == [["about shoes"], ["shoes again", "and again"]]


async def test_what_is_vouched_for_links_and_what_is_claimed_does_not(shop: Toy) -> None:
    await shop.post(message("first", "1", **{"from": "a", "union": "toy:1", "name": "An"}))
    await shop.post(message("second", "2", **{"from": "b", "union": "toy:1"}))
    await shop.post(message("third", "3", **{"from": "c", "email": "an@shop.example"}))
    await shop.post(message("fourth", "4", **{"from": "d", "email": "an@shop.example", "vouched": ["email"]}))
    people = {line.body: line.author.id for _, lines in await shop.conversations() for line in lines}
    assert people["first"] == people["second"]
    assert len({people["first"], people["third"], people["fourth"]}) == 3


async def test_customers_take_back_and_change_what_they_wrote(shop: Toy) -> None:
    await shop.post(message("my secret", "1"), message("tpyo", "2"))
    await shop.post({"type": "withdrawn", "id": "1"}, {"type": "edited", "id": "2", "text": "typo"})
    [(_, lines)] = await shop.conversations()
    assert [(line.body, line.recalled_at is not None) for line in lines] == [("", True), ("typo", False)]


async def test_formatted_bodies_are_shown_in_a_frame_that_does_nothing(shop: Toy, sign_in: Any) -> None:
    await shop.post(message("plain", "1", html="<p>rich</p><img src='cid:x'><script>alert(1)</script>"))
    [(_, [line])] = await shop.conversations()
    assert line.payload["html"] is True
    admin = await sign_in("admin")
    page = await admin.get(f"{API}/channels/messages/{line.id}/body")
    assert "<p>rich</p>" in page.text
    policy = page.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "sandbox" in policy
    assert "allow-scripts" not in policy
    elsewhere = await sign_in("wu", role="back_office")
    assert (await elsewhere.get(f"{API}/channels/messages/{line.id}/body")).status_code == 403


# -- out ---------------------------------------------------------------------------------------------------------------


async def test_a_receipt_moves_a_message_on_and_never_back(shop: Toy) -> None:
    await shop.post(message("hello", "1"))
    view = await shop.say("good day")
    assert shop.provider.texts() == ["good day"]
    assert await shop.delivery(view) == "sent"
    for state, shown in (("read", "read"), ("delivered", "read"), ("failed", "read")):
        await shop.post({"type": "receipt", "of": "twin-1", "state": state})
        assert await shop.delivery(view) == shown
    await shop.post({"type": "receipt", "of": "twin-99", "state": "read"})  # none of ours


async def test_what_is_refused_is_shown_with_its_reason_and_can_be_sent_anew(shop: Toy, sign_in: Any) -> None:
    await shop.post(message("hello", "1"))
    shop.provider.refuse = DeliveryRefused("channels.refused.provider", detail="bad words")
    view = await shop.say("good day")
    assert await shop.delivery(view) == "failed"
    admin = await sign_in("admin")
    where = {"conversation_id": str(view.conversation_id), "message_id": str(view.id)}
    [told] = (await admin.get(f"{API}/channels/deliveries", params=where)).json()
    assert (told["state"], told["may_retry"], "bad words" in told["reason"]) == ("failed", True, True)
    shop.provider.refuse = None
    assert (await admin.post(f"{API}/channels/deliveries/{view.id}/retry")).status_code == 204
    await shop.runtime.reactions.settled()
    assert (await shop.delivery(view), shop.provider.texts()) == ("sent", ["good day"])
    again = await admin.post(f"{API}/channels/deliveries/{view.id}/retry")
    assert (again.status_code, again.json()["code"]) == (409, "channel_delivery_not_failed")


async def test_who_cannot_be_reached_is_tried_again_and_health_tells(shop: Toy, sign_in: Any) -> None:
    await shop.post(message("hello", "1"))
    shop.provider.failures = 1
    view = await shop.say("good day")
    admin = await sign_in("admin")
    [health] = (await admin.get(f"{API}/channels/health")).json()
    assert (health["state"], await shop.delivery(view)) == ("failing", "waiting")
    async with asyncio.timeout(60):
        while health["state"] != "fine":
            await asyncio.sleep(0.05)
            [health] = (await admin.get(f"{API}/channels/health")).json()
    assert (shop.provider.texts(), await shop.delivery(view)) == (["good day"], "sent")


async def test_what_is_said_behind_a_message_that_cannot_leave_waits_and_says_so(shop: Toy) -> None:
    await shop.post(message("hello", "1"))
    shop.provider.failures = 1
    views = [await shop.say(text) for text in ("good day", "how are you", "still there?")]
    assert [await shop.delivery(view) for view in views] == ["waiting"] * 3
    async with asyncio.timeout(60):
        while [await shop.delivery(view) for view in views] != ["sent"] * 3:
            await asyncio.sleep(0.05)
    assert shop.provider.texts() == ["good day", "how are you", "still there?"]


async def test_whoever_opted_out_is_not_written_to(shop: Toy) -> None:
    await shop.post(message("hello", "1"))
    await shop.post({"type": "happening", "id": "h1", "kind": "opted_out"})
    await shop.post({"type": "happening", "id": "h1b", "kind": "opted_out"})
    view = await shop.say("our offers")
    assert (await shop.delivery(view), shop.provider.texts()) == ("failed", [])
    await shop.post({"type": "happening", "id": "h2", "kind": "opted_in"})
    await shop.say("welcome back")
    assert shop.provider.texts() == ["welcome back"]
    # Whoever looks after them reads it where they write, once each time.
    talk = (await shop.conversations())[0][0]
    async with shop.runtime.db.read() as db:
        lines = _views(await conversations.transcript(db, Actor.system(), UUID(talk)))
    said = [line.payload["type"] for line in lines if line.kind == "event"]
    assert [one for one in said if one.startswith("opted")] == ["opted_out", "opted_in"]


async def test_the_window_is_counted_shown_and_kept(
    street: Street, sign_in: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    shop = await _open(street, Provider(), window=Window(timedelta(hours=48), 2))
    await shop.post(message("hello", "1"))
    admin = await sign_in("admin")
    conversation_id = (await shop.conversations())[0][0]
    path = f"{API}/channels/conversations/{conversation_id}"

    async def window() -> tuple[bool, int]:
        shown = (await admin.get(path)).json()["window"]
        return shown["open"], shown["left"]

    assert await window() == (True, 2)
    await shop.say("one")
    await shop.say("two")
    assert await window() == (False, 0)
    third = await shop.say("three")
    assert (await shop.delivery(third), shop.provider.texts()) == ("failed", ["one", "two"])
    [template] = (await admin.get(f"{path}/templates")).json()
    await shop.say("Your parcel 7 is there", template={"id": template["id"], "data": {"number": "7"}})
    assert shop.provider.delivered[-1][2]["template"]["id"] == "t1"
    await shop.post(message("ah", "2"))
    assert await window() == (True, 2)
    later = clock.now() + timedelta(hours=49)
    monkeypatch.setattr(clock, "now", lambda: later)
    admin = await sign_in("admin")  # two days later
    assert (await window())[0] is False


async def test_writing_first_begins_a_conversation_with_the_writer(shop: Toy, sign_in: Any) -> None:
    await shop.post(message("hello", "1"))
    [(conversation_id, [line])] = await shop.conversations()
    agent = await sign_in("li", role="agent")
    await shop.runtime.db.run(lambda db: conversations.resolve(db, Actor.system(), UUID(conversation_id)))
    body = {
        "inbox_id": str(shop.inbox.id),
        "customer_id": str(line.author.id),
        "body": "Your shoes are back",
        "client_id": "w1",
    }
    begun = await agent.post(f"{API}/channels/conversations", json=body)
    assert (begun.status_code, begun.json()["begun"]) == (201, True), begun.text
    await shop.runtime.reactions.settled()
    assert shop.provider.delivered[-1][2]["to"] == "u1"
    stranger = {**body, "customer_id": str(shop.inbox.id), "client_id": "w2"}
    assert (await agent.post(f"{API}/channels/conversations", json=stranger)).status_code == 404


# -- set up ------------------------------------------------------------------------------------------------------------


async def test_secrets_are_sealed_kept_when_left_out_and_never_shown(shop: Toy, sign_in: Any) -> None:
    admin = await sign_in("admin")
    path = f"{API}/inboxes/{shop.inbox.id}"
    made = await admin.patch(path, json={"settings": {"account": "a", "password": "hush-hush"}})
    assert (made.json()["settings"], made.json()["sealed"]) == ({"account": "a"}, ["password"]), made.text
    await admin.patch(path, json={"settings": {"account": "b"}})
    place = await Endpoints.of(shop.runtime).get(shop.inbox.id, fresh=True)
    assert (place.endpoint.settings["account"], place.endpoint.credentials) == ("b", {"password": "hush-hush"})
    assert "hush-hush" not in repr(place.endpoint)
    audit = await admin.get(f"{API}/audit", params={"object_id": str(shop.inbox.id)})
    assert "hush-hush" not in audit.text
    pool = await shop.runtime.db.raw()
    stored = await pool.fetchrow("SELECT sealed, settings::text AS s FROM inboxes WHERE id = $1", shop.inbox.id)
    assert b"hush" not in stored["sealed"]
    assert "hush" not in stored["s"]
    gone = await admin.patch(path, json={"settings": {"password": None}})
    assert gone.json()["sealed"] == []
    wrong = await admin.patch(path, json={"settings": {"colour": "red"}})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (422, "settings.colour")


async def test_a_connection_is_tried_with_what_was_typed_and_what_is_kept(shop: Toy, sign_in: Any) -> None:
    admin = await sign_in("admin")
    body: dict[str, Any] = {"channel": "toy", "settings": {"account": "me", "password": "wrong"}}
    tried = (await admin.post(f"{API}/channels/probe", json=body)).json()
    assert (tried["fine"], "wrong password" in tried["reason"]) == (False, True)
    body["settings"]["password"] = "right"
    assert (await admin.post(f"{API}/channels/probe", json=body)).json() == {
        "fine": True,
        "reason": None,
        "facts": {"account": "me"},
    }
    await admin.patch(f"{API}/inboxes/{shop.inbox.id}", json={"settings": {"password": "right"}})
    kept = {"channel": "toy", "settings": {"account": "me"}, "inbox_id": str(shop.inbox.id)}
    assert (await admin.post(f"{API}/channels/probe", json=kept)).json()["fine"] is True
    agent = await sign_in("li", role="agent")
    assert (await agent.post(f"{API}/channels/probe", json=body)).status_code == 403

    async def missing(channel: str, **settings: str) -> list[str]:
        """What the test asks for before anybody is asked."""
        answer = await admin.post(f"{API}/channels/probe", json={"channel": channel, "settings": settings})
        assert answer.status_code == 422, answer.text
        assert {one["code"] for one in answer.json()["errors"]} == {"field_missing"}
        return [one["field"].removeprefix("settings.") for one in answer.json()["errors"]]

    assert await missing("messenger", app_secret="s") == ["access_token", "verify_token"]
    assert await missing("line") == ["channel_id", "channel_secret"]
    assert await missing("line", access_token="t", channel_secret=" ") == ["channel_secret"]
    assert await missing("sms") == ["access_key_id", "access_key_secret", "sign_name"]
    assert await missing("sms", provider="http") == ["url"]
    assert await missing("incoming") == ["secret"]


async def test_an_unknown_channel_is_no_inbox(street: Street, sign_in: Any) -> None:
    admin = await sign_in("admin")
    made = await admin.post(f"{API}/inboxes", json={"channel": "pigeon", "name": "Post"})
    assert (made.status_code, made.json()["errors"][0]["code"]) == (422, "inbox_channel_unknown")


async def test_every_channel_is_described(street: Street, sign_in: Any) -> None:
    agent = await sign_in("li", role="agent")
    names = {one["name"]: one for one in (await agent.get(f"{API}/channels")).json()}
    assert {"webchat", "api"} <= set(names)
    assert all(set(one["title"]) == {"zh-CN", "en"} and one["fields"]["type"] == "object" for one in names.values())


# -- sources -----------------------------------------------------------------------------------------------------------


async def test_a_source_goes_on_where_it_was_and_is_opened_again(street: Street, sign_in: Any) -> None:
    feed = Feed()
    sources = Sources(street.runtime)
    sources.pause = 0.02
    shop = await _open(street, Provider(), feed)
    feed.pages.append(json.dumps(message("one", "1")).encode())
    await sources.start()
    await _until(shop, [["one"]])
    feed.broken = SourceFailed("channels.source.unreachable", detail="cable")
    admin = await sign_in("admin")
    async with asyncio.timeout(60):
        while (await admin.get(f"{API}/channels/health")).json()[0]["state"] != "failing":
            await asyncio.sleep(0.02)
    feed.pages.append(json.dumps(message("two", "2")).encode())
    # Somebody changes its settings: it is opened again at once.
    await street.runtime.db.run(lambda db: inboxes.update(db, Actor.system(), shop.inbox.id, InboxPatch(name="Toy 2")))
    await _until(shop, [["one", "two"]])
    await sources.stop()
    assert feed.opened[0] == {}
    assert feed.opened[-1] == {"seen": 1}
    assert (await admin.get(f"{API}/channels/health")).json()[0]["state"] == "fine"


async def test_only_one_process_works_a_source(street: Street) -> None:
    feed = Feed()
    first, second = Sources(street.runtime), Sources(street.runtime)
    first.pause = second.pause = 0.02
    shop = await _open(street, Provider(), feed)
    feed.pages += [json.dumps(message(str(number), str(number))).encode() for number in range(5)]
    await first.start()
    await second.start()
    await _until(shop, [["0", "1", "2", "3", "4"]])
    assert len(feed.opened) == 1
    await first.stop()
    feed.pages.append(json.dumps(message("5", "5")).encode())
    await _until(shop, [["0", "1", "2", "3", "4", "5"]])
    await second.stop()


async def test_cursor_and_payloads_are_kept_together(street: Street) -> None:
    shop = await _open(street, Provider(), Feed())
    with pytest.raises(Exception, match=r"null value|violates"):
        await arrivals.keep(street.runtime.db, shop.inbox.id, [("k", None)], {"seen": 9})  # type: ignore[list-item]  # a fault in between
    pool = await street.runtime.db.raw()
    assert await pool.fetchval("SELECT count(*) FROM channel_sources") == 0


async def _until(shop: Toy, texts: list[list[str]]) -> None:
    async with asyncio.timeout(60):
        while await shop.texts() != texts:
            await asyncio.sleep(0.02)


async def test_why_a_provider_is_out_of_reach_is_said_in_the_readers_language(sign_in: Any) -> None:
    admin = await sign_in()
    settings = {"bot_token": "1:abc", "api_url": "http://127.0.0.1:9"}
    for locale, words in (("zh-CN", "127.0.0.1 不接受连接"), ("en", "127.0.0.1 does not accept")):
        await admin.patch(f"{API}/auth/me", json={"locale": locale})
        body = {"channel": "telegram", "settings": settings}
        tried = (await admin.post(f"{API}/channels/probe", json=body)).json()
        assert not tried["fine"]
        assert words in tried["reason"]
    closed = wire.why("a.example", httpx.ConnectError("refused"))
    assert wire.worded(closed, "zh-CN") == "a.example 不接受连接，请检查地址、端口和防火墙"
    assert wire.worded(wire.why("a.example", httpx.ReadTimeout("")), "en") == "a.example did not answer in time"
    assert wire.worded("Unauthorized", "zh-CN") == "Unauthorized"
    kept: dict[str, Any] = {
        "code": "channels.letter.unreadable",
        "params": {"field": "address", "detail": "field_missing"},
    }
    kept["params"]["channel"] = "incoming"
    assert health.reason(kept, "zh-CN") == "内容读不懂。客户标识：缺少这一项。"
    assert health.reason(kept, "en") == "It cannot be read. Customer's address: it is missing."


async def test_what_is_noted_already_is_not_written_for_every_message(shop: Toy) -> None:
    pool = await shop.runtime.db.raw()

    async def noted() -> tuple[object, ...]:
        """When the rows that all messages of an inbox share were last written, by their transactions."""
        query = (
            "SELECT h.xmin::text, h.xmax::text, c.xmin::text, c.xmax::text FROM channel_health h, channel_correspondents c"
            " WHERE h.inbox_id = $1"
        )
        return tuple((await pool.fetch(query, shop.inbox.id))[0])

    await shop.post(message("one", "1"))
    first = await noted()
    await shop.post(message("two", "2"))
    assert await noted() == first
    await pool.execute("UPDATE channel_health SET last_in_at = now() - interval '1 hour'")
    aged = await noted()
    await shop.post(message("three", "3"))
    assert await noted() != aged
