"""What a server logs besides a line for each request (``http.access_log``): on stderr too, and in the same form."""

from __future__ import annotations

import asyncio
import json
import logging
import logging.config
from typing import Literal


def configure(form: Literal["json", "text"]) -> None:
    """Set up logging for this process: all of it, so that libraries and warnings find the same form."""
    handler = {"class": "logging.StreamHandler", "formatter": form, "stream": "ext://sys.stderr"}
    logging.config.dictConfig(
        {
            "version": 1,
            "disable_existing_loggers": False,
            "formatters": {
                "json": {"()": _Json},
                "text": {"()": _Text, "format": "%(asctime)s %(levelname)s %(message)s"},
            },
            "filters": {"cut": {"()": _NotCutOff}},
            "handlers": {"stderr": handler | {"filters": ["cut"]}},
            "root": {"handlers": ["stderr"], "level": "WARNING"},
            "loggers": {"ganzoo_serve": {"level": "INFO"}},
        }
    )
    logging.captureWarnings(True)


class _NotCutOff(logging.Filter):
    """Leaves out what uvicorn says of replies that it cuts off at its end, with a traceback each. ``serving`` says how many."""

    def filter(self, record: logging.LogRecord) -> bool:
        cancelled = record.exc_info is not None and isinstance(record.exc_info[1], asyncio.CancelledError)
        return not (
            record.name == "uvicorn.error" and (cancelled or str(record.msg).startswith("Cancel %s running task"))
        )


class _Text(logging.Formatter):
    """A line for people, and indented ones: a line break in the name of a file would forge another line otherwise."""

    def formatMessage(self, record: logging.LogRecord) -> str:  # noqa: N802 (logging's name)
        lines = super().formatMessage(record).split("\n")
        return "\n    ".join("".join(map(_printable, line)) for line in lines)


def _printable(character: str) -> str:
    return character if character.isprintable() else character.encode("unicode_escape").decode()


class _Json(logging.Formatter):
    """A line of JSON, whatever the message holds; ``time`` in seconds since 1970, as requests have it."""

    def format(self, record: logging.LogRecord) -> str:
        line = {"time": round(record.created, 3), "level": record.levelname.lower(), "message": record.getMessage()}
        if record.exc_info:
            line["traceback"] = self.formatException(record.exc_info)
        return json.dumps(line)
