"""Asks the reading process (`worker.py`): one question at a time, each with a limit; one that overruns it ends the process
and the next question starts another."""

import asyncio
import contextlib
import json
import os
import sys
from collections.abc import Awaitable, Callable
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

import structlog

from qiao.core.errors import Invalid
from qiao.knowledge.importing.reading.records import refuse

logger = structlog.get_logger(__name__)
SECONDS: Final = 120.0
_LONGEST_LINE: Final = 64 * 1024 * 1024

Told = Callable[[int, int], Awaitable[None]]


class Reader:
    """`async with Reader() as reader: answer = await reader.ask(do="list", …)`."""

    def __init__(self, seconds: float = SECONDS):
        self.seconds = seconds
        self._process: asyncio.subprocess.Process | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._end()

    async def ask(self, *, told: Told | None = None, **question: Any) -> dict[str, Any]:
        """The answer. Raises Invalid with the reason when the document cannot be read, takes too long or kills its reader."""
        try:
            # Silence is what is limited: a long document that goes on page by page is at work.
            process = await self._running()
            assert process.stdin is not None and process.stdout is not None
            process.stdin.write((json.dumps(question) + "\n").encode())
            await process.stdin.drain()
            while True:
                line = await asyncio.wait_for(process.stdout.readline(), self.seconds)
                if not line:
                    raise EOFError
                answer: dict[str, Any] = json.loads(line)
                if "done" not in answer:
                    break
                if told is not None:
                    await told(answer["done"], answer["of"])
        except TimeoutError:
            await self._end()
            raise refuse("import.too_slow") from None
        except (EOFError, OSError, ValueError):
            logger.warning("import_reader_died", name=str(question.get("name"))[-80:])
            await self._end()
            raise refuse("import.unreadable") from None
        except BaseException:
            await self._end()  # an answer left in the pipe would be taken for the next one's
            raise
        if "error" in answer:
            if answer.get("cause"):
                logger.warning("import_unreadable", name=str(question.get("name"))[-80:], error=answer["cause"])
            raise Invalid(answer["error"], **answer["params"])
        return answer

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            # Its own environment holds no secrets of ours: only what finding Python's modules takes.
            names = ("PATH", "PYTHONPATH", "LANG", "TMPDIR", "SYSTEMROOT")
            kept = {key: os.environ[key] for key in names if key in os.environ}
            self._process = await asyncio.create_subprocess_exec(
                sys.executable, "-m", "qiao.knowledge.importing.worker",
                stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.DEVNULL,
                limit=_LONGEST_LINE, env={**kept, "PYTHONIOENCODING": "utf-8"}, cwd=Path.cwd(),
            )  # fmt: skip
        return self._process

    async def _end(self) -> None:
        process, self._process = self._process, None
        if process is not None and process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                process.kill()
            await process.wait()
