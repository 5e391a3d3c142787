"""Which pages may open a socket (spec FA-SEC-4).

A browser sends a user's cookies with a socket that any page opens, and tells in `Origin` which page it is.
Programs that are no browsers send none.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from urllib.parse import urlsplit

from .errors import NotAllowed

__all__ = ["check_origin"]

_DEFAULT_PORTS = {"http": 80, "https": 443}


def check_origin(headers: Mapping[str, str], allowed: Collection[str]) -> None:
    """Raise NotAllowed for a page that is neither of the server's own host nor one of `allowed`: origins such
    as `https://app.example.org`, or `*` for every one.
    """
    origin = headers.get("origin")
    if origin is None or "*" in allowed or _of_host(origin, headers.get("host", "")):
        return
    if _normal(origin) in {_normal(text) for text in allowed}:
        return
    raise NotAllowed(
        "This page may not open a conversation.", "Its origin is not one that the server allows."
    )


def _of_host(origin: str, host: str) -> bool:
    """Compare without the scheme: in front of the server there may be a proxy that speaks TLS."""
    scheme, name, port = _normal(origin)
    if not name:
        return False
    try:
        own = urlsplit(f"//{host}")
        return (own.hostname, own.port or _DEFAULT_PORTS.get(scheme)) == (name, port)
    except ValueError:  # a port that is none
        return False


def _normal(origin: str) -> tuple[str, str | None, int | None]:
    try:
        parts = urlsplit(origin)
        return parts.scheme, parts.hostname, parts.port or _DEFAULT_PORTS.get(parts.scheme)
    except ValueError:
        return "", None, None
