"""Rust: how a union of values told apart by their JSON kind is read and written."""

from __future__ import annotations

from ..ir.model import Enum, Json, KindUnion, ListOf, Protocol, Ref, Scalar, ScalarKind, Type
from .rust_layout import type_name
from .rust_serde import SerdeWriter
from .rust_types import branch_name

__all__ = ["write_kind_union"]

_SCALARS = {
    ScalarKind.STRING: "a text",
    ScalarKind.INTEGER: "an integer",
    ScalarKind.NUMBER: "a number",
    ScalarKind.BOOLEAN: "true or false",
}
_AS_I64 = "let value = i64::try_from(value).map_err(E::custom)?;"


def write_kind_union(out: SerdeWriter, protocol: Protocol, node: KindUnion) -> None:
    """Write a visitor with one method for each kind that serde tells apart."""
    name = f"messages::{type_name(node.name)}"
    kinds = ", ".join(_kind(protocol, branch) for branch in node.branches)
    with out.deserialize(name):
        with out.visitor("Kinds", name, f"one of: {kinds}"):
            for branch in node.branches:
                _write_branch(out, protocol, f"{name}::{branch_name(branch)[0]}", branch)
        out.line("deserializer.deserialize_any(Kinds)")
    with out.serialize(name), out.block("match self {", "}"):
        for branch in node.branches:
            out.line(f"{name}::{branch_name(branch)[0]}(value) => value.serialize(serializer),")


def _kind(protocol: Protocol, branch: Type) -> str:
    match branch:
        case Scalar(kind=kind):
            return _SCALARS[kind]
        case ListOf():
            return "a list"
        case Ref(name=name) if isinstance(protocol.type_named(name), Enum):
            return _SCALARS[ScalarKind.STRING]
    return "an object"


def _write_branch(out: SerdeWriter, protocol: Protocol, made: str, branch: Type) -> None:
    match branch:
        case Scalar(kind=ScalarKind.STRING):
            _write_method(out, "visit_str", "&str", *out.checks(branch, "E"), f"Ok({made}(value.to_owned()))")
        case Scalar(kind=ScalarKind.BOOLEAN):
            _write_method(out, "visit_bool", "bool", f"Ok({made}(value))")
        case Scalar(kind=ScalarKind.INTEGER):
            _write_method(out, "visit_i64", "i64", f"Ok({made}(value))")
            _write_method(out, "visit_u64", "u64", _AS_I64, f"Ok({made}(value))")
        case Scalar(kind=ScalarKind.NUMBER):
            for kind in ("f64", "i64", "u64"):
                cast = "" if kind == "f64" else " as f64"
                _write_method(out, f"visit_{kind}", kind, f"Ok({made}(value{cast}))")
        case ListOf():
            _write_access(out, "visit_seq", "SeqAccess", made, branch)
        case Ref(name=name) if isinstance(protocol.type_named(name), Enum):
            out.use("serde::de", "IntoDeserializer")
            read = f"Deserialize::deserialize(value.into_deserializer()).map({made})"
            _write_method(out, "visit_str", "&str", read)
        case _:
            _write_access(out, "visit_map", "MapAccess", made, branch)


def _write_method(out: SerdeWriter, method: str, argument: str, *body: str) -> None:
    out.blank()
    head = f"fn {method}<E: {out.serde_de()}::Error>(self, value: {argument}) -> Result<Self::Value, E> {{"
    with out.block(head, "}"):
        out.lines(*body)


def _write_access(out: SerdeWriter, method: str, access: str, made: str, branch: Type) -> None:
    out.blank()
    out.use("serde::de", access)
    head = f"fn {method}<A: {access}<'de>>(self, access: A) -> Result<Self::Value, A::Error> {{"
    with out.block(head, "}"):
        if isinstance(branch, Json):
            out.line(f"{out.wire('object')}(access).map({made})")
            return
        adapter = out.use("serde::de::value", f"{access}Deserializer")
        out.line(f"let value = Deserialize::deserialize({adapter}::new(access))?;")
        out.lines(*out.checks(branch, "A::Error"), f"Ok({made}(value))")
