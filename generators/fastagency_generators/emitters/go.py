"""Go: structs with a sealed interface for each union, their codecs, the REST operations and the tables.

Everything is in the one package that users import, in files `*_generated.go`. A field whose value is fixed,
such as the `type` of a message, is no field in Go: the struct's own type says it.
"""

from __future__ import annotations

from typing import ClassVar

from ..emit import OutputFile
from ..ir.model import Enum, Field, KindUnion, ListOf, Object, Operation, Protocol, Ref, Scalar, Type, Union
from ..writer import Writer
from .go_codec import write_enum_codec, write_kind_union_codec, write_object_codec, write_union_codec
from .go_layout import FOLDER, WIDTH, comment, exported, file, literal, named, sentence, unexported, unique
from .go_tables import write_tables
from .go_types import GoTypes, holds_secret, is_fixed, tagged_by

__all__ = ["GoEmitter"]

_METHODS = {"RawJSON", "MarshalJSON", "UnmarshalJSON", "Extra"}
"""What a field cannot be called."""

_VERBS = {"string": "%q", "int64": "%d", "float64": "%g", "bool": "%t", "json.RawMessage": "%s"}
"""How `fmt` prints a field of each type; `%+v` where it is none of these."""

_KINDS = {"string": "String", "integer": "Integer", "number": "Number", "boolean": "Boolean"}


