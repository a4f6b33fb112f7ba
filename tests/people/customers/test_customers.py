"""Customers: who writes, what staff see and change, and that nobody becomes someone else."""

import asyncio
from typing import Any
from uuid import UUID

import httpx
import msgspec
import pytest
from sqlalchemy import func, select

from qiao.core import clock
from qiao.core.db import Db
from qiao.core.errors import Invalid
from qiao.core.events import Audience, Envelope, Event
from qiao.core.ids import new_id
from qiao.core.runtime import Runtime
from qiao.people.accounts.models import AuditRow
from qiao.people.customers import policy, service
from qiao.people.customers.events import CustomerConsented, CustomerMerged, CustomerUpdated
from qiao.people.customers.models import CustomerRow, IdentityRow
from qiao.people.customers.realtime import push_customers
from qiao.people.customers.schemas import CustomerRef, Profile
from qiao.people.personal import mask_email, mask_phone
from tests.conftest import SignIn

CUSTOMERS = "/api/v1/customers"
INBOX, OTHER = new_id(), new_id()


async def _resolve(
    db: Db, kind: Any, value: str, verified: bool = True, inbox: UUID = INBOX, **profile: Any
) -> CustomerRef:
    return await db.run(
        lambda session: service.resolve_identity(session, inbox, kind, value, verified, Profile(**profile))
    )


class TestWhoWrites:
    async def test_the_same_address_is_the_same_customer(self, db: Db) -> None:
        first = await _resolve(db, "visitor", "v1", name="小林")
        again = await _resolve(db, "visitor", "v1")
        assert first.id == again.id and again.name == "小林" and first.number >= 10001
        assert (await _resolve(db, "visitor", "v1", inbox=OTHER)).id != first.id  # means something in its inbox only
        assert (await _resolve(db, "visitor", "v2")).id != first.id
        phone = await _resolve(db, "phone", "+86 199-1234-1234")
        assert (await _resolve(db, "phone", "19912341234", inbox=OTHER)).id == phone.id

    async def test_many_at_once_make_one(self, db: Db) -> None:
        found = await asyncio.gather(*(_resolve(db, "external", "u1", name=f"N{n}") for n in range(12)))
        assert len({ref.id for ref in found}) == 1
        async with db.read() as session:
            assert await session.scalar(select(func.count()).select_from(CustomerRow)) == 1
            assert await session.scalar(select(func.count()).select_from(IdentityRow)) == 1

    async def test_a_claim_identifies_nobody(self, db: Db) -> None:
        victim = await _resolve(db, "email", "rich@example.com", name="Rich")
        with pytest.raises(ValueError, match="unverified"):
            await _resolve(db, "email", "rich@example.com", verified=False)
        visitor = await _resolve(db, "visitor", "v1", verified=False, email="rich@example.com", name="Mallory")
        assert visitor.id != victim.id
        with pytest.raises(Invalid):
            await _resolve(db, "phone", "call me")

    async def test_a_visitor_fills_gaps_and_a_voucher_replaces(self, db: Db) -> None:
        await _resolve(db, "visitor", "v1", name="Li", city="杭州")
        assert (await _resolve(db, "visitor", "v1", name="Wang")).name == "Li"
        await _resolve(db, "external", "u1", name="Li")
        assert (await _resolve(db, "external", "u1", name="Li Lei")).name == "Li Lei"
        assert (await _resolve(db, "external", "u1")).name == "Li Lei"

    async def test_signing_in_on_the_site_keeps_the_conversation_or_finds_the_customer(self, db: Db) -> None:
        async def identify(visitor: CustomerRef | None, external: str) -> CustomerRef:
            return await db.run(
                lambda s: service.identify_visitor(
                    s, INBOX, visitor.id if visitor else None, external, Profile(name="Li")
                )
            )

        visitor = await _resolve(db, "visitor", "v1", verified=False)
        known = await identify(visitor, "u1")
        assert known.id == visitor.id and known.name == "Li"
        # Another browser of the same user is that customer; the browser used by another user is not taken over.
        second = await _resolve(db, "visitor", "v2", verified=False)
        assert (await identify(second, "u1")).id == visitor.id
        assert (await identify(visitor, "u2")).id not in (visitor.id, second.id)
        assert (await identify(None, "u3")).id not in (visitor.id, second.id)

    async def test_contact_details_left_behind_lose_nothing(self, db: Db) -> None:
        ref = await _resolve(db, "external", "u1", phone="19900000001")
        await db.run(
            lambda s: service.fill_contact(s, ref.id, Profile(name="Li", phone="19900000002", email="A@Example.com"))
        )
        async with db.read() as session:
            row = await session.get_one(CustomerRow, ref.id)
        assert (row.name, row.phone, row.email) == ("Li", "19900000001", "a@example.com")
        assert row.attributes == {"contact_phone": "19900000002"}

    async def test_hostile_profiles_do_no_harm(self, db: Db) -> None:
        ref = await _resolve(
            db,
            "visitor",
            "v1",
            verified=False,
            name="\x00<b>\n" + "长" * 500,
            phone="'; DROP TABLE",
            email="@@",
            locale="xx",
            attributes={"deep": {"a": 1}},
        )
        async with db.read() as session:
            row = await session.get_one(CustomerRow, ref.id)
        assert len(row.name) == 80 and row.name.startswith("<b>") and "\n" not in row.name
        assert row.phone is row.email is row.locale is None and row.attributes == {}


