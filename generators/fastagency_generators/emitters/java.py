"""Java: a record for each object, a sealed interface for each union, an enum for each closed list, tables.

Every type decodes itself from Jackson's tree (`fromJson`) and encodes itself into one (`toJson`). A union has
one more record, `Unknown`, for a tag that is not known. A field that always has the same value is a method,
not a component.
"""

from __future__ import annotations

from collections import defaultdict
from typing import ClassVar

from ..emit import MARK, OutputFile
from ..ir.model import (
    Enum,
    KindUnion,
    ListOf,
    Object,
    Operation,
    Protocol,
    Ref,
    Scalar,
    ScalarKind,
    Type,
    Union,
)
from ..ir.names import camel
from ..writer import Writer
from .java_layout import declaration, javadoc, text
from .java_names import class_names, constant_names
from .java_records import write_record
from .java_tables import write_operations, write_tables
from .java_types import INTERNAL, JACKSON, JSON, Types

__all__ = ["JavaEmitter"]

_PACKAGE = "io.github.fastagencyprotocol.sdk.messages"
_FOLDER = f"sdk-java/src/main/java/{_PACKAGE.replace('.', '/')}"


class JavaEmitter:
    """Writes the package `io.github.fastagencyprotocol.sdk.messages`: one file a type, and the tables."""

    name: ClassVar[str] = "java"
    roots: ClassVar[tuple[str, ...]] = (_FOLDER,)

    def __init__(self, protocol: Protocol) -> None:
        self._types = Types(protocol, class_names(protocol))
        self._files: list[OutputFile] = []
        self._interfaces: defaultdict[str, list[str]] = defaultdict(list)
        for node in protocol.types:
            if isinstance(node, Union):
                for variant in node.variants:
                    self._interfaces[variant.type.name].append(self._types.names[node.name])
        for message in protocol.channel.from_server:
            if message.asks and isinstance(message.payload, Ref):
                self._interfaces[message.payload.name].append("Question")

    # --- types ----------------------------------------------------------------

    def write_enum(self, node: Enum) -> None:
        """Write a closed list of strings as an enum that knows how each value stands on the wire."""
        out = Writer("  ")
        name = self._types.names[node.name]
        constants = constant_names(node)
        javadoc(out, node.description, depth=0)
        with out.block(f"public enum {name} {{", "}"):
            for number, value in enumerate(node.values, start=1):
                javadoc(out, value.description or f"`{value.value}`.", depth=1)
                end = ";" if number == len(node.values) else ","
                out.line(f"{constants[value.value]}({text(value.value)}){end}")
            out.blank()
            out.line("private final String wireValue;")
            out.blank()
            with out.block(f"{name}(String wireValue) {{", "}"):
                out.line("this.wireValue = wireValue;")
            out.blank()
            javadoc(out, "Returns the value as it stands on the wire.", [("@return", "the string")], depth=1)
            with out.block("public String wireValue() {", "}"):
                out.line("return wireValue;")
            out.blank()
            javadoc(out, "Returns the value as JSON.", [("@return", "a string")], depth=1)
            out.line("@" + out.use("com.fasterxml.jackson.annotation", "JsonValue"))
            with out.block(f"public {out.use(f'{JACKSON}.node', 'TextNode')} toJson() {{", "}"):
                out.line("return TextNode.valueOf(wireValue);")
            out.blank()
            self._from_json_doc(out, depth=1)
            node_type = out.use(JACKSON, "JsonNode")
            with out.block(f"public static {name} fromJson({node_type} json) {{", "}"):
                decoders = out.use(INTERNAL, "Decoders")
                with out.block(f"return switch ({decoders}.string(json)) {{", "};"):
                    for value in node.values:
                        out.line(f"case {text(value.value)} -> {constants[value.value]};")
                    out.line(f"default -> throw {decoders}.notOneOf({text(node.name)});")
        self._file(name, out)

    def write_object(self, node: Object) -> None:
        """Write an object as a record."""
        out = Writer("  ")
        interfaces = self._interfaces[node.name] or [out.use(JSON, "WireObject")]
        write_record(out, node, self._types, interfaces)
        self._file(self._types.names[node.name], out)

    def write_union(self, node: Union) -> None:
        """Write a union as a sealed interface, with the record `Unknown` inside it."""
        out = Writer("  ")
        name = self._types.names[node.name]
        tag = camel(node.tag_field)
        wire_object = out.use(JSON, "WireObject")
        variants = [(variant.tag, self._types.names[variant.type.name]) for variant in node.variants]
        classes = list(dict.fromkeys(variant for _, variant in variants))
        javadoc(out, node.description, depth=0)
        head = f"public sealed interface {name} extends {wire_object}"
        declaration(out, head, [("permits", [*classes, f"{name}.Unknown"])], depth=0)
        with out.indented():
            said = f"Returns the `{node.tag_field}` that tells which one this is."
            javadoc(out, said, [("@return", "the tag, as it stands on the wire")], depth=1)
            out.line(f"String {tag}();")
            out.blank()
            self._from_json_doc(out, depth=1)
            json_node = out.use(JACKSON, "JsonNode")
            with out.block(f"static {name} fromJson({json_node} json) {{", "}"):
                absent = "" if node.default_tag is None else f", {text(node.default_tag)}"
                fields = out.use(INTERNAL, "Fields")
                out.line(f"String {tag} = {fields}.of(json).tag({text(node.tag_field)}{absent});")
                with out.block(f"return switch ({tag}) {{", "};"):
                    for value, variant in variants:
                        out.line(f"case {text(value)} -> {variant}.fromJson(json);")
                    object_node = out.use(f"{JACKSON}.node", "ObjectNode")
                    out.line(f"default -> new Unknown({tag}, ({object_node}) json);")
            out.blank()
            self._write_unknown(out, name, node.tag_field)
        out.line("}")
        self._file(name, out)

    def write_kind_union(self, node: KindUnion) -> None:
        """Write a union of JSON kinds as a sealed interface with one record a kind."""
        out = Writer("  ")
        name = self._types.names[node.name]
        branches = [(_kind_name(branch, self._types.protocol), branch) for branch in node.branches]
        json_node = out.use(JACKSON, "JsonNode")
        javadoc(out, node.description, depth=0)
        with out.block(f"public sealed interface {name} {{", "}"):
            javadoc(out, "Returns the value as JSON.", [("@return", "the JSON")], depth=1)
            out.line("@" + out.use("com.fasterxml.jackson.annotation", "JsonValue"))
            out.line(f"{json_node} toJson();")
            out.blank()
            self._from_json_doc(out, depth=1)
            with out.block(f"static {name} fromJson({json_node} json) {{", "}"):
                out.line("return switch (json.getNodeType()) {")
                with out.indented():
                    for kind, branch in branches:
                        decoded = self._decoded(branch, out)
                        out.line(f"case {_NODE_TYPES[kind]} -> new {kind}({decoded});")
                    decoders = out.use(INTERNAL, "Decoders")
                    out.line(f"default -> throw {decoders}.ofNoKind({text(node.name)});")
                out.line("};")
            for kind, branch in branches:
                out.blank()
                self._write_branch(out, name, kind, branch)
        self._file(name, out)

    # --- operations and tables --------------------------------------------------

    def write_operations(self, operations: tuple[Operation, ...]) -> None:
        """Write the REST operations: their methods and paths."""
        out = Writer("  ")
        write_operations(out, operations)
        self._file("Operation", out)

    def write_tables(self, protocol: Protocol) -> None:
        """Write the version, the channel, what asks, the close codes and the lifecycle."""
        for name, out in write_tables(protocol, self._types.names):
            self._file(name, out)
        package = Writer("  ")
        javadoc(package, "The protocol's messages, bodies and tables, generated from its spec.", depth=0)
        package.line("@" + package.use("org.jspecify.annotations", "NullMarked"))
        package.line(f"package {_PACKAGE};")
        imports = "\n".join(_imports(package))
        self._files.append(
            OutputFile(f"{_FOLDER}/package-info.java", f"// {MARK}\n\n{package.text()}\n{imports}\n")
        )

    def files(self) -> list[OutputFile]:
        """Return one file a class, and the package's own."""
        return self._files

    # --- parts ------------------------------------------------------------------

    def _write_unknown(self, out: Writer, union: str, tag_field: str) -> None:
        tag = camel(tag_field)
        said = (
            f"An object whose `{tag_field}` this version of the protocol does not know."
            " It is kept, never an error."
        )
        tags = [
            (f"@param {tag}", f"the `{tag_field}` that it came with"),
            ("@param raw", "the whole object as it came"),
        ]
        javadoc(out, said, tags, depth=1)
        with out.block(f"record Unknown(String {tag}, ObjectNode raw) implements {union} {{", "}"):
            javadoc(out, "Checks that neither is null.", tags, depth=2)
            with out.block("public Unknown {", "}"):
                objects = out.use("java.util", "Objects")
                out.line(f"{objects}.requireNonNull({tag}, {text(tag)});")
                out.line(f'{objects}.requireNonNull(raw, "raw");')
            out.blank()
            out.line("@Override")
            with out.block("public ObjectNode toJson() {", "}"):
                out.line("return raw;")

    def _write_branch(self, out: Writer, union: str, kind: str, branch: Type) -> None:
        javadoc(out, _KIND_WORDS[kind], [("@param value", "the value")], depth=1)
        component = self._types.bare(branch, out)
        with out.block(f"record {kind}({component} value) implements {union} {{", "}"):
            if component[0].isupper():
                javadoc(out, "Checks that the value is not null.", [("@param value", "the value")], depth=2)
                with out.block(f"public {kind} {{", "}"):
                    objects = out.use("java.util", "Objects")
                    if isinstance(branch, ListOf):
                        out.line("value = List.copyOf(value);")
                    else:
                        out.line(f'{objects}.requireNonNull(value, "value");')
                out.blank()
            out.line("@Override")
            with out.block(f"public {out.use(JACKSON, 'JsonNode')} toJson() {{", "}"):
                if isinstance(branch, ListOf):
                    encoders = out.use(INTERNAL, "Encoders")
                    out.line(f"return {encoders}.list(value, {self._types.item_encoder(branch.item, out)});")
                elif isinstance(branch, Scalar):
                    node = self._types.item_encoder(branch, out)
                    out.line(f"return {str(node).replace('::', '.')}(value);")
                else:
                    out.line("return value.toJson();" if isinstance(branch, Ref) else "return value;")

    def _decoded(self, branch: Type, out: Writer) -> str:
        decoder = self._types.decoder(branch, out)
        if isinstance(decoder, str):
            return f"{decoder.replace('::', '.')}(json)"
        return f"{decoder}.decode(json)"

    def _from_json_doc(self, out: Writer, depth: int) -> None:
        javadoc(
            out,
            "Reads it from JSON, strictly: nothing is taken for something else.",
            [
                ("@param json", "the JSON"),
                ("@return", "what it says, with defaults filled in"),
                (
                    "@throws IllegalArgumentException",
                    "when it is something else; the message tells where",
                ),
            ],
            depth=depth,
        )

    def _file(self, name: str, out: Writer) -> None:
        parts = [f"// {MARK}", f"package {_PACKAGE};", "\n".join(_imports(out)), out.text().rstrip("\n")]
        whole = "\n\n".join(part for part in parts if part) + "\n"
        self._files.append(OutputFile(f"{_FOLDER}/{name}.java", whole))


_NODE_TYPES = {
    "Text": "STRING",
    "Numeric": "NUMBER",
    "Flag": "BOOLEAN",
    "Items": "ARRAY",
    "Structure": "OBJECT",
}
_KIND_WORDS = {
    "Text": "It is a string.",
    "Numeric": "It is a number.",
    "Flag": "It is a boolean.",
    "Items": "It is a list.",
    "Structure": "It is an object.",
}
_SCALAR_KINDS = {
    ScalarKind.STRING: "Text",
    ScalarKind.INTEGER: "Numeric",
    ScalarKind.NUMBER: "Numeric",
    ScalarKind.BOOLEAN: "Flag",
}


def _kind_name(branch: Type, protocol: Protocol) -> str:
    """Return the record of a branch, by its JSON kind: the spec gives branches no names."""
    match branch:
        case Scalar(kind=kind):
            return _SCALAR_KINDS[kind]
        case ListOf():
            return "Items"
        case Ref(name) if isinstance(protocol.type_named(name), Enum):
            return "Text"
    return "Structure"


def _imports(out: Writer) -> list[str]:
    names = sorted(f"{module}.{name}" for module, names in out.imports.items() for name in names)
    return [f"import {name};" for name in names]
