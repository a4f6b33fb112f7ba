"""`python -m qiao.core.postgres start|stop|status|dsn --data DIR`: the server by hand, for looking inside.

`start` leaves the server running for the next user of the data folder to adopt; `stop` stops it whoever uses it; `dsn`
prints the connection string, password included.
"""

# ruff: noqa: T201 - a command line prints

import argparse
import os
import sys
from pathlib import Path

from qiao.core import i18n
from qiao.core.postgres import EmbeddedPostgres, PostgresError


def main() -> int:
    """Run one command; the exit code is 0 when it did what it says, and for `status` when the server runs."""
    parser = argparse.ArgumentParser(prog="python -m qiao.core.postgres")
    parser.add_argument("command", choices=["start", "stop", "status", "dsn"])
    parser.add_argument("--data", type=Path, required=True)
    arguments = parser.parse_args()
    locale = i18n.match_locale((os.environ.get("LC_ALL") or os.environ.get("LANG") or "").replace("_", "-"))
    server = EmbeddedPostgres(arguments.data)
    try:
        match arguments.command:
            case "start":
                server.start()
                server.abandon()
                print(i18n.t("postgres.started", locale, pid=server.status().pid))
            case "stop":
                print(i18n.t("postgres.stopped" if server.shutdown() else "postgres.was_stopped", locale))
            case "status":
                status = server.status()
                print(i18n.t(f"postgres.state.{status.state}", locale), status.pid or "")
                return 0 if status.state == "running" else 3
            case _:
                print(server.dsn().url())
    except PostgresError as error:
        print(error.text(locale), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
