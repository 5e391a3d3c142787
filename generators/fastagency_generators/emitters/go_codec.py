"""Go: the functions that read and write each type, on top of the runtime's reader and writer."""

from __future__ import annotations

import json

from ..ir.model import Enum, Field, ListOf, Object, Protocol, Ref, Scalar, ScalarKind, Type, Union
from ..writer import Writer
from .go_layout import exported, literal
from .go_types import FREE, GoTypes, is_fixed, may_be_absent

__all__ = ["write_enum_codec", "write_kind_union_codec", "write_object_codec", "write_union_codec"]


def write_enum_codec(out: Writer, name: str, constants: list[str]) -> None:
    """Write how one value of a closed list is read and written."""
    out.blank()
    with out.block(f"func read{name}(r *reader) {name} {{", "}"):
        out.line("r.peek()")
        out.line("start := r.pos")
        out.line(f"value := {name}(readString(r))")
        with out.block("if r.fault == nil && !value.valid() {", "}"):
            out.line(f'r.failAt(start, "", "must be one of the values of {name}")')
        out.line("return value")
    out.blank()
    with out.block(f"func write{name}(w *writer, value {name}) {{", "}"):
        with out.block("if !value.valid() {", "}"):
            out.line(f'w.fail("no {name} has the value " + string(value))')
        out.line("writeString(w, string(value))")
    out.blank()
    with out.block(f"func (value {name}) valid() bool {{", "}"):
        out.line("switch value {")
        out.line(f"case {', '.join(constants)}:")
        with out.indented():
            out.line("return true")
        out.line("}")
        out.line("return false")


def write_object_codec(
    out: Writer, types: GoTypes, node: Object, name: str, fields: list[tuple[Field, str]]
) -> None:
    """Write how an object is read and written, alone as encoding/json does it, and within others."""
    go = {field.name: name_in_go for field, name_in_go in fields}
    _write_object_reader(out, types, node, name, go)
    _write_object_writer(out, types, node, name, go)
    out.blank()
    out.line("// UnmarshalJSON reads the object as strictly as Decode reads a frame.")
    with out.block(f"func (v *{name}) UnmarshalJSON(data []byte) error {{", "}"):
        out.line(f"return decodeInto(data, v, read{name})")
    out.blank()
    out.line("// MarshalJSON writes the object as the protocol has it.")
    with out.block(f"func (v {name}) MarshalJSON() ([]byte, error) {{", "}"):
        out.line(f"return encode(v, write{name})")


def _write_object_reader(out: Writer, types: GoTypes, node: Object, name: str, go: dict[str, str]) -> None:
    defaults = []
    for field in node.fields:
        if field.name in go and field.has_default:
            default = types.default(field, out)
            if default is not None:
                defaults.append(f"{go[field.name]}: {default}")
                if "json." in default:
                    out.use("encoding/json", "RawMessage")
    required = [field for field in node.fields if field.required]
    out.blank()
    with out.block(f"func read{name}(r *reader) {name} {{", "}"):
        if defaults:
            out.line(f"v := {name}{{{', '.join(defaults)}}}")
        else:
            out.line(f"var v {name}")
        if required:
            out.line(f"var {', '.join(_flag(field) for field in required)} bool")
        out.line("fields := r.object()")
        with out.block("for fields.next() {", "}"):
            _write_cases(out, types, node, go)
        for field in required:
            out.line(f"fields.require({literal(field.name)}, {_flag(field)})")
        out.line("return v")


def _write_cases(out: Writer, types: GoTypes, node: Object, go: dict[str, str]) -> None:
    other = "fields.keep(&v.Extra)" if node.open else "r.skip()"
    if not node.fields:
        out.line(other)
        return
    out.line("switch string(fields.name) {")
    for field in node.fields:
        out.line(f"case {literal(field.name)}:")
        with out.indented():
            value = types.read_field(field, out)
            if field.name in go:
                out.line(f"v.{go[field.name]} = {value}")
            else:
                out.line(value)
            if field.required:
                out.line(f"{_flag(field)} = true")
    out.line("default:")
    with out.indented():
        out.line(other)
    out.line("}")


def _write_object_writer(out: Writer, types: GoTypes, node: Object, name: str, go: dict[str, str]) -> None:
    out.blank()
    with out.block(f"func write{name}(w *writer, v {name}) {{", "}"):
        out.line("w.begin()")
        for field in node.fields:
            key = _key(field.name)
            if is_fixed(field):
                assert isinstance(field.type, Scalar)
                value = json.dumps(field.type.const, ensure_ascii=False)
                out.line(f"w.key({_go_text(_key_text(field.name) + value)})")
                continue
            _write_field(out, types, field, f"v.{go[field.name]}", key)
        if node.open:
            known = "".join(f", {literal(field.name)}" for field in node.fields)
            out.line(f"w.extra(v.Extra{known})")
        out.line("w.end()")


