"""A new request: the type's form by what customers may see, help texts meanwhile, sent once."""

import html
import json
import re
from typing import Any

from sqlalchemy import text

from qiao.core.actor import Actor
from qiao.desk.tickets import service as tickets
from qiao.desk.tickets.schemas import TicketView
from qiao.knowledge.search.service import SearchService
from tests.channels.portal.conftest import House
from tests.conftest import SignIn

AT = "/new/repair"


async def sent(house: House) -> list[TicketView]:
    async with house.runtime.db.read() as db:
        found, _ = await tickets.listing(db, Actor.system())
        return [await tickets.get(db, Actor.system(), one.id) for one in found]


async def test_what_is_asked_follows_what_is_filled_in(house: House) -> None:
    guest = await house.enter("wang@customer.example")
    chooser = await guest.page("/new")
    assert "/help/en/my/new/repair" in chooser
    form = await guest.page(AT)
    assert "What it costs us" not in form and "f.cost" not in form
    assert re.search(r'data-field="which" hidden disabled', form) and 'enctype="multipart/form-data"' in form
    looked = await guest.fill(AT, AT, title="Broken", act="look", **{"f.device": "other"})
    assert looked.status_code == 200 and not re.search(r'data-field="which" hidden', looked.text)
    assert 'value="Broken"' in looked.text and 'value="other" checked' in looked.text
    shape = (await guest.fill(AT, f"{AT}/shape", title="", **{"f.device": "other"})).json()
    assert shape == {"shown": ["device", "which", "paid", "receipt"], "required": ["device", "which"]}
    shape = (await guest.fill(AT, f"{AT}/shape", **{"f.device": "fridge", "f.which": "x"})).json()
    assert shape == {"shown": ["device", "paid", "receipt"], "required": ["device"]}

    wrong = await guest.fill(AT, AT, title=" ", **{"f.device": "other"})
    assert wrong.status_code == 422 and 'id="title-fault"' in wrong.text and await sent(house) == []
    wrong = await guest.fill(AT, AT, title="Broken", **{"f.device": "other", "f.paid": "a lot"})
    assert 'id="f.paid-fault"' in wrong.text and 'value="a lot"' in wrong.text
    wrong = await guest.fill(AT, AT, title="Broken", **{"f.device": "fridge", "f.paid": "12.345"})
    assert "at most 2 decimals" in wrong.text, "an amount is not rounded behind the back of who typed it"
    wrong = await guest.fill(AT, AT, title="Broken", **{"f.device": "other", "f.paid": "12"})
    assert 'id="f.which-fault"' in wrong.text and await sent(house) == []


async def test_there_is_one_place_for_files(house: House) -> None:
    guest = await house.enter("wang@customer.example")
    assert "<div data-any-files hidden>" in await guest.page(AT), "the type has a place of its own"
    attached = [("files", ("note.txt", b"hm", "text/plain"))]
    assert "<div data-any-files>" in (await guest.fill(AT, AT, title=" ", files=attached)).text, "what is in it stays"


async def test_what_comes_with_no_field_of_its_own_has_a_place(house: House) -> None:
    guest = await house.enter("wang@customer.example")
    async with house.runtime.db.transaction() as db:
        condition = '{"fact": "ticket.fields.device", "op": "is", "value": "other"}'
        change = (
            "UPDATE ticket_types SET definition = jsonb_set(definition, '{fields,3,shown_when}', CAST(:when AS jsonb))"
        )
        await db.execute(text(change), {"when": condition})
    for device, own in (("fridge", False), ("other", True)):
        page = (await guest.fill(AT, AT, title="Broken", act="look", **{"f.device": device})).text
        assert ("<div data-any-files hidden>" in page) == own
        assert ('data-field="receipt" hidden' in page) != own


