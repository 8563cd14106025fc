"""Structured logs: one JSON line an event on stderr, with ids and never with content."""

import logging
import sys

import structlog


def configure() -> None:
    """Send every log line through one renderer; libraries' own lines from warnings up."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=True,
    )
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="%(name)s %(message)s")
    # aiohttp logs tracebacks of bad requests with parts of them; the status says enough.
    logging.getLogger("aiohttp.server").setLevel(logging.CRITICAL)
