"""What the end of a connection means: an error of ours, by the close code (spec FA-CLS)."""

from __future__ import annotations

from typing import Final

from ._generated.messages import Error
from ._generated.tables import CLIENT_ACTIONS, CLOSE_CODE_MEANINGS, CloseCode
from .errors import ConversationError, ConversationLost, ConversationRefused

__all__ = ["NO_CLOSE_FRAME", "ending_of"]

NO_CLOSE_FRAME: Final = 1006
"""What RFC 6455 calls a connection that ended without a close frame."""

_REFUSALS = frozenset({CloseCode.NOT_UTF8, CloseCode.FRAME_TOO_BIG})
_OUR_CLOSES = {
    1007: "a text frame from the server is not UTF-8",
    1009: "a message from the server is larger than max_message_size",
    1011: "the server did not answer a ping in time",
}


def ending_of(
    code: int, reason: str, last_error: Error | None, *, by_client: bool = False
) -> ConversationError:
    """Return the error for a connection that ended with `code` before the workflow did.

    `by_client` says that the WebSocket library of this side closed first, because it could not go on. A code
    that says what was wrong gives ConversationRefused, every other end ConversationLost.
    """
    if by_client:
        why = _OUR_CLOSES.get(code, f"the server broke the WebSocket protocol ({reason})")
        return ConversationLost(f"this client closed with {code}: {why}", code, reason)
    if code == NO_CLOSE_FRAME:
        return ConversationLost("the connection broke before the workflow was over", code, reason)
    said = _text_of(last_error)
    why = "; ".join(part for part in (_meaning(code), reason, said) if part)
    if _is_refusal(code):
        return ConversationRefused(f"the server closed with {code}: {why}", code, reason, said)
    return ConversationLost(
        f"the server closed with {code} before the workflow was over: {why}", code, reason
    )


def _is_refusal(code: int) -> bool:
    # A code on which a client would resume is no refusal, in classic either: there is just nothing to resume.
    try:
        resumes = CLIENT_ACTIONS[CloseCode(code)] == "resume"
    except ValueError:
        resumes = 4200 <= code < 4300
    return code in _REFUSALS or (4000 <= code < 5000 and not resumes)


def _meaning(code: int) -> str:
    try:
        return CLOSE_CODE_MEANINGS[CloseCode(code)]
    except ValueError:
        return "a code that this version does not know"


def _text_of(error: Error | None) -> str | None:
    if error is None:
        return None
    parts = [part.rstrip(".") for part in (error.content.short, error.content.long) if part]
    return ": ".join(parts) or None
