"""What makes two addresses one customer: what somebody vouches for, and nothing that was merely typed."""

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import delete, select, update

from qiao.core.actor import Actor
from qiao.core.db import Db
from qiao.core.ids import new_id
from qiao.people.customers import service
from qiao.people.customers.models import CustomerRow, IdentityRow
from qiao.people.customers.schemas import CustomerCreate, CustomerRef, Profile
from tests.conftest import SignIn

SHOP, APP = new_id(), new_id()


async def _arrives(
    db: Db, kind: str, address: str, *vouched: tuple[str, str], inbox: UUID = SHOP, **profile: Any
) -> CustomerRef:
    return await db.run(lambda s: service.recognise(s, inbox, kind, address, Profile(**profile), vouched))


async def _site(
    db: Db, user: str, visitor: CustomerRef | None = None, inbox: UUID = SHOP, **profile: Any
) -> CustomerRef:
    return await db.run(
        lambda s: service.identify_visitor(s, inbox, visitor.id if visitor else None, user, Profile(**profile))
    )


async def _reads_mailbox(db: Db, address: str) -> CustomerRef:
    return await db.run(lambda s: service.sign_in_by_email(s, UUID(int=0), address, Profile(email=address)))


async def _row(db: Db, customer: CustomerRef) -> CustomerRow:
    async with db.read() as session:
        return await session.get_one(CustomerRow, customer.id)


class TestVouched:
    async def test_one_person_at_two_accounts_of_a_provider_is_one_customer(self, db: Db) -> None:
        first = await _arrives(db, "wechat", "openid-1", ("union", "wechat:u1"), name="小林")
        second = await _arrives(db, "wechat_mini", "openid-2", ("union", "wechat:u1"), inbox=APP)
        assert second.id == first.id
        assert (await _arrives(db, "wechat_mini", "openid-3", ("union", "wechat:u2"), inbox=APP)).id != first.id
        # Later contacts need no voucher any more.
        assert (await _arrives(db, "wechat_mini", "openid-2", inbox=APP)).id == first.id

    async def test_a_checked_phone_finds_its_customer_and_a_claimed_one_does_not(self, db: Db) -> None:
        caller = await _arrives(db, "phone", "19900000001")
        assert (await _arrives(db, "whatsapp", "wa-1", ("phone", "+86 199 0000 0001"))).id == caller.id
        claimed = await _arrives(db, "telegram", "t-1", phone="19900000001")
        assert claimed.id != caller.id
        row = await _row(db, claimed)
        assert (row.phone, row.phone_vouched) == ("19900000001", False)

    async def test_two_records_never_become_one_by_themselves(self, db: Db) -> None:
        one = await _arrives(db, "telegram", "t-1", name="A")
        other = await _arrives(db, "whatsapp", "wa-1", ("phone", "19900000001"))
        again = await _arrives(db, "telegram", "t-1", ("phone", "19900000001"))
        assert again.id == one.id != other.id
        async with db.read() as session:
            holder = await session.scalar(select(IdentityRow.customer_id).where(IdentityRow.kind == "phone"))
        assert holder == other.id

    async def test_a_nickname_does_not_replace_the_name_staff_know(self, db: Db) -> None:
        ref = await _arrives(db, "telegram", "t-1", name="苏晚晴")
        assert (await _arrives(db, "telegram", "t-1", name="🌸")).name == "苏晚晴" and ref.name == "苏晚晴"

    async def test_a_claim_never_takes_the_place_of_what_somebody_stands_for(self, db: Db) -> None:
        ref = await _site(db, "u1", email="real@shop.example", held=frozenset({"email"}))
        await db.run(
            lambda s: service.resolve_identity(s, SHOP, "external", "u1", True, Profile(email="typed@x.example"))
        )
        row = await _row(db, ref)
        assert (row.email, row.email_vouched) == ("real@shop.example", True)
        await _site(db, "u1", email="new@shop.example", held=frozenset({"email"}))
        assert (await _row(db, ref)).email == "new@shop.example"


