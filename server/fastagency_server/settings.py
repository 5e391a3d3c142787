"""The limits of a server, all in one place, with the protocol's defaults (spec FA-LIV)."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Final

__all__ = ["Settings"]

_ORIGIN: Final = re.compile(r"[a-z][a-z0-9+.-]*://[^/?#@\s]+", re.IGNORECASE)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Limits of one `FastAPIAdapter`. Times are in seconds, sizes in bytes.

    Raises ValueError when a limit is not positive (`idle_threads`: negative), or an origin is none.
    """

    first_frame_seconds: float = 10.0
    """How long a socket may stay open before its first frame; then 4008."""

    max_frame_bytes: int = 1024 * 1024
    """The largest frame that a client may send, in UTF-8; beyond it 1009. Uvicorn's own `ws_max_size` (16
    MiB) is a second, outer limit: lower it too if such frames should not even reach memory. The body of a
    POST may be as large; beyond it 400, and the rest is not kept."""

    max_conversations: int = 10_000
    """Conversations that run at once in this process; beyond it 503 (REST) and 4100 (socket)."""

    retry_after_seconds: int = 5
    """What `Retry-After` says beside a 503."""

    invalid_answers: int = 10
    """How many invalid answers one question takes before its workflow fails (spec FA-CLA-4)."""

    reservation_seconds: float = 600.0
    """How long `initiate_workflow` keeps a uuid for its user. After that the uuid counts as one that nobody
    announced: it can still be started, by anybody who knows it (spec FA-CLA-3)."""

    max_reservations: int = 10_000
    """Reservations that are kept at once. A new one beyond it lets the oldest expire early."""

    remembered_uuids: int = 100_000
    """How many ended conversations are remembered, so that their uuid cannot be started again (4009). About
    200 bytes each. One older than that could be started again, as a new conversation."""

    buffered_messages: int = 256
    """Messages that a workflow can be ahead of its socket; then its next call into `ui` waits."""

    buffered_bytes: int = 1024 * 1024
    """The same in characters of text."""

    ticket_seconds: float = 30.0
    """How long a ticket of `initiate_workflow` can open a socket (spec FA-SEC-5)."""

    allowed_origins: tuple[str, ...] = ()
    """Origins of pages that may open a socket, beside the server's own host: `https://app.example.org`, or
    `*` for all. While there are none, and no `get_user_id`, every page may (spec FA-SEC-4)."""

    heartbeat_seconds: float = 25.0
    """How often something is sent at least in `fastagency.v1` (spec FA-LIV-1). Clients give up a connection
    after 1.5 times that."""

    detached_seconds: float = 600.0
    """How long a conversation of `fastagency.v1` goes on without a socket before it is cancelled (spec
    FA-CAN-2)."""

    log_messages: int = 1000
    """Messages of one conversation that are held for clients that resume (spec FA-LIV-4). What no socket was
    sent yet is never dropped: a workflow without a socket waits at a full log."""

    log_bytes: int = 4 * 1024 * 1024
    """The same in characters of text."""

    sockets_per_conversation: int = 8
    """How many sockets may hold one conversation (spec FA-RES-6); beyond it 4100."""

    retained_seconds: float = 300.0
    """How long the log of a conversation that is over is held (spec FA-LIV-6)."""

    retained_bytes: int = 64 * 1024 * 1024
    """What all those logs may take together; beyond it the oldest go early."""

    stalled_seconds: float = 30.0
    """How long a batch of messages may wait for a client that does not read; then the socket lets go of the
    conversation, as if the client had left, and is closed with 4101 if it is read within as long again (spec
    FA-LIV-5). Uvicorn, which gives up such a client after its ping timeout, does not tell anybody while there
    is something left to send."""

    thread_stack_bytes: int = 512 * 1024
    """Stack of the thread that a blocking workflow runs in: only reserved, not used, so it costs address
    space. Code that recurses without end through C functions (a `key` of `sorted`, `__repr__`) meets Python's
    recursion limit in time from 2 MiB on; below that the process dies of it."""

    idle_threads: int = 32
    """Threads of blocking workflows that have ended, kept for the next ones for up to ten seconds; 0 gives
    every workflow a new one. As in every pool of threads, what a workflow keeps in `threading.local` is there
    for the one after it; what it keeps in a `contextvars.ContextVar` is not."""

    cancel_seconds: float = 5.0
    """How long an async workflow that was told of the end (`ConversationClosed`) may tidy up before its task
    is cancelled."""

    drain_seconds: float = 20.0
    """How long a server that is told to stop (SIGTERM) lets conversations go on, while it takes no new one
    (spec FA-LIV-8). Those that are left then are cancelled, their sockets closed with 4200."""

    shutdown_seconds: float = 5.0
    """How long the end of the application waits for the threads of blocking workflows."""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int | float) and value <= 0 and field.name != "idle_threads":
                raise ValueError(f"{field.name} must be positive")
        if self.idle_threads < 0:
            raise ValueError("idle_threads must not be negative")
        for origin in self.allowed_origins:
            if origin != "*" and not _ORIGIN.fullmatch(origin):
                raise ValueError(f"allowed_origins: {origin!r} is not like https://app.example.org")
