"""What both shells need to know about the `websockets` library, from its release 13 on."""

from __future__ import annotations

import inspect
import logging
from collections.abc import Callable, Mapping
from typing import Any

from websockets.exceptions import ConnectionClosed, InvalidStatus

from ._generated.tables import CloseCode
from .endings import NO_CLOSE_FRAME
from .errors import FastAgencyError, ServerUnreachable
from .options import Options
from .rest import refusal

__all__ = ["close_of", "connect_arguments", "why_not_open"]

# The library's debug log shows whole frames, and an answer may be a password. So it gets a logger that drops
# them whatever level is set on it or above it.
_logger = logging.getLogger("fastagency_sdk.websocket")
_logger.setLevel(logging.INFO)
_logger.addFilter(lambda record: record.levelno >= logging.INFO)

# How many messages are read ahead of the program. While the buffer is full nothing is read, pings neither,
# and a server takes a client that does not answer pings for dead; hence more than the library's 16.
_READ_AHEAD = 256


def connect_arguments(
    connect: Callable[..., Any], options: Options, headers: Mapping[str, str], subprotocol: str | None = None
) -> dict[str, Any]:
    """Return the keyword arguments for one of the library's `connect` functions, which offers `subprotocol`.

    The blocking one of releases 13 and 14 knows no pings and no buffer; the arguments that it lacks are left
    out.
    """
    wanted: dict[str, Any] = {
        "additional_headers": dict(headers),
        "open_timeout": options.open_timeout,
        "close_timeout": options.close_timeout,
        "ping_interval": options.ping_interval,
        "ping_timeout": options.ping_interval,
        "max_size": options.max_message_size,
        "max_queue": _READ_AHEAD,
        "logger": _logger,
        # From release 17.1 on the blocking `connect` has to be told that it is no context manager here.
        "legacy": True,
        "subprotocols": None if subprotocol is None else [subprotocol],
    }
    known = inspect.signature(connect).parameters
    arguments = {name: value for name, value in wanted.items() if name in known}
    if options.ssl is not None and options.endpoints.ws.startswith("wss:"):
        arguments["ssl"] = options.ssl
    return arguments


def why_not_open(url: str, error: Exception) -> FastAgencyError:
    """Return what it means that the WebSocket could not be opened, as an error of ours."""
    if isinstance(error, InvalidStatus):
        response = error.response
        return refusal(response.status_code, response.headers, bytes(response.body or b""))
    return ServerUnreachable(f"{url}: {error or type(error).__name__}")


def close_of(error: ConnectionClosed) -> tuple[int, str, bool]:
    """Return the close code, its reason, and whether this side closed first.

    `error` may come from a send or a receive, on any release of the library.
    """
    if isinstance(error.__cause__, UnicodeDecodeError):
        return CloseCode.NOT_UTF8, "", True  # release 13's blocking client just drops the connection
    if error.rcvd is not None and (error.sent is None or error.rcvd_then_sent):
        return error.rcvd.code, error.rcvd.reason, False
    if error.sent is not None:
        return error.sent.code, error.sent.reason, True
    return NO_CLOSE_FRAME, "", False
