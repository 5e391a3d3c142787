"""Texts that arrive in pieces (spec FA-FRM-3)."""

from __future__ import annotations

from ._generated.messages import SessionReady, TextChunk, TextMessage
from .codec import Message

__all__ = ["TextAssembler"]


class TextAssembler:
    """Puts the pieces of streamed texts together. Give it every message of a conversation.

    It holds only the texts that are still being written.
    """

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def add(self, message: Message) -> str | None:
        """Return the text so far after a `text_chunk`; None for every other message.

        The `text_message` that has the whole text ends it, and a `session_ready` drops all.
        """
        if isinstance(message, TextChunk):
            before = "" if message.replace else self._texts.get(message.message_uuid, "")
            self._texts[message.message_uuid] = before + message.delta
            return self._texts[message.message_uuid]
        if isinstance(message, TextMessage):
            self._texts.pop(message.uuid, None)
        elif isinstance(message, SessionReady):
            self._texts.clear()
        return None
