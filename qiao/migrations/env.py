"""Alembic's environment: migrations run on the connection that `qiao.schema` hands over."""

from alembic import context
from sqlalchemy import Connection

from qiao import models


def run(connection: Connection) -> None:
    """Migrates in the caller's transaction. A lock that cannot be had soon is an error, not an outage."""
    connection.exec_driver_sql("SET LOCAL lock_timeout = '4s'")
    models.load_all()
    context.configure(connection=connection, target_metadata=models.Base.metadata, compare_server_default=False)
    with context.begin_transaction():
        context.run_migrations()


run(context.config.attributes["connection"])
