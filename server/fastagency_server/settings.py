"""The limits of a server, all in one place, with the protocol's defaults (spec FA-LIV)."""

from __future__ import annotations

from dataclasses import dataclass, fields

__all__ = ["Settings"]


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Limits of one `FastAPIAdapter`. Times are in seconds, sizes in bytes.

    Raises ValueError when a limit is not positive.
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

    buffered_messages: int = 64
    """Messages that a workflow can be ahead of its socket; then its next call into `ui` waits."""

    buffered_bytes: int = 1024 * 1024
    """The same in characters of text."""

    stalled_seconds: float = 60.0
    """How long a batch of messages may wait for a client that does not read; then the conversation ends as if
    the client had left. Uvicorn, which gives up such a client after its ping timeout, does not tell anybody
    while there is something left to send."""

    thread_stack_bytes: int = 512 * 1024
    """Stack of the thread that a blocking workflow runs in: only reserved, not used, so it costs address
    space. Code that recurses without end through C functions (a `key` of `sorted`, `__repr__`) meets Python's
    recursion limit in time from 2 MiB on; below that the process dies of it."""

    cancel_seconds: float = 5.0
    """How long an async workflow that was told of the end (`ConversationClosed`) may tidy up before its task
    is cancelled."""

    shutdown_seconds: float = 5.0
    """How long the end of the application waits for the threads of blocking workflows."""

    def __post_init__(self) -> None:
        for field in fields(self):
            if getattr(self, field.name) <= 0:
                raise ValueError(f"{field.name} must be positive")
