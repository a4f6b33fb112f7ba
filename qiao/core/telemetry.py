"""Logs and metrics. Nothing personal and no secret goes into either."""

import asyncio
import logging
import sys
from typing import Any, Final

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest

REGISTRY: Final = CollectorRegistry()
ProcessCollector(registry=REGISTRY)

_requests = Histogram(
    "qiao_http_request_seconds",
    "Time of HTTP requests by route.",
    ("method", "route", "status"),
    registry=REGISTRY,
    buckets=(0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 10),
)
messages = Counter("qiao_messages_total", "Messages stored, by author.", ("author",), registry=REGISTRY)
sockets = Gauge("qiao_sockets", "Open WebSocket connections, by side.", ("side",), registry=REGISTRY)
conversations = Gauge("qiao_conversations", "Live conversations, by status.", ("status",), registry=REGISTRY)
dead_letters = Gauge("qiao_dead_letters", "Events a reaction gave up on.", registry=REGISTRY)
reaction_lag = Gauge(
    "qiao_reaction_behind",
    "1 while a reaction has not yet reached the end of the log.",
    ("reaction",),
    registry=REGISTRY,
)

_SECRET_WORDS: Final = ("password", "token", "secret", "authorization", "cookie")


def requests(method: str, route: str, status: int, seconds: float) -> None:
    """Counts a finished request under its route template, never under its raw path."""
    _requests.labels(method, route, str(status)).observe(seconds)


def exposition() -> bytes:
    """All metrics in Prometheus' text format."""
    return generate_latest(REGISTRY)


def _without_secrets(_: Any, __: str, entry: structlog.types.EventDict) -> structlog.types.EventDict:
    for key in entry:
        if any(word in key.lower() for word in _SECRET_WORDS):
            entry[key] = "•••"
    return entry


def _worth_telling(record: logging.LogRecord) -> bool:
    """A connection whose goodbye is cut short by our own stop is gone all the same: no error of anybody's."""
    cut_short = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
    return not (cut_short and record.name.startswith("sqlalchemy.pool"))


def configure_logging(level: str, *, as_json: bool) -> None:
    """Sets up structlog and the standard library's logging to write the same lines to standard error."""
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_secrets,
    ]
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer()
        if as_json
        # Plain tracebacks: the pretty ones print local variables, and with them passwords and customers' words.
        else structlog.dev.ConsoleRenderer(
            colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
        )
    )
    numeric = logging.getLevelNamesMapping().get(level.upper(), logging.INFO)
    structlog.configure(
        processors=[*shared, structlog.processors.format_exc_info, renderer] if as_json else [*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(numeric),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared, processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer]
        )
    )
    handler.addFilter(_worth_telling)
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(max(numeric, logging.WARNING))
