"""What a client shows of its connection."""

from __future__ import annotations

from enum import StrEnum

__all__ = ["ConnectionState"]


class ConnectionState(StrEnum):
    """What a client shows of its connection (spec FA-LIF-3)."""

    CONNECTING = "connecting"
    """There was no session yet."""

    LIVE = "live"
    """The conversation is here."""

    RECONNECTING = "reconnecting"
    """There was a session, and the client is getting it back."""

    LOST = "lost"
    """The client has given up; the conversation did not end."""

    ENDED = "ended"
    """The conversation is over, or was left."""
