"""Lines of progress on the standard error: one every few seconds, or one that a terminal writes over."""

from __future__ import annotations

import sys
import time
from typing import TextIO

__all__ = ["Progress"]

_TERMINAL_SECONDS = 0.2
_FILE_SECONDS = 5.0


class Progress:
    """Tells how far a measurement is. `stream` None keeps silent."""

    def __init__(self, stream: TextIO | None = sys.stderr) -> None:
        self._stream = stream
        self._terminal = stream is not None and stream.isatty()
        self._told = time.monotonic()
        self._open = False

    def tell(self, what: str, done: float, total: float, unit: str) -> None:
        """Say that `done` of `total` is done, if it was not said just before."""
        now = time.monotonic()
        if self._stream is None or now - self._told < (
            _TERMINAL_SECONDS if self._terminal else _FILE_SECONDS
        ):
            return
        self._told = now
        line = f"fastagency-load: {what}: {done:,.0f} of {total:,.0f} {unit}"
        if self._terminal:
            print(f"\r{line}\x1b[K", end="", file=self._stream, flush=True)
            self._open = True
        else:
            print(line, file=self._stream, flush=True)

    def close(self) -> None:
        """End the line that is written over."""
        if self._open:
            print(file=self._stream, flush=True)
            self._open = False
