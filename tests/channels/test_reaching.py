"""Taking back, going on elsewhere, consent, blocks and pace, over a channel with a provider behind it."""

import dataclasses
from typing import Any
from uuid import UUID

import pytest

from qiao.channels.contract.channel import Channels, DeliveryRefused, Endpoint
from qiao.channels.contract.lanes import Lanes
from qiao.channels.reaching.realtime import wishes_moved
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.core.events import Audience, Envelope
from qiao.desk.blocking import service as blocking
from qiao.desk.blocking.policy import Pace, Rule, Standing, meant
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxCreate, InboxView
from qiao.people.customers import merging
from qiao.people.customers.events import CustomerConsented
from tests.channels.street import API, Street
from tests.channels.toy import Provider, toy
from tests.conftest import SignIn


class Recaller:
    """A provider that takes back, or says that it is too late."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, list[str]]] = []
        self.late = False

    async def recall(self, endpoint: Endpoint, address: str, remote_ids: Any) -> None:
        if self.late:
            raise DeliveryRefused("channels.refused.provider", detail="too late")
        self.asked.append((address, list(remote_ids)))


class Town:
    """Two inboxes of the toy channel."""

    def __init__(self, street: Street) -> None:
        self.street, self.runtime = street, street.runtime
        self.provider, self.recaller = Provider(), Recaller()
        self.ids = 0

    async def open(self) -> tuple[InboxView, InboxView]:
        channel = dataclasses.replace(toy(self.provider), recaller=self.recaller)
        Channels.of(self.runtime).register(channel)
        made = []
        async with self.runtime.db.transaction() as db:
            for name in ("North", "South"):
                spec = InboxCreate(channel="toy", name=name, queue_id=self.street.queue_id, bot_enabled=False)
                made.append(await inboxes.create(db, Actor.system(), spec))
        return made[0], made[1]

    async def post(self, inbox: InboxView, **item: Any) -> None:
        self.ids += 1
        body = {"type": "message", "id": f"i{self.ids}", "text": "hello", **item}
        answer = await self.street.http.post(
            f"{API}/channels/hooks/{inbox.key}", json=body, headers={"x-toy": "open", "x-id": f"k{self.ids}"}
        )
        assert answer.status_code == 200, answer.text
        await self.runtime.get(Lanes).settled()
        await self.runtime.reactions.settled()


@pytest.fixture
async def town(street: Street) -> Town:
    return Town(street)


async def _talk(browser: Any, **query: Any) -> dict[str, Any]:
    items = (await browser.get(f"{API}/conversations", params=query)).json()["items"]
    found: dict[str, Any] = items[0]
    return found


async def _lines(browser: Any, conversation_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await browser.get(f"{API}/conversations/{conversation_id}/messages")).json()["items"]
    return items


async def test_what_customers_take_back_and_change(town: Town, sign_in: SignIn) -> None:
    north, _ = await town.open()
    boss, agent = await sign_in("boss"), await sign_in("mei", role="supervisor")
    await town.post(north, id="m1", text="my card is 6222 0000")
    await town.post(north, type="edited", id="m1", text="my card is gone")
    talk = await _talk(agent)
    (line,) = [one for one in await _lines(agent, talk["id"]) if one["kind"] == "text"]
    assert line["body"] == "my card is gone" and line["edited_at"]
    await town.post(north, type="withdrawn", id="m1")
    await town.post(north, type="withdrawn", id="m1")  # told twice
    await town.post(north, type="withdrawn", id="m1", **{"from": "somebody else"})
    (line,) = [one for one in await _lines(agent, talk["id"]) if one["kind"] == "text"]
    assert (line["body"], line["payload"]) == ("", {}) and line["recalled_at"]
    path = f"{API}/conversations/{talk['id']}/messages/{line['id']}/versions"
    assert (await agent.get(path)).status_code == 403
    kept = (await boss.get(path)).json()
    assert [(one["why"], one["body"]) for one in kept] == [
        ("edited", "my card is 6222 0000"),
        ("withdrawn", "my card is gone"),
    ]
    audited = (await boss.get(f"{API}/audit", params={"object": "conversation"})).json()["items"]
    assert {"message.edited", "message.withdrawn", "message.earlier_read"} <= {one["action"] for one in audited}


async def test_taking_back_asks_the_channel_and_says_what_came_of_it(town: Town, sign_in: SignIn) -> None:
    north, _ = await town.open()
    agent = await sign_in("mei", role="agent")
    await town.street.hire(agent)
    await town.post(north)
    await town.runtime.reactions.settled()
    talk = await _talk(agent)
    await agent.post(f"{API}/conversations/{talk['id']}/assign", json={"user_id": str(agent.actor_id)})

    async def say(text: str) -> dict[str, Any]:
        body = {"client_id": text, "body": text}
        sent = await agent.post(f"{API}/conversations/{talk['id']}/messages", json=body)
        assert sent.status_code == 201, sent.text
        await town.runtime.reactions.settled()
        found: dict[str, Any] = sent.json()
        return found

    async def take_back(message: dict[str, Any]) -> dict[str, Any]:
        answer = await agent.post(f"{API}/conversations/{talk['id']}/messages/{message['id']}/recall")
        assert answer.status_code == 200, answer.text
        assert answer.json()["recall"] == "asked" and answer.json()["body"] == ""
        await town.runtime.reactions.settled()
        return next(one for one in await _lines(agent, talk["id"]) if one["id"] == message["id"])

    state = (await agent.get(f"{API}/channels/conversations/{talk['id']}")).json()
    assert state["capabilities"]["recall_hours"] == pytest.approx(2 / 60), (
        "whoever answers is told how long it can be taken back"
    )
    gone = await take_back(await say("wrong price"))
    assert (gone["recall"], gone["body"]) == ("done", "") and town.recaller.asked == [("u1", ["twin-1"])]
    town.recaller.late = True
    still = await take_back(await say("read already"))
    assert (still["recall"], still["body"], still["recalled_at"]) == ("late", "read already", None)
    with clock.frozen(clock.now() + with_minutes(3)):
        message = next(one for one in await _lines(agent, talk["id"]) if one["body"] == "read already")
        late = await agent.post(f"{API}/conversations/{talk['id']}/messages/{message['id']}/recall")
        assert late.json()["code"] == "conversation.recall_too_late"


def with_minutes(number: int) -> Any:
    from datetime import timedelta

    return timedelta(minutes=number)


async def test_one_story_and_going_on_elsewhere(town: Town, sign_in: SignIn) -> None:
    north, south = await town.open()
    boss, agent = await sign_in("boss"), await sign_in("mei", role="agent")
    await town.street.hire(agent, online=False)
    await town.post(north, text="where is my bed", **{"from": "n1"})
    await town.post(south, text="hello?", **{"from": "s1"})
    await town.post(south, text="it is me again", **{"from": "s1"})
    talks = {one["inbox"]["name"]: one for one in (await boss.get(f"{API}/conversations")).json()["items"]}
    first, second = talks["North"]["customer"]["id"], talks["South"]["customer"]["id"]
    made = await boss.post(f"{API}/customers/{first}/merge", json={"other_id": second})
    assert made.status_code == 201, made.text

    other = (await agent.get(f"{API}/conversations/{talks['North']['id']}/elsewhere")).json()
    assert [one["body"] for one in other["items"] if one["kind"] == "text"] == ["hello?", "it is me again"]
    assert [one["inbox"]["name"] for one in other["conversations"]] == ["South"] and other["next_cursor"] is None
    page = (await agent.get(f"{API}/conversations/{talks['North']['id']}/elsewhere", params={"limit": 1})).json()
    rest = await agent.get(
        f"{API}/conversations/{talks['North']['id']}/elsewhere", params={"limit": 50, "cursor": page["next_cursor"]}
    )
    pages = rest.json()["items"] + page["items"]
    assert [(one["seq"], one["kind"], one["payload"]) for one in pages] == [
        (one["seq"], one["kind"], one["payload"]) for one in other["items"]
    ]
    story = (await agent.get(f"{API}/customers/{second}/story")).json()["items"]
    assert {one["conversation"]["inbox"]["name"] for one in story} == {"North", "South"}

    ways = f"{API}/conversations/{talks['North']['id']}/reachable"
    (way,) = (await agent.get(ways)).json()
    assert (way["inbox"], way["open"], way["why_not"]) == ("South", True, None)
    body = {"inbox_id": way["inbox_id"], "identity_id": way["identity_id"], "client_id": "c1", "body": "hello there"}
    path = f"{API}/conversations/{talks['North']['id']}/continue"
    for _ in range(2):  # repeated, it changes nothing
        went = await agent.post(path, json=body | {"resolve": True})
        assert went.status_code == 201, went.text
        assert went.json()["conversation_id"] == talks["South"]["id"] and went.json()["begun"] is False
    await town.runtime.reactions.settled()
    assert town.provider.texts() == ["hello there"] and town.provider.delivered[0][2]["to"] == "s1"
    for talk, kind in ((talks["North"], "continued"), (talks["South"], "continued_from")):
        said = [one["payload"].get("type") for one in await _lines(boss, talk["id"])]
        assert said.count(kind) == 1, said
    # The line that leads back says where to by the inbox's name, and stands before the words.
    lines = await _lines(boss, talks["South"]["id"])
    led = next(one for one in lines if one["payload"].get("type") == "continued_from")
    assert led["payload"]["params"]["inbox"] == "North"
    assert led["seq"] < next(one["seq"] for one in lines if one["body"] == "hello there")
    assert (await boss.get(f"{API}/conversations/{talks['North']['id']}")).json()["status"] == "resolved"

    # They want no more of it there: it is on record, and the way is closed.
    await town.post(south, type="happening", kind="opted_out", **{"from": "s1"})
    (way,) = (await agent.get(ways)).json()
    assert way["open"] is False and "opted out" in way["why_not"]
    (said,) = (await agent.get(f"{API}/customers/{first}/identities/{way['identity_id']}/consents")).json()
    assert (said["state"], said["source"]) == ("out", "channel")
    assert (await agent.post(path, json=body | {"client_id": "c2"})).status_code == 409
    # Whoever has it open hears so at once.
    fact = {"customer_id": first, "identity_id": way["identity_id"], "state": "out", "source": "channel"}
    envelope = Envelope(1, 1, CustomerConsented.kind, None, "system", None, Audience(), fact, clock.now())
    hints = {hint.conversation_id: hint for _, hint in await wishes_moved(town.runtime, [envelope])}
    hint = hints[UUID(talks["South"]["id"])]
    assert (hint.type, hint.data) == ("channel.changed", {"conversation_id": talks["South"]["id"]})
    assert hint.target.watchers_of == hint.conversation_id and hint.target.permission == "conversations.view_all"
    # They changed their mind, and an agent notes it with the proof.
    noted = f"{API}/customers/{first}/identities/{way['identity_id']}/consents"
    assert (await agent.post(noted, json={"state": "in", "proof": "call of today"})).status_code == 201
    assert (await agent.get(ways)).json()[0]["open"] is True
    assert (await agent.post(noted, json={"state": "out"})).status_code == 201
    assert (await agent.get(ways)).json()[0]["open"] is False

    # Undone, each has what is theirs, also what came since.
    await town.post(south, text="new matter", **{"from": "s1"})
    async with town.runtime.db.transaction() as db:
        await merging.undo(db, Actor.system(), UUID(made.json()["id"]))
    again = (await boss.get(f"{API}/conversations", params={"customer_id": second})).json()["items"]
    assert {one["inbox"]["name"] for one in again} == {"South"}
    assert (await agent.get(f"{API}/conversations/{talks['North']['id']}/elsewhere")).json()["items"] == []


async def test_blocked_senders_and_those_who_write_too_fast(town: Town, sign_in: SignIn) -> None:
    north, south = await town.open()
    boss = await sign_in("boss")
    made = await boss.post(f"{API}/blocks", json={"kind": "domain", "value": "@Spam.example", "reason": "spam"})
    assert made.status_code == 201 and made.json()["value"] == "spam.example", made.text
    await town.post(north, text="buy!", **{"from": "x@mail.spam.example"})
    assert (await boss.get(f"{API}/conversations")).json()["items"] == []
    # Kept apart instead of refused, where the company wants to see it.
    assert (
        await boss.put(f"{API}/intake-rules/{north.id}", json={"handling": "keep", "per_minute": 3})
    ).status_code == 200
    await town.post(north, text="buy more!", **{"from": "x@mail.spam.example"})
    (kept,) = (await boss.get(f"{API}/held-messages", params={"why": "blocked"})).json()["items"]
    assert kept["body"] == "buy more!"
    assert (await boss.post(f"{API}/held-messages/release", json={"ids": [kept["id"]]})).status_code == 204
    assert (await _talk(boss))["last_message"]["preview"] == "buy more!"
    assert (await boss.get(f"{API}/held-messages")).json()["items"] == []
    lifted = await boss.post(f"{API}/blocks/{made.json()['id']}/lift")
    assert lifted.json()["standing"] is False
    assert (await boss.post(f"{API}/blocks/{made.json()['id']}/lift")).json()["code"] == "block_lifted_already"

    for number in range(6):
        await town.post(north, text=f"line {number}", **{"from": "fast"})
    talks = (await boss.get(f"{API}/conversations")).json()["items"]
    (talk,) = [one for one in talks if one["last_message"]["preview"] != "buy more!"]
    lines = await _lines(boss, talk["id"])
    assert [one["body"] for one in lines if one["author"]["kind"] == "customer"] == ["line 0", "line 1", "line 2"]
    assert [one["payload"]["type"] for one in lines if one["kind"] == "event"].count("folding") == 1
    assert sum("very fast" in one["body"] or "太快" in one["body"] for one in lines) == 1
    folded = (await boss.get(f"{API}/conversations/{talk['id']}/held")).json()
    assert sorted(one["body"] for one in folded) == ["line 3", "line 4", "line 5"]
    released = {"ids": [one["id"] for one in folded]}
    assert (await boss.post(f"{API}/conversations/{talk['id']}/held/release", json=released)).status_code == 204
    lines = await _lines(boss, talk["id"])
    assert [one["body"] for one in lines if one["author"]["kind"] == "customer"][-3:] == ["line 3", "line 4", "line 5"]
    # Another inbox has its own pace, and the sender theirs.
    await town.post(south, text="calm", **{"from": "fast"})
    assert any(one["inbox"]["name"] == "South" for one in (await boss.get(f"{API}/conversations")).json()["items"])


async def test_a_customer_is_blocked_for_a_time_with_a_reason(town: Town, sign_in: SignIn) -> None:
    north, _ = await town.open()
    boss, viewer = await sign_in("boss"), await sign_in("eve", role="viewer")
    await town.post(north)
    customer = (await _talk(boss))["customer"]["id"]
    until = clock.now() + with_minutes(60)
    body = {"kind": "customer", "customer_id": customer, "reason": "abuse", "expires_at": until.isoformat()}
    assert (await viewer.post(f"{API}/blocks", json=body)).status_code == 403
    assert (await boss.post(f"{API}/blocks", json=body)).status_code == 201
    assert (await boss.get(f"{API}/customers/{customer}")).json()["blocked"] is True
    with clock.frozen(until + with_minutes(1)):
        await blocking.run_out(town.runtime)
    assert (await boss.get(f"{API}/customers/{customer}")).json()["blocked"] is False
    await boss.post(f"{API}/blocks", json={"kind": "customer", "customer_id": customer})
    await boss.post(f"{API}/customers/{customer}/unblock")
    assert (await boss.get(f"{API}/blocks")).json()["items"] == []
    past = (await boss.get(f"{API}/blocks", params={"standing": False})).json()["items"]
    assert [one["reason"] for one in past] == ["", "abuse"]
    for bad in (
        {"kind": "domain", "value": "nodots"},
        {"kind": "phone_prefix", "value": "x"},
        {"kind": "customer"},
        {"kind": "address", "value": " "},
        {"kind": "address", "value": "a", "expires_at": "2020-01-01T00:00:00Z"},
    ):
        assert (await boss.post(f"{API}/blocks", json=bad)).status_code == 422, bad


async def test_who_is_blocked_waits_in_no_queue(town: Town, sign_in: SignIn) -> None:
    north, south = await town.open()
    boss = await sign_in("boss")
    await town.post(north)
    await town.post(south, text="me, too")
    waiting, other = await _talk(boss, inbox_id=str(north.id)), await _talk(boss, inbox_id=str(south.id))
    assert (waiting["status"], other["status"]) == ("queued", "queued")

    async def status(talk: dict[str, Any]) -> str:
        await town.runtime.reactions.settled()
        found: str = (await boss.get(f"{API}/conversations/{talk['id']}")).json()["status"]
        return found

    # In one inbox only: what waits elsewhere waits on.
    body = {"kind": "customer", "customer_id": waiting["customer"]["id"], "inbox_id": str(north.id)}
    assert (await boss.post(f"{API}/blocks", json=body)).status_code == 201
    assert (await status(waiting), await status(other)) == ("closed", "queued")
    last = (await _lines(boss, waiting["id"]))[-1]
    assert last["payload"]["type"] == "closed" and last["payload"]["params"]["reason"] == "blocked"
    assert (await boss.post(f"{API}/customers/{other['customer']['id']}/block")).status_code == 200
    assert await status(other) == "closed"


@pytest.mark.parametrize(("kind", "value"), [("address", "a@Spam.example"), ("domain", "spam.example")])
async def test_a_blocked_address_or_domain_waits_in_no_queue(
    town: Town, sign_in: SignIn, kind: str, value: str
) -> None:
    north, south = await town.open()
    boss = await sign_in("boss")
    for inbox in (north, south):
        await town.post(inbox, **{"from": "a@spam.example"})
        await town.post(inbox, **{"from": "b@fine.example"})
    body = {"kind": kind, "value": value, "inbox_id": str(north.id)}
    assert (await boss.post(f"{API}/blocks", json=body)).status_code == 201
    await town.runtime.reactions.settled()
    talks = (await boss.get(f"{API}/conversations", params={"view": "all", "limit": 10})).json()["items"]
    shut = [one for one in talks if one["status"] == "closed"]
    assert [one["inbox"]["name"] for one in shut] == ["North"] and len(talks) == 4
    last = (await _lines(boss, shut[0]["id"]))[-1]
    assert last["payload"]["type"] == "closed" and last["payload"]["params"]["reason"] == "blocked"
    assert (await boss.post(f"{API}/blocks", json=body | {"inbox_id": None})).status_code == 201
    await town.runtime.reactions.settled()
    talks = (await boss.get(f"{API}/conversations", params={"view": "all", "limit": 10})).json()["items"]
    assert sorted(one["status"] for one in talks) == ["closed", "closed", "queued", "queued"]


async def test_what_somebody_looks_after_stays_theirs_when_its_customer_is_blocked(town: Town, sign_in: SignIn) -> None:
    north, _ = await town.open()
    boss = await sign_in("boss")
    await town.post(north)
    talk = await _talk(boss)
    me = (await boss.get(f"{API}/auth/me")).json()["user"]
    assigned = await boss.post(f"{API}/conversations/{talk['id']}/assign", json={"user_id": me["id"]})
    assert assigned.is_success, assigned.text
    await boss.post(f"{API}/customers/{talk['customer']['id']}/block")
    await town.runtime.reactions.settled()
    assert (await boss.get(f"{API}/conversations/{talk['id']}")).json()["status"] == "assigned"


@pytest.mark.parametrize(
    ("kind", "value", "address", "hit"),
    [
        ("address", "x@y.example", "X@Y.example", True),
        ("domain", "y.example", "a@sub.y.example", True),
        ("domain", "y.example", "a@noty.example", False),
        ("domain", "y.example", "y.example", False),
        ("phone_prefix", "+44", "+442071234567", True),
        ("phone_prefix", "170", "17000000001", True),
        ("phone_prefix", "170", "openid170", False),
    ],
)
def test_who_is_meant(kind: str, value: str, address: str, hit: bool) -> None:
    one = UUID(int=1)
    block = Standing(one, kind, value, None, None, None)
    assert (meant([block], one, address, one, clock.now()) is not None) is hit
    elsewhere = Standing(one, kind, value, None, UUID(int=2), None)
    assert meant([elsewhere], one, address, one, clock.now()) is None


def test_pace_forgets() -> None:
    pace, rule, inbox = Pace(), Rule(per_minute=3, per_hour=5), UUID(int=1)
    assert [pace.too_fast(inbox, "a", rule, float(t)) for t in range(4)] == [False, False, False, True]
    assert pace.too_fast(inbox, "b", rule, 3.0) is False
    assert pace.too_fast(inbox, "a", rule, 100.0) is False
    assert pace.too_fast(inbox, "a", rule, 200.0) is True  # the sixth within the hour
    assert pace.too_fast(inbox, "a", rule, 5000.0) is False


async def _told_later(town: Town, boss: Any, talk_id: str, *words: str) -> tuple[str, list[str | None]]:
    """Closes a conversation and answers in a ticket of it: the ticket's number, and what its timeline says of that."""
    body = {"type_key": "consultation", "title": "The lamp", "conversation_id": talk_id, "source": "conversation"}
    made = await boss.post(f"{API}/tickets", json=body)
    assert made.status_code == 201, made.text
    assert (await boss.post(f"{API}/conversations/{talk_id}/close")).status_code in (200, 204)
    for one in words:
        said = await boss.post(f"{API}/tickets/{made.json()['id']}/comments", json={"body": one, "public": True})
        assert said.status_code == 201, said.text
        await town.runtime.reactions.settled()
    lines = (await boss.get(f"{API}/tickets/{made.json()['id']}/timeline")).json()["items"]
    return made.json()["ref"], [one["payload"].get("type") for one in lines if one["kind"] == "event"]


