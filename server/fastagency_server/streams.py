"""Texts that a workflow is still writing: what `text_chunk` has said so far (spec FA-FRM-3, FA-RES-8)."""

from __future__ import annotations

import json
from typing import Any

from .errors import InvalidMessage

__all__ = ["Streams", "chunk_frame"]

_encoder = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def chunk_frame(
    message_uuid: str, sender: str | None, recipient: str | None, delta: str, replace: bool
) -> str:
    """Encode a `text_chunk`. Raises InvalidMessage for a field of the wrong type."""
    fields: dict[str, Any] = {
        "type": "text_chunk",
        "message_uuid": message_uuid,
        "sender": sender,
        "recipient": recipient,
        "delta": delta,
        "replace": replace,
    }
    for name in ("message_uuid", "delta"):
        if not isinstance(fields[name], str):
            raise InvalidMessage(f"text_chunk: {name}: Input should be a valid string")
    if not message_uuid:
        raise InvalidMessage("text_chunk: message_uuid: String should have at least 1 character")
    for name in ("sender", "recipient"):
        if not isinstance(fields[name], str | None):
            raise InvalidMessage(f"text_chunk: {name}: Input should be a valid string")
    frame = _encoder.encode(fields)
    try:
        frame.encode()
    except UnicodeEncodeError as error:
        raise InvalidMessage(f"text_chunk: {error}") from None
    return frame


class Streams:
    """The texts that are being written, by the uuid of the message that each will be.

    A workflow that never finishes them does not grow the server: `texts` at once, `size` characters together;
    beyond either the oldest is forgotten, so a client that resumes waits for its whole text.
    """

    def __init__(self, texts: int, size: int) -> None:
        self._texts = texts
        self._bytes = size
        self._size = 0
        self.open: dict[str, tuple[str | None, str | None, list[str]]] = {}
        """The sender, the recipient and the pieces of each."""

    def write(
        self, message_uuid: str, sender: str | None, recipient: str | None, delta: str, replace: bool
    ) -> None:
        """Note a piece."""
        if replace:
            self.close(message_uuid)
        pieces = self.open.setdefault(message_uuid, (sender, recipient, []))[2]
        pieces.append(delta)
        self._size += len(delta)
        while self.open and (len(self.open) > self._texts or self._size > self._bytes):
            self.close(next(iter(self.open)))

    def close(self, message_uuid: str) -> None:
        """The whole text was said."""
        if message_uuid in self.open:
            self._size -= sum(map(len, self.open.pop(message_uuid)[2]))

    def clear(self) -> None:
        """The conversation is over."""
        self.open.clear()
        self._size = 0

    def frames(self) -> list[str]:
        """Each text so far, as one `text_chunk` that replaces what came before it."""
        return [
            chunk_frame(uuid, sender, recipient, "".join(pieces), True)
            for uuid, (sender, recipient, pieces) in self.open.items()
        ]
