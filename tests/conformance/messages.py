"""What a message looks like, straight from `spec/schemas`: its fields and defaults, and a case's frames."""

from __future__ import annotations

import copy
import functools
import itertools
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from wire_spec import SPEC, load_yaml

from .cases import Step

__all__ = [
    "ASKING",
    "KNOWN",
    "TITLES",
    "as_known",
    "as_read",
    "at",
    "build",
    "differs",
    "encode",
    "fill",
    "same",
    "without_extras",
    "without_extras_of",
]

_numbers = itertools.count(1)
_UNION = load_yaml(SPEC / "schemas" / "ServerMessage.yaml")


@dataclass(frozen=True)
class _Shape:
    """One object type: every field's name, the default of each field that has one, and those of classic's
    fields."""

    names: frozenset[str]
    defaults: Mapping[str, Any]
    classic: Mapping[str, Any]


@functools.cache
def _shape(file: str) -> _Shape:
    schema = load_yaml(SPEC / "schemas" / file)
    properties = schema.get("properties", {})
    defaults = {name: it["default"] for name, it in properties.items() if "default" in it}
    classic = {name: it for name, it in defaults.items() if "x-dialect" not in properties[name]}
    return _Shape(frozenset(properties), defaults, classic)


_NO_CONTENT = _Shape(frozenset(), {}, {})
"""For the messages of `fastagency.v1` that are flat."""


@functools.cache
def _shapes(kind: str) -> tuple[_Shape, _Shape]:
    """The shapes of a message type: the envelope's and the content's."""
    file: str = _UNION["discriminator"]["mapping"][kind]
    content = load_yaml(SPEC / "schemas" / file)["properties"].get("content")
    return _shape(file), _NO_CONTENT if content is None else _shape(content["$ref"])


KNOWN = frozenset(_UNION["discriminator"]["mapping"])
"""The types that a server's message can have."""

TITLES = {kind: file.removesuffix(".yaml") for kind, file in _UNION["discriminator"]["mapping"].items()}
"""The named type of the spec for each type of message."""

_PLAIN = frozenset(path.stem for path in (SPEC / "schemas").glob("*.yaml")) - set(TITLES.values())

ASKING = frozenset(
    kind for kind in KNOWN if load_yaml(SPEC / "schemas" / f"{TITLES[kind]}.yaml").get("x-asks") is True
)
"""Those that ask the user something."""


def build(step: Step, workflow_uuid: str) -> dict[str, Any]:
    """The message that a `say` step sends, with every field of the envelope and of the content."""
    ((kind, content),) = step["say"].items()
    defaults = _shapes(kind)[1].classic if kind in KNOWN else {}
    message: dict[str, Any] = {
        "workflow_uuid": UUID(workflow_uuid).hex,
        "sender": step.get("sender", "Workflow"),
        "recipient": step.get("recipient", "User"),
        "auto_reply": step.get("auto_reply", False),
        "uuid": step.get("uuid", f"{next(_numbers):032x}"),
        "content": {**copy.deepcopy(dict(defaults)), **(content or {})},
        "type": kind,
    }
    for path, value in step.get("set", {}).items():
        _set(message, path.split("."), str(UUID(workflow_uuid)) if value == "$uuid" else value)
    for path in step.get("omit", ()):
        _omit(message, path.split("."))
    if "pad" in step:
        missing = step["pad"] - len(encode(message).encode())
        message["content"]["body"] = (message["content"]["body"] or "") + "x" * missing
    return message


def encode(message: Any) -> str:
    """As a server writes it: compact, not escaped."""
    return json.dumps(message, ensure_ascii=False, separators=(",", ":"))


def as_read(message: Mapping[str, Any]) -> dict[str, Any]:
    """The message as a reader has it: defaults filled in, and of a known type no field but the spec's."""
    kind = message.get("type", _UNION["x-default-type"])
    if kind not in KNOWN:
        return dict(message)
    envelope, inner = _shapes(kind)
    read = {**copy.deepcopy(dict(envelope.defaults)), **message}
    if isinstance(content := read.get("content"), dict):
        read["content"] = {**copy.deepcopy(dict(inner.defaults)), **content}
    return without_extras(read)


