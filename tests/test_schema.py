"""The migrations make exactly the schema that the code expects, and running them again changes nothing."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from qiao import schema
from qiao.core.db import async_url
from qiao.core.postgres.testing import ScratchPostgres
from qiao.models import Base, load_all

# Alembic cannot compare indexes with operator classes and says so; everything else is compared.
pytestmark = pytest.mark.filterwarnings("ignore:Expression #")


def _differences(connection: Connection) -> list[object]:
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, Base.metadata))


@asynccontextmanager
async def connected(url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_async_engine(async_url(url))
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


async def test_a_migrated_database_is_what_the_models_say(database_url: str) -> None:
    load_all()
    async with connected(database_url) as connection:
        assert await connection.run_sync(_differences) == []


def test_the_newest_migration_is_known_without_the_migration_tools() -> None:
    assert schema.newest() == ScriptDirectory(str(schema.MIGRATIONS)).get_current_head()


async def test_preparing_again_changes_nothing(database_url: str) -> None:
    async with connected(database_url) as connection:
        await connection.execute(text("INSERT INTO secrets (name, value) VALUES ('kept', 'x')"))
    await schema.prepare(database_url)
    async with connected(database_url) as connection:
        assert await connection.scalar(text("SELECT count(*) FROM secrets WHERE name = 'kept'")) == 1


async def test_several_processes_may_prepare_an_empty_database_at_once(postgres: ScratchPostgres) -> None:
    load_all()
    dsn = postgres.create_database()
    try:
        await asyncio.gather(*(schema.prepare(dsn.url()) for _ in range(3)))
        async with connected(dsn.url()) as connection:
            assert await connection.run_sync(_differences) == []
    finally:
        postgres.drop_database(dsn.database)
