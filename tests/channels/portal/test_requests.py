"""Requests as their customers see them: progress, what is said in public, writing, rating – and only their own."""

import re
from uuid import UUID, uuid4

from sqlalchemy import text

from qiao.core.actor import Actor
from qiao.core.ids import new_id
from qiao.desk.conversations import service as conversations
from qiao.desk.conversations.schemas import Inbound
from qiao.desk.tickets import service as tickets
from qiao.people.customers import service as customers
from qiao.people.customers.schemas import CustomerCreate
from qiao.people.organization import service as organization
from qiao.people.organization.schemas import DepartmentBody
from tests.channels.portal.conftest import House
from tests.channels.street import Street
from tests.conftest import SignIn

PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108020000009077"
    "53de0000000c49444154789c63f8cfc00000030101 00c9fe92ef0000000049454e44ae426082".replace(" ", "")
)
HOSTILE = "<script>alert(1)</script>\"'&{{7*7}}\u202e\x00"


async def test_progress_and_the_public_story_and_nothing_else(house: House, sign_in: SignIn) -> None:
    guest = await house.enter("wang@customer.example")
    wang = await house.customer_of("wang@customer.example")
    agent = await sign_in("li", role="supervisor")
    li = Actor(kind="user", id=agent.actor_id, permissions=frozenset({"tickets.handle", "tickets.view_all"}))
    made = await house.ticket(wang, "Broken lamp", fields={"device": "fridge", "cost": {"minor": 77700}})
    overview = await guest.page()
    assert "Broken lamp" in overview and made.ref in overview and "Received" in overview

    await house.run(lambda db: tickets.move(db, li, made.id, transition="begin"))
    await house.run(lambda db: tickets.comment(db, li, made.id, body="We look into it", public=True))
    await house.run(lambda db: tickets.comment(db, li, made.id, body="A difficult customer", public=False))
    await house.run(lambda db: tickets.escalate(db, li, made.id, reason="he shouts"))
    place = await house.run(
        lambda db: organization.create_department(db, Actor.system(), DepartmentBody(name="Warehouse"))
    )
    await house.run(
        lambda db: tickets.hold(
            db, li, made.id, waiting_on={"kind": "department", "id": str(place.id)}, reason="count the shelves"
        )
    )
    shown = await guest.page(f"/requests/{made.id}")
    assert "With our Warehouse team" in shown and "We look into it" in shown and "Fridge" in shown
    for secret in ("difficult", "shouts", "777", "Boss looks", "Untouched", "shelves", "escalat", "li@qiao"):
        assert secret not in shown, secret
    assert 'aria-current="step">In progress' in shown and "With our Warehouse team" in await guest.page()

    async with house.runtime.db.transaction() as db:
        await tickets.release(db, Actor.system(), made.id)
        due = await db.scalar(
            text(
                "UPDATE tickets SET next_due_at = now() + interval '2 hours', next_due_kind = 'resolution' RETURNING id"
            )
        )
    shown = await guest.page(f"/requests/{made.id}")
    assert due == made.id and "We will have it solved by" in shown
    assert "With another team" not in shown, "passed around for a moment is not their story"
    async with house.runtime.db.transaction() as db:
        await db.execute(text("UPDATE tickets SET next_due_at = now() - interval '2 hours'"))
    assert "We will have it" not in await guest.page(f"/requests/{made.id}")