async def _add(browser: httpx.AsyncClient, **body: Any) -> dict[str, Any]:
    response = await browser.post(CUSTOMERS, json=body)
    assert response.status_code == 201, response.text
    added: dict[str, Any] = response.json()
    return added


class TestStaff:
    async def test_contact_data_is_masked_and_revealing_is_noted(self, sign_in: SignIn, db: Db) -> None:
        admin, agent = await sign_in("boss"), await sign_in("mei", role="agent")
        added = await _add(admin, name="苏晚晴", phone="199 0000 0101", email="Su@Example.com", level="vip")
        assert added["phone"] == "19900000101" and added["masked"] is False
        path = f"{CUSTOMERS}/{added['id']}"
        seen = (await agent.get(path)).json()
        assert (seen["phone"], seen["email"], seen["masked"]) == ("199****0101", "s***@example.com", True)
        assert (await agent.post(f"{path}/reveal")).status_code == 403
        assert (await admin.post(f"{path}/reveal")).json()["phone"] == "19900000101"
        async with db.read() as session:
            rows = (await session.execute(select(AuditRow))).scalars().all()
        assert [r.actor_name for r in rows if r.action == "customer.revealed"] == ["Boss"]
        assert "19900000101" not in str([r.changes for r in rows])

    async def test_sending_the_mask_back_changes_nothing(self, sign_in: SignIn) -> None:
        admin, agent = await sign_in("boss"), await sign_in("mei", role="agent")
        added = await _add(admin, name="苏", phone="19900000101", email="su@example.com")
        path = f"{CUSTOMERS}/{added['id']}"
        body = {"name": "苏晚晴", "phone": "199****0101", "email": "s***@example.com", "tags": ["vip", "vip", " gift "]}
        assert (await agent.patch(path, json=body)).json()["tags"] == ["vip", "gift"]
        whole = (await admin.get(path)).json()
        assert (whole["name"], whole["phone"], whole["email"]) == ("苏晚晴", "19900000101", "su@example.com")
        assert (await agent.patch(path, json={"phone": "not a phone"})).json()["errors"][0]["code"] == "phone_invalid"
        assert (await agent.patch(path, json={"phone": None})).json()["phone"] is None
        assert (await agent.patch(path, json={"number": 1})).status_code == 422
        response = await agent.patch(path, json={"attributes": {"a": {"b": 1}}})
        assert response.json()["errors"][0]["code"] == "attributes_not_flat"

    async def test_finding(self, sign_in: SignIn) -> None:
        admin, agent = await sign_in("boss"), await sign_in("mei", role="agent")
        su = await _add(admin, name="苏晚晴", phone="19900000101", email="wanqing.su@example.com", tags=["vip"])
        emma = await _add(admin, name="Emma Clarke", phone="+442071234567", email="emma@example.com", level="gold")

        async def names(browser: httpx.AsyncClient, **query: Any) -> list[str]:
            response = await browser.get(CUSTOMERS, params=query)
            assert response.status_code == 200, response.text
            return [c["name"] for c in response.json()["items"]]

        whole = ("19900000101", "199 0000 0101", "0101", "WANQING.SU@example.com", str(su["number"]))
        for q in ("苏晚晴", "晚晴", "苏", *whole):
            assert await names(agent, q=q) == ["苏晚晴"], q
        assert await names(agent, q="emma") == await names(agent, q="clarke") == ["Emma Clarke"]
        assert await names(agent, q="+44 20 7123 4567") == ["Emma Clarke"]
        # Prefixes only for those who may see the whole: otherwise searching would spell out what is masked.
        for q in ("199000", "wanqing.s"):
            assert await names(admin, q=q) == ["苏晚晴"] and await names(agent, q=q) == [], q
        assert await names(agent, level="gold") == ["Emma Clarke"] and await names(agent, tag="vip") == ["苏晚晴"]
        for q in ("%", "_", "'", "\\", "没有这个人", "🙂"):
            assert await names(admin, q=q) == [], q
        page = (await agent.get(CUSTOMERS, params={"limit": 1})).json()
        rest = (await agent.get(CUSTOMERS, params={"limit": 1, "cursor": page["next_cursor"]})).json()
        assert {page["items"][0]["id"], rest["items"][0]["id"]} == {su["id"], emma["id"]}

    async def test_blocking(self, sign_in: SignIn) -> None:
        agent, viewer = await sign_in("mei", role="agent"), await sign_in("guest", role="viewer")
        path = f"{CUSTOMERS}/{(await _add(agent, name='X'))['id']}"
        assert (await viewer.post(f"{path}/block")).status_code == 403
        assert (await agent.post(f"{path}/block")).json()["blocked"] is True
        assert (await agent.post(f"{path}/block")).json()["code"] == "customer_already_blocked"
        assert (await agent.post(f"{path}/unblock")).json()["blocked_at"] is None

    async def test_who_may(self, sign_in: SignIn, client: httpx.AsyncClient) -> None:
        viewer = await sign_in("guest", role="viewer")
        nobody = f"{CUSTOMERS}/{new_id()}"
        assert (await client.get(CUSTOMERS)).status_code == 401
        assert (await viewer.get(nobody)).json()["code"] == "customer_not_found"
        assert (await viewer.get(f"{nobody}/orders")).status_code == 404
        assert (await viewer.get(f"{CUSTOMERS}/not-an-id")).status_code == 404
        for method, path in (("POST", CUSTOMERS), ("PATCH", nobody), ("POST", f"{nobody}/reveal")):
            assert (await viewer.request(method, path, json={})).status_code == 403


