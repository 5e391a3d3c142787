"""Compares one observation of a driver with what a case expects."""

from __future__ import annotations

import contextlib
import json
from typing import Any
from uuid import UUID

from .messages import KNOWN, as_known, at, differs, without_extras
from .results import Mismatch

__all__ = [
    "NotOffered",
    "check_message",
    "check_raw",
    "check_survival",
    "codes_of",
    "failed",
    "one_form",
    "saw",
]


class NotOffered(Exception):
    """The client does not offer what the case is about, so it is skipped. The text names the feature."""


def one_form(text: str) -> str:
    """A uuid in one form, or the text itself when it is none."""
    try:
        return UUID(text).hex
    except ValueError:
        return text


def codes_of(wanted: int | list[int]) -> list[int]:
    """The close codes that a step allows."""
    return wanted if isinstance(wanted, list) else [wanted]


def saw(seen: dict[str, Any], wanted: str) -> None:
    """The observation is of this kind. Raises Mismatch."""
    if seen["saw"] != wanted:
        raise Mismatch(f"the client saw {_describe(seen)}, not {wanted!r}")


def _describe(seen: dict[str, Any]) -> str:
    told = {
        key: seen[key]
        for key in ("error", "code", "status", "type", "why", "do")
        if seen.get(key) is not None
    }
    return f"{seen['saw']!r}" + (f" ({', '.join(f'{k} {v!r}' for k, v in told.items())})" if told else "")


def failed(seen: dict[str, Any], wanted: dict[str, Any]) -> None:
    """The observation is a failure of this kind. Raises Mismatch."""
    saw(seen, "failed")
    errors = wanted["error"] if isinstance(wanted["error"], list) else [wanted["error"]]
    if seen["error"] not in errors:
        raise Mismatch(f"it failed with {_describe(seen)}, not {' or '.join(errors)}")
    if "code" in wanted and seen.get("code") not in codes_of(wanted["code"]):
        raise Mismatch(f"the close code is {seen.get('code')}, not {wanted['code']}")
    if "status" in wanted and seen.get("status") != wanted["status"]:
        raise Mismatch(f"the status is {seen.get('status')}, not {wanted['status']}")
    if "reason" in wanted and seen.get("reason") != wanted["reason"]:
        raise Mismatch(f"the reason is {seen.get('reason')!r}, not {wanted['reason']!r}")
    if "detail" in wanted and wanted["detail"] not in (seen.get("detail") or ""):
        raise Mismatch(f"the detail is {seen.get('detail')!r}, in which {wanted['detail']!r} is missing")


def check_message(seen: dict[str, Any], expected: dict[str, Any], raw: str | None) -> None:
    """The client read this message, and `raw` (if the driver promises it) its frame. Raises Mismatch."""
    saw(seen, "message")
    kind = expected["type"]
    is_known = kind in KNOWN
    if seen["type"] != kind or seen["known"] is not is_known:
        said, meant = ("known" if it else "unknown" for it in (seen["known"], is_known))
        raise Mismatch(f"the message is of the {said} type {seen['type']!r}, not of the {meant} {kind!r}")
    known = as_known(expected, seen["message"])
    if (how := differs(without_extras(seen["message"]), known)) is not None:
        raise Mismatch(f"the message: {how}")
    if raw is not None:
        check_raw(seen, raw)


def check_raw(seen: dict[str, Any], raw: str) -> None:
    """The frame's text is at hand, as it came. Raises Mismatch."""
    saw(seen, "message")
    if seen.get("raw") != raw:
        raise Mismatch("`raw` is not the text of the frame, though the driver promises raw_text")


def check_survival(seen: dict[str, Any], path: str, value: Any) -> None:
    """What the client does not know is kept: in the message, or in the frame's text. Raises Mismatch."""
    kept = [seen["message"]]
    if "raw" in seen:
        kept.append(json.loads(seen["raw"]))
    for it in kept:
        with contextlib.suppress(KeyError):
            if differs(at(it, path), value) is None:
                return
    raise Mismatch(f"{path} is in neither the message nor the frame's text at hand")