async def test_writing_wakes_reopens_and_is_kept_once(house: House) -> None:
    guest = await house.enter("wang@customer.example")
    wang = await house.customer_of("wang@customer.example")
    made = await house.ticket(wang)
    at = f"/requests/{made.id}"
    await house.run(lambda db: tickets.move(db, Actor.system(), made.id, status="pending"))
    assert "waiting for your answer" in await guest.page(at)
    shown = await guest.page(at)
    token = re.search(r'name="token" value="([^"]+)"', shown)[1]  # type: ignore[index]
    key = re.search(r'name="form" value="([^"]+)"', shown)[1]  # type: ignore[index]
    once = {"token": token, "form": key, "body": f"It blinks {HOSTILE}"}
    files = [("files", ("p.png", PNG, "image/png")), ("files", ("log.txt", b"hello", "text/plain"))]
    sent = await guest.post(f"{at}/reply", once, files=files)
    assert (sent.status_code, sent.headers["location"]) == (303, f"/help/en/my{at}?said=sent#news")
    again = await guest.post(f"{at}/reply", once)
    assert again.status_code == 303
    raw = (await guest.get(at)).text
    assert raw.count("It blinks") == 1 and "<script>alert" not in raw and "&lt;script&gt;" in raw and "{{7*7}}" in raw
    link = re.search(r'href="(/api/v1/files/[^"]+log\.txt[^"]+)"', raw)[1]  # type: ignore[index]
    assert (await guest.http.get(link.replace("&amp;", "&"))).content == b"hello"
    view = await house.run(lambda db: tickets.get(db, Actor.system(), made.id))
    assert view.status == "open"

    empty = await guest.fill(at, f"{at}/reply", body="   ")
    assert empty.status_code == 422 and 'role="alert"' in empty.text
    page = [("files", ("evil.html", b"<script>1</script>", "text/html"))]
    bad = await guest.fill(at, f"{at}/reply", body="see this", files=page)
    assert bad.status_code == 422 and "evil.html" in bad.text and ">see this</textarea>" in bad.text
    many = [("files", (f"{n}.txt", b"x", "text/plain")) for n in range(6)]
    assert (await guest.fill(at, f"{at}/reply", body="x", files=many)).status_code == 422

    # Solved: rated, then opened again by writing; closed by the clock: only read.
    assert 'name="rating"' not in await guest.page(at)
    await house.run(lambda db: tickets.move(db, Actor.system(), made.id, status="solved"))
    assert "How did we do?" in await guest.page(at)
    assert (await guest.fill(at, f"{at}/rate", rating="6")).status_code == 422
    rated = await guest.fill(at, f"{at}/rate", rating="4", comment="quick & kind")
    assert rated.status_code == 303 and "Thank you for your rating" in await guest.page(f"{at}?said=rated")
    view = await house.run(lambda db: tickets.get(db, Actor.system(), made.id))
    assert (view.rating, view.rating_comment) == (4, "quick & kind")
    assert "Not solved?" in await guest.page(at)
    await guest.fill(at, f"{at}/reply", body="It blinks again")
    view = await house.run(lambda db: tickets.get(db, Actor.system(), made.id))
    assert (view.status, view.reopened) == ("open", 1)
    await house.run(lambda db: tickets.move(db, Actor.system(), made.id, status="solved"))
    await house.run(lambda db: tickets.move(db, Actor.system(), made.id, status="closed"))
    closed = await guest.page(at)
    assert "This request is closed" in closed and 'name="body"' not in closed


async def test_answers_are_mailed_to_whoever_asked_here(house: House) -> None:
    wang = await house.customer_of("wang@customer.example")
    made, elsewhere = await house.ticket(wang, source="portal"), await house.ticket(wang)
    system = Actor.system()
    await house.run(lambda db: tickets.comment(db, system, elsewhere.id, body="Not by mail", public=True))
    await house.run(lambda db: tickets.comment(db, system, made.id, body="Between us", public=False))
    own = Actor(kind="customer", id=wang, name="Wang")
    await house.run(lambda db: tickets.comment(db, own, made.id, body="Hello?", public=True))
    await house.run(
        lambda db: tickets.comment(
            db, system, made.id, body="A new bulb is coming <script>alert(1)</script>", public=True
        )
    )
    await house.runtime.reactions.settled()
    li = CustomerCreate(name="Li", email="li@claimed.example")
    claimed = await house.run(lambda db: customers.create(db, system, li))
    async with house.runtime.db.transaction() as db:
        await db.execute(text("UPDATE customers SET email_vouched = false WHERE id = :id"), {"id": claimed.id})
    theirs = await house.ticket(claimed.id, source="portal")
    await house.run(lambda db: tickets.comment(db, system, theirs.id, body="To whom?", public=True))
    await house.runtime.reactions.settled()
    (mail,) = house.office.mails
    assert str(mail["To"]) == "wang@customer.example" and made.ref in str(mail["Subject"])
    plain, page = mail.get_body(("plain",)), mail.get_body(("html",))
    assert plain is not None and page is not None
    assert "A new bulb is coming" in plain.get_content() and f"/my/requests/{made.id}" in plain.get_content()
    assert "<script>alert" not in page.get_content()


async def test_a_way_of_their_own_needs_its_reason(house: House) -> None:
    guest = await house.enter("wang@customer.example")
    made = await house.ticket(await house.customer_of("wang@customer.example"))
    at = f"/requests/{made.id}"
    assert "I no longer need this" in await guest.page(at)
    assert (await guest.fill(at, f"{at}/move", way="withdraw", comment=" ")).status_code == 422
    for way in ("finish", "begin", "nothing", ""):
        assert (await guest.fill(at, f"{at}/move", way=way, comment="x")).status_code == 409, way
    assert (await guest.fill(at, f"{at}/move", way="withdraw", comment="bought a new one")).status_code == 303
    view = await house.run(lambda db: tickets.get(db, Actor.system(), made.id))
    assert view.status == "closed"


