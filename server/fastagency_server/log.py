"""The log of a conversation of `fastagency.v1`: numbered frames, of which the oldest may be trimmed (spec
FA-RES-1)."""

from __future__ import annotations

import secrets
import time
from collections import deque
from datetime import UTC, datetime
from itertools import islice

__all__ = ["Log", "now"]


_latest: tuple[int, str] = (0, "")


def now() -> str:
    """The time, RFC 3339 in UTC with milliseconds."""
    global _latest  # a pair, replaced as a whole: threads may both write it, and neither sees half of one
    milliseconds = time.time_ns() // 1_000_000
    known, text = _latest
    if known != milliseconds:
        second = datetime.fromtimestamp(milliseconds // 1000, UTC).strftime("%Y-%m-%dT%H:%M:%S")
        text = f"{second}.{milliseconds % 1000:03d}Z"
        _latest = (milliseconds, text)
    return text


class Log:
    """Frames from `oldest` to `head`, both counted from 1; `head` is `oldest - 1` when nothing is held.

    It is bounded by `messages` and `size` (characters), but what was not `taken` yet is never trimmed:
    whoever appends asks `full` first (spec FA-LIV-4).
    """

    def __init__(self, messages: int, size: int) -> None:
        self.epoch = secrets.token_hex(8)
        self.oldest = 1
        self.head = 0
        self.taken = 0
        """The last frame that any socket was given."""
        self.size = 0
        self._untaken = 0
        self._messages = messages
        self._bytes = size
        self._frames: deque[str] = deque()

    def append(self, frame: str) -> None:
        """Number a frame and keep it. `frame` is a JSON object without `seq` and `timestamp`."""
        self.head += 1
        numbered = f'{frame[:-1]},"seq":{self.head},"timestamp":"{now()}"}}'
        self._frames.append(numbered)
        size = len(numbered)
        self.size += size
        self._untaken += size
        self._trim()

    def after(self, seq: int, messages: int, size: int) -> list[str]:
        """Return frames from `seq + 1` on: at most so many, and at most one more than fills `size`."""
        start = seq + 1 - self.oldest
        found: list[str] = []
        for frame in islice(self._frames, start, start + messages):
            found.append(frame)
            size -= len(frame)
            if size <= 0:
                break
        self._take(seq + len(found))
        return found

    def last(self) -> str:
        """Return the frame at `head`. Raises IndexError when nothing is held."""
        return self._frames[-1]

    def ahead(self) -> tuple[int, int]:
        """How much no socket was given yet: (messages, characters)."""
        return self.head - self.taken, self._untaken

    def acknowledge(self, seq: int) -> None:
        """Drop what every client has, by its own word."""
        while self._frames and self.oldest <= min(seq, self.taken):
            self._drop()

    def _take(self, seq: int) -> None:
        if seq <= self.taken:
            return
        if seq == self.head:
            self._untaken = 0
        else:
            newly = islice(self._frames, self.taken + 1 - self.oldest, seq + 1 - self.oldest)
            self._untaken -= sum(map(len, newly))
        self.taken = seq
        self._trim()

    def _trim(self) -> None:
        while self.oldest <= self.taken and (len(self._frames) > self._messages or self.size > self._bytes):
            self._drop()

    def _drop(self) -> None:
        self.size -= len(self._frames.popleft())
        self.oldest += 1
