"""Brings a database to this version's schema, under a lock, forward only."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from sqlalchemy import Connection, text
from sqlalchemy.ext.asyncio import create_async_engine

from qiao import models
from qiao.core.db import Base, async_url

MIGRATIONS = Path(__file__).resolve().parent / "migrations"
_LOCK = 0x51494D47


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    if connection is not None:
        config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection) -> None:
    connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    command.upgrade(_config(connection), "head")


async def prepare(database_url: str) -> None:
    """Runs the migrations that are missing. Several processes may call it at once; one works, the others wait."""
    models.load_all()
    engine = create_async_engine(async_url(database_url))
    try:
        async with engine.begin() as connection:
            if any((MIGRATIONS / "versions").glob("*.py")):
                await connection.run_sync(_upgrade)
            else:
                await connection.run_sync(Base.metadata.create_all)
    finally:
        await engine.dispose()


def prepare_now(database_url: str) -> None:
    """`prepare` for callers without an event loop."""
    asyncio.run(prepare(database_url))
