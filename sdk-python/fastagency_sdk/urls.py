"""From one base URL to the three addresses of a server."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import SplitResult, urlsplit

from ._generated.tables import CHANNEL_PATH, DISCOVERY_PATH, INITIATE_WORKFLOW_PATH

__all__ = ["Endpoints"]

_SECURE = {"http": False, "ws": False, "https": True, "wss": True}


@dataclass(frozen=True)
class Endpoints:
    """Where a server's three routes are, as absolute URLs: two for HTTP, one for the WebSocket."""

    discovery: str
    initiate_workflow: str
    ws: str

    @classmethod
    def of(
        cls,
        url: str,
        discovery_path: str = DISCOVERY_PATH,
        initiate_workflow_path: str = INITIATE_WORKFLOW_PATH,
        ws_path: str = CHANNEL_PATH,
    ) -> Endpoints:
        """Return the addresses below `url`, which may carry a path prefix.

        `url` may be http, https, ws or wss: what counts is whether it is encrypted. Raises ValueError for any
        other scheme, a URL without a host, a bad port, and a user, a password, a query or a fragment, which a
        base URL cannot have.
        """
        parts = _split(url)
        shown = _shown(url)
        secure = _SECURE.get(parts.scheme)
        if secure is None:
            raise ValueError(f"{shown} must start with http://, https://, ws:// or wss://")
        if not parts.hostname:
            raise ValueError(f"{shown} names no host")
        if "@" in parts.netloc:
            # They would stand in the text of every error that names an address.
            raise ValueError("a base URL cannot have a user or a password: send them in headers")
        if parts.query or parts.fragment:
            raise ValueError(f"{shown} is a base URL and cannot have a query or a fragment")
        http = f"{'https' if secure else 'http'}://{parts.netloc}{parts.path.rstrip('/')}"
        ws = f"{'wss' if secure else 'ws'}://{parts.netloc}{parts.path.rstrip('/')}"
        return cls(_below(http, discovery_path), _below(http, initiate_workflow_path), _below(ws, ws_path))


def _split(url: str) -> SplitResult:
    try:
        parts = urlsplit(url.strip())
        _ = parts.port  # read to have it checked
    except ValueError as error:
        # The error may name a part of the URL, and so a part of a password.
        why = "" if "@" in url else f": {error}"
        raise ValueError(f"{_shown(url)} is no URL{why}") from None
    return parts


def _shown(url: str) -> str:
    """Return how an error names `url`: as it is, unless it may hold a password."""
    return "the base URL" if "@" in url else repr(url)


def _below(base: str, path: str) -> str:
    return f"{base}/{path.lstrip('/')}"
