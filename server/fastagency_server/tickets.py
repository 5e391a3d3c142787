"""Tickets: they tell a socket's user where a browser lets nobody set a header (spec FA-SEC-5)."""

from __future__ import annotations

import secrets
from collections import OrderedDict

from .errors import NotAuthenticated
from .settings import Settings

__all__ = ["Tickets"]


class Tickets:
    """Memory of one process: a ticket opens a socket of the process that gave it.

    `now` is any clock in seconds that never goes back. At most `max_reservations` are kept; a new one beyond
    it lets the oldest expire early.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._given: OrderedDict[str, tuple[str | None, float]] = OrderedDict()

    def __len__(self) -> int:
        return len(self._given)

    def give(self, user_id: str | None, now: float) -> str:
        """Return a new ticket of this user: 128 random bits."""
        self._expire(now)
        ticket = secrets.token_hex(16)
        self._given[ticket] = user_id, now + self._settings.ticket_seconds
        while len(self._given) > self._settings.max_reservations:
            self._given.popitem(last=False)
        return ticket

    def redeem(self, ticket: str, now: float) -> str | None:
        """Return the user of a ticket, and take it back. Raises NotAuthenticated for one that was never
        given, was used, or is too old; which of them is not told.
        """
        self._expire(now)
        found = self._given.pop(ticket, None)
        if found is None:
            raise NotAuthenticated(
                "This ticket is not valid.",
                "Ask for another one with initiate_workflow; each opens one socket.",
            )
        return found[0]

    def _expire(self, now: float) -> None:
        # All have the same lifetime, so the oldest stand first.
        while self._given and next(iter(self._given.values()))[1] <= now:
            self._given.popitem(last=False)
