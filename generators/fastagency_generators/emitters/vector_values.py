"""Values of a type for the vectors: a full one, further legal ones, and ones of the wrong type."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from ..ir.model import (
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
)
from ..ir.values import Mismatch, read

__all__ = ["TEXT", "WRONG", "sample", "variations", "wrong"]

TEXT = (
    "Gr\u00fc\u00dfe, \u05e9\u05dc\u05d5\u05dd, \u0645\u0631\u062d\u0628\u0627, \u4f60\u597d, e\u0301, "
    '\U0001f469\U0001f3fd\u200d\U0001f4bb, "quoted", back\\slash, tab\t, line\nbreak, \u2028, nul\u0000'
)
"""Text that a careless reader or writer breaks."""

BIG = 2**53 + 1
"""The first integer that a 64-bit float cannot hold."""

NESTED: dict[str, Any] = {
    "list": [1, [2, [3, {"four": None}]], -0.5, True, ""],
    "object": {"ключ": {"emoji 🔑": "значение"}, "": "empty key", "__proto__": {"polluted": True}},
}

WRONG: tuple[tuple[str, Any], ...] = (
    ("a number", 5),
    ("an object", {"unexpected": 1}),
    ("a string", "text"),
    ("a list", [1]),
    ("a boolean", True),
)
"""A value of each JSON kind but null."""


def sample(protocol: Protocol, kind: Type, example: Any = None) -> Any:
    """Return a full value of a type: every field there, from the examples of the spec.

    `example` is that of the field whose type it is, if it has one.
    """
    if isinstance(kind, Ref):
        node = protocol.type_named(kind.name)
        if isinstance(node, Object):
            own = example if isinstance(example, dict) else {}
            full = {it.name: _field_sample(protocol, it) for it in node.fields}
            return {**full, **own}
        if example is not None:
            return example
        if isinstance(node, Enum):
            return node.values[0].value
        if isinstance(node, KindUnion):
            return sample(protocol, node.branches[0])
        return sample(protocol, node.variants[0].type)
    if example is not None:
        return example
    if isinstance(kind, ListOf):
        return [sample(protocol, kind.item)]
    if isinstance(kind, Json):
        return {"any": "JSON"}
    by_kind: dict[ScalarKind, Any] = {
        ScalarKind.STRING: kind.const or "text",
        ScalarKind.INTEGER: 7,
        ScalarKind.NUMBER: 0.5,
        ScalarKind.BOOLEAN: True,
    }
    return by_kind[kind.kind]


def _field_sample(protocol: Protocol, field: Field) -> Any:
    if field.example is None and field.nullable and not isinstance(field.type, Ref):
        return None
    return sample(protocol, field.type, field.example)


def variations(protocol: Protocol, kind: Type) -> Iterator[tuple[str, Any]]:
    """Yield further legal values of a type, with a name each."""
    match kind:
        case Json(JsonKind.VALUE):
            for name, value in _json_values():
                yield name, value
            yield from (
                ("of all kinds", [None, False, 0, "", [], {}]),
                ("a text", TEXT),
                ("an empty list", []),
            )
            yield from (("false", False), ("zero", 0), ("an empty text", ""), ("a fraction", 0.1))
        case Json(JsonKind.OBJECT):
            for name, value in _json_values():
                yield f"with {name}", value if isinstance(value, dict) else {"value": value}
            yield from (("empty", {}), ("with null", {"value": None}), ("with text", {TEXT: TEXT}))
        case ListOf(item):
            yield "empty", []
            for name, value in variations(protocol, item):
                yield f"with an item {name}", [sample(protocol, item), value]
        case Scalar():
            yield from _scalar_variations(kind)
        case Ref(name):
            match protocol.type_named(name):
                case Enum(values=values):
                    yield from ((f"{it.value!r}", it.value) for it in values)
                case KindUnion(branches=branches):
                    for number, branch in enumerate(branches, start=1):
                        yield f"of branch {number}", sample(protocol, branch)
                        for inner, value in variations(protocol, branch):
                            yield f"of branch {number} {inner}", value


def _json_values() -> Iterator[tuple[str, Any]]:
    yield "an integer over 2^53", BIG
    yield "a negative integer under -2^53", -BIG
    yield "an integer over 2^64", 2**64 + 1
    yield "nested JSON", NESTED


def _scalar_variations(kind: Scalar) -> Iterator[tuple[str, Any]]:
    match kind.kind:
        case ScalarKind.BOOLEAN:
            yield from (("true", True), ("false", False))
        case ScalarKind.INTEGER:
            yield from (("zero", 0), ("negative", -1), ("over 2^31", 2**31))
        case ScalarKind.NUMBER:
            yield from (("zero", 0), ("a fraction", -0.25), ("an exponent", 1e-7))
        case ScalarKind.STRING if kind.const is None and kind.pattern is None:
            yield "not ASCII", TEXT
            if kind.min_length:
                yield "of the least length", "x" * kind.min_length
            else:
                yield "empty", ""


def wrong(protocol: Protocol, kind: Type) -> Iterator[tuple[str, Any]]:
    """Yield two values of other JSON kinds, and strings that break the type's constraints."""
    refused = [(name, value) for name, value in WRONG if not _is_legal(protocol, kind, value)]
    yield from refused[:2]
    match kind:
        case Scalar(ScalarKind.BOOLEAN):
            yield from (("the text true", "true"), ("the number 0", 0))
        case Scalar(ScalarKind.INTEGER):
            yield from (("digits in a text", "7"), ("a fraction", 1.5))
        case Scalar(ScalarKind.NUMBER):
            yield "digits in a text", "0.5"
        case Scalar(ScalarKind.STRING) if kind.const is None:
            if kind.min_length:
                yield "a text that is too short", "x" * (kind.min_length - 1)
            if kind.pattern is not None and not _is_legal(protocol, kind, "not what it should be"):
                yield "a text that does not match", "not what it should be"
        case ListOf():
            yield from _wrong_items(protocol, kind)
        case Ref(name):
            match protocol.type_named(name):
                case Enum():
                    yield "a value that is not in the list", "no such value"
                case KindUnion(branches=branches):
                    for branch in branches:
                        if isinstance(branch, ListOf):
                            yield from _wrong_items(protocol, branch)


def _wrong_items(protocol: Protocol, kind: ListOf) -> Iterator[tuple[str, Any]]:
    """Yield lists in which the second item is wrong."""
    good = sample(protocol, kind.item)
    for name, value in (*wrong(protocol, kind.item), ("null", None)):
        yield f"a list with {name}", [good, value]


def _is_legal(protocol: Protocol, kind: Type, value: Any) -> bool:
    try:
        read(protocol, kind, value)
    except Mismatch:
        return False
    return True
