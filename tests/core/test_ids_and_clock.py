"""Ids sort by the time they were made, whoever makes them; time can be held still."""

import asyncio
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta, timezone

import pytest

from qiao.core import clock
from qiao.core.ids import new_id
from qiao.core.secrets import Signer


def test_ids_are_unique_across_threads_and_sorted_within_one() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: [new_id() for _ in range(5000)], range(8)))
    assert all(ids == sorted(ids) for ids in made)
    assert len({i for ids in made for i in ids}) == 40_000
    assert all(i.version == 7 and i.variant == "specified in RFC 4122" for i in made[0][:100])


async def test_a_frozen_clock_holds_for_tasks_started_there() -> None:
    moment = datetime(2026, 1, 2, 3, tzinfo=timezone(timedelta(hours=8)))
    with clock.frozen(moment):
        assert clock.now() == moment
        assert clock.now().tzinfo is UTC
        assert await asyncio.create_task(_now()) == moment
    assert clock.now() > moment
    with pytest.raises(ValueError), clock.frozen(datetime(2026, 1, 1)):  # noqa: DTZ001 - that it is refused is the point
        pass


async def _now() -> datetime:
    return clock.now()


def test_a_signature_is_good_for_its_text_and_purpose_only() -> None:
    signer = Signer(b"k" * 32)
    good = signer.sign("file", "a:1")
    assert signer.verify("file", "a:1", good)
    for purpose, text, signature in (
        ("session", "a:1", good),
        ("file", "a:2", good),
        ("file", "a:1", good[:-1] + "x"),
        ("file", "a:1", ""),
        ("file", "a:1", "é" * 43),
    ):
        assert not signer.verify(purpose, text, signature)
    assert not Signer(b"other").verify("file", "a:1", good)
