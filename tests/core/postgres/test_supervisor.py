"""The embedded server through its whole life, on real processes."""

import asyncio
import os
import signal
import stat
import subprocess
import sys
import tempfile
import textwrap
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from qiao.core.postgres import Dsn, EmbeddedPostgres, PostgresError, process
from qiao.core.postgres.cluster import Layout
from qiao.core.postgres.config import DISPOSABLE

REPOSITORY = Path(__file__).resolve().parents[3]
root_only = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")


def embedded(folder: Path) -> EmbeddedPostgres:
    return EmbeddedPostgres(folder, settings=DISPOSABLE, durable=False)


def fetch(dsn: Dsn, statement: str) -> Any:
    async def run() -> Any:
        connection = await asyncpg.connect(**dsn.asyncpg())
        try:
            return await connection.fetchval(statement)
        finally:
            await connection.close()

    return asyncio.run(run())


def processes_of(folder: Path) -> list[int]:
    """Every process that has to do with the cluster in `folder`."""
    name = Layout(folder.resolve()).name
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            except OSError:
                continue
            if f"-D {folder.resolve()}/" in command or f"postgres: {name}: " in command:
                found.append(int(entry.name))
    return found


def kill(server: EmbeddedPostgres) -> int:
    """SIGKILL for the server, and wait for the signal to arrive."""
    pid = server.status().pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    while server.status().state != "stopped":
        time.sleep(0.001)
    return pid


def in_another_process(folder: Path, body: str) -> "subprocess.Popen[str]":
    """A second user of the data folder; `server` is its handle, a line on stdin lets it go on."""
    script = (
        "from pathlib import Path\nfrom qiao.core.postgres import EmbeddedPostgres\n"
        f"server = EmbeddedPostgres(Path({str(folder)!r}), durable=False)\n" + textwrap.dedent(body)
    )
    return subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=REPOSITORY,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def reachable(user: int) -> bool:
    """Whether `user` can run this Python with this checkout."""
    try:
        ran = subprocess.run(
            [sys.executable, "-c", f"open({str(REPOSITORY / 'pyproject.toml')!r})"],
            cwd="/",
            user=user,
            group=user,
            extra_groups=[],
            capture_output=True,
            check=False,
        )
    except PermissionError:
        return False
    return ran.returncode == 0


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    yield tmp_path / "pg"
    embedded(tmp_path / "pg").shutdown()
    assert processes_of(tmp_path / "pg") == []


