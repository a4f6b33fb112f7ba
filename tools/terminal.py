"""What the tools of the checkout print: steps with their time, in the reader's language. Standard library only."""

import os
import subprocess
import sys
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

CHINESE = (os.environ.get("LC_ALL") or os.environ.get("LC_MESSAGES") or os.environ.get("LANG") or "").startswith("zh")
HEARTBEAT_SECONDS = 15


def say(zh: str, en: str) -> None:
    """One line for a person."""
    print(zh if CHINESE else en, flush=True)


def run(
    name: str,
    command: Sequence[str],
    *,
    log: Path,
    cwd: Path,
    env: Mapping[str, str] | None = None,
    show: bool = False,
) -> tuple[int, str]:
    """Run a step: its name, signs of life while it runs, its time. `show` passes its output through;
    otherwise it goes to `log` and is shown only when the step fails. Returns the exit code and the output."""
    log.parent.mkdir(parents=True, exist_ok=True)
    print(f"▶ {name}", flush=True)
    began = time.monotonic()
    child = subprocess.Popen(
        list(command),
        cwd=cwd,
        env={**os.environ, "PYTHONUNBUFFERED": "1", **(env or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    ended = threading.Event()
    if not show:
        threading.Thread(target=_heartbeat, args=(name, began, ended), daemon=True).start()
    text = bytearray()
    try:
        assert child.stdout is not None
        with log.open("wb") as file:
            while chunk := os.read(child.stdout.fileno(), 65536):
                text += chunk
                file.write(chunk)
                if show:
                    sys.stdout.buffer.write(chunk)
                    sys.stdout.buffer.flush()
        code = child.wait()
    except KeyboardInterrupt:
        # The child got the same Ctrl-C; let it clean up.
        child.wait()
        raise
    finally:
        ended.set()
    output = text.decode("utf-8", errors="replace")
    seconds = time.monotonic() - began
    if code != 0 and not show:
        print(output.rstrip()[-20_000:], flush=True)
    print(f"{'✓' if code == 0 else '✗'} {name}  {seconds:.1f} s", flush=True)
    if code != 0:
        say(f"  完整日志：{log}", f"  full log: {log}")
    return code, output


def _heartbeat(name: str, began: float, ended: threading.Event) -> None:
    while not ended.wait(HEARTBEAT_SECONDS):
        print(f"  … {name}  {time.monotonic() - began:.0f} s", flush=True)
