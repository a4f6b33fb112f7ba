"""The door: codes by mail, what they tell nobody, and the word of the company's own site."""

import re
from datetime import timedelta

from sqlalchemy import text

from qiao.core import clock
from qiao.core.actor import Actor
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerCreate, Profile
from tests.channels.portal.conftest import House
from tests.channels.street import Street
from tests.conftest import SignIn


async def test_a_code_by_mail_opens_the_door_once(house: House) -> None:
    guest = house.guest()
    led = await guest.get("/requests/0199aaaa-0000-7000-8000-000000000001")
    assert (led.status_code, led.headers["location"][:23]) == (303, "/help/en/my/sign-in?to=")
    door = await guest.page("/sign-in")
    assert "six digits" in door and "<script>" not in door
    asked = await guest.post("/sign-in", {"email": " Wang@Customer.example "})
    assert (asked.status_code, asked.headers["location"]) == (303, "/help/en/my/code?to=/help/en/my")
    code = await house.mailed("wang@customer.example")
    mail = house.office.mails[-1]
    assert code in str(mail["Subject"]) and house.office.raw[-1].isascii()
    assert "wang@customer.example" in await guest.page("/code")

    wrong = f"{(int(code) + 1) % 1_000_000:06}"
    refused = await guest.post("/code", {"code": wrong})
    assert refused.status_code == 422 and "not the code" in refused.text
    # Another browser that only knows the digits gets nowhere.
    assert (await house.guest().post("/code", {"code": code})).headers["location"].startswith("/help/en/my/sign-in")
    entered = await guest.post("/code", {"code": f" {code[:3]} {code[3:]} ", "to": "/help/en/my/new"})
    assert (entered.status_code, entered.headers["location"]) == (303, "/help/en/my/new")
    flags = {one.split("=")[0]: one.lower() for one in entered.headers.get_list("set-cookie")}
    assert all("httponly" in flags[name] and "samesite=lax" in flags[name] for name in ("qiao_portal", "qiao_help"))
    overview = await guest.get()
    assert overview.status_code == 200 and overview.headers["cache-control"] == "private, no-store"
    assert "script-src 'self'" in overview.headers["content-security-policy"]
    assert "unsafe-inline" not in overview.headers["content-security-policy"]

    # Used once: the same digits do not open it again, and signing out closes it.
    other = house.guest()
    other.http.cookies = guest.http.cookies
    left = await guest.http.post("/help/en/sign-out")
    assert left.status_code == 303
    assert (await guest.get()).status_code == 303
    async with house.runtime.db.read() as db:
        stored = (await db.execute(text("SELECT * FROM portal_codes"))).mappings().all()
    assert code not in str(stored) and stored[0]["used_at"] is not None


async def test_the_answer_never_tells_who_is_known(house: House) -> None:
    await house.customer_of("known@customer.example")
    blocked = await house.customer_of("blocked@customer.example")
    await house.run(lambda db: customers.set_blocked(db, Actor.system(), blocked, True))
    answers = []
    for email in ("known@customer.example", "unknown@customer.example", "blocked@customer.example"):
        guest = house.guest()
        asked = await guest.post("/sign-in", {"email": email})
        page = await guest.page("/code")
        answers.append((asked.status_code, asked.headers["location"], page.replace(email, "X")))
    assert answers[0] == answers[1] == answers[2]
    # Who proves to read a blocked mailbox is told, and nobody is signed in.
    refused = await guest.post("/code", {"code": await house.mailed("blocked@customer.example")})
    assert refused.status_code == 403 and (await guest.get()).status_code == 303

    for email in ("", "wang", "a@b\r\nBcc: x@y.example", "王@客户.example", "x" * 300 + "@y.example"):
        assert (await house.guest().post("/sign-in", {"email": email})).status_code == 422, email


async def test_codes_end_after_five_tries_and_ten_minutes(house: House) -> None:
    guest = house.guest()
    await guest.post("/sign-in", {"email": "wang@customer.example"})
    code = await house.mailed("wang@customer.example")
    wrong = f"{(int(code) + 7) % 1_000_000:06}"
    assert [(await guest.post("/code", {"code": wrong})).status_code for _ in range(5)] == [422] * 5
    over = await guest.post("/code", {"code": code})
    assert over.status_code == 422 and "no longer good" in over.text
    assert (await guest.get()).status_code == 303

    await guest.post("/sign-in", {"email": "wang@customer.example"})
    code = await house.mailed("wang@customer.example")
    async with house.runtime.db.transaction() as db:
        await db.execute(text("UPDATE portal_codes SET created_at = created_at - interval '11 minutes'"))
    assert (await guest.post("/code", {"code": code})).status_code == 422


async def test_asking_is_limited_per_address_and_per_network(house: House) -> None:
    codes = []
    for number in range(7):
        guest = house.guest(f"203.0.113.{number}")
        codes.append((await guest.post("/sign-in", {"email": "wang@customer.example"})).status_code)
    assert codes == [303] * 5 + [429, 429]
    one = house.guest("192.0.2.9")
    codes = [(await one.post("/sign-in", {"email": f"p{n}@customer.example"})).status_code for n in range(12)]
    assert codes[:10] == [303] * 10 and codes[10:] == [429, 429]


