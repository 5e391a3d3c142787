"""The IR as JSON, for people and for tools in other languages."""

from __future__ import annotations

import json
from dataclasses import fields, is_dataclass
from enum import Enum
from typing import Any

from .model import Protocol

__all__ = ["dump"]


def dump(protocol: Protocol) -> str:
    """Return the protocol as indented JSON. Every node is an object that names its kind in `node`."""
    return json.dumps(_plain(protocol), indent=2, ensure_ascii=False) + "\n"


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return value.value
    if is_dataclass(value):
        members = {member.name: _plain(getattr(value, member.name)) for member in fields(value)}
        return {"node": type(value).__name__, **members}
    if isinstance(value, tuple | list):
        return [_plain(item) for item in value]
    return value
