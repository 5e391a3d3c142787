"""Rust: structs and enums, their serde implementations, the REST operations and the tables.

The types are plain data with public fields; the codec stands beside them in a file of its own. It is written
out instead of derived, because serde's derived readers take a list for an object, read a tagged union through
a buffer that rounds big numbers, and know no constraints on texts.
"""

from __future__ import annotations

from typing import ClassVar

from ..emit import MARK, OutputFile
from ..ir.model import Enum, Field, KindUnion, Object, Operation, Protocol, Ref, Union
from ..ir.names import pascal
from ..writer import Writer
from . import rust_codec
from .rust_kinds import write_kind_union
from .rust_layout import WIDTH, doc, field_name, import_lines, literal, type_name, variant_name
from .rust_rest import write_operations
from .rust_serde import SerdeWriter
from .rust_tables import write_tables
from .rust_types import branch_name, default_is_empty, is_const, nullable, rust_type

__all__ = ["RustEmitter"]

_ROOT = "sdk-rust/src/_generated"
_DERIVE = "#[derive(Debug, Clone, PartialEq)]"


class RustEmitter:
    """Writes `sdk-rust/src/_generated/`: mod.rs, messages.rs, codec.rs, rest.rs and tables.rs."""

    name: ClassVar[str] = "rust"
    roots: ClassVar[tuple[str, ...]] = (_ROOT,)

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._messages = Writer()
        self._codec = SerdeWriter()
        self._rest = Writer()
        self._tables = Writer()

    # --- types ----------------------------------------------------------------

    def write_enum(self, node: Enum) -> None:
        """Write a closed list of strings as an enum without values."""
        out = self._messages
        name = type_name(node.name)
        out.blank()
        doc(out, node.description)
        out.line("#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]")
        out.line("#[non_exhaustive]")
        with out.block(f"pub enum {name} {{", "}"):
            for value in node.values:
                doc(out, value.description or f"`{value.value}`.", 1)
                out.line(f"{variant_name(value.value)},")
        out.blank()
        with out.block(f"impl {name} {{", "}"):
            doc(out, "The value as it stands on the wire.", 1)
            with out.block("pub fn as_str(self) -> &'static str {", "}"), out.block("match self {", "}"):
                for value in node.values:
                    out.line(f"{name}::{variant_name(value.value)} => {literal(value.value)},")
        rust_codec.write_enum(self._codec, node)

    def write_object(self, node: Object) -> None:
        """Write an object as a struct. A field whose value never varies is left to the codec.

        Raises ValueError when two fields get one name.
        """
        out = self._messages
        fields = [field for field in node.fields if not is_const(field)]
        names = [field_name(field.name) for field in fields] + (["extra"] if node.open else [])
        for name in names:
            if names.count(name) > 1:
                raise ValueError(f"{node.source}: two fields are called `{name}` in Rust")
        out.blank()
        doc(out, node.description)
        secret = any(field.secret for field in fields)
        derived = ["Debug"] * (not secret) + ["Clone"] + ["Default"] * self._is_empty(node) + ["PartialEq"]
        out.line(f"#[derive({', '.join(derived)})]")
        out.line("#[non_exhaustive]")
        if not names:
            out.line(f"pub struct {type_name(node.name)} {{}}")
        else:
            with out.block(f"pub struct {type_name(node.name)} {{", "}"):
                for field in fields:
                    doc(out, field.description, 1)
                    out.line(f"pub {field_name(field.name)}: {self._field_type(field)},")
                if node.open:
                    doc(out, "Fields beside these, as they came.", 1)
                    out.use("std::collections", "BTreeMap")
                    out.line(f"pub extra: BTreeMap<String, {out.use('crate::json', 'Json')}>,")
        if secret:
            self._write_debug(node, fields)
        rust_codec.write_object(self._codec, self._protocol, node)

    def _write_debug(self, node: Object, fields: list[Field]) -> None:
        """Write what the derived `Debug` would be, with `…` for the value of each secret field."""
        out = self._messages
        module, name = out.use("std", "fmt"), type_name(node.name)
        calls = []
        for field in fields:
            own = field_name(field.name)
            value = '&format_args!("…")' if field.secret else f"&self.{own}"
            calls.append(f".field({literal(own.removeprefix('r#'))}, {value})")
        if node.open:
            calls.append('.field("extra", &self.extra)')
        out.blank()
        with out.block(f"impl {module}::Debug for {name} {{", "}"):
            head = f"fn fmt(&self, out: &mut {module}::Formatter<'_>) -> {module}::Result {{"
            # Even the shortest of these is a chain that rustfmt gives a line a call.
            with out.block(head, "}"), out.block(f"out.debug_struct({literal(name)})"):
                out.lines(*calls, ".finish()")

    def write_union(self, node: Union) -> None:
        """Write a union of objects as an enum, with `Unknown`.

        Raises ValueError when a variant has that name itself.
        """
        out = self._messages
        name = type_name(node.name)
        variants = [pascal(variant.type.name) for variant in node.variants]
        if "Unknown" in variants:
            raise ValueError(f"{node.source}: `Unknown` is what Rust calls a variant it does not know")
        out.blank()
        doc(out, node.description)
        out.line(_DERIVE)
        out.line("#[non_exhaustive]")
        with out.block(f"pub enum {name} {{", "}"):
            for variant, label in zip(node.variants, variants, strict=True):
                doc(out, f"`{variant.tag}`: {_first_sentence(self._protocol, variant.type)}", 1)
                out.line(f"{label}({type_name(variant.type.name)}),")
            doc(out, "A type that this version of the protocol does not know. It is kept, never an error.", 1)
            out.line(f"Unknown({out.use('crate::json', 'Unknown')}),")
        out.blank()
        with out.block(f"impl {name} {{", "}"):
            doc(out, f"What `{node.tag_field}` says: which message this is.", 1)
            with out.block("pub fn tag(&self) -> &str {", "}"), out.block("match self {", "}"):
                for variant, label in zip(node.variants, variants, strict=True):
                    out.line(f"{name}::{label}(_) => {literal(variant.tag)},")
                out.line(f"{name}::Unknown(unknown) => &unknown.tag,")
        rust_codec.write_union(self._codec, node)

    def write_kind_union(self, node: KindUnion) -> None:
        """Write a union of values told apart by their JSON kind as an enum."""
        out = self._messages
        out.blank()
        doc(out, node.description)
        out.line(_DERIVE)
        out.line("#[non_exhaustive]")
        with out.block(f"pub enum {type_name(node.name)} {{", "}"):
            for branch in node.branches:
                label, what = branch_name(branch)
                doc(out, what, 1)
                out.line(f"{label}({rust_type(branch, out)}),")
        write_kind_union(self._codec, self._protocol, node)

    # --- operations and tables --------------------------------------------------

    def write_operations(self, operations: tuple[Operation, ...]) -> None:
        """Write the REST operations: where they are, and what the server answers by status."""
        write_operations(self._rest, operations)

    def write_tables(self, protocol: Protocol) -> None:
        """Write the version, the channel, the messages that ask, the close codes and the lifecycle."""
        write_tables(self._tables, protocol)

    def files(self) -> list[OutputFile]:
        """Return the five files."""
        return [
            OutputFile(f"{_ROOT}/mod.rs", f"// {MARK}\n\n{_MODULES}\n"),
            _file(
                "messages",
                "The messages of the channel, and the bodies of the REST operations.",
                self._messages,
            ),
            _file(
                "codec", "How the types are read from JSON and written to it.", self._codec, self._patterns()
            ),
            _file("rest", "The REST operations: where they are, and what the server answers.", self._rest),
            _file("tables", "The protocol as data: its paths, its close codes, its lifecycle.", self._tables),
        ]

    def _patterns(self) -> str:
        """Return the regular expressions of the codec, each compiled once."""
        out = Writer()
        for pattern, name in self._codec.patterns.items():
            line = f"static {name}: wire::Pattern = wire::Pattern::new({literal(pattern)});"
            if len(line) <= WIDTH:
                out.line(line)
            else:
                out.lines(f"static {name}: wire::Pattern =", f"    wire::Pattern::new({literal(pattern)});")
        if self._codec.imports:
            self._codec.use("super", "messages")
        return out.text() if self._codec.patterns else ""

    # --- parts ------------------------------------------------------------------

    def _field_type(self, field: Field) -> str:
        inner = rust_type(field.type, self._messages)
        if nullable(field):
            inner = f"Option<{inner}>"
        return inner if field.required or field.has_default else f"Option<{inner}>"

    def _is_empty(self, node: Object) -> bool:
        """Whether the value without any field is what Rust's own default makes."""
        return all(
            not field.required and (not field.has_default or default_is_empty(field))
            for field in node.fields
            if not is_const(field)
        )


_MODULES = "mod codec;\npub mod messages;\npub mod rest;\npub mod tables;"


def _first_sentence(protocol: Protocol, ref: Ref) -> str:
    text = " ".join(protocol.type_named(ref.name).description.split())
    head, dot, _ = text.partition(". ")
    return head + dot.strip()


def _file(name: str, title: str, out: Writer, head: str = "") -> OutputFile:
    groups: dict[str, dict[str, tuple[str, ...]]] = {}
    for module, names in out.imports.items():
        groups.setdefault(_group(module), {})[module] = names
    uses = ["\n".join(import_lines(groups[it])) for it in ("std", "others", "own") if it in groups]
    body = "\n\n".join(part for part in (f"//! {title}", *uses, head.rstrip("\n"), out.text()) if part)
    return OutputFile(f"{_ROOT}/{name}.rs", f"// {MARK}\n\n{body}")


def _group(module: str) -> str:
    root = module.split("::")[0]
    return "std" if root == "std" else "own" if root in ("crate", "super") else "others"
