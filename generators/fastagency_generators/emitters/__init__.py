"""The registry of what is generated. A new language is one module here and one line in `targets`."""

from __future__ import annotations

from ..emit import Target

__all__ = ["targets"]


def targets() -> list[Target]:
    """Return every target, in the order in which they are generated."""
    return []
