"""From a transcript to what the workflow `conformance` is told to do: the same case, seen from the server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from .cases import Step, verb_of
from .messages import build

__all__ = ["script_of"]

_ENVELOPE = ("sender", "recipient", "auto_reply")


def script_of(steps: Sequence[Step]) -> list[dict[str, Any]]:
    """The operations that the steps up to the next `start` need (see README.md)."""
    script: list[dict[str, Any]] = []
    for step in steps:
        match verb_of(step):
            case "start":
                break
            case "say":
                message = build(step, "0" * 32)
                said = {"type": message["type"], **{name: message[name] for name in _ENVELOPE}}
                operation: dict[str, Any] = {"say": {**said, "content": message["content"]}}
                if "times" in step:
                    operation["times"] = step["times"]
                script.append(operation)
            case "echo":
                script.append({"echo": True})
            case "return":
                script.append({"return": step["return"]})
            case "raise":
                script.append({"raise": step["raise"]})
    return script
