"""An answer that comes too late goes another way, and a verified number from elsewhere is an address."""

import dataclasses
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from qiao.channels.contract import closing, jobs
from qiao.channels.contract.channel import Channels
from qiao.channels.contract.lanes import Lanes
from qiao.channels.contract.manifest import Window
from qiao.core import clock
from qiao.core.actor import Actor
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Outgoing
from qiao.desk.inboxes import service as inboxes
from qiao.desk.inboxes.schemas import InboxCreate, InboxPatch, InboxView
from qiao.people.customers import consenting
from qiao.people.customers import service as customers
from qiao.people.customers.policy import e164
from qiao.people.customers.schemas import Profile
from tests.channels.street import API, Street
from tests.channels.toy import Provider, toy
from tests.conftest import SignIn

HOURS = 24


class Settings(closing.WhenClosed):
    account: str = ""


class Shop:
    """A channel with a window, and an SMS channel whose addresses are numbers."""

    def __init__(self, street: Street) -> None:
        self.street, self.runtime = street, street.runtime
        self.chat, self.texts = Provider(), Provider()
        self.posted = 0

    async def open(self) -> tuple[InboxView, InboxView]:
        chat = toy(self.chat, window=Window(timedelta(hours=HOURS)))
        chat = dataclasses.replace(chat, manifest=dataclasses.replace(chat.manifest, settings=Settings))
        texts = toy(self.texts)
        manifest = dataclasses.replace(texts.manifest, name="texts", identity_kind="texts", reaches={"phone": e164})
        for channel in (chat, dataclasses.replace(texts, manifest=manifest)):
            Channels.of(self.runtime).register(channel)
        made = []
        async with self.runtime.db.transaction() as db:
            for name in ("toy", "texts"):
                spec = InboxCreate(channel=name, name=name, queue_id=self.street.queue_id, bot_enabled=False)
                made.append(await inboxes.create(db, Actor.system(), spec))
        return made[0], made[1]

    async def rule(self, inbox: InboxView, **settings: Any) -> None:
        async with self.runtime.db.transaction() as db:
            await inboxes.update(db, Actor.system(), inbox.id, InboxPatch(settings=settings))

    async def write(self, inbox: InboxView, text: str, who: str = "u1") -> None:
        self.posted += 1
        body = {"type": "message", "id": f"i{self.posted}", "text": text, "from": who, "name": "Ada"}
        answer = await self.street.http.post(
            f"{API}/channels/hooks/{inbox.key}", json=body, headers={"x-toy": "open", "x-id": f"k{self.posted}"}
        )
        assert answer.status_code == 200, answer.text
        await self.settled()

    async def settled(self) -> None:
        await self.runtime.get(Lanes).settled()
        for _ in range(3):  # said, due, refused, said elsewhere, due there, sent: each by a reaction of its own
            await self.runtime.reactions.settled()

    async def answer(self, conversation_id: str, text: str) -> None:
        async with self.runtime.db.transaction() as db:
            await conversations.relay(db, Actor.bot(), UUID(conversation_id), Outgoing("text", text))

    async def time_is_over(self) -> None:
        pool = await self.runtime.db.raw()
        await pool.execute("UPDATE channel_contacts SET opened_at = opened_at - make_interval(hours => $1)", HOURS + 1)

    def quiet_now(self) -> dict[str, str]:
        """From an hour ago until an hour from now, on the company's wall."""
        wall = clock.now().astimezone(ZoneInfo("Asia/Shanghai"))
        hour = timedelta(hours=1)
        return {"quiet_from": f"{wall - hour:%H:%M}", "quiet_until": f"{wall + hour:%H:%M}"}

    async def quiet_is_over(self) -> None:
        pool = await self.runtime.db.raw()
        await pool.execute("UPDATE channel_switches SET due_at = now() - interval '1 second'")

    async def phone_of(self, customer_id: str, number: str, consent: str | None) -> None:
        """The customer's number, proved somewhere else."""
        async with self.runtime.db.transaction() as db:
            sites = await inboxes.create(
                db, Actor.system(), InboxCreate(channel="webchat", name="site", queue_id=self.street.queue_id)
            )
            profile = Profile(phone=number, vouched=frozenset({"phone"}))
            await customers.identify_visitor(db, sites.id, UUID(customer_id), "account-1", profile)
            known = await customers.get(db, Actor.system(), UUID(customer_id))
            proved = next(one for one in known.identities if one.kind == "phone")
            if consent is not None:
                await consenting.record(db, Actor.system(), known.id, proved.id, consent, "form")  # type: ignore[arg-type]


