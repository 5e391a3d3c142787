"""Ruby: immutable value classes, their RBS signatures, the REST operations and the tables.

A message is declared as a person would declare it, one `attribute` a field with its doc comment; what makes a
value of that (the constructor, the reader, pattern matching) is the SDK's hand-written `Value`.
"""

from __future__ import annotations

from typing import ClassVar

from ..emit import OutputFile
from ..ir.model import (
    Enum,
    Field,
    Json,
    JsonKind,
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
from ..ir.names import constant
from ..writer import Writer
from .ruby_layout import call, collection, comment, literal, module_file, pattern, symbol
from .ruby_names import attribute_names, enum_constants, takes_nil, type_names
from .ruby_signatures import Signatures
from .ruby_tables import write_table_signatures, write_tables

__all__ = ["RubyEmitter"]

_SCALARS = {
    ScalarKind.STRING: ("Types::STRING", "String"),
    ScalarKind.INTEGER: ("Types::INTEGER", "Integer"),
    ScalarKind.NUMBER: ("Types::NUMBER", "Numeric"),
    ScalarKind.BOOLEAN: ("Types::BOOLEAN", "Boolean"),
}


class RubyEmitter:
    """Writes messages.rb, operations.rb and tables.rb, and a signature file of each."""

    name: ClassVar[str] = "ruby"
    roots: ClassVar[tuple[str, ...]] = (
        "sdk-ruby/lib/fastagency_sdk/_generated",
        # Without an underscore: RBS does not look into such folders of a gem.
        "sdk-ruby/sig/generated",
    )

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._names = type_names(protocol)
        self._messages = Writer("  ")
        self._operations = Writer("  ")
        self._tables = Writer("  ")
        self._table_signatures = Writer("  ")
        self._signatures = Signatures(protocol, self._names)
        self._operation_signatures = Writer("  ")
        self._patterns: dict[str, str] = {}

    # --- types ----------------------------------------------------------------

    def write_enum(self, node: Enum) -> None:
        """Write a closed list of strings as a module of constants, and the type that takes only these."""
        out = self._messages
        names = enum_constants(node.source, [value.value for value in node.values])
        out.blank()
        comment(out, node.description, 1)
        with out.block(f"module {self._names[node.name]}", "end"):
            for value in node.values:
                if value.description:
                    comment(out, value.description, 2)
                out.line(f"{names[value.value]} = {literal(value.value)}")
            out.blank()
            comment(out, "Every value, in the order of the spec.", 2)
            collection(out, "ALL = ", names.values(), "[]", 2, ".freeze")
            out.blank()
            out.line("extend Types::Closed")
        self._signatures.write_enum(node, names)

    def write_object(self, node: Object) -> None:
        """Write an object as a value class."""
        out = self._messages
        names = attribute_names(node)
        out.blank()
        comment(out, node.description, 1)
        if not node.fields and not node.open:
            out.line(f"class {self._names[node.name]} < Value; end")
        else:
            with out.block(f"class {self._names[node.name]} < Value", "end"):
                for number, field in enumerate(node.fields):
                    if number:
                        out.blank()
                    self._write_attribute(field, names[field.name])
                if node.open:
                    if node.fields:
                        out.blank()
                    out.line("keeps_extra_attributes")
        self._signatures.write_object(node, names)

    def _write_attribute(self, field: Field, name: str) -> None:
        out = self._messages
        comment(out, field.description, 2)
        nil = ", nil" if takes_nil(field) and not _is_any(field.type) else ""
        comment(out, f"@return [{self._documented(field.type)}{nil}]", 2)
        arguments = [symbol(name), self._type(field.type)]
        if name != field.name:
            arguments.append(f"key: {literal(field.name)}")
        if field.nullable and not _is_any(field.type):
            arguments.append("nullable: true")
        if field.has_default:
            arguments.append(f"default: {literal(field.default)}")
        elif not field.required:
            arguments.append("optional: true")
        if field.secret:
            arguments.append("secret: true")
        call(out, "attribute", arguments, 2)

    def write_union(self, node: Union) -> None:
        """Write a union as the type that picks a class by the tag, and `Unknown` for tags that it lacks."""
        out = self._messages
        out.blank()
        comment(out, node.description, 1)
        with out.block(f"{self._names[node.name]} = Types.union(", ")"):
            out.line(f"{literal(node.tag_field)},")
            with out.block("{", "}," if node.default_tag is not None else "}"):
                for number, variant in enumerate(node.variants, start=1):
                    comma = "," if number < len(node.variants) else ""
                    out.line(f"{literal(variant.tag)} => {self._names[variant.type.name]}{comma}")
            if node.default_tag is not None:
                out.line(f"absent: {literal(node.default_tag)}")
        self._signatures.write_union(node)

    def write_kind_union(self, node: KindUnion) -> None:
        """Write a union of values that their JSON kind tells apart."""
        out = self._messages
        out.blank()
        comment(out, node.description, 1)
        branches = [self._type(branch) for branch in node.branches]
        collection(out, f"{self._names[node.name]} = Types.one_of", branches, "()", 1, "")
        self._signatures.write_kind_union(node)

    # --- operations and tables --------------------------------------------------

    def write_operations(self, operations: tuple[Operation, ...]) -> None:
        """Write the REST operations: the method, the path, and the body of each documented status."""
        out, sig = self._operations, self._operation_signatures
        comment(out, "The REST operations: how each is called, and what the server answers, by status.", 1)
        with out.block("module Operations", "end"), sig.block("module Operations", "end"):
            for number, operation in enumerate(operations):
                if number:
                    out.blank()
                text = f"{operation.summary}. {operation.description}"
                comment(out, text, 2)
                comment(sig, text, 2)
                name = constant(operation.name)
                sig.line(f"{name}: Operation")
                with out.block(f"{name} = Operation.new(", ")"):
                    out.line(f"method: {literal(operation.method.upper())},")
                    out.line(f"path: {literal(operation.path)},")
                    responses = [it for it in operation.responses if it.body is not None]
                    with out.block("responses: {", "}"):
                        for last, response in enumerate(responses, start=1 - len(responses)):
                            assert response.body is not None
                            comma = "," if last else ""
                            out.line(f"{response.status} => {self._type(response.body)}{comma}")

    def write_tables(self, protocol: Protocol) -> None:
        """Write the version, the types, the channel, the close codes and the lifecycle."""
        write_tables(self._tables, protocol, self._names)
        write_table_signatures(self._table_signatures, protocol)

    def files(self) -> list[OutputFile]:
        """Return the six files."""
        heads = [f"{name} = {pattern(source)}" for source, name in self._patterns.items()]
        if heads:
            heads += [f"private_constant {', '.join(map(symbol, self._patterns.values()))}", ""]
        messages = "\n".join(heads) + "\n" + self._messages.text()
        lib, sig = self.roots
        return [
            OutputFile(f"{lib}/messages.rb", module_file(messages)),
            OutputFile(f"{lib}/operations.rb", module_file(self._operations.text())),
            OutputFile(f"{lib}/tables.rb", module_file(self._tables.text())),
            OutputFile(f"{sig}/messages.rbs", module_file(self._signatures.text(), signature=True)),
            OutputFile(
                f"{sig}/operations.rbs", module_file(self._operation_signatures.text(), signature=True)
            ),
            OutputFile(f"{sig}/tables.rbs", module_file(self._table_signatures.text(), signature=True)),
        ]

    # --- parts ------------------------------------------------------------------

    def _type(self, node: Type) -> str:
        """The expression that gives the type as the SDK's reader takes it."""
        match node:
            case Scalar(const=str() as const):
                return f"Types.constant({literal(const)})"
            case Scalar(kind=ScalarKind.STRING, pattern=source, min_length=least) if source or least:
                arguments = []
                if source:
                    name = self._patterns.setdefault(source, f"PATTERN{len(self._patterns) + 1}")
                    arguments.append(f"pattern: {name}")
                if least:
                    arguments.append(f"min_length: {least}")
                return f"Types.string({', '.join(arguments)})"
            case Scalar(kind=kind):
                return _SCALARS[kind][0]
            case Json(kind=kind):
                return "Types::OBJECT" if kind is JsonKind.OBJECT else "Types::ANY"
            case ListOf(item=item):
                return f"Types.list({self._type(item)})"
            case Ref(name=name):
                return self._names[name]

    def _documented(self, node: Type) -> str:
        """The type as YARD writes it."""
        match node:
            case Scalar(kind=kind):
                return _SCALARS[kind][1]
            case Json(kind=kind):
                return "Hash{String => Object}" if kind is JsonKind.OBJECT else "Object"
            case ListOf(item=item):
                return f"Array<{self._documented(item)}>"
            case Ref(name=name):
                found = self._protocol.type_named(name)
                if isinstance(found, KindUnion):
                    return ", ".join(self._documented(branch) for branch in found.branches)
                return "String" if isinstance(found, Enum) else self._names[name]


def _is_any(node: Type) -> bool:
    return node == Json(JsonKind.VALUE)
