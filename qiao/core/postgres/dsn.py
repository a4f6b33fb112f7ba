"""Where a database is and how to get in."""

from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import quote


@dataclass(frozen=True, slots=True)
class Dsn:
    """One database of the embedded server. `host` is the folder of its Unix socket. `repr` hides the password."""

    host: str
    port: int
    user: str
    database: str
    password: str = field(repr=False)

    def url(self, scheme: str = "postgresql") -> str:
        """URL for SQLAlchemy (`scheme="postgresql+asyncpg"`), asyncpg and libpq. Holds the password: never log it."""
        return (
            f"{scheme}://{quote(self.user, safe='')}:{quote(self.password, safe='')}@/{quote(self.database, safe='')}"
            f"?host={quote(self.host, safe='')}&port={self.port}"
        )

    def asyncpg(self) -> dict[str, Any]:
        """Keyword arguments for `asyncpg.connect` and `asyncpg.create_pool`."""
        return {
            "host": self.host,
            "port": self.port,
            "user": self.user,
            "password": self.password,
            "database": self.database,
        }

    def environment(self) -> dict[str, str]:
        """Variables for `pg_dump`, `psql` and other libpq programs, so that the password is on no command line."""
        return {
            "PGHOST": self.host,
            "PGPORT": str(self.port),
            "PGUSER": self.user,
            "PGPASSWORD": self.password,
            "PGDATABASE": self.database,
        }

    def with_database(self, name: str) -> "Dsn":
        """The same server and role, another database."""
        return replace(self, database=name)
