"""A signed-in customer asks to be called, sees the promise and their place, and changes their mind."""

from tests.channels.portal.conftest import House
from tests.channels.street import Street

NUMBER = "13800138000"


async def test_a_call_is_asked_for_seen_and_cancelled(house: House, street: Street) -> None:
    guest = await house.enter("wang@customer.example")
    assert "Call me back" not in await guest.page(), "without a telephone line nobody calls"
    assert "cannot be promised" in await guest.page("/call")
    await street.add_inbox("phone", bot_enabled=False)
    assert "Call me back" in await guest.page()

    bad = await guest.fill("/call", "/call", phone="12", topic="My <lamp>")
    assert bad.status_code == 422 and "phone-fault" in bad.text and "My &lt;lamp&gt;" in bad.text
    gone = await guest.fill("/call", "/call", phone=NUMBER, slot="2020-01-01T09:00:00+00:00")
    assert gone.status_code == 422 and "slot-fault" in gone.text
    foreign = await guest.post("/call", {"token": "x", "phone": NUMBER})
    assert foreign.status_code == 403

    asked = await guest.fill("/call", "/call", phone=NUMBER, topic="My lamp")
    assert (asked.status_code, asked.headers["location"]) == (303, "/help/en/my/call?said=asked#news")
    shown = await guest.page("/call?said=asked")
    assert "138****8000" in shown and "You are next" in shown and NUMBER not in shown
    overview = await guest.page()
    assert "138****8000" in overview and "Chat #" not in overview, "a promise, not a chat to write in"
    other = await house.enter("li@customer.example")
    assert "138****8000" not in await other.page("/call")
    await other.fill("/call", "/call", phone="13900000001")
    assert "1 before you" in await other.page("/call")

    cancelled = await guest.fill("/call", "/call", act="cancel")
    assert cancelled.headers["location"].endswith("?said=cancelled#news")
    assert "You are next" in await other.page("/call")
