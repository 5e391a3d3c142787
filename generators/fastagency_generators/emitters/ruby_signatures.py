"""RBS: the signatures of the value classes."""

from __future__ import annotations

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
from ..ir.names import snake
from ..writer import Writer
from .ruby_layout import comment, literal
from .ruby_names import takes_nil

__all__ = ["Signatures"]

_SCALARS = {
    ScalarKind.STRING: "String",
    ScalarKind.INTEGER: "Integer",
    ScalarKind.NUMBER: "(Integer | Float)",
    ScalarKind.BOOLEAN: "bool",
}

# fmt: off
_KEYWORDS = {
    "alias", "bool", "bot", "class", "def", "end", "extend", "false", "in", "include", "instance",
    "interface", "json", "module", "nil", "out", "prepend", "private", "public", "self", "singleton",
    "top", "true", "type", "unchecked", "untyped", "void",
}
"""What cannot be the name of an alias, or is one of the SDK's own."""
# fmt: on


class Signatures:
    """Writes one signature after the other. `names` are the constants of the types."""

    def __init__(self, protocol: Protocol, names: dict[str, str]) -> None:
        self._protocol = protocol
        self._names = names
        self._out = Writer("  ")

    def text(self) -> str:
        """Return everything written."""
        return self._out.text()

    def write_enum(self, node: Enum, constants: dict[str, str]) -> None:
        """Write an enum as an alias of its values, and the module of its constants."""
        out = self._out
        out.blank()
        comment(out, node.description, 1)
        out.line(f"type {self._alias(node.name)} = {' | '.join(literal(it.value) for it in node.values)}")
        out.blank()
        with out.block(f"module {self._names[node.name]}", "end"):
            for value, name in constants.items():
                out.line(f"{name}: {literal(value)}")
            out.line("ALL: Array[String]")
            out.blank()
            out.line("extend Types::Closed")

    def write_object(self, node: Object, names: dict[str, str]) -> None:
        """Write an object as a class with its attributes and its constructors."""
        out = self._out
        out.blank()
        comment(out, node.description, 1)
        with out.block(f"class {self._names[node.name]} < Value", "end"):
            for field in node.fields:
                comment(out, field.description, 2)
                out.line(f"attr_reader {names[field.name]}: {self._read(field)}")
            if node.fields:
                out.blank()
            given = [f"{self._keyword(field, names[field.name])}" for field in node.fields]
            changed = [f"?{keyword.lstrip('?')}" for keyword in given]
            if node.open:
                out.lines("# Fields beside these, as they came.", "attr_reader extra: Hash[String, json]", "")
                given.append("?extra: Hash[String, json]")
                changed.append("?extra: Hash[String, json]")
            out.line(f"def self.new: ({', '.join(given)}) -> instance")
            out.blank()
            out.line(f"def self.[]: ({', '.join(given)}) -> instance")
            out.blank()
            out.line(f"def with: ({', '.join(changed)}) -> self")

    def write_union(self, node: Union) -> None:
        """Write a union as an alias, and the constant that reads it."""
        out = self._out
        branches = [*(self._names[variant.type.name] for variant in node.variants), "Unknown"]
        out.blank()
        comment(out, node.description, 1)
        out.line(f"type {self._alias(node.name)} = {' | '.join(branches)}")
        out.blank()
        out.line(f"{self._names[node.name]}: Types::Union")

    def write_kind_union(self, node: KindUnion) -> None:
        """Write a union by JSON kind as an alias, and the constant that reads it."""
        out = self._out
        out.blank()
        comment(out, node.description, 1)
        out.line(f"type {self._alias(node.name)} = {' | '.join(map(self._type, node.branches))}")
        out.blank()
        out.line(f"{self._names[node.name]}: Types::OneOf")

    # --- parts ------------------------------------------------------------------

    def _keyword(self, field: Field, name: str) -> str:
        constant = isinstance(field.type, Scalar) and field.type.const is not None
        if field.required and not constant:
            return f"{name}: {self._read(field)}"
        absent = "" if field.required or field.has_default else " | absent"
        return f"?{name}: {self._read(field)}{absent}"

    def _read(self, field: Field) -> str:
        found = self._type(field.type)
        if not takes_nil(field) or found == "json":
            return found
        return f"({found})?" if " | " in found and not found.startswith("(") else f"{found}?"

    def _type(self, node: Type) -> str:
        match node:
            case Scalar(const=str() as const):
                return literal(const)
            case Scalar(kind=kind):
                return _SCALARS[kind]
            case Json(kind=kind):
                return "Hash[String, json]" if kind is JsonKind.OBJECT else "json"
            case ListOf(item=item):
                return f"Array[{self._type(item)}]"
            case Ref(name=name):
                is_class = isinstance(self._protocol.type_named(name), Object)
                return self._names[name] if is_class else self._alias(name)

    def _alias(self, name: str) -> str:
        alias = snake(self._names[name])
        return f"{alias}_value" if alias in _KEYWORDS else alias
