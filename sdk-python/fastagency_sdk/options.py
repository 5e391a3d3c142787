"""What both clients can be told."""

from __future__ import annotations

import ssl as ssl_module
from dataclasses import dataclass, field
from typing import Literal

from .reconnect import Reconnect
from .retry import Retry
from .urls import Endpoints

__all__ = ["MAX_MESSAGE_SIZE", "Dialect", "Options"]

Dialect = Literal["auto", "classic"]
"""Which dialects a client speaks (spec FA-NEG)."""

MAX_MESSAGE_SIZE = 16 * 1024 * 1024


@dataclass(frozen=True)
class Options:
    """The settings that the asynchronous and the blocking client share. Times are in seconds, None means for
    ever.

    `timeout` bounds one request; `open_timeout` and `close_timeout` the WebSocket's opening and closing;
    `message_timeout` the wait for the next message, which a slow workflow may make long. A connection on
    which a ping stays unanswered for `ping_interval` is lost; None sends no pings. A message of more than
    `max_message_size` bytes is refused. `dialect` "auto" is `fastagency.v1` on a server that speaks it and
    classic on every other; `reconnect` is for the former.
    """

    endpoints: Endpoints
    user_id: str | None = None
    timeout: float | None = 10.0
    open_timeout: float | None = 10.0
    close_timeout: float | None = 5.0
    message_timeout: float | None = None
    ping_interval: float | None = 20.0
    max_message_size: int | None = MAX_MESSAGE_SIZE
    retry: Retry = field(default_factory=Retry)
    reconnect: Reconnect = field(default_factory=Reconnect)
    dialect: Dialect = "auto"
    ssl: ssl_module.SSLContext | None = None
