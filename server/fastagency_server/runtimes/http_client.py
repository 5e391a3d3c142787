"""One HTTP client for all agents of a process.

AutoGen builds an HTTP client of its own for every agent, which costs tens of milliseconds (it loads the TLS
certificates) and about 0.9 MB each. Put `"http_client": shared_http_client()` into the entries of
`config_list` to share one.
"""

from __future__ import annotations

import atexit
from functools import cache
from typing import Any

import httpx

__all__ = ["SharedHttpClient", "shared_http_client"]

_TIMEOUT = httpx.Timeout(600.0, connect=5.0)
"""Seconds. What the OpenAI client takes for itself: a model may think for minutes."""

_LIMITS = httpx.Limits(max_connections=1000, max_keepalive_connections=100)
"""Every conversation that waits for its model holds one connection."""


class SharedHttpClient(httpx.Client):
    """An `httpx.Client` that stays itself when AutoGen copies the `llm_config` that it lies in."""

    def __deepcopy__(self, memo: dict[int, Any]) -> SharedHttpClient:
        return self


@cache
def shared_http_client() -> SharedHttpClient:
    """The HTTP client of this process, made at the first call and closed at exit. It may be used from any
    thread.
    """
    # A proxy in the environment is for other machines: the offline endpoint is on this one.
    here: dict[str, None] = {"all://127.0.0.1": None, "all://localhost": None}
    client = SharedHttpClient(timeout=_TIMEOUT, limits=_LIMITS, follow_redirects=True, mounts=here)
    atexit.register(client.close)
    return client