async def test_it_is_sent_once_with_its_files(house: House) -> None:
    guest = await house.enter("wang@customer.example")
    receipt = [("f.receipt", ("receipt.txt", b"paid 12.90", "text/plain"))]
    # A first try that lacks something keeps the file that came with it.
    lacking = await guest.fill(AT, AT, title="Broken fridge", files=receipt, **{"f.paid": "12.90"})
    assert lacking.status_code == 422 and "receipt.txt" in lacking.text
    kept = re.search(r'name="kept\.f\.receipt" value="([^"]+)" checked', lacking.text)
    token = re.search(r'name="token" value="([^"]+)"', lacking.text)
    key = re.search(r'name="form" value="([^"]+)"', lacking.text)
    assert kept and token and key
    whole: dict[str, Any] = {
        "token": token[1],
        "form": key[1],
        "title": "Broken <b>fridge</b>",
        "description": "It hums.\r\nLoudly.",
        "f.device": "fridge",
        "f.which": "hidden and dropped",
        "f.paid": "12.90",
        "f.cost": "1",
        "kept.f.receipt": kept[1],
    }
    answers = [await guest.post(AT, whole) for _ in range(2)]
    assert {one.status_code for one in answers} == {303} and len({one.headers["location"] for one in answers}) == 1
    (view,) = await sent(house)
    wang = await house.customer_of("wang@customer.example")
    assert view.customer is not None and view.customer.id == wang
    assert (view.title, view.description, view.source) == ("Broken <b>fridge</b>", "It hums.\nLoudly.", "portal")
    assert set(view.fields) == {"device", "paid", "receipt"}
    assert view.fields["paid"] == {"minor": 1290, "currency": "CNY"}
    shown = (await guest.get(f"/requests/{view.id}?said=created")).text
    assert "Broken &lt;b&gt;fridge" in shown and "receipt.txt" in shown and "¥12.90" in shown
    assert "We have your request" in shown and "hidden and dropped" not in shown
    # Somebody else with the same key has a request of their own.
    other = await house.enter("zhao@customer.example")
    assert (await other.fill(AT, AT, title="Mine", form=key[1], **{"f.device": "fridge"})).status_code == 303
    assert len(await sent(house)) == 2


async def test_only_types_for_customers_are_there(house: House) -> None:
    guest = await house.enter("wang@customer.example")
    async with house.runtime.db.transaction() as db:
        await db.execute(
            text("UPDATE ticket_types SET definition = jsonb_set(definition, '{open_to_customers}', 'false')")
        )
    token = re.search(r'name="token" value="([^"]+)"', await guest.page()) or re.search("x", "x")
    for path in (AT, f"{AT}/shape", "/new/nothing", "/new/%00", "/new/<script>"):
        assert (await guest.get(path)).status_code in (404, 405), path
        assert (await guest.post(path, {"token": token[0] if token else ""})).status_code in (404, 403, 405), path
    assert "cannot be sent online" in await guest.page("/new")
    assert "New request" not in (await guest.page()).split("<main")[1]


async def test_help_texts_while_writing_count_when_they_help(house: House, sign_in: SignIn) -> None:
    admin = await sign_in()
    for title, body, audience in (
        ("The fridge hums", "Level the feet of the fridge and the humming stops.", "customers"),
        ("Fridge repair prices inside", "Staff only: what a fridge repair costs us.", "internal"),
    ):
        text_ = {"question": title, "answer": body, "locale": "en", "audience": audience, "publish": True}
        made = await admin.post("/api/v1/knowledge/faqs", json=text_)
        assert made.status_code in (200, 201), made.text
    await house.runtime.reactions.settled()
    await house.runtime.get(SearchService).settled()
    guest = await house.enter("wang@customer.example")
    looked = await guest.fill(AT, AT, title="My fridge hums loudly", act="look")
    assert "The fridge hums" in looked.text and "prices inside" not in looked.text
    key = re.search(r'name="form" value="([^"]+)"', looked.text)[1]  # type: ignore[index]
    answer = await guest.get(f"/suggest?q=fridge+hums&form={key}")
    items = json.loads(answer.content)["items"]
    assert [one["title"] for one in items] == ["The fridge hums"] and key in items[0]["url"]
    opened = await guest.http.get(html.unescape(items[0]["url"]))
    assert opened.status_code == 303 and "/go/" in opened.headers["location"]
    led = await guest.http.get(opened.headers["location"])
    assert led.status_code == 302 and "/questions/" in led.headers["location"]

    async def counted() -> tuple[int, int]:
        status = (await admin.get("/api/v1/portal/status")).json()
        return status["suggested"], status["deflected"]

    assert await counted() == (1, 0), "whoever is still writing has not been helped yet"
    async with house.runtime.db.transaction() as db:
        await db.execute(text("UPDATE portal_suggestions SET opened_at = now() - interval '2 days'"))
    assert await counted() == (1, 1)
    assert (await guest.fill(AT, AT, title="It hums", form=key, **{"f.device": "fridge"})).status_code == 303
    assert await counted() == (1, 0)


async def test_a_hostile_form_is_only_a_form(house: House) -> None:
    guest = await house.enter("wang@customer.example")
    for given in (
        {"f.device": "nonsense"},
        {"f.device": "fridge", "f.paid": "1e400"},
        {"f.device": "fridge", "f.paid": "9" * 40},
        {"f.device": "\x00"},
        {"title": "x" * 5000, "f.device": "", "description": "\x00" * 10},
        {f"f.{'x' * 3000}": "1"},
    ):
        answer = await guest.fill(AT, AT, **({"title": "Broken"} | given))
        assert answer.status_code == 422, given
        assert "Traceback" not in answer.text
    assert await sent(house) == []
    many = {f"f.{n}": "1" for n in range(2500)}
    assert (await guest.fill(AT, AT, title="Broken", **many)).status_code in (400, 422)