ORDER: dict[str, Any] = {
    "status": "shipped",
    "placed_at": "2026-11-01T10:00:00+08:00",
    "total_minor": 29900,
    "items": [{"name": "枕头", "sku": "KB-1", "quantity": 1, "unit_price_minor": 29900}],
    "logistics": {
        "carrier": "青鸟速运",
        "tracking_number": "QN1",
        "recipient": "苏晚晴",
        "address": "上海市黄浦区1号",
        "events": [{"at": "2026-11-02T10:00:00Z", "text": "已出库"}],
    },
}


class TestOrders:
    async def test_the_shop_keeps_them_and_staff_look_them_up(self, sign_in: SignIn) -> None:
        admin, agent = await sign_in("boss"), await sign_in("mei", role="agent")
        customer = await _add(admin, name="苏晚晴")
        path = "/api/v1/orders/KL80010223"
        body = ORDER | {"customer_number": customer["number"]}
        assert (await agent.put(path, json=body)).status_code == 403
        first = (await admin.put(path, json=body)).json()
        assert first["placed_at"] == "2026-11-01T02:00:00Z" and first["logistics"]["recipient"] == "苏晚晴"
        again = (await admin.put(path, json=body | {"status": "delivered"})).json()
        assert again["id"] == first["id"] and again["status"] == "delivered"
        seen = (await agent.get(path)).json()
        assert seen["logistics"]["recipient"] == "****" and "黄浦" not in seen["logistics"]["address"]
        assert [o["number"] for o in (await agent.get(f"{CUSTOMERS}/{customer['id']}/orders")).json()] == ["KL80010223"]
        assert (await agent.get("/api/v1/orders/NOPE")).json()["code"] == "order_not_found"
        audited = (await admin.get("/api/v1/audit", params={"object": "order"})).json()["items"]
        assert [e["action"] for e in audited] == ["order.updated", "order.created"]
        assert "黄浦区1号" not in str(audited)

    async def test_what_is_refused(self, sign_in: SignIn) -> None:
        admin = await sign_in("boss")
        path = "/api/v1/orders/A1"
        for body, code in (
            (ORDER, "order_customer_needed"),
            (ORDER | {"customer_number": 1}, "order_customer_unknown"),
            (ORDER | {"customer_number": 1, "status": "lost"}, "not_a_choice"),
            (ORDER | {"customer_number": 1, "placed_at": "2026-11-01T10:00:00"}, "datetime_needs_zone"),
            (ORDER | {"customer_number": 1, "total_minor": -1}, "number_too_small"),
            (ORDER | {"customer_number": 1, "colour": 1}, "field_unknown"),
        ):
            response = await admin.put(path, json=body)
            assert response.status_code == 422 and response.json()["errors"][0]["code"] == code
        assert (await admin.put("/api/v1/orders/a%20b", json=ORDER)).status_code == 422


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("199 1234 1234", "19912341234"),
        ("+86 199-1234-1234", "19912341234"),
        ("0086 19912341234", "19912341234"),
        ("１９９１２３４１２３４", "19912341234"),
        ("(021) 6123-4567", "02161234567"),
        ("+44 20 7123 4567", "+442071234567"),
        ("1234", None),
        ("phone", None),
        ("", None),
    ],
)
def test_phone_numbers_have_one_spelling(text: str, expected: str | None) -> None:
    assert policy.clean_phone(text) == expected