async def test_without_mail_the_way_is_not_offered_and_the_company_is_told(
    house: House, street: Street, sign_in: SignIn
) -> None:
    async def in_the_widget(locale: str) -> bool:
        found = await street.http.get(f"/api/v1/widget/{street.inbox.key}/config?locale={locale}")
        return bool(found.json()["features"]["my_requests"])

    admin = await sign_in()
    assert await in_the_widget("en")
    assert (await admin.get("/api/v1/portal/status")).json()["mail"] is True
    assert "My requests" in (await house.guest().http.get("/help/en")).text
    house.runtime.settings.smtp_url = None
    door = await house.guest().page("/sign-in")
    assert 'type="email"' not in door and "sign in on our website" in door
    assert (await house.guest().post("/sign-in", {"email": "wang@customer.example"})).status_code == 503
    assert "My requests" not in (await house.guest().http.get("/help/en")).text
    assert not await in_the_widget("zh-CN")
    assert (await admin.get("/api/v1/portal/status")).json() == {
        "open": True,
        "mail": False,
        "types": (await admin.get("/api/v1/portal/status")).json()["types"],
        "suggested": 0,
        "deflected": 0,
    }
    agent = await sign_in("li", role="agent")
    assert (await agent.get("/api/v1/portal/status")).status_code == 403


async def test_which_records_a_mailbox_opens(house: House, street: Street) -> None:
    """The company's own records, not what an anonymous visitor typed."""
    made = await house.run(
        lambda db: customers.create(db, Actor.system(), CustomerCreate(name="Wang", email="wang@customer.example"))
    )
    assert await house.customer_of("wang@customer.example") == made.id
    visitor = await house.run(
        lambda db: customers.resolve_identity(db, street.inbox.id, "visitor", "v1", False, Profile(name="Nobody"))
    )
    await house.run(lambda db: customers.fill_contact(db, visitor.id, Profile(email="victim@customer.example")))
    assert await house.customer_of("victim@customer.example") != visitor.id
    for name in ("One", "Two"):
        body = CustomerCreate(name=name, email="shared@customer.example")
        await house.run(lambda db, body=body: customers.create(db, Actor.system(), body))
    known = {made.id, visitor.id}
    assert await house.customer_of("shared@customer.example") not in known


async def test_the_companys_own_site_vouches_for_its_customers(house: House, street: Street) -> None:
    token = street.identity_token("u-1", name="Wang Fang")
    guest = house.guest()
    form = {"token": token, "key": street.inbox.key, "to": "/help/en/my"}
    sent = await guest.http.post("/help/en/sign-in", data=form, headers={"Origin": "https://shop.example"})
    assert (sent.status_code, sent.headers["location"]) == (303, "/help/en/my")
    assert "Wang Fang" in await guest.page()
    assert re.search(r'href="/help/en/my">My requests', (await guest.http.get("/help/en")).text)
    # The session lasts as long as their word.
    with clock.frozen(clock.now() + timedelta(minutes=61)):
        assert (await guest.get()).status_code == 303


async def test_cookies_that_are_not_ours_open_nothing(house: House) -> None:
    guest = await house.enter("wang@customer.example")
    good = guest.http.cookies["qiao_portal"]
    body, _, signature = good.partition(".")
    pending = house.guest()
    await pending.post("/sign-in", {"email": "other@customer.example"})
    for bad in (
        "",
        "x",
        f"{body}.{signature[:-2]}xx",
        f"{body}x.{signature}",
        f".{signature}",
        "é" * 40,
        "A" * 5000,
        pending.http.cookies["qiao_portal_code"],  # signed by us, for something else
        guest.http.cookies["qiao_help"],
    ):
        other = house.guest()
        answer = await other.http.get("/help/en/my", headers={"Cookie": f"qiao_portal={bad}".encode()})
        assert answer.status_code == 303, bad
    with clock.frozen(clock.now() + timedelta(days=15)):
        assert (await guest.get()).status_code == 303
    assert (await guest.get()).status_code == 200
    customer = await house.customer_of("wang@customer.example")
    await house.run(lambda db: customers.set_blocked(db, Actor.system(), customer, True))
    assert (await guest.get()).status_code == 303


async def test_doors_lead_nowhere_else(house: House) -> None:
    for to in ("https://evil.example", "//evil.example", "/help/en/my//evil.example", "/help/en/my\\evil", "/console/"):
        guest = house.guest()
        asked = await guest.post("/sign-in", {"email": "wang@customer.example", "to": to})
        if asked.status_code == 303:
            assert asked.headers["location"] == "/help/en/my/code?to=/help/en/my", to
    foreign = await house.guest().post(
        "/sign-in", {"email": "wang@customer.example"}, headers={"Origin": "https://evil.example"}
    )
    assert foreign.status_code == 403
