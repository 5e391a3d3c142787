"""The log: records as JSON, no traceback for what a client does wrong, no secret from a URL."""

from __future__ import annotations

import json
import logging
import re
from datetime import UTC, datetime
from typing import Any, Final

__all__ = ["JsonFormatter", "quiet_uvicorn"]

_NOT_UTF8: Final = "Invalid UTF-8"
_WIRE: Final = ("< ", "> ")
_TICKET: Final = re.compile(r"([?&]ticket=)[^&\s\"']+")

_ORDINARY: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "color_message"}


class JsonFormatter(logging.Formatter):
    """Writes a record as one line of JSON: `time` (RFC 3339, UTC), `level`, `logger`, `message`, `exception`
    where there is one, and every attribute that was given as `extra`, `workflow_uuid` among them."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds")
        line: dict[str, Any] = {
            "time": time.replace("+00:00", "Z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        line |= {name: value for name, value in vars(record).items() if name not in _ORDINARY}
        if record.exc_info:
            line["exception"] = self.formatException(record.exc_info)
        return json.dumps(line, default=str, ensure_ascii=False)


class _WithoutTraceback(logging.Filter):
    """Makes a line of information of uvicorn's traceback for a text frame that is not UTF-8.

    Uvicorn closes such a socket with 1007 before the protocol sees the frame, and logs it as an error of the
    server with the stack. It is the client's, and anybody could fill the log with it.
    """

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno >= logging.ERROR and str(record.msg).startswith(_NOT_UTF8):
            record.levelno, record.levelname = logging.INFO, "INFO"
            record.exc_info = record.exc_text = None
        return True


class _WithoutSecrets(logging.Filter):
    """Uvicorn logs the path of a socket with its query, where a ticket may stand, and on DEBUG what goes over
    the wire: frames with tokens and answers, headers with credentials (spec FA-SEC-3, FA-ANS-6)."""

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno <= logging.DEBUG and str(record.msg).startswith(_WIRE):
            return False
        if isinstance(record.args, tuple):
            record.args = tuple(_hidden(value) for value in record.args)
        record.msg = _hidden(record.msg)
        return True


def _hidden(value: Any) -> Any:
    return _TICKET.sub(r"\1…", value) if isinstance(value, str) and "ticket=" in value else value


_filters: Final = {
    "uvicorn.error": (_WithoutTraceback(), _WithoutSecrets()),
    "uvicorn.access": (_WithoutSecrets(),),
}


def quiet_uvicorn() -> None:
    """Add the filters to uvicorn's log, once a process. Uvicorn's other lines stay as they are."""
    for name, filters in _filters.items():
        for added in filters:
            logging.getLogger(name).addFilter(added)
