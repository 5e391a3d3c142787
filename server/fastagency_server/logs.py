"""Keeps tracebacks out of the log for what a client does wrong."""

from __future__ import annotations

import logging

__all__ = ["quiet_uvicorn"]

_NOT_UTF8 = "Invalid UTF-8"


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


_filter = _WithoutTraceback()


def quiet_uvicorn() -> None:
    """Add the filter to uvicorn's log, once a process. Uvicorn's other lines stay as they are."""
    logging.getLogger("uvicorn.error").addFilter(_filter)
