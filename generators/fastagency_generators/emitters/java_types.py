"""A field in Java: its type, what decodes it, what encodes it, and what it is when it is absent."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from ..ir.model import Field, Json, JsonKind, ListOf, Protocol, Ref, Scalar, ScalarKind, Type, Union
from ..writer import Writer
from .java_layout import Call, Code, pattern, text

__all__ = ["INTERNAL", "JACKSON", "JSON", "Types", "constant_of", "is_any"]

JSON = "io.github.fastagencyprotocol.sdk.json"
INTERNAL = "io.github.fastagencyprotocol.sdk.internal"
JACKSON = "com.fasterxml.jackson.databind"

_PRIMITIVES = {
    ScalarKind.INTEGER: ("long", "Long", "integer", "LongNode"),
    ScalarKind.NUMBER: ("double", "Double", "number", "DoubleNode"),
    ScalarKind.BOOLEAN: ("boolean", "Boolean", "bool", "BooleanNode"),
}


def is_any(kind: Type) -> bool:
    """Say whether a type is any JSON value: there null is a value like another."""
    return kind == Json(JsonKind.VALUE)


def constant_of(field: Field) -> str | None:
    """Return the one value that a field always has once it is read, None when it may differ."""
    if not isinstance(field.type, Scalar) or field.type.const is None or field.nullable:
        return None
    const = field.type.const
    return const if field.required or (field.has_default and field.default == const) else None


@dataclass(frozen=True)
class Types:
    """How the protocol's types are written in Java. `names` has the class of each named type."""

    protocol: Protocol
    names: dict[str, str]

    def tags_of(self, name: str) -> set[str]:
        """Return the tag fields of the unions that an object is a variant of."""
        unions = [node for node in self.protocol.types if isinstance(node, Union)]
        return {union.tag_field for union in unions if Ref(name) in [it.type for it in union.variants]}

    def boxed(self, kind: Type, out: Writer) -> str:
        """Return the type as it stands between angle brackets."""
        match kind:
            case Scalar(kind=ScalarKind.STRING):
                return "String"
            case Scalar(kind=scalar):
                return _PRIMITIVES[scalar][1]
            case Json(JsonKind.VALUE):
                return out.use(JACKSON, "JsonNode")
            case Json():
                return out.use(f"{JACKSON}.node", "ObjectNode")
            case ListOf(item):
                return f"{out.use('java.util', 'List')}<{self.boxed(item, out)}>"
            case Ref(name):
                return self.names[name]

    def bare(self, kind: Type, out: Writer) -> str:
        """Return the type of something that is always there and never null."""
        if isinstance(kind, Scalar) and kind.kind in _PRIMITIVES:
            return _PRIMITIVES[kind.kind][0]
        return self.boxed(kind, out)

    def of(self, field: Field, out: Writer) -> str:
        """Return the type of a field's component: absent and null are two things where both are allowed."""
        if is_any(field.type) and field.nullable:
            absent = not field.required and not field.has_default
            return (
                f"{_nullable(out)} {self.boxed(field.type, out)}" if absent else self.boxed(field.type, out)
            )
        if self.is_omittable(field):
            return f"{out.use(JSON, 'Omittable')}<{self.boxed(field.type, out)}>"
        if self.is_nullable(field):
            return f"{_nullable(out)} {self.boxed(field.type, out)}"
        return self.bare(field.type, out)

    def is_omittable(self, field: Field) -> bool:
        """Say whether a field can be absent, null or a value: three things, which takes a type of its own."""
        optional = not field.required and not field.has_default
        return optional and field.nullable and not is_any(field.type)

    def is_nullable(self, field: Field) -> bool:
        """Say whether the component can be null: for JSON's null, or for what is absent."""
        optional = not field.required and not field.has_default
        if is_any(field.type):
            return optional
        return field.nullable != optional

    def decoder(self, kind: Type, out: Writer) -> Code:
        """Return what decodes a value of the type: a method reference, or a call that is worth a constant."""
        if isinstance(kind, Ref):
            return f"{self.names[kind.name]}::fromJson"
        decoders = out.use(INTERNAL, "Decoders")
        match kind:
            case Scalar(const=str() as const):
                return Call(f"{decoders}.constant", (text(const),))
            case Scalar(kind=ScalarKind.STRING, pattern=None, min_length=None):
                return f"{decoders}::string"
            case Scalar(kind=ScalarKind.STRING, pattern=source, min_length=length):
                shape = [] if source is None else [text(pattern(source))]
                least = [] if length is None else [str(length)]
                return Call(f"{decoders}.string", (*shape, *least))
            case Scalar(kind=scalar):
                return f"{decoders}::{_PRIMITIVES[scalar][2]}"
            case Json(JsonKind.VALUE):
                return f"{decoders}::any"
            case Json():
                return f"{decoders}::object"
            case ListOf(item):
                return Call(f"{decoders}.list", (self.decoder(item, out),))

    def item_encoder(self, kind: Type, out: Writer) -> Code:
        """Return what makes JSON of one value of the type."""
        match kind:
            case Scalar(kind=ScalarKind.STRING):
                return f"{out.use(f'{JACKSON}.node', 'TextNode')}::valueOf"
            case Scalar(kind=scalar):
                return f"{out.use(f'{JACKSON}.node', _PRIMITIVES[scalar][3])}::valueOf"
            case Json():
                return Call(f"{out.use('java.util.function', 'Function')}.identity", ())
            case ListOf(item):
                encoders = out.use(INTERNAL, "Encoders")
                return f"inner -> {Call(f'{encoders}.list', ('inner', self.item_encoder(item, out)))}"
            case Ref(name):
                return f"{self.names[name]}::toJson"

    def put(self, target: str, key: str, kind: Type, value: str, may_be_null: bool, out: Writer) -> Code:
        """Return the call that puts a component into the JSON object `target`."""
        match kind:
            case Scalar():
                return Call(f"{target}.put", (text(key), value))
            case Json():
                return Call(f"{target}.set", (text(key), value))
            case ListOf(item):
                encoders = out.use(INTERNAL, "Encoders")
                made: Code = Call(f"{encoders}.list", (value, self.item_encoder(item, out)))
            case Ref():
                made = f"{value}.toJson()"
        if may_be_null:
            made = f"{value} == null ? null : {made}"
        return Call(f"{target}.set", (text(key), made))

    def default(self, field: Field, out: Writer) -> Code:
        """Return what a field is when it is absent and the spec has a default for it."""
        value = field.default
        match field.type:
            case Json(kind):
                fresh = kind is JsonKind.OBJECT and value == {}
                if value is None:
                    return (
                        f"{out.use(f'{JACKSON}.node', 'NullNode')}.instance" if is_any(field.type) else "null"
                    )
                decoders = out.use(INTERNAL, "Decoders")
                return f"{decoders}.emptyObject()" if fresh else self._decoded(field, out)
            case _ if value is None:
                return "null"
            case Scalar(kind=scalar):
                return _scalar(scalar, value)
            case ListOf() if value == []:
                return f"{out.use('java.util', 'List')}.of()"
        return self._decoded(field, out)

    def _decoded(self, field: Field, out: Writer) -> Code:
        decoders = out.use(INTERNAL, "Decoders")
        source = json.dumps(field.default, ensure_ascii=False, separators=(",", ":"))
        return Call(f"{decoders}.value", (text(source), self.decoder(field.type, out)))


def _scalar(kind: ScalarKind, value: Any) -> str:
    match kind:
        case ScalarKind.BOOLEAN:
            return "true" if value else "false"
        case ScalarKind.INTEGER:
            return f"{value}L"
        case ScalarKind.NUMBER:
            return repr(float(value))
    return text(value)


def _nullable(out: Writer) -> str:
    return "@" + out.use("org.jspecify.annotations", "Nullable")
