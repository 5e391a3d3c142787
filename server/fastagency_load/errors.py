"""What ends a measurement."""

from __future__ import annotations

__all__ = ["LoadFailed"]


class LoadFailed(Exception):
    """The server cannot be measured so; the message says why, and what to do, for people."""
