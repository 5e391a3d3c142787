"""The reference client's codec: JSON Schema, straight from `spec/schemas`, and nothing else."""

from __future__ import annotations

import json
from typing import Any

from wire_spec import schema_faults

from ..messages import KNOWN, as_read, fill

__all__ = ["decode", "decode_as"]


def decode(text: str) -> tuple[str, bool, dict[str, Any]]:
    """Decode a server's frame: (type, whether it is known, the message). Raises ValueError."""
    message = _parse(text)
    if not isinstance(message, dict):
        raise ValueError("the frame is no JSON object")
    kind = message.get("type", "text_message")
    if not isinstance(kind, str):
        raise ValueError("type: must be a string")
    if kind not in KNOWN:
        return kind, False, message
    if faults := schema_faults(f"schemas/{_title(kind)}.yaml", message):
        raise ValueError(f"{kind}: {faults[0]}")
    return kind, True, as_read(message)


def decode_as(name: str, text: str) -> tuple[str, Any]:
    """Decode a value of a named type of the spec: (the type's name, the value). Raises ValueError."""
    if name == "ServerMessage":
        kind, known, message = decode(text)
        return (_title(kind) if known else "Unknown"), message
    value = _parse(text)
    if faults := schema_faults(f"schemas/{name}.yaml", value):
        raise ValueError(faults[0])
    return name, fill(name, value)


def _parse(text: str) -> Any:
    try:
        value = json.loads(text, parse_constant=_no_constant)
        # Half of a surrogate pair is no character: it could neither be shown nor sent on.
        json.dumps(value, ensure_ascii=False).encode()
    except RecursionError as error:
        raise ValueError("nested too deeply") from error
    return value


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is not JSON")


def _title(kind: str) -> str:
    return "".join(part.capitalize() for part in kind.split("_"))
