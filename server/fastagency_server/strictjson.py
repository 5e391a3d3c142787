"""JSON as the RFC has it, read from clients: no NaN, no infinities, no lone surrogates (spec FA-CLA-7)."""

from __future__ import annotations

import json
import math
from typing import Any, Final

__all__ = ["MAX_DEPTH", "loads"]

MAX_DEPTH = 200
"""How deep arrays and objects may be nested. What is read here is written again, by encoders that give up
earlier than the decoder does, and in threads with a small stack."""


def loads(text: str | bytes) -> Any:
    """Decode strict JSON. Raises ValueError, with a reason for people, for anything else.

    That includes bytes that are not UTF-8, numbers that a double cannot hold, nesting that is too deep to
    read, and escapes that are no characters: all of these could be read here but not be sent back.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode()
        if text.startswith("\ufeff"):
            raise ValueError("it begins with a byte order mark")
        value = _decoder.decode(text)
        if "\\ud" in text or "\\uD" in text:
            json.dumps(value, ensure_ascii=False).encode()
        if text.count("[") + text.count("{") > MAX_DEPTH and _is_too_deep(value):
            raise ValueError(f"nested more than {MAX_DEPTH} deep")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 at byte {error.start}") from None
    except UnicodeEncodeError:
        raise ValueError("a \\u escape is half of a surrogate pair") from None
    except json.JSONDecodeError as error:
        raise ValueError(f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return value


def _is_too_deep(value: Any) -> bool:
    level = [value]
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            if isinstance(node, dict | list)
            for child in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True


def _refuse(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _integer(text: str) -> int:
    try:
        return int(text)
    except ValueError:  # more digits than Python converts, since that takes quadratic time
        raise ValueError(f"the number {text[:20]}… has {len(text.lstrip('-'))} digits, too many") from None


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(f"the number {text[:20]} is too large")
    return number


_decoder: Final = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite, parse_int=_integer)
