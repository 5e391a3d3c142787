"""Rust: how enums, objects and tagged unions are read from JSON and written to it, with serde."""

from __future__ import annotations

from ..ir.model import Enum, Field, Object, Protocol, Ref, Scalar, ScalarKind, Type, Union
from ..ir.names import pascal
from .rust_layout import arm, call, field_name, json_text, literal, type_name, variant_name
from .rust_serde import SerdeWriter
from .rust_types import default_is_empty, is_const, nullable

__all__ = ["write_enum", "write_object", "write_union"]


_TAKEN = frozenset({"extra", "key", "map", "value"})


def write_enum(out: SerdeWriter, node: Enum) -> None:
    """Write how a closed list of strings is read and written."""
    name = f"messages::{type_name(node.name)}"
    with out.deserialize(name):
        out.line(f"let text = {out.wire('Text')}::deserialize(deserializer)?;")
        with out.block("match text.as_str() {", "}"):
            for value in node.values:
                out.line(f"{literal(value.value)} => Ok({name}::{variant_name(value.value)}),")
            out.line(f"_ => Err({out.serde_de()}::Error::custom({literal(f'no value of {node.name}')})),")
    with out.serialize(name):
        out.line("serializer.serialize_str(self.as_str())")


def write_object(out: SerdeWriter, protocol: Protocol, node: Object) -> None:
    """Write how an object is read and written."""
    name = f"messages::{type_name(node.name)}"
    with out.deserialize(name):
        with out.visitor("Fields", name, f"an object ({node.name})"):
            out.blank()
            with out.visit_map():
                _write_reading(out, protocol, node, name)
        out.line("deserializer.deserialize_map(Fields)")
    with out.serialize(name):
        _write_writing(out, node)


def write_union(out: SerdeWriter, node: Union) -> None:
    """Write how a union is read and written: a look for the tag, then the object that it selects."""
    name = f"messages::{type_name(node.name)}"
    out.blank()
    with out.block(f"impl {out.use('std::str', 'FromStr')} for {name} {{", "}"):
        out.line("type Err = serde_json::Error;")
        out.blank()
        with out.block("fn from_str(text: &str) -> Result<Self, Self::Err> {", "}"):
            out.line(f"let tag = {out.wire('tag')}(text, {literal(node.tag_field)})?;")
            with out.block("match tag.as_deref() {", "}"):
                for variant in node.variants:
                    absent = "None | " if variant.tag == node.default_tag else ""
                    head = f"{absent}Some({literal(variant.tag)}) =>"
                    arm(out, head, f"serde_json::from_str(text).map({name}::{pascal(variant.type.name)})", 3)
                if node.default_tag is None:
                    out.line(f"None => Err({out.wire('missing')}({literal(node.tag_field)})),")
                out.line(f"Some(tag) => {out.wire('unknown')}(tag, text).map({name}::Unknown),")
    with out.deserialize(name):
        out.line(f"let raw = {out.use('crate::json', 'JsonObject')}::deserialize(deserializer)?;")
        out.line(f"raw.get().parse().map_err({out.serde_de()}::Error::custom)")
    with out.serialize(name), out.block("match self {", "}"):
        for variant in node.variants:
            out.line(f"{name}::{pascal(variant.type.name)}(inner) => inner.serialize(serializer),")
        out.line(f"{name}::Unknown(unknown) => unknown.raw.serialize(serializer),")


def _write_reading(out: SerdeWriter, protocol: Protocol, node: Object, name: str) -> None:
    for field in node.fields:
        if not is_const(field) or field.required:
            out.line(f"let mut {_local(field)} = None;")
    if node.open:
        out.line(f"let mut extra = {out.use('std::collections', 'BTreeMap')}::new();")
    if not node.fields and not node.open:
        ignored = out.use("serde::de", "IgnoredAny")
        out.line(f"while map.next_entry::<{ignored}, {ignored}>()?.is_some() {{}}")
    else:
        with (
            out.block(f"while let Some(key) = map.next_key::<{out.wire('Text')}>()? {{", "}"),
            out.block("match key.as_str() {", "}"),
        ):
            for field in node.fields:
                _write_field_arm(out, field)
            _write_other_arm(out, node)
    for field in node.fields:
        if is_const(field) and field.required:
            _write_required(out, "", field, ";", 4)
    _write_construction(out, protocol, node, name)


