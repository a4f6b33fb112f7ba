"""Brings a database to this version's schema, under a lock, forward only."""

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING

import asyncpg
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from qiao.core.db import async_url

if TYPE_CHECKING:
    from alembic.config import Config

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_LOCK = 0x51494D47


def newest() -> str:
    """The revision this version's code expects: its migrations are a line, named by number."""
    return max(path.name for path in (MIGRATIONS / "versions").glob("[0-9]*.py")).partition("_")[0]


async def _is_current(database_url: str) -> bool:
    """Whether nothing is to be done. The usual start asks this one question instead of loading the migration tools."""
    plain = async_url(database_url).set(drivername="postgresql").render_as_string(hide_password=False)
    connection = await asyncpg.connect(plain)
    try:
        return bool(await connection.fetchval("SELECT version_num FROM alembic_version") == newest())
    except asyncpg.UndefinedTableError:
        return False
    finally:
        await connection.close()


def _config(connection: Connection | None = None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    from alembic import command

    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    command.upgrade(_config(connection), "head")


async def prepare(database_url: str) -> None:
    """Runs the migrations that are missing. Several processes may call it at once; one works, the others wait."""
    if await _is_current(database_url):
        return
    from qiao import models

    models.load_all()
    engine = create_async_engine(async_url(database_url))
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
    finally:
        await engine.dispose()


def prepare_now(database_url: str) -> None:
    """`prepare` for callers without an event loop."""
    asyncio.run(prepare(database_url))
