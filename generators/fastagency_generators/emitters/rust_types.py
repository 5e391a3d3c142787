"""What a field's type is in Rust, and which fields the structs leave out."""

from __future__ import annotations

from ..ir.model import Field, Json, JsonKind, ListOf, Ref, Scalar, ScalarKind, Type
from ..ir.names import pascal
from ..writer import Writer
from .rust_layout import type_name

__all__ = ["branch_name", "default_is_empty", "is_const", "nullable", "rust_type"]

_SCALARS = {
    ScalarKind.STRING: "String",
    ScalarKind.INTEGER: "i64",
    ScalarKind.NUMBER: "f64",
    ScalarKind.BOOLEAN: "bool",
}
_BRANCHES = {
    ScalarKind.STRING: ("Text", "A text."),
    ScalarKind.INTEGER: ("Integer", "An integer."),
    ScalarKind.NUMBER: ("Number", "A number."),
    ScalarKind.BOOLEAN: ("Boolean", "True or false."),
}


def rust_type(node: Type, out: Writer, module: str | None = None) -> str:
    """Return the type as it stands in Rust. `module` is where named types are imported from (None: here)."""
    match node:
        case Scalar(kind=kind):
            return _SCALARS[kind]
        case Json(kind=kind):
            return out.use("crate::json", "JsonObject" if kind is JsonKind.OBJECT else "Json")
        case ListOf(item=item):
            return f"Vec<{rust_type(item, out, module)}>"
        case Ref(name=name):
            return type_name(name) if module is None else out.use(module, type_name(name))


def branch_name(node: Type) -> tuple[str, str]:
    """Return the variant of a union by kind, and what it holds."""
    match node:
        case Scalar(kind=kind):
            return _BRANCHES[kind]
        case ListOf():
            return "List", "A list."
        case Json():
            return "Object", "Any object."
        case Ref(name=name):
            return pascal(name), f"A `{name}`."


def is_const(field: Field) -> bool:
    """Whether the field always holds one value, so that a struct need not."""
    fixed = isinstance(field.type, Scalar) and field.type.const is not None
    return fixed and not field.nullable and (field.required or field.has_default)


def nullable(field: Field) -> bool:
    """Whether null needs a place of its own. Free JSON has one."""
    return field.nullable and field.type != Json(JsonKind.VALUE)


def default_is_empty(field: Field) -> bool:
    """Whether the spec's default is what Rust's own default makes: None, false, zero, or something empty."""
    match field.type:
        case Json(kind=JsonKind.VALUE):
            return field.default is None
        case _ if nullable(field):
            return field.default is None
        case Json() | ListOf():
            return field.default in ({}, [])
        case Scalar():
            return field.default in ("", 0)  # false and 0.0 are 0 to Python
        case Ref():
            return False
