"""The published spec: the generated single-file documents that the package carries."""

from __future__ import annotations

import json
from importlib.resources import files
from typing import Any

__all__ = ["published"]


def published(name: str) -> dict[str, Any]:
    """Return `openapi.json` or `asyncapi.json`, a new copy each time."""
    document: dict[str, Any] = json.loads((files("fastagency_server") / "_generated" / name).read_bytes())
    return document
