"""The errors of the SDK.

FastAgencyError
├── ServerUnreachable          no connection to the server, or it broke before there was a conversation
│   └── DialectNotTaken        the server speaks classic alone, and a conversation is to be resumed
├── RequestRefused             a request was answered with an error status
├── MalformedMessage           the server sent something that is not what it should be
├── ConversationError          the conversation cannot go on
│   ├── ConversationRefused    the server closed with a code that says what was wrong
│   └── ConversationLost       the connection ended before the workflow did
└── NotAsked                   an answer while nothing is asked, or one that the question does not allow
"""

from __future__ import annotations

from ._generated.tables import CLIENT_ACTIONS, CloseCode

__all__ = [
    "ConversationError",
    "ConversationLost",
    "ConversationRefused",
    "DialectNotTaken",
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


class DialectNotTaken(ServerUnreachable):
    """The server did not take `fastagency.v1`, without which nothing can be resumed (spec FA-NEG-4)."""

    def __init__(self, url: str) -> None:
        super().__init__(f"{url}: the server did not take fastagency.v1")


class RequestRefused(FastAgencyError):
    """A request, or the opening of the WebSocket, was answered with an error status.

    `status` is the HTTP status, `detail` what the server said as one sentence, `retry_after` seconds to wait
    before the next try (None: not said).
    """

    def __init__(self, status: int, detail: str, retry_after: float | None = None) -> None:
        super().__init__(f"{status}: {detail}")
        self.status = status
        self.detail = detail
        self.retry_after = retry_after


class MalformedMessage(FastAgencyError):
    """The server sent a frame or a response that is not what it should be.

    `text` is what arrived; bytes that are not UTF-8 stand in it as replacement characters.
    """

    def __init__(self, why: str, text: str) -> None:
        super().__init__(why)
        self.text = text


class ConversationError(FastAgencyError):
    """The conversation cannot go on.

    `code` and `reason` are those of the close frame; `code` is 1006 when none came (RFC 6455, 7.1.5).
    """

    def __init__(self, message: str, code: int, reason: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.reason = reason


class ConversationRefused(ConversationError):
    """The server closed with a code that says what was wrong (spec FA-CLS).

    `detail` is the text of the last `error` message before the close, None when there was none.
    """

    def __init__(self, message: str, code: int, reason: str = "", detail: str | None = None) -> None:
        super().__init__(message, code, reason)
        self.detail = detail

    @property
    def retry(self) -> bool:
        """Whether the same conversation may be tried again later, for example on a server that was full.

        The spec's table says so for the codes that it knows, the range for the others (spec FA-CLS: 41xx).
        """
        try:
            return CLIENT_ACTIONS[CloseCode(self.code)] == "retry"
        except ValueError:
            return 4100 <= self.code < 4200


class ConversationLost(ConversationError):
    """The connection ended before the workflow. The client never runs it again by itself (spec FA-NEG-3)."""


class NotAsked(FastAgencyError):
    """An answer while nothing is asked, or one that the question does not allow."""