async def test_nobody_reaches_what_is_not_theirs(house: House, street: Street) -> None:
    wang = await house.customer_of("wang@customer.example")
    mine = await house.ticket(wang, "Lamp of Wang")
    inbound = Inbound(street.inbox.id, wang, "c1", body="Secret words of Wang")
    said = await house.run(lambda db: conversations.receive(db, inbound))
    owner, other = await house.enter("wang@customer.example"), await house.enter("zhao@customer.example")
    theirs = await house.ticket(await house.customer_of("zhao@customer.example"), "Lamp of Zhao")
    shown = await other.page(f"/requests/{theirs.id}")
    token = re.search(r'name="token" value="([^"]+)"', shown)[1]  # type: ignore[index]
    reads = [f"/requests/{mine.id}", f"/conversations/{said.conversation_id}", f"/requests/{new_id()}", "/requests/x"]
    writes = [f"/requests/{mine.id}/{verb}" for verb in ("reply", "rate", "move")]
    writes += [f"/conversations/{said.conversation_id}", f"/requests/{new_id()}/reply", "/requests/1 OR 1/reply"]
    for path in reads:
        answer = await other.get(path)
        assert answer.status_code == 404 and "Wang" not in answer.text, path
        assert (await house.guest().get(path)).status_code == 303
    full = {"token": token, "form": str(uuid4()), "body": "mine now", "rating": "1", "way": "withdraw", "comment": "x"}
    for path in writes:
        assert (await other.post(path, full)).status_code == 404, path
        assert (await house.guest().post(path, full)).status_code == 303, path
    assert "Wang" not in await other.page()
    assert "Secret words of Wang" in await owner.page(f"/conversations/{said.conversation_id}")
    view = await house.run(lambda db: tickets.get(db, Actor.system(), mine.id))
    assert (view.status, view.rating, view.version) == (mine.status, None, mine.version)

    # A file of somebody else's, named as if it had been sent before.
    at = f"/requests/{mine.id}"
    await owner.fill(at, f"{at}/reply", body="with file", files=[("files", ("own.txt", b"private", "text/plain"))])
    async with house.runtime.db.read() as db:
        file_id = await db.scalar(text("SELECT id FROM files WHERE name = 'own.txt'"))
    taken = await other.fill(
        f"/requests/{theirs.id}", f"/requests/{theirs.id}/reply", body="hm", **{"kept.files": str(file_id)}
    )
    assert taken.status_code == 303 and "own.txt" not in await other.page(f"/requests/{theirs.id}")


async def test_forms_of_others_and_of_other_sessions_are_refused(house: House) -> None:
    guest = await house.enter("wang@customer.example")
    made = await house.ticket(await house.customer_of("wang@customer.example"))
    at = f"/requests/{made.id}"
    token = re.search(r'name="token" value="([^"]+)"', await guest.page(at))[1]  # type: ignore[index]
    again = await house.enter("wang@customer.example")
    for browser, given, headers in (
        (guest, "", {}),
        (guest, "x" * 43, {}),
        (guest, "é", {}),
        (again, token, {}),
        (guest, token, {"Origin": "https://evil.example"}),
        (guest, token, {"Sec-Fetch-Site": "cross-site"}),
    ):
        answer = await browser.post(f"{at}/reply", {"token": given, "body": "hi", "form": "x"}, headers=headers)
        assert answer.status_code == 403, given
    assert (await guest.post(f"{at}/reply", {"token": token, "body": "hi", "form": "x"})).status_code == 303
    broken = await guest.http.post(
        f"/help/en/my{at}/reply", content=b"--x\r\nno", headers={"Content-Type": "multipart/form-data; boundary=x"}
    )
    assert broken.status_code in (400, 403)
    fast = [(await guest.fill(at, f"{at}/rate", rating="9")).status_code for _ in range(40)]
    assert set(fast) == {422, 429}


async def test_conversations_are_read_and_gone_on_with(house: House, street: Street) -> None:
    guest = await house.enter("wang@customer.example")
    wang = await house.customer_of("wang@customer.example")
    inbound = Inbound(street.inbox.id, wang, "c1", body="Where is my parcel?")
    said = await house.run(lambda db: conversations.receive(db, inbound))
    await street.note(str(said.conversation_id), "between us")
    await street.answer(str(said.conversation_id), "It is on its way")
    at = f"/conversations/{said.conversation_id}"
    shown = await guest.page(at)
    assert "Where is my parcel?" in shown and "on its way" in shown and "between us" not in shown
    assert "Chat #" in await guest.page()
    assert (await guest.fill(at, at, body="When?")).status_code == 303
    assert "When?" in await guest.page(at)
    await street.resolve(str(said.conversation_id))
    ended = await guest.page(at)
    assert "has ended" in ended and 'name="body"' not in ended
    assert isinstance(said.conversation_id, UUID)
