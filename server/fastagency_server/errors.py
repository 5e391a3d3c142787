"""The errors of the server, and the close code that a socket gets for each (spec FA-CLS).

ServerError
├── Refusal                      the socket is closed with a code of the protocol
│   ├── MalformedFrame           4000  the first frame is not what it should be, or a frame is binary
│   ├── NotAuthenticated         4001  the connection does not say who the user is
│   ├── NotAllowed               4003  the user may not have this conversation
│   ├── UnknownWorkflow          4004  there is no workflow of that name
│   ├── FirstFrameTimeout        4008  the first frame did not come in time
│   ├── AlreadyStarted           4009  the conversation was started before
│   ├── ConversationGone         4010  there is no such conversation to resume
│   ├── FrameTooBig              1009  a frame is larger than the server takes
│   ├── Overloaded               4100  the server holds as many conversations as it can
│   ├── SlowReader               4101  the log has moved past the socket
│   ├── Draining                 4200  the server is about to stop
│   └── CredentialsExpired       4201  the credentials of the connection are no longer good
├── AnswerTimeout                a question's time ran out, and it has no default (a TimeoutError too)
├── InvalidMessage               a workflow said something that the protocol cannot carry
├── InvalidParams                a foreign provider cannot be given these parameters
├── ProviderUnreachable          a chained provider's server cannot be reached
└── ProviderKeyError             a chained provider no longer knows one of its workflows

ConversationClosed (BaseException)
└── TooManyInvalidAnswers        the user gave ten invalid answers to one question
"""

from __future__ import annotations

from typing import ClassVar

from fastagency_sdk._generated.tables import CloseCode

__all__ = [
    "AlreadyStarted",
    "AnswerTimeout",
    "ConversationClosed",
    "ConversationGone",
    "CredentialsExpired",
    "Draining",
    "FirstFrameTimeout",
    "FrameTooBig",
    "InvalidMessage",
    "InvalidParams",
    "MalformedFrame",
    "NotAllowed",
    "NotAuthenticated",
    "Overloaded",
    "ProviderKeyError",
    "ProviderUnreachable",
    "Refusal",
    "ServerError",
    "SlowReader",
    "TooManyInvalidAnswers",
    "UnknownWorkflow",
]


class ServerError(Exception):
    """Every error of the server that is an `Exception`."""


class Refusal(ServerError):
    """The socket is closed with a code of the protocol, after an `error` message (spec FA-CLA-2).

    `short` is one line for the user, `long` the details and the remedy (None: there is no more to say).
    """

    code: ClassVar[CloseCode] = CloseCode.SERVER_FAULT

    def __init__(self, short: str, long: str | None = None) -> None:
        super().__init__(short)
        self.short = short
        self.long = long


class MalformedFrame(Refusal):
    """The first frame is not what it should be, or a frame is binary."""

    code = CloseCode.MALFORMED_FRAME


class NotAuthenticated(Refusal):
    """The server wants to know who the user is, and the connection does not say."""

    code = CloseCode.NOT_AUTHENTICATED


class NotAllowed(Refusal):
    """The user may not have this conversation."""

    code = CloseCode.NOT_ALLOWED


class UnknownWorkflow(Refusal):
    """There is no workflow of that name."""

    code = CloseCode.UNKNOWN_WORKFLOW


class FirstFrameTimeout(Refusal):
    """The first frame did not arrive in time."""

    code = CloseCode.FIRST_FRAME_TIMEOUT


class AlreadyStarted(Refusal):
    """The conversation was started before; the first socket keeps it (spec FA-CLA-3)."""

    code = CloseCode.ALREADY_STARTED


class ConversationGone(Refusal):
    """There is no such conversation to resume, or no longer, or it is not the client's (spec FA-RES-4).

    What it was is not told: whoever guesses a uuid learns nothing.
    """

    code = CloseCode.CONVERSATION_GONE

    def __init__(self) -> None:
        super().__init__("There is no such conversation.", "Start a new one.")


class SlowReader(Refusal):
    """The log has moved past the socket (spec FA-LIV-5)."""

    code = CloseCode.SLOW_READER

    def __init__(self) -> None:
        super().__init__("This connection reads too slowly.", "Resume the conversation.")


class Draining(Refusal):
    """The server is about to stop (spec FA-LIV-8)."""

    code = CloseCode.DRAINING

    def __init__(self) -> None:
        super().__init__("The server is about to stop.", "Try again in a while.")


class CredentialsExpired(Refusal):
    """The credentials of the connection are no longer good (spec FA-CLS)."""

    code = CloseCode.CREDENTIALS_EXPIRED

    def __init__(self) -> None:
        super().__init__("Your credentials have expired.", "Sign in again.")


class FrameTooBig(Refusal):
    """A frame is larger than the server takes."""

    code = CloseCode.FRAME_TOO_BIG


class Overloaded(Refusal):
    """The server holds as many conversations as it can, or the system gives it no further thread."""

    code = CloseCode.OVERLOADED

    @classmethod
    def without_thread(cls) -> Overloaded:
        """The error for a system that refuses to start a thread."""
        return cls("The server has no thread left.", "Try again in a while.")


class AnswerTimeout(ServerError, TimeoutError):
    """A question's `timeout` ran out, and it has no default (spec FA-ANS-5)."""


class InvalidMessage(ServerError, ValueError, TypeError):
    """A workflow said something that the protocol cannot carry.

    A field of the wrong type, NaN or an infinity (spec FA-CLA-7), an object that is no JSON value. The text
    names the message type and the field. It is a ValueError and a TypeError, so either `except` clause
    catches it.
    """


class InvalidParams(ServerError):
    """A provider that takes its parameters as keyword arguments cannot be given these (spec FA-CLA-7)."""


class ProviderUnreachable(ServerError):
    """The server whose workflows this one offers cannot be reached. REST answers it with 504."""


class ProviderKeyError(ServerError):
    """The server whose workflows this one offers no longer knows one of them. REST answers it with 404."""


class ConversationClosed(BaseException):
    """The conversation is over: the socket is gone, or `workflow_completed` has been sent (spec FA-CLA-6).

    Raised by every call into `ui`, waiting ones included. It is no `Exception`, because agent frameworks
    swallow those that are raised inside tools, and the workflow would run on with nobody listening.
    """


class TooManyInvalidAnswers(ConversationClosed):
    """The user gave too many invalid answers to one `multiple_choice`; the workflow fails (spec FA-CLA-4)."""