async def test_words_of_a_ticket_reach_whoever_left_the_chat(town: Town, sign_in: SignIn) -> None:
    boss = await sign_in("boss")
    guest = town.street.widget()
    await guest.open()
    first = await guest.say("my lamp flickers")
    await town.runtime.reactions.settled()
    ref, events = await _told_later(town, boss, first["conversation_id"], "A new one is on its way", "It has arrived")
    assert "reply.unreached" not in events
    # They come back.
    session = await guest.open()
    assert session["conversation"]["id"] != first["conversation_id"]
    heard = [one["body"] for one in await guest.history() if one["author"]["kind"] == "user" and one["kind"] == "text"]
    about = f"About your request “The lamp” ({ref}):\n"
    assert heard == [f"{about}A new one is on its way", "It has arrived"]
    talk = (await boss.get(f"{API}/conversations/{session['conversation']['id']}")).json()
    assert (talk["status"], talk["assignee"]) == ("resolved", None), "nobody's work until they answer"
    (ticket,) = (await boss.get(f"{API}/tickets", params={"conversation_id": talk["id"]})).json()["items"]
    assert ticket["ref"] == ref, "it goes on there"
    answer = await guest.say("thank you")
    assert answer["conversation_id"] == session["conversation"]["id"]


async def test_words_of_a_ticket_go_where_the_customer_wrote_from_or_say_why_not(town: Town, sign_in: SignIn) -> None:
    north, south = await town.open()
    boss = await sign_in("boss")
    await town.post(north, text="where is my bed", **{"from": "n1"})
    _, events = await _told_later(town, boss, (await _talk(boss))["id"], "On its way")
    assert "reply.unreached" not in events
    assert [text.split("\n")[1] for text in town.provider.texts()] == ["On its way"]
    await town.post(south, text="and mine", **{"from": "s1"})
    talk = await _talk(boss, inbox_id=str(south.id))
    await town.post(south, type="happening", kind="opted_out", **{"from": "s1"})
    _, events = await _told_later(town, boss, talk["id"], "Tomorrow")
    assert "reply.unreached" in events and len(town.provider.texts()) == 1


async def test_a_number_a_colleague_has_checked_is_a_way_once_its_owner_has_agreed(town: Town, sign_in: SignIn) -> None:
    north, south = await town.open()
    boss = await sign_in("boss")
    channel = Channels.of(town.runtime).find("toy")
    assert channel is not None
    reaching = dataclasses.replace(channel.manifest, reaches={"phone": lambda number: number})
    Channels.of(town.runtime).register(dataclasses.replace(channel, manifest=reaching))
    await town.post(north, **{"from": "n1"})
    talk = await _talk(boss)
    customer, ways = f"{API}/customers/{talk['customer']['id']}", f"{API}/conversations/{talk['id']}/reachable"
    await boss.patch(customer, json={"phone": "199 0000 0001"})
    assert (await boss.get(ways)).json() == [], "what was merely told is no address"
    await boss.patch(customer, json={"phone_vouched": True})
    (way,) = (await boss.get(ways)).json()
    assert (way["inbox"], way["open"], way["needs"]) == (south.name, False, "consent") and "agree" in way["why_not"]
    noted = await boss.post(f"{customer}/identities/{way['identity_id']}/consents", json={"state": "in"})
    assert noted.status_code == 201
    assert (await boss.get(ways)).json()[0]["open"] is True
