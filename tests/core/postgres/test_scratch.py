"""The throw-away server for tests."""

import asyncio
from collections.abc import Iterator
from pathlib import Path

import asyncpg
import pytest

from qiao.core.postgres import Dsn
from qiao.core.postgres.testing import ScratchPostgres


@pytest.fixture(scope="module")
def scratch() -> Iterator[ScratchPostgres]:
    with ScratchPostgres("scratch-test") as server:
        yield server


def run(dsn: Dsn, statement: str) -> object:
    async def execute() -> object:
        connection = await asyncpg.connect(dsn.url())
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(execute())


def test_databases_are_apart(scratch: ScratchPostgres) -> None:
    one, two = scratch.create_database(), scratch.create_database()
    run(one, "CREATE TABLE mine (id int)")
    assert run(two, "SELECT to_regclass('mine')") is None
    scratch.drop_database(one.database)
    with pytest.raises(asyncpg.InvalidCatalogNameError):
        run(one, "SELECT 1")


def test_template_is_made_once_and_copied(scratch: ScratchPostgres) -> None:
    built: list[str] = []

    def build(dsn: Dsn) -> None:
        built.append(dsn.database)
        run(dsn, "CREATE TABLE seeded AS SELECT 7 AS n")

    for _ in range(3):
        copy = scratch.create_database(template=scratch.template("seeded_v1", build))
        assert run(copy, "SELECT n FROM seeded") == 7
    assert len(built) == 1


def test_template_that_failed_is_made_anew(scratch: ScratchPostgres) -> None:
    def fail(dsn: Dsn) -> None:
        run(dsn, "CREATE TABLE half (id int)")
        raise ValueError("migration failed")

    with pytest.raises(ValueError, match="migration failed"):
        scratch.template("broken_v1", fail)
    name = scratch.template("broken_v1", lambda dsn: run(dsn, "CREATE TABLE whole (id int)") and None)
    copy = scratch.create_database(template=name)
    assert run(copy, "SELECT to_regclass('half') IS NULL AND to_regclass('whole') IS NOT NULL")


def test_workers_of_one_run_share_the_server(scratch: ScratchPostgres) -> None:
    with ScratchPostgres("scratch-test") as worker:
        assert worker.dsn == scratch.dsn
    assert run(scratch.dsn, "SELECT 1") == 1


def test_works_inside_a_running_loop_and_vanishes() -> None:
    async def inside() -> Path:
        with ScratchPostgres("scratch-gone") as server:
            server.create_database("inside")
            return Path(server.dsn.host).parent

    assert not asyncio.run(inside()).exists()
