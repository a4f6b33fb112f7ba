"""PostgreSQL as a part of Qiao: its own server in the data folder, started, adopted and stopped by us."""

from qiao.core.postgres.dsn import Dsn
from qiao.core.postgres.errors import PostgresError
from qiao.core.postgres.supervisor import EmbeddedPostgres, Status

__all__ = ["Dsn", "EmbeddedPostgres", "PostgresError", "Status"]
