"""Which Go type a field has, and which functions of the runtime read and write it."""

from __future__ import annotations

import json
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
    Union,
)
from ..writer import Writer
from .go_layout import exported, literal

__all__ = ["FREE", "GoTypes"]

FREE = Json(JsonKind.VALUE)

_SCALARS = {
    ScalarKind.STRING: ("string", "String"),
    ScalarKind.INTEGER: ("int64", "Int"),
    ScalarKind.NUMBER: ("float64", "Float"),
    ScalarKind.BOOLEAN: ("bool", "Bool"),
}

_RENAMED = {"Error": "ErrorMessage"}
"""Types that would mislead under their own name: an `Error` that is no error."""

_NOT_IN_GO = ("(?=", "(?!", "(?<", "\\u", "\\c", "\\1", "\\k")
"""What patterns of JSON Schema may hold and Go's regular expressions do not know."""


class GoTypes:
    """The Go side of the protocol's types. `patterns` are the regular expressions that were asked for."""

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self.patterns: dict[str, str] = {}

    def name(self, spec_name: str) -> str:
        """The name of a named type."""
        return _RENAMED.get(spec_name) or exported(spec_name)

    def written(self, kind: Type, out: Writer) -> str:
        """The Go type of a value that is there and not null."""
        match kind:
            case Scalar(kind=scalar):
                return _SCALARS[scalar][0]
            case Json():
                out.use("encoding/json", "RawMessage")
                return "json.RawMessage"
            case ListOf(item=item):
                return f"[]{self.written(item, out)}"
            case Ref(name=name):
                return self.name(name)

    def field(self, field: Field, out: Writer) -> str:
        """The Go type of a field, which tells absent from null where the spec does."""
        inner = self.written(field.type, out)
        if field.type == FREE:
            return inner  # nil is absent, the text `null` is null
        if field.nullable and may_be_absent(field):
            return f"Optional[{inner}]"
        if (field.nullable or may_be_absent(field)) and not self.has_nil(field.type):
            return f"*{inner}"
        return inner

    def has_nil(self, kind: Type) -> bool:
        """Whether the Go type of a value has a nil of its own."""
        match kind:
            case Json() | ListOf():
                return True
            case Ref(name=name):
                return isinstance(self._protocol.type_named(name), Union | KindUnion)
        return False

    def reader(self, kind: Type, out: Writer) -> str:
        """A function that reads a value."""
        match kind:
            case Scalar(kind=ScalarKind.STRING, pattern=None, min_length=None, const=None):
                return "readString"
            case Scalar(kind=ScalarKind.STRING) | ListOf():
                body = self.read(kind, out)
                return f"func(r *reader) {self.written(kind, out)} {{ return {body} }}"
            case Scalar(kind=scalar):
                return f"read{_SCALARS[scalar][1]}"
            case Json(kind=json_kind):
                return "readJSONObject" if json_kind is JsonKind.OBJECT else "readJSON"
            case Ref(name=name):
                return f"read{self.name(name)}"

    def read(self, kind: Type, out: Writer) -> str:
        """An expression that reads a value."""
        match kind:
            case ListOf(item=item):
                return f"readList(r, {self.reader(item, out)})"
            case Scalar(kind=ScalarKind.STRING) as scalar:
                return self._read_string(scalar)
        return f"{self.reader(kind, out)}(r)"

    def read_field(self, field: Field, out: Writer) -> str:
        """An expression that reads a field that is there."""
        if field.type == FREE:
            return "readJSON(r)" if field.nullable else "readNotNull(r)"
        absent, has_nil = may_be_absent(field), self.has_nil(field.type)
        if field.nullable and absent:
            return f"readOptional(r, {self.reader(field.type, out)})"
        if field.nullable:
            return f"{'readOrNil' if has_nil else 'readNullable'}(r, {self.reader(field.type, out)})"
        if absent and not has_nil:
            return f"readPointer(r, {self.reader(field.type, out)})"
        return self.read(field.type, out)

    def writer(self, kind: Type, out: Writer) -> str:
        """A function that writes a value."""
        match kind:
            case Scalar(kind=scalar):
                return f"write{_SCALARS[scalar][1]}"
            case Json(kind=json_kind):
                return "writeJSONObject" if json_kind is JsonKind.OBJECT else "writeJSON"
            case ListOf():
                return f"func(w *writer, v {self.written(kind, out)}) {{ {self.write(kind, 'v', out)} }}"
            case Ref(name=name):
                return f"write{self.name(name)}"

    def write(self, kind: Type, value: str, out: Writer) -> str:
        """A statement that writes a value."""
        if isinstance(kind, ListOf):
            return f"writeList(w, {value}, {self.writer(kind.item, out)})"
        return f"{self.writer(kind, out)}(w, {value})"

    def default(self, field: Field, out: Writer) -> str | None:
        """The default of a field as a Go expression, None when it is the zero value."""
        value, kind = field.default, field.type
        if value is None:
            # For free JSON null is a value, and nil would say that the field is absent.
            return 'json.RawMessage("null")' if kind == FREE and field.has_default else None
        plain = self._plain_default(kind, value, out)
        if not field.nullable or self.has_nil(kind):
            return None if plain in ("false", "0", '""') else plain
        return f"pointerTo({plain})"

    def _plain_default(self, kind: Type, value: Any, out: Writer) -> str:
        match kind:
            case Scalar(kind=ScalarKind.NUMBER):
                return f"float64({literal(value)})"
            case Scalar(kind=ScalarKind.INTEGER):
                return literal(value) if value == 0 else f"int64({literal(value)})"
            case Scalar():
                return literal(value)
            case Json():
                return f"json.RawMessage({literal(_compact(value))})"
            case ListOf() if not value:
                return f"{self.written(kind, out)}{{}}"
            case Ref(name=name) if isinstance(self._protocol.type_named(name), Enum):
                return f"{self.name(name)}({literal(value)})"
        return f"readDefault({literal(_compact(value))}, {self.reader(kind, out)})"

    def _read_string(self, kind: Scalar) -> str:
        if kind.const is not None:
            return f"readConst(r, {literal(kind.const)})"
        if kind.pattern is not None:
            pattern = self._pattern(kind.pattern)
            if kind.min_length is not None:
                inner = f"func(r *reader) string {{ return readMatching(r, {pattern}) }}"
                return f"readAtLeast(r, {kind.min_length}, {inner})"
            return f"readMatching(r, {pattern})"
        if kind.min_length is not None:
            return f"readAtLeast(r, {kind.min_length}, readString)"
        return "readString(r)"

    def _pattern(self, source: str) -> str:
        unknown = [part for part in _NOT_IN_GO if part in source]
        if unknown:
            raise ValueError(f"the pattern {source!r} holds {unknown[0]!r}, which Go does not know")
        return self.patterns.setdefault(source, f"pattern{len(self.patterns) + 1}")


def may_be_absent(field: Field) -> bool:
    """Whether a field may still be absent once the defaults are filled in."""
    return not field.required and not field.has_default


def is_fixed(field: Field) -> bool:
    """Whether a field has one value only, so that nobody needs to hold it."""
    return (
        isinstance(field.type, Scalar)
        and field.type.const is not None
        and not field.nullable
        and not may_be_absent(field)
    )


def holds_secret(protocol: Protocol, kind: Type) -> bool:
    """Whether a value has a secret in it, at any depth."""
    match kind:
        case ListOf(item=item):
            return holds_secret(protocol, item)
        case Ref(name=name):
            match protocol.type_named(name):
                case Object(fields=fields):
                    return any(it.secret or holds_secret(protocol, it.type) for it in fields)
                case Union(variants=variants):
                    return any(holds_secret(protocol, it.type) for it in variants)
                case KindUnion(branches=branches):
                    return any(holds_secret(protocol, it) for it in branches)
    return False


def tagged_by(protocol: Protocol, node: Object) -> list[Union]:
    """The unions that an object is a variant of."""
    return [
        union
        for union in protocol.types
        if isinstance(union, Union) and any(variant.type.name == node.name for variant in union.variants)
    ]


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))
