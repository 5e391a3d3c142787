"""The cases of one object type: what is varied, place by place, from its description in the IR."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ..ir.model import Field, Json, KindUnion, ListOf, Object, Protocol, Ref, Scalar, ScalarKind, Type, Union
from .vector_values import TEXT, WRONG, sample, variations, wrong

__all__ = ["Case", "compact", "object_cases"]

_HOLE = "\u0001hole\u0001"


@dataclass(frozen=True)
class Case:
    """One frame as text, what it shows, and whether it is no JSON at all, so that nothing could read it."""

    name: str
    why: str
    frame: str
    broken: bool = False


@dataclass(frozen=True)
class _Place:
    """An object inside the frame: the way to it, its type, and a frame in which it is there."""

    path: tuple[str | int, ...]
    node: Object
    frame: Any

    def label(self, name: str = "") -> str:
        return ".".join(map(str, (*self.path, name) if name else self.path)) or "the object"

    def put(self, field: str, value: Any) -> str:
        """The frame as text with `field` set to `value`."""
        frame = copy.deepcopy(self.frame)
        _inside(frame, self.path)[field] = value
        return compact(frame)

    def drop(self, field: str) -> str:
        """The frame as text without `field`."""
        frame = copy.deepcopy(self.frame)
        _inside(frame, self.path).pop(field, None)
        return compact(frame)


def compact(value: Any) -> str:
    """Return the value as JSON text on one line, in UTF-8 rather than escapes."""
    return json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))


def object_cases(protocol: Protocol, ref: Ref) -> Iterator[Case]:
    """Yield every case of an object type that stands by itself in a frame."""
    full = sample(protocol, ref)
    yield Case("full", "every field is there", compact(full))
    yield Case("minimal", "only the required fields are there", compact(_minimal(protocol, ref, full)))
    yield Case("reordered", "the order of fields means nothing", compact(dict(reversed(full.items()))))
    spaced = f"\n {json.dumps(full, indent=1)} \r\n\t"
    yield Case("spaced", "white space around and inside means nothing", spaced)
    escaped = json.dumps(_with_text(protocol, ref, full), ensure_ascii=True).replace("/", "\\/")
    yield Case("escaped", "characters may be escapes, pairs of surrogates among them", escaped)
    for place in _places(protocol, ref, full):
        yield from _object_level(place)
        for field in place.node.fields:
            yield from _field_cases(protocol, place, field)
    yield from _broken(full)


def _minimal(protocol: Protocol, ref: Ref, full: dict[str, Any]) -> dict[str, Any]:
    node = protocol.type_named(ref.name)
    assert isinstance(node, Object)  # frames are objects
    found = {}
    for field in node.fields:
        if field.required:
            inner = field.type
            nested = isinstance(inner, Ref) and isinstance(protocol.type_named(inner.name), Object)
            found[field.name] = full[field.name]
            if nested and isinstance(inner, Ref) and full[field.name] is not None:
                found[field.name] = _minimal(protocol, inner, full[field.name])
    return found


def _places(protocol: Protocol, ref: Ref, frame: Any, path: tuple[str | int, ...] = ()) -> Iterator[_Place]:
    """Yield the object at `path`, then those inside it, each with a frame that reaches it."""
    node = protocol.type_named(ref.name)
    if not isinstance(node, Object):
        return
    yield _Place(path, node, frame)
    for field in node.fields:
        for inner, value, further in _objects_in(protocol, field.type):
            reaching = copy.deepcopy(frame)
            _inside(reaching, path)[field.name] = value
            yield from _places(protocol, inner, reaching, (*path, field.name, *further))


def _objects_in(protocol: Protocol, kind: Type) -> Iterator[tuple[Ref, Any, tuple[int, ...]]]:
    """Yield each object type that a value of `kind` can hold, with such a value and the way to it inside."""
    match kind:
        case ListOf(item):
            for inner, value, further in _objects_in(protocol, item):
                yield inner, [value], (0, *further)
        case Ref(name):
            match protocol.type_named(name):
                case Object():
                    yield kind, sample(protocol, kind), ()
                case KindUnion(branches=branches):
                    for branch in branches:
                        yield from _objects_in(protocol, branch)
                case Union(variants=variants):
                    for variant in variants:
                        yield variant.type, sample(protocol, variant.type), ()


def _with_text(protocol: Protocol, ref: Ref, full: dict[str, Any]) -> Any:
    """The frame with difficult text in every field that takes any text."""
    frame = copy.deepcopy(full)
    for place in _places(protocol, ref, full):
        for field in place.node.fields:
            kind = field.type
            free = kind == Scalar(ScalarKind.STRING) or kind == Scalar(ScalarKind.STRING, min_length=1)
            if free and all(isinstance(step, str) for step in place.path):
                _inside(frame, place.path)[field.name] = TEXT
    return frame


def _object_level(place: _Place) -> Iterator[Case]:
    """What concerns an object as a whole: a field that nobody knows, and other JSON kinds in its place."""
    fate = "kept" if place.node.open else "ignored"
    label = place.label()
    yield Case(
        f"unknown field in {label}", f"a field of a later version is {fate}", place.put("x_later", {"a": [1]})
    )
    if not place.path:
        others = (("null", None), *WRONG)
        for kind, value in others:
            if not isinstance(value, dict):
                yield Case(f"{kind} instead of the object", f"{kind} is not an object", compact(value))
        yield Case("an empty object", "every required field is missing", "{}")


def _field_cases(protocol: Protocol, place: _Place, field: Field) -> Iterator[Case]:
    label = place.label(field.name)
    if field.required:
        yield Case(f"{label} missing", "a required field is missing", place.drop(field.name))
    else:
        yield Case(f"{label} absent", "an optional field is absent", place.drop(field.name))
    nullable = "a nullable field" if field.nullable else "a field that is not nullable"
    yield Case(f"{label} null", f"{nullable} is null", place.put(field.name, None))
    for name, value in variations(protocol, field.type):
        yield Case(f"{label} {name}", f"a legal value: {name}", place.put(field.name, value))
    for name, value in wrong(protocol, field.type):
        yield Case(f"{label} as {name}", "the field is of another type", place.put(field.name, value))
    if isinstance(field.type, Json):
        for constant in ("NaN", "Infinity", "-Infinity"):
            text = place.put(field.name, {"value": _HOLE}).replace(compact(_HOLE), constant)
            yield Case(f"{label} with {constant}", f"{constant} is not JSON", text, broken=True)


def _broken(full: dict[str, Any]) -> Iterator[Case]:
    """Frames that are no JSON."""
    text = compact(full)
    yield Case("nothing", "an empty frame is not JSON", "", broken=True)
    yield Case("cut off", "the last brace is missing", text[:-1], broken=True)
    yield Case("doubled", "two values in one frame", text + text, broken=True)
    yield Case("trailing comma", "a comma before the last brace is not JSON", text[:-1] + ",}", broken=True)
    yield Case("NaN", "NaN is not JSON, in unknown fields either", text[:-1] + ',"x_later":NaN}', broken=True)
    yield Case(
        "raw line break",
        "a line break in a string must be escaped",
        text[:-1] + ',"x_later":"\n"}',
        broken=True,
    )


def _inside(frame: Any, path: tuple[str | int, ...]) -> Any:
    for step in path:
        frame = frame[step]
    return frame
