"""What a JSON value means as a type of the protocol: the reference reading that every codec must agree with.

It gives the expectations of the message vectors, and checks the spec's own defaults and examples.
"""

from __future__ import annotations

import copy
import re
from typing import Any

from .model import (
    Enum,
    Field,
    Json,
    JsonKind,
    KindUnion,
    ListOf,
    Object,
    Protocol,
    Ref,
    Scalar,
    ScalarKind,
    Type,
    Union,
)

__all__ = ["Mismatch", "json_kind", "read"]


class Mismatch(Exception):
    """A value is not of its type. `path` leads to the place in the value, `what` says what is wrong there."""

    def __init__(self, path: tuple[str | int, ...], what: str) -> None:
        super().__init__(f"{'.'.join(map(str, path))}: {what}" if path else what)
        self.path = path
        self.what = what


def json_kind(value: Any) -> str:
    """Return the JSON kind of a decoded value: null, boolean, number, string, array or object."""
    match value:
        case None:
            return "null"
        case bool():
            return "boolean"
        case int() | float():
            return "number"
        case str():
            return "string"
        case list():
            return "array"
    return "object"


def read(protocol: Protocol, kind: Type, value: Any, path: tuple[str | int, ...] = ()) -> Any:
    """Return a copy of `value` read as `kind`: defaults filled in, and unknown fields dropped unless kept.

    Raises `Mismatch` when it is not of the type.
    """
    match kind:
        case Json(JsonKind.VALUE):
            return copy.deepcopy(value)
        case Json(JsonKind.OBJECT):
            _expect(value, "object", path)
            return copy.deepcopy(value)
        case ListOf(item):
            _expect(value, "array", path)
            return [read(protocol, item, it, (*path, index)) for index, it in enumerate(value)]
        case Scalar():
            return _scalar(kind, value, path)
        case Ref(name):
            return _named(protocol, name, value, path)


def _named(protocol: Protocol, name: str, value: Any, path: tuple[str | int, ...]) -> Any:
    node = protocol.type_named(name)
    match node:
        case Object():
            return _object(protocol, node, value, path)
        case Enum():
            if value not in [it.value for it in node.values]:
                raise Mismatch(path, f"must be one of the values of {name}")
            return value
        case Union():
            _expect(value, "object", path)
            tag = value.get(node.tag_field, node.default_tag)
            for variant in node.variants:
                if variant.tag == tag:
                    return read(protocol, variant.type, value, path)
            raise Mismatch((*path, node.tag_field), "must be a tag that is known here")
        case KindUnion():
            for branch in node.branches:
                if json_kind(value) == _kind_of(protocol, branch):
                    return read(protocol, branch, value, path)
            raise Mismatch(path, f"must be of one of the kinds of {name}")


def _object(protocol: Protocol, node: Object, value: Any, path: tuple[str | int, ...]) -> dict[str, Any]:
    _expect(value, "object", path)
    known = {field.name for field in node.fields}
    found = {key: copy.deepcopy(it) for key, it in value.items() if node.open and key not in known}
    for field in node.fields:
        if field.name in value:
            found[field.name] = _field(protocol, field, value[field.name], (*path, field.name))
        elif field.required:
            raise Mismatch((*path, field.name), "is missing")
        elif field.has_default:
            found[field.name] = copy.deepcopy(field.default)
    return found


def _field(protocol: Protocol, field: Field, value: Any, path: tuple[str | int, ...]) -> Any:
    if value is None:
        if not field.nullable:
            raise Mismatch(path, "must not be null")
        return None
    return read(protocol, field.type, value, path)


def _scalar(kind: Scalar, value: Any, path: tuple[str | int, ...]) -> Any:
    if kind.kind is ScalarKind.INTEGER:
        if isinstance(value, bool) or not isinstance(value, int):
            raise Mismatch(path, "must be an integer")
        return value
    _expect(value, kind.kind.value, path)
    if kind.const is not None and value != kind.const:
        raise Mismatch(path, f"must be {kind.const!r}")
    if kind.min_length is not None and len(value) < kind.min_length:
        raise Mismatch(path, f"must have at least {kind.min_length} characters")
    if kind.pattern is not None and not re.search(kind.pattern, value):
        raise Mismatch(path, f"must match {kind.pattern}")
    return value


def _kind_of(protocol: Protocol, kind: Type) -> str:
    match kind:
        case Scalar(ScalarKind.INTEGER):
            return "number"
        case Scalar(scalar):
            return scalar.value
        case ListOf():
            return "array"
        case Ref(name) if isinstance(protocol.type_named(name), Enum):
            return "string"
    return "object"


def _expect(value: Any, kind: str, path: tuple[str | int, ...]) -> None:
    if json_kind(value) != kind:
        raise Mismatch(path, f"must be of the JSON kind {kind}")