def as_known(expected: Mapping[str, Any], seen: Mapping[str, Any]) -> dict[str, Any]:
    """What `as_read` returned, without what a reader that knows classic alone has not: the fields of
    `fastagency.v1` that are at their defaults, where `seen` leaves them out."""
    if expected.get("type") not in KNOWN:
        return dict(expected)
    envelope, inner = _shapes(expected["type"])
    known = _less(expected, seen, envelope)
    if isinstance(content := known.get("content"), dict) and isinstance(seen.get("content"), dict):
        known["content"] = _less(content, seen["content"], inner)
    return known


def _less(expected: Mapping[str, Any], seen: Mapping[str, Any], shape: _Shape) -> dict[str, Any]:
    later = shape.defaults.keys() - shape.classic.keys() - seen.keys()
    return {key: it for key, it in expected.items() if key not in later or it != shape.defaults[key]}


def without_extras(message: Mapping[str, Any]) -> dict[str, Any]:
    """The message without the fields that its type does not have: a reader may keep them, and need not."""
    kind = message.get("type")
    if kind not in KNOWN:
        return dict(message)
    envelope, inner = _shapes(kind)
    kept = {name: value for name, value in message.items() if name in envelope.names}
    if isinstance(content := kept.get("content"), dict):
        kept["content"] = {name: value for name, value in content.items() if name in inner.names}
    return kept


def fill(name: str, value: Any) -> Any:
    """A value of a named type with the defaults of its fields filled in, and no field but the spec's."""
    if not isinstance(value, dict):
        return value
    shape = _shape(f"{name}.yaml")
    filled = {**copy.deepcopy(dict(shape.defaults)), **value}
    return {key: it for key, it in filled.items() if key in shape.names}


def without_extras_of(name: str, value: Any) -> Any:
    """As `without_extras`, for a value of a named type."""
    if not isinstance(value, dict) or name == "Unknown":
        return value
    if "type" in value and name not in _PLAIN:
        return without_extras(value)
    return {key: it for key, it in value.items() if key in _shape(f"{name}.yaml").names}


def same(one: Any, other: Any) -> bool:
    """Compare as JSON does: 1 is 1.0, but true, which is 1 to Python, is not."""
    match one, other:
        case (dict(), dict()):
            return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
        case (list(), list()):
            return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def differs(seen: Any, expected: Any, path: str = "") -> str | None:
    """Where and how `seen` is not `expected`, as one line; None when they are the same."""
    if isinstance(seen, dict) and isinstance(expected, dict):
        for name in expected:
            if name not in seen:
                return f"{path}{name} is missing"
        for name in seen:
            if name not in expected:
                return f"{path}{name} is there: {_short(seen[name])}"
            if (found := differs(seen[name], expected[name], f"{path}{name}.")) is not None:
                return found
        return None
    if same(seen, expected):
        return None
    return f"{path.rstrip('.') or '(whole)'} is {_short(seen)}, not {_short(expected)}"


def at(value: Any, path: str) -> Any:
    """The value at a dotted path. Raises KeyError."""
    for key in path.split("."):
        if isinstance(value, list) and key.isdigit() and int(key) < len(value):
            value = value[int(key)]
        elif isinstance(value, dict) and key in value:
            value = value[key]
        else:
            raise KeyError(path)
    return value


def _set(target: Any, keys: list[str], value: Any) -> None:
    for key in keys[:-1]:
        target = target[int(key)] if isinstance(target, list) else target.setdefault(key, {})
    target[int(keys[-1]) if isinstance(target, list) else keys[-1]] = value


def _omit(target: Any, keys: list[str]) -> None:
    for key in keys[:-1]:
        target = target[key]
    del target[keys[-1]]


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else f"{text[:120]} … ({len(text)} characters)"
