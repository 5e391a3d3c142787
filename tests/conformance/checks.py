"""Comparing what came with what a case wants of it."""

from __future__ import annotations

from typing import Any

from .messages import differs
from .raw_http import Answer
from .results import Mismatch

__all__ = ["check_some", "check_status"]


def check_status(answer: Answer, status: int) -> None:
    """Raise Mismatch when a response has another status."""
    if answer.status != status:
        raise Mismatch(f"the status is {answer.status}, not {status}")


def check_some(value: Any, wanted: dict[str, Any], what: str) -> None:
    """Raise Mismatch when an object lacks a field, or has another value there; `{at_least: N}` is any number
    from there on."""
    for name, expected in wanted.items():
        if not isinstance(value, dict) or name not in value:
            raise Mismatch(f"{what} has no {name}")
        seen = value[name]
        if isinstance(expected, dict) and set(expected) == {"at_least"}:
            if isinstance(seen, bool) or not isinstance(seen, (int, float)) or seen < expected["at_least"]:
                raise Mismatch(f"{what}: {name} is {seen!r}, not at least {expected['at_least']}")
        elif (how := differs(seen, expected, f"{name}.")) is not None:
            raise Mismatch(f"{what}: {how}")
