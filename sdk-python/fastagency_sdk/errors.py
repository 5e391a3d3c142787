"""The errors of the SDK.

FastAgencyError
├── ServerUnreachable          no connection to the server, or it broke before there was a conversation
├── RequestRefused             a REST request was answered with an error status
├── MalformedMessage           the server sent a frame that is not what its type says
├── ConversationError          the conversation cannot go on
│   ├── ConversationRefused    the server closed with a code of its own
│   └── ConversationLost       the connection broke: no close frame, or one that says it was not the end
└── NotAsked                   an answer while nothing is asked, or one that the question does not allow
"""

from __future__ import annotations

__all__ = [
    "ConversationError",
    "ConversationLost",
    "ConversationRefused",
    "FastAgencyError",
    "MalformedMessage",
    "NotAsked",
    "RequestRefused",
    "ServerUnreachable",
]


class FastAgencyError(Exception):
    """Every error that the SDK raises."""


class ServerUnreachable(FastAgencyError):
    """There is no connection to the server, or it broke before there was a conversation."""


class RequestRefused(FastAgencyError):
    """A REST request was answered with an error status.

    `status` is the HTTP status, `detail` what the server said, `retry_after` seconds to wait (None: not said).
    """

    def __init__(self, status: int, detail: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.retry_after = retry_after


class MalformedMessage(FastAgencyError):
    """The server sent a frame that is not what its type says. `text` is the frame as it arrived."""

    def __init__(self, why: str, text: str) -> None:
        super().__init__(why)
        self.text = text


class ConversationError(FastAgencyError):
    """The conversation cannot go on. `code` is the close code, None when no close frame came."""

    def __init__(self, message: str, code: int | None = None, reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


class ConversationRefused(ConversationError):
    """The server closed with a code that says what was wrong (spec FA-CLS)."""


class ConversationLost(ConversationError):
    """The connection broke before the end. The client never runs a workflow again by itself (spec FA-NEG-3)."""


class NotAsked(FastAgencyError):
    """An answer while nothing is asked, or one that the question does not allow."""
