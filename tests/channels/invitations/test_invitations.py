"""Invitations: rules, what pages are told, caps that hold, figures about nobody."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from qiao.channels.invitations import memory
from qiao.channels.invitations.schemas import Caps
from qiao.channels.invitations.service import Rules
from qiao.core.runtime import Runtime
from qiao.core.secrets import Signer
from tests.channels.street import API, Street
from tests.conftest import SignIn

TODAY = date(2026, 3, 2)
SIGNER = Signer(b"k" * 32)


@given(st.lists(st.tuples(st.sampled_from(["ask", "dismiss", "night"]), st.integers(0, 2)), max_size=40))
@settings(max_examples=100)
def test_no_history_gets_past_the_caps(story: list[tuple[str, int]]) -> None:
    """Whatever is asked and in whichever order, nobody sees more than the rules allow."""
    rules = [uuid4() for _ in range(3)]
    caps = Caps(per_day=2, total=4, rest_days=3)
    kept, day = "", TODAY
    shown: dict[Any, list[date]] = {rule: [] for rule in rules}
    silent: dict[Any, date] = {}
    for step, number in story:
        rule = rules[number]
        seen = memory.unseal(SIGNER, "site", kept)
        if step == "night":
            day += timedelta(days=1)
        elif step == "dismiss":
            if shown[rule]:
                memory.dismissed(seen, rule, caps, day)
                silent[rule] = day + timedelta(days=3)
        elif memory.may_show(seen, rule, caps, day):
            memory.shown(seen, rule, day)
            shown[rule].append(day)
            assert day >= silent.get(rule, day), "dismissed means quiet"
        kept = memory.seal(SIGNER, "site", seen)
    for rule in rules:
        assert len(shown[rule]) <= caps.total
        assert all(shown[rule].count(one) <= caps.per_day for one in shown[rule])
    everything = [one for days in shown.values() for one in days]
    assert all(everything.count(one) <= memory.A_DAY for one in everything)


@given(st.text(max_size=120))
@settings(max_examples=100)
def test_a_memory_that_is_not_ours_is_empty(text: str) -> None:
    assert memory.unseal(SIGNER, "site", text) == {}


def test_a_memory_belongs_to_one_site() -> None:
    kept = memory.seal(SIGNER, "site", {str(uuid4()): memory.Seen(TODAY, 1, 1)})
    assert memory.unseal(SIGNER, "site", kept) and memory.unseal(SIGNER, "other", kept) == {}
    assert memory.unseal(SIGNER, "site", kept[:-2] + "xx") == {}


RULE: dict[str, Any] = {
    "name": "Delivery",
    "text_zh": "想知道多久送到吗？",
    "text_en": "Curious when it would arrive?",
    "conditions": {"pages": ["/bed*"], "seconds": 1, "only_open": False},
    "caps": {"per_day": 1, "total": 2, "rest_days": 7},
}


class Site:
    """A page of the shop that asks what it may show."""

    def __init__(self, street: Street, admin: httpx.AsyncClient):
        self.street, self.admin = street, admin
        self.memory = ""
        self.path = f"{API}/widget/{street.inbox.key}/invitations"

    async def rules(self, **params: Any) -> list[dict[str, Any]]:
        answer = await self.street.http.get(self.path, params={"memory": self.memory, "locale": "en", **params})
        assert answer.status_code == 200, answer.text
        self.memory = answer.json()["memory"]
        return answer.json()["rules"]

    async def tell(self, invitation_id: str, what: str) -> bool:
        body = {"id": invitation_id, "what": what, "memory": self.memory}
        answer = await self.street.http.post(self.path, json=body)
        assert answer.status_code == 200, answer.text
        self.memory = answer.json()["memory"]
        return bool(answer.json()["show"])

    async def add(self, **changes: Any) -> dict[str, Any]:
        params = {"inbox_id": str(self.street.inbox.id)}
        answer = await self.admin.post(f"{API}/invitations", params=params, json={**RULE, **changes})
        assert answer.status_code == 201, answer.text
        return answer.json()

    async def listed(self) -> list[dict[str, Any]]:
        return (await self.admin.get(f"{API}/invitations", params={"inbox_id": str(self.street.inbox.id)})).json()


@pytest.fixture
async def site(street: Street, sign_in: SignIn) -> Site:
    return Site(street, await sign_in())


async def test_shown_accepted_and_led_to_a_conversation(site: Site, street: Street, runtime: Runtime) -> None:
    config = f"{API}/widget/{street.inbox.key}/config"
    assert (await street.http.get(config)).json()["features"]["invitations"] is False
    made = await site.add()
    (rule,) = await site.rules()
    assert rule["text"] == RULE["text_en"] and "only_open" not in rule
    assert (await site.rules(locale="zh-CN"))[0]["text"] == RULE["text_zh"]
    assert await site.tell(made["id"], "ask")
    assert not await site.tell(made["id"], "ask"), "once a day"
    assert await site.rules() == [], "and pages do not even hear of it"
    await site.tell(made["id"], "accepted")
    widget = street.widget()
    await widget.open(
        page={"url": "https://shop.example/bed", "title": "Bed", "referrer": "", "invitation": made["id"]}
    )
    (listed,) = await site.listed()
    assert listed["figures"] == {"shown": 1, "accepted": 1, "dismissed": 0, "conversations": 0}, (
        "nothing begins by itself"
    )
    await widget.say("When does it arrive?")
    async with asyncio.timeout(60):
        while not listed["figures"]["conversations"]:
            await asyncio.sleep(0.02)
            (listed,) = await site.listed()
    assert listed["figures"]["conversations"] == 1
    days = (await site.admin.get(f"{API}/invitations/{made['id']}/days")).json()
    assert len(days) == 1 and days[0]["shown"] == 1


async def test_caps_hold_whatever_a_page_says(site: Site) -> None:
    made = await site.add(caps={"per_day": 1, "total": 2, "rest_days": 7})
    assert await site.tell(made["id"], "ask")
    kept = site.memory
    await site.tell(made["id"], "dismissed")
    site.memory = kept + "x"  # meddled with: an empty memory, and so the caps of a new browser
    assert await site.tell(made["id"], "ask")
    assert not await site.tell(made["id"], "ask")
    assert not await site.tell(str(uuid4()), "ask")
    await Site.tell(site, made["id"], "accepted")
    other = Site(site.street, site.admin)
    await other.tell(made["id"], "accepted")  # nothing comes of what was not shown
    (listed,) = await site.listed()
    assert listed["figures"]["shown"] == 2 and listed["figures"]["accepted"] == 1


async def test_nobody_is_invited_when_nobody_can_answer(
    site: Site, street: Street, sign_in: SignIn, runtime: Runtime
) -> None:
    made = await site.add(conditions={"only_open": True})
    assert await site.rules() == [] and not await site.tell(made["id"], "ask")
    await street.hire(await sign_in("li", role="agent"))
    Rules.of(street.runtime).forget()
    assert len(await site.rules()) == 1


async def test_rules_are_written_by_managers(site: Site, street: Street, sign_in: SignIn) -> None:
    first, second = await site.add(name="A"), await site.add(name="B")
    params = {"inbox_id": str(street.inbox.id)}
    order = await site.admin.put(f"{API}/invitations/order", params=params, json={"ids": [second["id"], first["id"]]})
    assert [one["name"] for one in order.json()] == ["B", "A"]
    off = await site.admin.put(f"{API}/invitations/{second['id']}", json={**RULE, "name": "B", "active": False})
    assert off.status_code == 200 and [one["id"] for one in await site.rules()] == [first["id"]]
    for wrong in (
        {**RULE, "text_zh": "", "text_en": ""},
        {**RULE, "conditions": {"pages": ["bed s"]}},
        {**RULE, "caps": {"per_day": 0}},
    ):
        assert (await site.admin.post(f"{API}/invitations", params=params, json=wrong)).status_code == 422, wrong
    agent = await sign_in("li", role="agent")
    assert (await agent.get(f"{API}/invitations", params=params)).status_code == 403
    assert (await site.admin.delete(f"{API}/invitations/{first['id']}")).status_code == 204
    assert await site.rules() == []
    closed = await street.http.get(site.path, headers={"Origin": "https://elsewhere.example"})
    assert closed.status_code == 200, "any site, as long as the inbox names none"
