"""When to open the next socket of a conversation: a pure computation (spec FA-LIV-2, FA-CLS)."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .endings import NO_CLOSE_FRAME

__all__ = ["Reconnect", "ShouldRetry"]

ShouldRetry = Callable[[int, str, int], bool | None]
"""(close code, its reason, the number of the attempt from 1) → True: try again, False: give up, None: as the
code says.

The code is 1006 for a connection that broke, or could not be opened.
"""

_BACK_OFF = frozenset({1001, NO_CLOSE_FRAME, 1011, 1012})


@dataclass(frozen=True)
class Reconnect:
    """How a conversation of `fastagency.v1` comes back after its connection ended.

    The wait before attempt n is drawn between nothing and `first_delay * 2 ** (n - 1)`, at most
    `longest_delay` seconds. `should_retry` overrides what the close code says. Nothing is tried any more
    once the conversation must be gone: `detached_seconds` of the server after the last session, or
    `patience` seconds where there was none yet.
    """

    first_delay: float = 0.5
    longest_delay: float = 30.0
    patience: float = 30.0
    should_retry: ShouldRetry | None = None

    def __post_init__(self) -> None:
        if self.first_delay < 0 or self.longest_delay < 0 or self.patience < 0:
            raise ValueError("delays cannot be negative")

    def delay(
        self,
        code: int,
        reason: str,
        attempt: int,
        *,
        by_client: bool = False,
        draw: Callable[[], float] = random.random,
    ) -> float | None:
        """Return the seconds to wait before attempt number `attempt`, or None to give up.

        `code` is what the last connection ended with, `by_client` that this side closed it. `draw` returns a
        number
        from 0 up to 1.
        """
        wanted = None if self.should_retry is None else self.should_retry(code, reason, attempt)
        if wanted is None:
            wanted = code in _BACK_OFF or (not by_client and 4100 <= code < 4300)
        if not wanted:
            return None
        if attempt == 1 and 4200 <= code < 4300:
            return 0.0  # at once: the server asked for it
        # The exponent is bounded, so that no number of attempts makes a float overflow.
        return draw() * min(self.longest_delay, self.first_delay * 2.0 ** min(attempt - 1, 60))
