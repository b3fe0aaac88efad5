"""Structured logs with request ids, and Prometheus metrics."""

import logging
import re
import sys
from contextlib import suppress
from typing import Any

import structlog
from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

# Whatever a library or a page may carry into a log line. Long runs only: `sk_` alone is prose.
_SECRETS = re.compile(r"sk_[A-Za-z0-9]{8,}|whsec_[A-Za-z0-9+/=]{8,}|(?i:bearer)\s+[\w.~+/=-]{8,}")


class Metrics:
    """One registry a process, handed down by the composition root."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.executions = Counter(
            "torale_executions", "Executions that ended.", ["outcome"], registry=self.registry
        )
        self.execution_seconds = Histogram(
            "torale_execution_seconds", "Duration of executions.", registry=self.registry
        )
        self.start_lag_seconds = Histogram(
            "torale_start_lag_seconds",
            "From the due time of a task to the start of its execution.",
            buckets=(0.5, 1, 2, 5, 10, 20, 60, 300),
            registry=self.registry,
        )
        self.skipped_ticks = Counter(
            "torale_skipped_ticks",
            "Ticks that found an execution still running.",
            registry=self.registry,
        )
        self.deliveries = Counter(
            "torale_delivery_attempts",
            "Attempts to deliver.",
            ["channel", "outcome"],
            registry=self.registry,
        )
        self.takeovers = Counter(
            "torale_takeovers", "Jobs taken over from dead processes.", registry=self.registry
        )
        self.dispatcher_timestamp = Gauge(
            "torale_dispatcher_timestamp_seconds",
            "When the dispatcher last looked for due tasks, in seconds since the epoch.",
            registry=self.registry,
        )

    def render(self) -> bytes:
        return generate_latest(self.registry)


def _redact(_: Any, __: str, line: str) -> str:
    """Take secrets out of a finished line, however deep in the event they were."""
    return _SECRETS.sub("[redacted]", line)


class _Lines(structlog.WriteLogger):
    """Writes lines. That nobody takes them any more is no reason to fail a request."""

    def msg(self, message: str) -> None:
        with suppress(OSError, ValueError):  # a broken pipe, a closed file
            super().msg(message)

    log = debug = info = warn = warning = fatal = failure = err = error = critical = exception = msg


def configure_logging(log_format: str) -> None:
    """Send every log line to stderr: text for a terminal, JSON lines otherwise.

    Args:
        log_format: `auto`, `json` or `text`.
    """
    as_text = log_format == "text" or (log_format == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    in_json = structlog.processors.JSONRenderer(ensure_ascii=False)
    shown: Any = structlog.dev.ConsoleRenderer() if as_text else in_json
    last: list[Any] = [structlog.processors.format_exc_info, shown, _redact]
    structlog.configure(
        processors=[*shared, *last],
        wrapper_class=structlog.make_filtering_bound_logger(logging.INFO),
        # Not by way of the standard library, which takes three times as long: each request logs.
        logger_factory=lambda *_: _Lines(sys.stderr),
        cache_logger_on_first_use=True,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(logging.INFO)
    for noisy in ("httpx2", "httpcore2", "uvicorn.access", "apprise", "trafilatura", "alembic"):
        logging.getLogger(noisy).setLevel(logging.WARNING)
