"""Openings of the window: whole, smaller, and never less than what is open already."""

from datetime import timedelta
from uuid import UUID

import pytest

from qiao.channels.contract import deliveries, windows
from qiao.channels.contract.manifest import Window
from qiao.core import clock
from qiao.core.runtime import Runtime
from tests.channels.street import Street

RULE = Window(timedelta(hours=48), 5)
CLICK = Window(timedelta(minutes=1), 3)


async def stands(
    runtime: Runtime, inbox_id: UUID, opens: Window | None = None, *, open_: bool = True
) -> tuple[int, int]:
    """What is left after an opening: answers, and whole minutes."""
    async with runtime.db.transaction() as db:
        if open_:
            await windows.opened(db, inbox_id, "o1", RULE, opens)
        db.expire_all()
        view = deliveries.window_of(RULE, await deliveries.contact(db, inbox_id, "o1"))
    assert view.closes_at is not None
    return view.left or 0, round((view.closes_at - clock.now()).total_seconds() / 60)


async def test_a_smaller_opening_never_shortens_what_is_open(street: Street, monkeypatch: pytest.MonkeyPatch) -> None:
    runtime, inbox_id = street.runtime, street.inbox.id
    assert await stands(runtime, inbox_id, CLICK) == (3, 1)
    assert await stands(runtime, inbox_id) == (5, 48 * 60)
    assert await stands(runtime, inbox_id, CLICK) == (5, 48 * 60)
    pool = await runtime.db.raw()
    await pool.execute("UPDATE channel_contacts SET answers = 4")
    assert await stands(runtime, inbox_id, CLICK) == (3, 48 * 60)
    # What has run out counts for nothing.
    await pool.execute("UPDATE channel_contacts SET answers = 0, opened_at = now() - interval '49 hours'")
    assert await stands(runtime, inbox_id, CLICK) == (3, 1)
    assert windows.begun(Window(timedelta(hours=24)), Window(timedelta(hours=72)), clock.now())[1] == 0


async def test_what_comes_late_has_been_running_since_it_was_written(street: Street) -> None:
    runtime, inbox_id = street.runtime, street.inbox.id
    now = clock.now()

    async def written(hours_ago: float) -> None:
        async with runtime.db.transaction() as db:
            await windows.opened(db, inbox_id, "o1", RULE, None, now - timedelta(hours=hours_ago))

    await written(50)  # kept back by the network for longer than it may be answered
    assert (await stands(runtime, inbox_id, open_=False))[1] == -2 * 60
    await written(5)
    assert await stands(runtime, inbox_id, open_=False) == (5, 43 * 60)
    await (await runtime.db.raw()).execute("UPDATE channel_contacts SET answers = 4")
    await written(30)  # replayed out of the dead letters: older than what is known, it gives nothing back
    assert await stands(runtime, inbox_id, open_=False) == (1, 43 * 60)
    await written(-2)  # a clock ahead of ours does not make it longer
    assert await stands(runtime, inbox_id, open_=False) == (5, 48 * 60)


async def test_the_providers_word_closes_what_we_thought_was_open(street: Street) -> None:
    runtime, inbox_id = street.runtime, street.inbox.id
    written_before = clock.now()
    assert await stands(runtime, inbox_id) == (5, 48 * 60)
    for written_at, left in ((written_before, 48 * 60), (clock.now(), 0)):  # they wrote again meanwhile: it stays open
        async with runtime.db.transaction() as db:
            await windows.over(db, inbox_id, "o1", RULE, written_at)
        assert (await stands(runtime, inbox_id, open_=False))[1] == left
    assert await stands(runtime, inbox_id) == (5, 48 * 60)