async def lines_of(browser: Any, conversation_id: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = (await browser.get(f"{API}/conversations/{conversation_id}/messages")).json()["items"]
    return items


def events(lines: list[dict[str, Any]]) -> list[str]:
    return [one["payload"]["type"] for one in lines if one["kind"] == "event"]


@pytest.fixture
async def shop(street: Street) -> Shop:
    return Shop(street)


async def talk_in(shop: Shop, inbox: InboxView, boss: Any) -> tuple[str, str]:
    await shop.write(inbox, "hello")
    (talk,) = (await boss.get(f"{API}/conversations", params={"inbox_id": str(inbox.id)})).json()["items"]
    return talk["id"], talk["customer"]["id"]


async def test_a_late_answer_goes_as_a_text_message_once(shop: Shop, sign_in: SignIn) -> None:
    chat, texts = await shop.open()
    boss = await sign_in("boss")
    talk, customer = await talk_in(shop, chat, boss)
    said = {"zh-CN": "{text} {link}", "en": "{company}: {text} {link}"}
    await shop.rule(
        chat, when_closed="sms", closed_sms=str(texts.id), closed_text=said, closed_link="https://go.example/a"
    )
    state = f"{API}/channels/conversations/{talk}"
    assert (await boss.get(state)).json()["switch"] is None  # its time is not over
    await shop.time_is_over()
    before = (await boss.get(state)).json()["switch"]
    assert (before["way"], before["inbox"]) == ("sms", None) and "verified" in before["why_not"]
    await shop.answer(talk, "too late one")
    await shop.settled()
    assert events(await lines_of(boss, talk))[-1] == "not_switched" and shop.texts.texts() == []

    await shop.phone_of(customer, "138 0013 8000", None)
    (way,) = (await boss.get(f"{API}/conversations/{talk}/reachable")).json()
    assert (way["open"], way["needs"]) == (False, "consent")
    noted = f"{API}/customers/{customer}/identities/{way['identity_id']}/consents"
    assert (await boss.post(noted, json={"state": "in", "proof": "asked"})).status_code == 201
    assert (await boss.get(state)).json()["switch"]["inbox"] == "texts"
    for number in range(2):
        await shop.answer(talk, f"your bed comes on Friday {number} " + "x" * 80)
    await shop.settled()
    await jobs.switch_after_quiet_hours(shop.runtime)
    await shop.settled()
    sent = shop.texts.delivered
    assert [one["to"] for _, _, one in sent] == ["+8613800138000"] * 2
    assert all(len(one["text"]) < 100 and one["text"].endswith("… https://go.example/a") for _, _, one in sent)
    here = await lines_of(boss, talk)
    assert events(here).count("switched_sms") == 2 and shop.chat.texts() == []
    (there,) = (await boss.get(f"{API}/conversations", params={"inbox_id": str(texts.id)})).json()["items"]
    assert there["customer"]["id"] == customer and there["status"] == "resolved"
    led = next(one for one in await lines_of(boss, there["id"]) if one["payload"].get("type") == "continued_from")
    assert led["payload"]["params"]["inbox"] == chat.name

    # They answer from that number: it is them, and it is this exchange.
    await shop.write(texts, "thank you", "+8613800138000")
    (there,) = (await boss.get(f"{API}/conversations", params={"inbox_id": str(texts.id)})).json()["items"]
    assert there["customer"]["id"] == customer and there["last_message"]["preview"] == "thank you"

    # Who forbids the number forbids the text messages.
    assert (await boss.post(noted, json={"state": "out"})).status_code == 201
    assert (await boss.get(f"{API}/conversations/{talk}/reachable")).json()[0]["open"] is False
    await shop.answer(talk, "once more")
    await shop.settled()
    assert events(await lines_of(boss, talk))[-1] == "not_switched" and len(shop.texts.delivered) == 2


async def test_a_late_answer_goes_as_a_template_after_the_quiet_hours(shop: Shop, sign_in: SignIn) -> None:
    chat, _ = await shop.open()
    boss = await sign_in("boss")
    talk, _ = await talk_in(shop, chat, boss)
    quiet = shop.quiet_now()
    await shop.rule(
        chat, when_closed="template", closed_template="t1", closed_fields="number = {number} for {customer}", **quiet
    )
    listed = (await boss.get(f"{API}/channels/inboxes/{chat.id}/templates")).json()
    assert [one["id"] for one in listed] == ["t1"]
    await shop.time_is_over()
    planned = (await boss.get(f"{API}/channels/conversations/{talk}")).json()["switch"]
    assert (planned["way"], planned["template"], planned["why_not"]) == ("template", "t1", None)
    assert datetime.fromisoformat(planned["at"]) > clock.now() + timedelta(minutes=58)
    await shop.answer(talk, "your bed is here")
    await shop.settled()
    await jobs.switch_after_quiet_hours(shop.runtime)
    await shop.settled()
    assert shop.chat.delivered == []
    await shop.quiet_is_over()
    for _ in range(2):
        await jobs.switch_after_quiet_hours(shop.runtime)
        await shop.settled()
    ((_, _, sent),) = shop.chat.delivered
    assert sent["template"]["id"] == "t1" and sent["template"]["data"]["number"].endswith(" for Ada")
    assert "switched_template" in events(await lines_of(boss, talk))


async def test_who_writes_in_the_quiet_hours_gets_the_answer_itself(shop: Shop, sign_in: SignIn) -> None:
    chat, _ = await shop.open()
    boss = await sign_in("boss")
    talk, _ = await talk_in(shop, chat, boss)
    await shop.rule(chat, when_closed="template", closed_template="t1", **shop.quiet_now())
    await shop.time_is_over()
    await shop.answer(talk, "your bed is here")
    await shop.settled()
    await shop.write(chat, "are you there?")
    await shop.quiet_is_over()
    await jobs.switch_after_quiet_hours(shop.runtime)
    await shop.settled()
    assert shop.chat.texts() == ["your bed is here"]


@pytest.mark.parametrize(
    ("at", "expected"),
    [("21:29", "21:29"), ("21:30", "08:00"), ("23:59", "08:00"), ("07:59", "08:00"), ("08:00", "08:00")],
)
def test_quiet_hours(at: str, expected: str) -> None:
    rule = closing.rule_of({"when_closed": "sms", "quiet_from": "21:30", "quiet_until": "08:00"})
    assert rule is not None
    now = datetime.fromisoformat(f"2026-03-02T{at}:00+00:00")
    found = closing.allowed_at(rule, now, "UTC")
    assert found.astimezone(UTC).strftime("%H:%M") == expected and timedelta(0) <= found - now < timedelta(hours=11)


@pytest.mark.parametrize(
    "settings",
    [
        {"when_closed": "sms"},
        {"when_closed": "sms", "closed_sms": "x"},
        {"when_closed": "template"},
        {"when_closed": "template", "closed_template": "t", "quiet_from": "22:00"},
        {"when_closed": "template", "closed_template": "t", "quiet_until": "22:00"},
        {"quiet_from": "25:00"},
        {"closed_link": "javascript:alert(1)"},
        {"closed_text": {"fr": "bonjour"}},
    ],
)
def test_half_a_rule_is_none(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(settings)
    assert closing.rule_of(Settings().model_dump()) is None