@pytest.mark.parametrize(
    ("text", "region", "expected", "international"),
    [
        ("13800138000", "CN", "13800138000", "+8613800138000"),
        ("+86 21 6123 4567", "GB", "02161234567", "+862161234567"),
        ("020 7946 0018", "GB", "+442079460018", "+442079460018"),
        ("(202) 456-1111", "US", "+12024561111", "+12024561111"),
        ("10086", "CN", "10086", None),
    ],
)
def test_a_number_is_read_as_its_country_writes_it(
    text: str, region: str, expected: str, international: str | None
) -> None:
    assert policy.clean_phone(text, region) == expected
    assert policy.clean_phone(expected) == expected  # what is spelled stays as it is
    assert policy.e164(expected) == international


def test_masks() -> None:
    assert mask_phone("19912341234") == "199****1234" and mask_phone("123456") == "****56"
    assert mask_email("a@b.cn") == "a***@b.cn" and mask_email(None) is None and mask_phone("") == ""


async def test_whoever_shows_a_customer_hears_that_the_record_has_changed(runtime: Runtime) -> None:
    one, other, third = new_id(), new_id(), new_id()
    facts: list[Event] = [
        CustomerUpdated(customer_id=one, fields=("blocked_at",)),
        CustomerUpdated(customer_id=one, fields=("name",)),
        CustomerMerged(merge_id=new_id(), survivor_id=other, merged_id=third),
        CustomerConsented(customer_id=third, identity_id=new_id(), state="out", source="channel"),
    ]
    envelopes = [
        Envelope(n, n, fact.kind, None, "system", None, Audience(), msgspec.to_builtins(fact), clock.now())
        for n, fact in enumerate(facts)
    ]
    hints = [push for _, push in await push_customers(runtime, envelopes)]
    assert [(hint.type, hint.data) for hint in hints] == [
        ("customer.changed", {"customer_id": str(one)}),
        ("customer.changed", {"customer_id": str(other)}),
        ("customer.changed", {"customer_id": str(third)}),
    ]
    assert {hint.target.permission for hint in hints} == {"customers.view"}
