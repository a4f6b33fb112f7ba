"""What reaches the log, and what does not."""

import asyncio
import logging
from collections.abc import Iterator

import pytest
import structlog

from qiao.core import telemetry


@pytest.fixture
def logger(capsys: pytest.CaptureFixture[str]) -> Iterator[logging.Logger]:
    root = logging.getLogger()
    before = (root.handlers[:], root.level, structlog.get_config())
    telemetry.configure_logging("warning", as_json=False)
    yield logging.getLogger("sqlalchemy.pool.impl.AsyncAdaptedQueuePool")
    root.handlers[:], root.level = before[0], before[1]
    structlog.configure(**before[2])


def _fail(logger: logging.Logger, error: BaseException) -> None:
    try:
        raise error
    except BaseException:
        logger.error("Exception closing connection", exc_info=True)


def test_a_connection_whose_goodbye_the_stop_cuts_short_is_no_error(
    logger: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    _fail(logger, asyncio.CancelledError())
    assert capsys.readouterr().err == ""
    _fail(logger, OSError("the line is dead"))
    assert "the line is dead" in capsys.readouterr().err


def test_a_cancelled_task_elsewhere_is_told(logger: logging.Logger, capsys: pytest.CaptureFixture[str]) -> None:
    _fail(logging.getLogger("qiao.elsewhere"), asyncio.CancelledError())
    assert "CancelledError" in capsys.readouterr().err
