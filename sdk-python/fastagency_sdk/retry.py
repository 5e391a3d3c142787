"""When to ask for the list of workflows again: a pure computation.

Only discovery is ever repeated. Nothing that announces or starts a workflow is (spec FA-NEG-3).
"""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from .errors import FastAgencyError, RequestRefused, ServerUnreachable

__all__ = ["Retry"]

_OVERLOADED = 503


@dataclass(frozen=True)
class Retry:
    """How often, and after how long, discovery is tried again when the server cannot be reached or is full.

    `attempts` counts every try, the first one too: 1 never repeats. The wait before try n + 1 is drawn
    between nothing and `first_delay * 2 ** (n - 1)`, so that many clients do not come back at once.
    `longest_delay` bounds each wait; a server that asks for more than that is not waited for. Delays are in
    seconds.
    """

    attempts: int = 4
    first_delay: float = 0.25
    longest_delay: float = 5.0

    def __post_init__(self) -> None:
        if self.attempts < 1 or self.first_delay < 0 or self.longest_delay < 0:
            raise ValueError("attempts must be at least 1, and delays cannot be negative")

    def delay(
        self, tried: int, error: FastAgencyError, draw: Callable[[], float] = random.random
    ) -> float | None:
        """Return the seconds to wait after try number `tried` failed with `error`, or None to give up.

        `draw` returns a number from 0 up to 1.
        """
        if tried >= self.attempts:
            return None
        if isinstance(error, RequestRefused) and error.status == _OVERLOADED:
            if error.retry_after is None:
                return self._backoff(tried, draw)
            return error.retry_after if error.retry_after <= self.longest_delay else None
        if isinstance(error, ServerUnreachable):
            return self._backoff(tried, draw)
        return None

    def _backoff(self, tried: int, draw: Callable[[], float]) -> float:
        # The exponent is bounded, so that no number of tries makes a float overflow.
        return draw() * min(self.longest_delay, self.first_delay * 2.0 ** min(tried - 1, 60))
