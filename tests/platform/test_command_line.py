"""`qiao up` and `qiao down` as an operator uses them: they leave nothing behind."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import psutil
import pytest

from qiao import running
from tests.served import free_port

ROOT = Path(__file__).resolve().parents[2]


class Installation:
    def __init__(self, data: Path):
        self.data = data
        self.port = free_port()
        self.environment = os.environ | {
            "QIAO_DATA": str(data),
            "QIAO_PORT": str(self.port),
            "QIAO_LOCALE": "en",
            "OMP_NUM_THREADS": "1",
        }

    def up(self) -> subprocess.Popen[bytes]:
        with (self.data.parent / "out.log").open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "qiao.cli", "up", "--empty"],
                cwd=ROOT,
                env=self.environment,
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def wait_ready(self, process: subprocess.Popen[bytes]) -> None:
        deadline = time.monotonic() + 240
        while time.monotonic() < deadline:
            assert process.poll() is None, (self.data.parent / "out.log").read_text()
            try:
                if httpx.get(f"http://127.0.0.1:{self.port}/ready").status_code == 200:
                    return
            except httpx.HTTPError:
                time.sleep(0.05)
        raise AssertionError((self.data.parent / "out.log").read_text())

    def down(self) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-m", "qiao.cli", "down"],
            cwd=ROOT,
            env=self.environment,
            capture_output=True,
            text=True,
            timeout=240,
            check=False,
        )

    def processes(self) -> list[str]:
        """Whatever still runs on the data folder."""
        found = []
        for process in psutil.process_iter(["cmdline"]):
            words = process.info["cmdline"] or []
            if any(str(self.data) in word for word in words):
                found.append(" ".join(words))
        return found


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path / "data")
    yield made
    made.down()


def test_ctrl_c_leaves_no_process(installation: Installation) -> None:
    process = installation.up()
    installation.wait_ready(process)
    assert installation.processes(), "its database runs"
    os.killpg(process.pid, signal.SIGINT)  # a terminal sends it to everybody in the foreground
    assert process.wait(60) == 0
    assert installation.processes() == []
    assert "Stopped." in (installation.data.parent / "out.log").read_text()
    assert not list((installation.data / running.FOLDER).iterdir())


def test_down_stops_the_server_and_then_the_database(installation: Installation) -> None:
    process = installation.up()
    installation.wait_ready(process)
    done = installation.down()
    assert (done.returncode, process.wait(30)) == (0, 0), done.stderr
    assert installation.processes() == []
    log = (installation.data.parent / "out.log").read_text()
    assert "Traceback" not in log, log
    again = installation.down()
    assert again.returncode == 0
    assert "Not running." in again.stderr


def test_a_number_that_went_to_another_program_is_left_alone(tmp_path: Path) -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
    try:
        folder = tmp_path / running.FOLDER
        folder.mkdir()
        (folder / f"{sleeper.pid}.lock").write_text(f"{sleeper.pid}\n")
        assert running.stop_all(tmp_path) == 0
        assert sleeper.poll() is None
        assert not list(folder.iterdir())
    finally:
        sleeper.kill()
        sleeper.wait()