class GoEmitter:
    """Writes `sdk-go/{messages,codec,operations,tables}_generated.go`."""

    name: ClassVar[str] = "go"
    roots: ClassVar[tuple[str, ...]] = (f"{FOLDER}/*_generated.go",)

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._types = GoTypes(protocol)
        self._messages = Writer("\t")
        self._codec = Writer("\t")
        self._operations = Writer("\t")
        self._tables = Writer("\t")
        self._unknowns: set[str] = set()
        names = [(node.name, self._types.name(node.name)) for node in protocol.types]
        unique(names, "the schemas")

    # --- types ----------------------------------------------------------------

    def write_enum(self, node: Enum) -> None:
        """Write a closed list of strings as a string type with constants."""
        out, name = self._messages, self._types.name(node.name)
        constants = [(value.value, name + exported(value.value)) for value in node.values]
        unique(constants, node.source)
        out.blank()
        comment(out, sentence(name, node.description))
        out.line(f"type {name} string")
        out.blank()
        comment(out, f"The values of [{name}].")
        with out.block("const (", ")"):
            for value, (_, constant) in zip(node.values, constants, strict=True):
                comment(out, sentence(constant, value.description or f"`{value.value}`."))
                out.line(f"{constant} {name} = {literal(value.value)}")
        write_enum_codec(self._codec, name, [constant for _, constant in constants])

    def write_object(self, node: Object) -> None:
        """Write an object as a struct, with its codec. Raises ValueError for fields that Go cannot tell."""
        out, name = self._messages, self._types.name(node.name)
        unions = tagged_by(self._protocol, node)
        # Where the frame as it came is kept, a secret deeper down is in there too.
        secret = any(
            field.secret or (unions and holds_secret(self._protocol, field.type)) for field in node.fields
        )
        taken = _METHODS | {exported(union.tag_field) for union in unions} | ({"Format"} if secret else set())
        fields = [(field, _field_name(field, taken)) for field in node.fields if not is_fixed(field)]
        unique([(field.name, go) for field, go in fields], node.source)
        out.blank()
        tags = [
            variant.tag for union in unions for variant in union.variants if variant.type.name == node.name
        ]
        about = named(name, tags[0], node.description) if tags else sentence(name, node.description)
        comment(out, about)
        if not fields and not unions and not node.open:
            out.line(f"type {name} struct{{}}")
        else:
            self._write_struct(node, name, fields, bool(unions))
        for union in unions:
            self._write_variant(union, node, name)
        if unions:
            out.blank()
            comment(
                out,
                "RawJSON returns the frame as it came, nil for a message that did not come from a server.",
            )
            out.line(f"func (m *{name}) RawJSON() json.RawMessage {{ return m.raw }}")
        if secret:
            self._write_format(node, name, fields)
        write_object_codec(self._codec, self._types, node, name, fields)

    def _write_struct(self, node: Object, name: str, fields: list[tuple[Field, str]], raw: bool) -> None:
        out = self._messages
        with out.block(f"type {name} struct {{", "}"):
            for place, (field, go) in enumerate(fields):
                if place:
                    out.blank()
                comment(out, field.description)
                out.line(f"{go} {self._types.field(field, out)}")
            if node.open:
                if fields:
                    out.blank()
                comment(out, "Extra holds the fields beside these, as they came.")
                out.use("encoding/json", "RawMessage")
                out.line("Extra map[string]json.RawMessage")
            if raw:
                if fields or node.open:
                    out.blank()
                out.use("encoding/json", "RawMessage")
                out.line("raw json.RawMessage")

    def _write_format(self, node: Object, name: str, fields: list[tuple[Field, str]]) -> None:
        """Write how `fmt` prints the struct. Without it some verb, `%d` at the latest, prints every field."""
        out = self._messages
        out.use("fmt", "Fprintf")
        forms, values = [], []
        for field, go in fields:
            if field.secret:
                forms.append(f"{go}:…")
            else:
                forms.append(f"{go}:{_VERBS.get(self._types.field(field, out), '%+v')}")
                values.append(f"v.{go}")
        if node.open:
            forms.append("Extra:%s")
            values.append("v.Extra")
        printed = f"{name}{{{' '.join(forms)}}}"
        out.blank()
        comment(out, "Format prints the fields, with … for a secret, whatever the verb.")
        with out.block(f"func (v {name}) Format(out fmt.State, _ rune) {{", "}"):
            head, rest = f"fmt.Fprintf(out, {literal(printed)}", ", ".join(values)
            if not values:
                out.line(f"{head})")
            elif len(head) + len(rest) + 3 <= WIDTH:
                out.line(f"{head}, {rest})")
            else:
                out.lines(f"{head},", f"\t{rest})")

    def _write_variant(self, union: Union, node: Object, name: str) -> None:
        out = self._messages
        tag = next(variant.tag for variant in union.variants if variant.type.name == node.name)
        if not any(field.name == union.tag_field and is_fixed(field) for field in node.fields):
            raise ValueError(f"{node.source}: `{union.tag_field}` must be a constant for Go")
        method = exported(union.tag_field)
        out.blank()
        comment(out, f"{method} returns {literal(tag)}.")
        out.line(f"func (*{name}) {method}() string {{ return {literal(tag)} }}")
        out.blank()
        out.line(f"func (*{name}) is{self._types.name(union.name)}() {{}}")

    def write_union(self, node: Union) -> None:
        """Write a union of objects as a sealed interface, with `Unknown`."""
        out, name = self._messages, self._types.name(node.name)
        unknown, tag = self._write_unknown(node.tag_field), exported(node.tag_field)
        out.blank()
        comment(out, sentence(name, node.description))
        with out.block(f"type {name} interface {{", "}"):
            comment(out, f"{tag} returns the `{node.tag_field}` that stands on the wire.")
            out.line(f"{tag}() string")
            out.blank()
            comment(out, "RawJSON returns the object as it came, nil when it did not come from a server.")
            out.line("RawJSON() json.RawMessage")
            out.blank()
            out.line(f"is{name}()")
        out.blank()
        out.line(f"func (*{unknown}) is{name}() {{}}")
        variants = [(variant.tag, self._types.name(variant.type.name)) for variant in node.variants]
        write_union_codec(self._codec, node, name, unknown, variants)

    def _write_unknown(self, tag_field: str) -> str:
        name = "Unknown" if tag_field == "type" else f"UnknownBy{exported(tag_field)}"
        if name in self._unknowns:
            return name
        self._unknowns.add(name)
        out, tag = self._messages, exported(tag_field)
        out.use("encoding/json", "RawMessage")
        out.blank()
        comment(
            out,
            f"{name} is an object whose `{tag_field}` this version of the protocol does not know. It is kept,"
            " never an error.",
        )
        with out.block(f"type {name} struct {{", "}"):
            comment(out, f"Claimed{tag} is the `{tag_field}` that it came with.")
            out.line(f"Claimed{tag} string")
            out.blank()
            comment(out, "Raw is the whole object as it came.")
            out.line("Raw json.RawMessage")
        out.blank()
        comment(out, f"{tag} returns Claimed{tag}.")
        out.line(f"func (m *{name}) {tag}() string {{ return m.Claimed{tag} }}")
        out.blank()
        comment(out, "RawJSON returns Raw.")
        out.line(f"func (m *{name}) RawJSON() json.RawMessage {{ return m.Raw }}")
        out.blank()
        comment(out, "MarshalJSON returns Raw.")
        out.line(f"func (m {name}) MarshalJSON() ([]byte, error) {{ return m.Raw, nil }}")
        return name

    def write_kind_union(self, node: KindUnion) -> None:
        """Write a union by JSON kind as a sealed interface, with a type for each branch that has none."""
        out, name = self._messages, self._types.name(node.name)
        branches = [(branch, self._branch_name(name, branch)) for branch in node.branches]
        out.blank()
        listed = ", ".join(f"[{go.removeprefix('*')}]" for _, go in branches)
        comment(out, f"{sentence(name, node.description)} It is one of {listed}.")
        out.line(f"type {name} interface{{ is{name}() }}")
        for branch, go in branches:
            out.blank()
            if not isinstance(branch, Ref):
                comment(out, f"{go} is a [{name}].")
                out.line(f"type {go} {self._types.written(branch, out)}")
                out.blank()
            out.line(f"func ({go}) is{name}() {{}}")
        write_kind_union_codec(self._codec, self._types, self._protocol, name, branches)

    # --- operations and tables --------------------------------------------------

    def write_operations(self, operations: tuple[Operation, ...]) -> None:
        """Write the paths of the REST operations, and how the body of success is read."""
        out = self._operations
        for operation in operations:
            path = f"{exported(operation.name)}Path"
            out.blank()
            comment(
                out,
                f"{path} is the path of `{operation.name}`, unless the server is configured with another.",
            )
            out.line(f"const {path} = {literal(operation.path)}")
            out.blank()
            comment(
                out,
                sentence(
                    f"{unexported(operation.name)}Operation", operation.description or operation.summary
                ),
            )
            success = next((response for response in operation.responses if response.body is not None), None)
            if success is None or success.body is None:
                raise ValueError(f"{operation.name}: Go's client needs a response with a body")
            kind = self._types.written(success.body, out)
            parts = [
                literal(operation.method.upper()),
                str(success.status),
                self._types.reader(success.body, out),
            ]
            out.line(f"var {unexported(operation.name)}Operation = operation[{kind}]{{{', '.join(parts)}}}")

    def write_tables(self, protocol: Protocol) -> None:
        """Write the version, the channel, the close codes and the lifecycle."""
        write_tables(self._tables, self._types, protocol)

    def files(self) -> list[OutputFile]:
        """Return the four files."""
        head = Writer("\t")
        for source, name in self._types.patterns.items():
            self._codec.use("regexp", "MustCompile")
            head.line(f"var {name} = regexp.MustCompile({_raw_text(source)})")
        codec = Writer("\t")
        for module in self._codec.imports:
            codec.use(module, "")
        codec.lines(head.text().rstrip("\n"), "", self._codec.text().rstrip("\n"))
        return [
            file("messages", self._messages),
            file("codec", codec if self._types.patterns else self._codec),
            file("operations", self._operations),
            file("tables", self._tables),
        ]

    # --- parts ------------------------------------------------------------------

    def _branch_name(self, union: str, branch: Type) -> str:
        match branch:
            case Ref(name=name):
                is_object = isinstance(self._protocol.type_named(name), Object)
                return f"{'*' if is_object else ''}{self._types.name(name)}"
            case ListOf():
                return f"{union}List"
            case Scalar(kind=kind):
                return union + _KINDS[kind.value]
        return f"{union}Object"


def _field_name(field: Field, taken: set[str]) -> str:
    name = exported(field.name)
    return f"{name}Field" if name in taken else name


def _raw_text(text: str) -> str:
    return literal(text) if "`" in text else f"`{text}`"