class TestStart:
    def test_makes_a_working_cluster(self, folder: Path) -> None:
        with embedded(folder) as server:
            dsn = server.dsn()
            assert fetch(dsn, "SELECT current_user || ' ' || current_database()") == "qiao qiao"
            assert fetch(dsn, "SHOW server_encoding") == "UTF8"
            assert fetch(dsn, "SELECT upper('é') = 'É' AND length('转人工') = 3")
            assert fetch(dsn, "SELECT ('[1,2]'::vector <-> '[1,2]')::text") == "0"
            assert fetch(dsn, "SELECT uuid_extract_version(uuidv7())") == 7
            assert server.status().state == "running"
        assert server.status().state == "stopped"

    def test_keeps_data_over_a_restart(self, folder: Path) -> None:
        with embedded(folder) as server:
            fetch(server.dsn(), "CREATE TABLE kept AS SELECT 42 AS answer")
        with embedded(folder) as server:
            assert fetch(server.dsn(), "SELECT answer FROM kept") == 42

    def test_is_durable_by_default(self, folder: Path) -> None:
        with EmbeddedPostgres(folder) as server:
            for name in ("fsync", "synchronous_commit", "full_page_writes"):
                assert fetch(server.dsn(), f"SHOW {name}") == "on"

    def test_role_is_no_superuser_and_needs_its_password(self, folder: Path) -> None:
        with embedded(folder) as server:
            with pytest.raises(asyncpg.InsufficientPrivilegeError):
                fetch(server.dsn(), "SELECT pg_read_file('/etc/passwd')")
            wrong = {**server.dsn().asyncpg(), "password": "wrong"}
            with pytest.raises(asyncpg.InvalidPasswordError):
                asyncio.run(asyncpg.connect(**wrong))
            with pytest.raises(asyncpg.InvalidPasswordError):
                asyncio.run(asyncpg.connect(**{**wrong, "user": "postgres"}))
        assert stat.S_IMODE((folder / "password").stat().st_mode) == 0o600
        assert (folder / "password").read_text().strip() not in repr(server.start())
        server.stop()

    def test_works_in_a_folder_too_deep_for_a_socket(self, tmp_path: Path) -> None:
        deep = tmp_path / ("深" * 40) / "it's" / "pg"
        with embedded(deep) as server:
            host = server.dsn().host
            assert host.startswith("/tmp/qiao-")
            assert fetch(server.dsn(), "SELECT 1") == 1
        assert processes_of(deep) == []
        assert not Path(host).exists()

    def test_two_at_once_share_one_server(self, folder: Path) -> None:
        servers = [embedded(folder) for _ in range(4)]
        pids: list[int | None] = []

        def run(server: EmbeddedPostgres) -> None:
            server.start()
            pids.append(server.status().pid)

        threads = [threading.Thread(target=run, args=(server,)) for server in servers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert len(pids) == 4
        assert len(set(pids)) == 1
        assert [server.stop() for server in servers] == [False, False, False, True]

    def test_two_processes_at_once_share_one_server(self, folder: Path) -> None:
        body = "server.start(); print(server.status().pid, flush=True); input(); print(server.stop())"
        others = [in_another_process(folder, body) for _ in range(3)]
        first_lines = [other.stdout.readline() for other in others if other.stdout]
        assert len(set(first_lines)) == 1
        lasts = [other.communicate("\n")[0].strip() for other in others]
        assert sorted(lasts) == ["False", "False", "True"]

    def test_asynchronously(self, folder: Path) -> None:
        async def run() -> str:
            async with embedded(folder) as server:
                return server.status().state

        assert asyncio.run(run()) == "running"


class TestAdopt:
    def test_a_second_user_joins_and_leaves_the_server_running(self, folder: Path) -> None:
        with embedded(folder) as server:
            pid = server.status().pid
            other = in_another_process(folder, "print(server.start().host, server.status().pid, server.stop())")
            assert other.communicate()[0].split() == [server.dsn().host, str(pid), "False"]
            assert fetch(server.dsn(), "SELECT 1") == 1

    def test_a_server_whose_parent_was_killed(self, folder: Path) -> None:
        other = in_another_process(folder, "server.start(); print(server.status().pid, flush=True); input()")
        assert other.stdout is not None
        pid = int(other.stdout.readline())
        other.kill()
        other.communicate()
        with embedded(folder) as server:
            assert server.status().pid == pid
            assert fetch(server.dsn(), "SELECT 1") == 1
        assert processes_of(folder) == []

    def test_shutdown_stops_a_left_over_server(self, folder: Path) -> None:
        embedded(folder).start()
        other = embedded(folder)
        assert other.shutdown()
        assert not other.shutdown()
        assert processes_of(folder) == []

    def test_a_process_that_ends_without_stopping_leaves_nothing(self, folder: Path) -> None:
        other = in_another_process(folder, "server.start()")
        other.communicate()
        assert other.returncode == 0
        assert processes_of(folder) == []


class TestCrash:
    def test_of_the_server(self, folder: Path) -> None:
        server = EmbeddedPostgres(folder)
        fetch(server.start(), "CREATE TABLE kept AS SELECT 42 AS answer")
        pid = kill(server)
        with EmbeddedPostgres(folder) as again:
            assert again.status().pid != pid
            assert fetch(again.dsn(), "SELECT answer FROM kept") == 42
        assert server.stop()

    def test_of_the_server_is_healed_by_starting_again(self, folder: Path) -> None:
        with embedded(folder) as server:
            kill(server)
            assert fetch(server.start(), "SELECT 1") == 1

    def test_while_a_statement_outlives_the_server(self, folder: Path) -> None:
        server = embedded(folder)
        dsn = server.start()

        async def busy() -> None:
            connection = await asyncpg.connect(**dsn.asyncpg())
            endless = asyncio.ensure_future(
                connection.execute("DO $$ DECLARE n int := 0; BEGIN LOOP n := (n + 1) % 1000; END LOOP; END $$")
            )
            await asyncio.sleep(0.3)
            kill(server)
            again = embedded(folder)
            assert await asyncio.to_thread(again.start) == dsn
            await asyncio.to_thread(again.stop)
            with pytest.raises((asyncpg.PostgresConnectionError, asyncpg.InterfaceError, asyncpg.AdminShutdownError)):
                await endless

        asyncio.run(busy())
        assert fetch(dsn, "SELECT 1") == 1
        assert server.stop()

    def test_pid_meanwhile_belongs_to_another_program(self, folder: Path) -> None:
        with embedded(folder):
            pid_file = (folder / "cluster" / process.PID_FILE).read_text()
        lines = pid_file.splitlines()
        stranger = subprocess.Popen(["sleep", "60"])
        try:
            (folder / "cluster" / process.PID_FILE).write_text("\n".join([str(stranger.pid), *lines[1:], ""]))
            assert embedded(folder).status().state == "stopped"
            with embedded(folder) as server:
                assert fetch(server.dsn(), "SELECT 1") == 1
            assert stranger.poll() is None
        finally:
            stranger.kill()
            stranger.wait()

    def test_in_the_middle_of_making_the_cluster(self, folder: Path) -> None:
        (folder / "cluster.new").mkdir(parents=True)
        (folder / "cluster.new" / "PG_VERSION").write_text("18\n")
        with embedded(folder) as server:
            assert fetch(server.dsn(), "SELECT 1") == 1


class TestRefusals:
    def test_another_major_version(self, folder: Path) -> None:
        with embedded(folder):
            pass
        (folder / "cluster" / "PG_VERSION").write_text("16\n")
        with pytest.raises(PostgresError) as caught:
            embedded(folder).start()
        assert caught.value.code == "postgres.version"
        assert "PostgreSQL 16" in caught.value.text("en")
        assert "由 PostgreSQL 16 写成" in caught.value.text("zh-CN")

    def test_a_folder_that_is_no_cluster(self, folder: Path) -> None:
        (folder / "cluster").mkdir(parents=True)
        with pytest.raises(PostgresError) as caught:
            embedded(folder).start()
        assert caught.value.code == "postgres.damaged"

    def test_a_bad_setting_of_the_operator_is_shown(self, folder: Path) -> None:
        with embedded(folder):
            pass
        (folder / "cluster" / "local.conf").write_text("shared_buffers = 'plenty'\n")
        with pytest.raises(PostgresError) as caught:
            embedded(folder).start()
        assert caught.value.code == "postgres.start"
        assert "shared_buffers" in str(caught.value)

    def test_dsn_of_a_stopped_server(self, folder: Path) -> None:
        with pytest.raises(PostgresError) as caught:
            embedded(folder).dsn()
        assert caught.value.code == "postgres.stopped"


class TestUsers:
    @root_only
    def test_root_below_a_closed_folder(self, tmp_path: Path) -> None:
        closed = tmp_path / "closed"
        closed.mkdir(mode=0o700)
        folder = closed / "data" / "pg"
        modes = {path: path.stat().st_mode for path in (tmp_path, closed)}
        with embedded(folder) as server:
            pid = server.status().pid
            fields = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines())
            assert fields["Uid"].split()[0] not in ("0", "65534")
            # Nothing but the right to pass, in whichever form this system grants it.
            assert int(fields["CapEff"], 16) in (1 << 1, 1 << 2)
            assert int(fields["CapPrm"], 16) == int(fields["CapEff"], 16)
            assert fetch(server.dsn(), "SELECT 1") == 1
        assert {path: path.stat().st_mode for path in modes} == modes
        assert (folder / "cluster").stat().st_uid != 0
        assert processes_of(folder) == []

    @root_only
    def test_root_gets_a_cluster_back_that_root_restored(self, folder: Path) -> None:
        with embedded(folder):
            pass
        subprocess.run(["chown", "-R", "0:0", str(folder)], check=True)
        (folder / "cluster").chmod(0o755)
        with embedded(folder) as server:
            assert fetch(server.dsn(), "SELECT 1") == 1

    @root_only
    def test_ordinary_user_without_a_name(self) -> None:
        user = 12345
        if not reachable(user):
            pytest.skip("this Python or checkout lies where other users may not read")
        script = (
            "import sys; from pathlib import Path; from qiao.core.postgres import EmbeddedPostgres\n"
            "with EmbeddedPostgres(Path(sys.argv[1]), durable=False) as server: print(server.status().state)"
        )
        with tempfile.TemporaryDirectory() as home:
            os.chown(home, user, user)
            ran = subprocess.run(
                [sys.executable, "-c", script, f"{home}/pg"],
                cwd="/",
                env={"PYTHONPATH": os.pathsep.join([str(REPOSITORY), *sys.path]), "PATH": os.defpath},
                user=user,
                group=user,
                extra_groups=[],
                capture_output=True,
                text=True,
                check=False,
            )
            if "/etc/passwd" in ran.stderr:
                pytest.skip("this system has no user namespaces")
            assert ran.stdout.strip() == "running", ran.stderr
            assert Path(home, "pg", "cluster").stat().st_uid == user
            assert processes_of(Path(home, "pg")) == []

    def test_stop_is_quick(self, folder: Path) -> None:
        server = embedded(folder)
        server.start()
        began = time.monotonic()
        assert server.stop()
        assert time.monotonic() - began < 30
        assert processes_of(folder) == []