def _write_field(out: Writer, types: GoTypes, field: Field, value: str, key: str) -> None:
    absent, has_nil = may_be_absent(field), types.has_nil(field.type)
    if absent and field.nullable and field.type != FREE:
        with out.block(f"if {value}.Present {{", "}"):
            out.line(f"w.key({key})")
            out.line(f"writeNullable(w, {value}.Value, {types.writer(field.type, out)})")
        return
    if absent:
        with out.block(f"if {value} != nil {{", "}"):
            out.line(f"w.key({key})")
            out.line(types.write(field.type, value if has_nil else f"*{value}", out))
        return
    out.line(f"w.key({key})")
    if not field.nullable or field.type == FREE:
        out.line(types.write(field.type, value, out))
    elif not has_nil:
        out.line(f"writeNullable(w, {value}, {types.writer(field.type, out)})")
    else:
        with out.block(f"if {value} == nil {{"):
            out.line("w.null()")
        with out.block("} else {", "}"):
            out.line(types.write(field.type, value, out))


def write_union_codec(
    out: Writer, node: Union, name: str, unknown: str, variants: list[tuple[str, str]]
) -> None:
    """Write how a union is read by its tag, and written."""
    out.blank()
    with out.block(f"func read{name}(r *reader) {name} {{", "}"):
        out.line(f"tag, there := r.tag({literal(node.tag_field)})")
        out.line("start := r.pos")
        with out.block("if !there {", "}"):
            if node.default_tag is None:
                out.line(f'r.failAt(start, {literal(node.tag_field)}, "is missing")')
            else:
                out.line(f"tag = {literal(node.default_tag)}")
        out.line("switch tag {")
        for tag, variant in variants:
            out.line(f"case {literal(tag)}:")
            with out.indented():
                out.line(f"v := read{variant}(r)")
                out.line("v.raw = r.raw(start)")
                out.line("return &v")
        out.line("default:")
        with out.indented():
            out.line("r.skip()")
            out.line(f"return &{unknown}{{tag, r.raw(start)}}")
        out.line("}")
    out.blank()
    with out.block(f"func write{name}(w *writer, value {name}) {{", "}"):
        out.line("switch v := value.(type) {")
        for _, variant in variants:
            out.line(f"case *{variant}:")
            with out.indented():
                out.line(f"write{variant}(w, *v)")
        out.line(f"case *{unknown}:")
        with out.indented():
            out.line("writeJSONObject(w, v.Raw)")
        out.line("default:")
        with out.indented():
            out.line(f'w.fail("a {name} is nil")')
        out.line("}")


def write_kind_union_codec(
    out: Writer, types: GoTypes, protocol: Protocol, name: str, branches: list[tuple[Type, str]]
) -> None:
    """Write how a union is read by its JSON kind, and written."""
    out.blank()
    with out.block(f"func read{name}(r *reader) {name} {{", "}"):
        out.line("switch r.kind() {")
        for branch, go in branches:
            out.line(f"case {_first_byte(protocol, branch)}:")
            with out.indented():
                if go.startswith("*"):
                    out.line(f"v := {types.read(branch, out)}")
                    out.line("return &v")
                elif isinstance(branch, Ref):
                    out.line(f"return {types.read(branch, out)}")
                else:
                    out.line(f"return {go}({types.read(branch, out)})")
        out.line("default:")
        with out.indented():
            out.line(f'r.fail("must be of one of the kinds of {name}")')
            out.line("return nil")
        out.line("}")
    out.blank()
    with out.block(f"func write{name}(w *writer, value {name}) {{", "}"):
        out.line("switch v := value.(type) {")
        for branch, go in branches:
            out.line(f"case {go}:")
            with out.indented():
                if go.startswith("*"):
                    out.line(types.write(branch, "*v", out))
                elif isinstance(branch, Ref | ListOf):
                    out.line(types.write(branch, "v", out))
                else:
                    out.line(types.write(branch, f"{types.written(branch, out)}(v)", out))
        out.line("default:")
        with out.indented():
            out.line(f'w.fail("a {name} is nil")')
        out.line("}")


def _first_byte(protocol: Protocol, branch: Type) -> str:
    match branch:
        case Scalar(kind=ScalarKind.STRING):
            return "'\"'"
        case Scalar(kind=ScalarKind.BOOLEAN):
            return "'t'"
        case Scalar():
            return "'0'"
        case ListOf():
            return "'['"
        case Ref(name=name) if isinstance(protocol.type_named(name), Enum):
            return "'\"'"
    return "'{'"


def _flag(field: Field) -> str:
    return f"has{exported(field.name)}"


def _key_text(name: str) -> str:
    return f"{json.dumps(name, ensure_ascii=False)}:"


def _key(name: str) -> str:
    return _go_text(_key_text(name))


def _go_text(text: str) -> str:
    return literal(text) if "`" in text else f"`{text}`"