def _write_field_arm(out: SerdeWriter, field: Field) -> None:
    key, local = literal(field.name), _local(field)
    checks = out.checks(field.type, "A::Error")
    if not checks:
        arm(out, f"{key} =>", f"{local} = Some(map.next_value()?)", 6)
        return
    with out.block(f"{key} => {{", "}"):
        kind = ": String" if is_const(field) else ""
        out.line(f"let value{kind} = map.next_value()?;")
        out.lines(*checks)
        if not is_const(field) or field.required:
            out.line(f"{local} = Some(value);")


def _write_other_arm(out: SerdeWriter, node: Object) -> None:
    if node.open:
        with out.block("name => {", "}"):
            out.line("extra.insert(name.to_owned(), map.next_value()?);")
        return
    with out.block("_ => {", "}"):
        out.line(f"map.next_value::<{out.use('serde::de', 'IgnoredAny')}>()?;")


def _write_required(out: SerdeWriter, head: str, field: Field, tail: str, depth: int) -> None:
    head += f"{out.wire('required')}::<_, A::Error>"
    call(out, head, [_local(field), literal(field.name)], f"?{tail}", depth)


def _write_construction(out: SerdeWriter, protocol: Protocol, node: Object, name: str) -> None:
    fields = [field for field in node.fields if not is_const(field)]
    labels = ", ".join([*map(_local, fields), *(["extra"] if node.open else [])])
    plain = all(not it.required and field_name(it.name) == _filled(out, protocol, it) for it in fields)
    # rustfmt keeps a struct on one line up to 18 columns.
    if not labels or (plain and len(labels) <= 18):
        out.line(f"Ok({name} {{ {labels} }})" if labels else f"Ok({name} {{}})")
        return
    with out.block(f"Ok({name} {{", "})"):
        for field in fields:
            label, value = field_name(field.name), _filled(out, protocol, field)
            if field.required:
                _write_required(out, f"{label}: ", field, ",", 5)
            else:
                out.line(f"{label}," if label == value else f"{label}: {value},")
        if node.open:
            out.line("extra,")


def _filled(out: SerdeWriter, protocol: Protocol, field: Field) -> str:
    """What an optional field gets once all that is in the object was read."""
    local = _local(field)
    if not field.has_default:
        return local
    if default_is_empty(field):
        return f"{local}.unwrap_or_default()"
    written = _default(protocol, field.type, field.default)
    if written is None:
        read = f"{out.wire('default')}::<_, A::Error>({json_text(field.default)})"
        return f"{local}.map_or_else(|| {read}, Ok)?"
    if nullable(field):
        written = f"Some({written})"
    if "(" in written or "." in written:
        return f"{local}.unwrap_or_else(|| {written})"
    return f"{local}.unwrap_or({written})"


def _local(field: Field) -> str:
    """The variable that holds a field while the object is read."""
    name = field_name(field.name)
    return f"{name}_field" if name in _TAKEN else name


def _default(protocol: Protocol, kind: Type, value: object) -> str | None:
    """Return a default as an expression; None for one that is read from JSON instead."""
    if isinstance(kind, Ref) and isinstance(protocol.type_named(kind.name), Enum):
        return f"messages::{type_name(kind.name)}::{variant_name(str(value))}"
    if not isinstance(kind, Scalar):
        return None
    match kind.kind:
        case ScalarKind.STRING:
            return f"{literal(str(value))}.to_owned()"
        case ScalarKind.NUMBER if isinstance(value, int | float):
            return repr(float(value))
        case ScalarKind.NUMBER | ScalarKind.INTEGER | ScalarKind.BOOLEAN:
            return str(value).lower()


def _write_writing(out: SerdeWriter, node: Object) -> None:
    out.use("serde::ser", "SerializeMap")
    mut = "mut " if node.fields or node.open else ""
    out.line(f"let {mut}map = serializer.serialize_map(None)?;")
    for field in node.fields:
        key, own = literal(field.name), f"self.{field_name(field.name)}"
        if is_const(field) and isinstance(field.type, Scalar) and field.type.const is not None:
            out.line(f"map.serialize_entry({key}, {literal(field.type.const)})?;")
        elif field.required or field.has_default:
            out.line(f"map.serialize_entry({key}, &{own})?;")
        else:
            with out.block(f"if let Some(value) = &{own} {{", "}"):
                out.line(f"map.serialize_entry({key}, value)?;")
    if node.open:
        with out.block("for (name, value) in &self.extra {", "}"):
            out.line("map.serialize_entry(name, value)?;")
    out.line("map.end()")
