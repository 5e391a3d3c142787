"""TypeScript: interfaces, the rules that the SDK's reader is driven by, the REST operations and the tables.

Names of fields stay as they are on the wire, so that a message is the same in the debugger, the docs and the
code. A union gets one more branch, `Unknown`, whose tag is the literal `"unknown"` (the tag that the object
claims is in `claimedType`): with `string` there, TypeScript could not narrow the others by their tag.
"""

from __future__ import annotations

from typing import ClassVar

from ..emit import MARK, OutputFile
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
from ..ir.names import pascal
from ..writer import Writer
from .typescript_layout import (
    array,
    comment,
    entry,
    import_lines,
    key,
    literal,
    object_literal,
    own_key,
    pattern,
    union,
)
from .typescript_tables import write_tables

__all__ = ["TypeScriptEmitter"]

_READER = "../rules.js"
_UNKNOWN = "unknown"
_SECRET = "Keep it out of logs."
"""All that can be done: a plain object has no debug form that could leave the value out."""
_SCALARS = {
    ScalarKind.STRING: "string",
    ScalarKind.INTEGER: "number",
    ScalarKind.NUMBER: "number",
    ScalarKind.BOOLEAN: "boolean",
}


class TypeScriptEmitter:
    """Writes `sdk-typescript/src/_generated/`: messages.ts, rules.ts, rest.ts, tables.ts."""

    name: ClassVar[str] = "typescript"
    roots: ClassVar[tuple[str, ...]] = ("sdk-typescript/src/_generated",)

    def __init__(self, protocol: Protocol) -> None:
        self._protocol = protocol
        self._messages = Writer("  ")
        self._rules = Writer("  ")
        self._rest = Writer("  ")
        self._rest_values = Writer("  ")
        self._tables = Writer("  ")
        self._patterns: dict[str, str] = {}
        self._unknowns: set[str] = set()

    # --- types ----------------------------------------------------------------

    def write_enum(self, node: Enum) -> None:
        """Write a closed list of strings as a union of literals. (The rule is written where it is used.)"""
        out = self._messages
        out.blank()
        values = " ".join(
            f"`{value.value}`: {value.description}" for value in node.values if value.description
        )
        comment(out, f"{node.description} {values}")
        union(out, f"export type {node.name}", [literal(value.value) for value in node.values])
        self._rules.blank()
        self._rules.use(_READER, "Rule")
        with self._rules.block(f"export const {node.name}: Rule = {{", "};"):
            self._rules.line('is: "string",')
            array(self._rules, "of: ", [literal(value.value) for value in node.values], ",", 1)

    def write_object(self, node: Object) -> None:
        """Write an object as an interface, and its rule. A field with a default is there once it is read.

        Raises ValueError for a field `__proto__`, which JavaScript cannot set like any other.
        """
        if any(field.name == "__proto__" for field in node.fields):
            raise ValueError(f"{node.source}: a field `__proto__` sets the prototype in JavaScript")
        out = self._messages
        out.blank()
        comment(out, node.description)
        if not node.fields and not node.open:
            out.line(f"export interface {node.name} {{}}")
        else:
            self._write_interface(node)
        self._write_object_rule(node)

    def _write_interface(self, node: Object) -> None:
        out = self._messages
        with out.block(f"export interface {node.name} {{", "}"):
            for field in node.fields:
                comment(out, f"{field.description} {_SECRET if field.secret else ''}", 1)
                mark = "" if field.required or field.has_default else "?"
                nullable = " | null" if field.nullable and not _takes_null(field.type) else ""
                out.line(f"readonly {key(field.name)}{mark}: {self._type(field.type, out)}{nullable};")
            if node.open:
                comment(out, "Fields beside these, as they came.", 1)
                out.line("readonly [name: string]: unknown;")

    def _write_object_rule(self, node: Object) -> None:
        rules = self._rules
        rules.blank()
        rules.use(_READER, "ObjectRule")
        with rules.block(f"export const {node.name}: ObjectRule = {{", "};"):
            rules.line('is: "object",')
            if not node.fields:
                rules.line("fields: {},")
            else:
                with rules.block("fields: {", "},"):
                    for field in node.fields:
                        self._write_field_rule(field)
            if node.open:
                rules.line("open: true,")

    def write_union(self, node: Union) -> None:
        """Write a union of objects with `Unknown`. Raises ValueError when the spec itself has that tag."""
        if any(variant.tag == _UNKNOWN for variant in node.variants):
            raise ValueError(
                f"{node.source}: the tag {_UNKNOWN!r} is what TypeScript calls a message it does not know"
            )
        out = self._messages
        unknown = self._write_unknown(node.tag_field)
        out.blank()
        comment(out, node.description)
        union(out, f"export type {node.name}", [*(variant.type.name for variant in node.variants), unknown])
        rules = self._rules
        rules.blank()
        rules.use(_READER, "UnionRule")
        with rules.block(f"export const {node.name}: UnionRule = {{", "};"):
            rules.line('is: "union",')
            rules.line(f"tag: {literal(node.tag_field)},")
            with rules.block("of: {", "},"):
                for variant in node.variants:
                    rules.line(f"{own_key(variant.tag)}: {variant.type.name},")
            if node.default_tag is not None:
                rules.line(f"absent: {literal(node.default_tag)},")

    def write_kind_union(self, node: KindUnion) -> None:
        """Write a union of values that `typeof` and `Array.isArray` tell apart."""
        out = self._messages
        out.blank()
        comment(out, node.description)
        union(out, f"export type {node.name}", [self._type(branch, out) for branch in node.branches])
        rules = self._rules
        rules.blank()
        rules.use(_READER, "Rule")
        with rules.block(f"export const {node.name}: Rule = {{", "};"):
            rules.line('is: "kind",')
            array(rules, "of: ", [self._rule(branch) for branch in node.branches], ",", 1)

    # --- operations and tables --------------------------------------------------

    def write_operations(self, operations: tuple[Operation, ...]) -> None:
        """Write the REST operations: their types, and what a client needs to know of them when it runs."""
        out, values = self._rest, self._rest_values
        for operation in operations:
            out.blank()
            comment(out, f"What the server answers to `{operation.name}`, by status.")
            with out.block(f"export interface {pascal(operation.name)}Responses {{", "}"):
                for response in operation.responses:
                    comment(out, response.description, 1)
                    body = (
                        "undefined"
                        if response.body is None
                        else self._type(response.body, out, "./messages.js")
                    )
                    out.line(f"readonly {response.status}: {body};")
        out.blank()
        comment(out, "The REST operations: what each takes and answers.")
        with out.block("export interface Operations {", "}"):
            for operation in operations:
                comment(out, f"{operation.summary}. {operation.description}", 1)
                with out.block(f"readonly {operation.name}: {{", "};"):
                    request = "undefined" if operation.request is None else operation.request.name
                    if operation.request is not None:
                        out.use("./messages.js", request)
                    out.line(f"readonly request: {request};")
                    out.line(f"readonly responses: {pascal(operation.name)}Responses;")
        values.blank()
        comment(values, "The method and path of each operation, and the rule of the body of its 200.")
        with values.block("export const operations = {", "} as const;"):
            for operation in operations:
                ok = next((response.body for response in operation.responses if response.status == 200), None)
                parts = [("method", literal(operation.method.upper())), ("path", literal(operation.path))]
                if ok is not None:
                    parts.append(("result", self._rule(ok, "rules.")))
                entry(values, operation.name, parts, 1)

    def write_tables(self, protocol: Protocol) -> None:
        """Write the version, the channel, the close codes and the lifecycle."""
        write_tables(self._tables, protocol)

    def files(self) -> list[OutputFile]:
        """Return the four files."""
        rules = "\n".join(f"const {name} = {pattern(source)};" for source, name in self._patterns.items())
        rest = self._rest.text() + "\n" + self._rest_values.text().rstrip("\n")
        heads = [*import_lines(self._rest.imports), 'import * as rules from "./rules.js";']
        return [
            _file("messages", import_lines(self._messages.imports), self._messages.text()),
            _file("rules", import_lines(self._rules.imports), f"{rules}\n\n{self._rules.text()}"),
            _file("rest", heads, rest),
            _file("tables", import_lines(self._tables.imports), self._tables.text()),
        ]

    # --- parts ------------------------------------------------------------------

    def _write_unknown(self, tag_field: str) -> str:
        name = "Unknown" if tag_field == "type" else f"UnknownBy{pascal(tag_field)}"
        if name not in self._unknowns:
            self._unknowns.add(name)
            out = self._messages
            out.blank()
            comment(
                out,
                f"An object whose `{tag_field}` this version of the protocol does not know. It is kept, never"
                f" an error. Here `{tag_field}` is a literal, so that a `switch` narrows.",
            )
            with out.block(f"export interface {name} {{", "}"):
                out.line(f"readonly {key(tag_field)}: {literal(_UNKNOWN)};")
                comment(out, f"The `{tag_field}` that it came with.", 1)
                out.line("readonly claimedType: string;")
                comment(out, "The whole object as it came.", 1)
                out.line(f"readonly raw: {out.use(_READER, 'JsonObject')};")
        return name

    def _type(self, node: Type, out: Writer, module: str | None = None) -> str:
        match node:
            case Scalar(const=str() as const):
                return literal(const)
            case Scalar(kind=kind):
                return _SCALARS[kind]
            case Json(kind=kind):
                return out.use(_READER, "JsonObject" if kind is JsonKind.OBJECT else "Json")
            case ListOf(item=item):
                inner = self._type(item, out, module)
                return f"readonly ({inner})[]" if isinstance(item, ListOf) else f"readonly {inner}[]"
            case Ref(name=name):
                return name if module is None else out.use(module, name)

    def _write_field_rule(self, field: Field) -> None:
        parts = self._rule_parts(field.type)
        flags: list[tuple[str, str]] = []
        if field.nullable and not _takes_null(field.type):
            flags.append(("nullable", "true"))
        if field.has_default:
            flags.append(("default", literal(field.default)))
        elif not field.required:
            flags.append(("optional", "true"))
        if not flags and parts[0][0] == "...":
            self._rules.line(f"{own_key(field.name)}: {parts[0][1]},")
        else:
            entry(self._rules, own_key(field.name), parts + flags, 2)

    def _rule(self, node: Type, prefix: str = "") -> str:
        parts = self._rule_parts(node, prefix)
        return parts[0][1] if parts[0][0] == "..." else object_literal(parts)

    def _rule_parts(self, node: Type, prefix: str = "") -> list[tuple[str, str]]:
        match node:
            case Scalar(kind=ScalarKind.STRING):
                parts = [("is", '"string"')]
                if node.const is not None:
                    parts.append(("of", literal([node.const])))
                if node.pattern is not None:
                    parts.append(
                        (
                            "pattern",
                            self._patterns.setdefault(node.pattern, f"PATTERN_{len(self._patterns) + 1}"),
                        )
                    )
                if node.min_length is not None:
                    parts.append(("minLength", str(node.min_length)))
                return parts
            case Scalar(kind=kind):
                return [("is", literal(kind.value))]
            case Json(kind=kind):
                return [("is", '"map"' if kind is JsonKind.OBJECT else '"any"')]
            case ListOf(item=item):
                return [("is", '"list"'), ("of", self._rule(item, prefix))]
            case Ref(name=name):
                return [("...", f"{prefix}{name}")]


def _takes_null(node: Type) -> bool:
    return node == Json(JsonKind.VALUE)


def _file(name: str, imports: list[str], body: str) -> OutputFile:
    parts = [f"// {MARK}", "\n".join(imports), body.strip("\n")]
    return OutputFile(
        f"sdk-typescript/src/_generated/{name}.ts", "\n\n".join(part for part in parts if part) + "\n"
    )