class TestTyped:
    async def test_a_mailbox_is_not_given_the_record_of_whoever_typed_it(self, db: Db) -> None:
        """The attack: sign in on the shop as yourself, name the victim's address as yours, and wait until they prove to
        read it. They must not be given your record, and you must not see what they do next."""
        attacker = await _site(db, "mallory", name="Mallory")
        await db.run(lambda s: service.fill_contact(s, attacker.id, Profile(email="victim@example.com")))
        row = await _row(db, attacker)
        assert (row.email, row.email_vouched) == ("victim@example.com", False)
        victim = await _reads_mailbox(db, "victim@example.com")
        assert victim.id != attacker.id
        # Nor by a token of a site that says it has not checked the address, nor by what a chat profile claims.
        await _site(db, "trudy", email="second@example.com")
        await _arrives(db, "telegram", "t-9", email="third@example.com")
        for address in ("second@example.com", "third@example.com"):
            found = await _reads_mailbox(db, address)
            assert found.name == "" and (await _row(db, found)).email_vouched is True

    async def test_what_an_agent_was_told_is_a_claim_until_they_have_checked_it(self, sign_in: SignIn, db: Db) -> None:
        agent = await sign_in("mei", role="agent")
        talker = await _arrives(db, "telegram", "t-1", name="Mallory")
        path = f"/api/v1/customers/{talker.id}"
        seen = (await agent.patch(path, json={"email": "victim@example.com"})).json()
        assert seen["email_vouched"] is False
        assert (await _reads_mailbox(db, "victim@example.com")).id != talker.id
        checked = (await agent.patch(path, json={"email": "own@example.com", "email_vouched": True})).json()
        assert checked["email_vouched"] is True
        assert (await _reads_mailbox(db, "own@example.com")).id == talker.id
        # What they have checked is an address of theirs: they can be written to there, once they have agreed.
        assert [one["kind"] for one in checked["identities"]] == ["telegram", "email"]
        # Writing another address takes the mark away again.
        assert (await agent.patch(path, json={"email": "else@example.com"})).json()["email_vouched"] is False

    @pytest.mark.parametrize(("speaks", "found"), [("visitor", False), ("external", False), (None, True)])
    async def test_records_from_before_marks_count_when_nobody_can_have_typed(
        self, db: Db, speaks: str | None, found: bool
    ) -> None:
        body = CustomerCreate(name="Old", email="old@example.com")
        made = await db.run(lambda s: service.create(s, Actor.system(), body))
        async with db.transaction() as session:
            await session.execute(update(CustomerRow).values(email_vouched=None))
            await session.execute(delete(IdentityRow))  # what a colleague stands for was no address then
            if speaks:
                session.add(
                    IdentityRow(
                        id=new_id(), customer_id=made.id, kind=speaks, scope=str(SHOP), value="x", verified=True
                    )
                )
        assert ((await _reads_mailbox(db, "old@example.com")).id == made.id) is found


class TestSites:
    async def test_what_a_site_has_checked_links_and_what_it_holds_is_found_by_the_mailbox(self, db: Db) -> None:
        mailer = await _reads_mailbox(db, "li@example.com")
        held = await _site(db, "u1", email="li@example.com", held=frozenset({"email"}))
        assert held.id != mailer.id  # the site does not say that it has checked the address
        checked = await _site(db, "u2", inbox=APP, email="li@example.com", vouched=frozenset({"email"}))
        assert checked.id == mailer.id
        # A second account of the same site is a second person to that site.
        assert (await _site(db, "u3", inbox=APP, email="li@example.com", vouched=frozenset({"email"}))).id != mailer.id

    async def test_a_visitor_keeps_their_conversation_unless_the_site_names_somebody_known(self, db: Db) -> None:
        known = await _reads_mailbox(db, "li@example.com")
        visitor = await db.run(lambda s: service.resolve_identity(s, SHOP, "visitor", "v1", True))
        fresh = await _site(db, "u1", visitor, email="new@example.com", vouched=frozenset({"email"}))
        assert fresh.id == visitor.id
        other = await db.run(lambda s: service.resolve_identity(s, SHOP, "visitor", "v2", True))
        assert (await _site(db, "u2", other, email="li@example.com", vouched=frozenset({"email"}))).id == known.id
