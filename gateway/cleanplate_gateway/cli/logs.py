"""Structured logs on stderr: JSON for a container, warnings only beside a person's terminal."""

import logging
import sys

import structlog


def as_json() -> None:
    """Log one JSON object per line."""
    _configure(logging.INFO, structlog.processors.JSONRenderer(ensure_ascii=False), keep=True)


def quiet() -> None:
    """Log warnings and worse, readable."""
    _configure(logging.WARNING, structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()))


def _configure(level: int, renderer: structlog.typing.Processor, *, keep: bool = False) -> None:
    logging.basicConfig(level=level, stream=sys.stderr, format="%(levelname)s %(name)s %(message)s")
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(level),
        logger_factory=structlog.PrintLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=keep,
    )
