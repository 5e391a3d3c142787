"""The server: workflows, offered to clients over REST and WebSocket as FastAgency's protocol has it."""

from __future__ import annotations

from .adapter import FastAPIAdapter
from .garbage import calm_garbage_collector
from .provider import FastAPIProvider
from .settings import Settings
from .ui import UI, AsyncUI
from .workflows import Workflows

__all__ = [
    "UI",
    "AsyncUI",
    "FastAPIAdapter",
    "FastAPIProvider",
    "Settings",
    "Workflows",
    "calm_garbage_collector",
]
