"""Java: one object as a record, with what decodes and encodes it."""

from __future__ import annotations

from ..ir.model import Field, ListOf, Object
from ..ir.names import constant
from ..writer import Writer
from .java_layout import WIDTH, Call, Code, concatenation, declaration, javadoc, statement, text
from .java_names import component_names, free_name
from .java_types import INTERNAL, JACKSON, Types, constant_of, is_any

__all__ = ["write_record"]

_OTHERS = "otherFields"


def write_record(out: Writer, node: Object, types: Types, interfaces: list[str]) -> None:
    """Write the record of an object. `interfaces` are what it implements.

    Raises ValueError when two fields would have one name.
    """
    _Record(out, node, types, interfaces).write()


class _Record:
    """Writes one record."""

    def __init__(self, out: Writer, node: Object, types: Types, interfaces: list[str]) -> None:
        self._out = out
        self._node = node
        self._types = types
        self._interfaces = interfaces
        self._name = types.names[node.name]
        self._methods = [field for field in node.fields if constant_of(field) is not None]
        self._fields = [field for field in node.fields if constant_of(field) is None]
        self._names = component_names(node, node.fields)
        if node.open and _OTHERS in self._names.values():
            raise ValueError(f"{node.source}: Java keeps what is not known in {_OTHERS!r}")

    def write(self) -> None:
        """Write the whole record."""
        out = self._out
        tags = [(f"@param {self._names[field.name]}", _said(field)) for field in self._fields]
        if self._node.open:
            tags.append((f"@param {_OTHERS}", "the fields beside these, as they came"))
        javadoc(out, self._node.description, tags, depth=0)
        self._write_header()
        with out.indented():
            self._write_decoders()
            self._write_constructor()
            self._write_constants()
            self._write_from_json()
            self._write_to_json()
            if any(field.secret for field in self._fields):
                self._write_to_string()
        out.line("}")

    def _components(self) -> list[str]:
        components = [
            f"{self._types.of(field, self._out)} {self._names[field.name]}" for field in self._fields
        ]
        if self._node.open:
            json_node = self._out.use(JACKSON, "JsonNode")
            components.append(f"{self._out.use('java.util', 'Map')}<String, {json_node}> {_OTHERS}")
        return components

    def _write_header(self) -> None:
        out = self._out
        components = self._components()
        head = f"public record {self._name}("
        line = f"{head}{', '.join(components)})"
        clause = f"implements {', '.join(self._interfaces)} {{"
        if len(line) + 1 + len(clause) <= WIDTH:
            out.line(f"{line} {clause}")
        elif len(line) <= WIDTH:
            declaration(out, line, [("implements", self._interfaces)], depth=0)
        else:
            together = f"    {', '.join(components)})"
            out.line(head)
            if len(together) + 1 + len(clause) <= WIDTH:
                out.line(f"{together} {clause}")
                return
            if len(together) <= WIDTH:
                out.line(together)
            else:
                out.lines(*(f"    {component}," for component in components[:-1]), f"    {components[-1]})")
            out.line(f"    {clause}")

    def _write_decoders(self) -> None:
        out = self._out
        written = False
        for field in self._node.fields:
            decoder = self._types.decoder(field.type, out)
            if isinstance(decoder, Call):
                kind = f"{out.use(INTERNAL, 'Decoder')}<{self._types.boxed(field.type, out)}>"
                head = f"private static final {kind} {constant(self._names[field.name])} = "
                statement(out, head, decoder, depth=1)
                written = True
        if written:
            out.blank()

    def _write_constructor(self) -> None:
        out = self._out
        lines = []
        for field in self._fields:
            name = self._names[field.name]
            kind = self._types.of(field, out)
            if isinstance(field.type, ListOf) and not kind.startswith("Omittable"):
                copied = f"{out.use('java.util', 'List')}.copyOf({name})"
                null = self._types.is_nullable(field)
                lines.append(f"{name} = {f'{name} == null ? null : ' if null else ''}{copied};")
            elif kind[0].isupper():
                lines.append(f"{out.use('java.util', 'Objects')}.requireNonNull({name}, {text(name)});")
        if self._node.open:
            lines.append(f"{_OTHERS} = {out.use(INTERNAL, 'Fields')}.copyOf({_OTHERS});")
        if lines:
            copies = any("opyOf(" in line for line in lines)
            said = "Checks that nothing is null that must not be" + (", and copies lists." if copies else ".")
            tags = [
                (f"@param {self._names[field.name]}", f"the field `{field.name}`") for field in self._fields
            ]
            if self._node.open:
                tags.append((f"@param {_OTHERS}", "the fields beside these"))
            javadoc(out, said, tags, depth=1)
            with out.block(f"public {self._name} {{", "}"):
                out.lines(*lines)
            out.blank()

    def _write_constants(self) -> None:
        out = self._out
        for field in self._methods:
            if field.name in self._types.tags_of(self._node.name):
                out.line("@Override")
            else:
                said = f"Returns the `{field.name}`: {_said(field)}"
                javadoc(out, said, [("@return", "always the same")], depth=1)
            with out.block(f"public String {self._names[field.name]}() {{", "}"):
                out.line(f"return {text(constant_of(field) or '')};")
            out.blank()

    def _write_from_json(self) -> None:
        out = self._out
        javadoc(
            out,
            "Reads it from JSON, strictly: nothing is taken for something else. Fields that are not known are"
            + (" kept." if self._node.open else " ignored."),
            [
                ("@param json", "the JSON"),
                ("@return", "what it says, with defaults filled in"),
                (
                    "@throws IllegalArgumentException",
                    "when it is something else; the message tells where",
                ),
            ],
            depth=1,
        )
        json_node = out.use(JACKSON, "JsonNode")
        with out.block(f"public static {self._name} fromJson({json_node} json) {{", "}"):
            fields = out.use(INTERNAL, "Fields")
            if self._node.fields or self._node.open:
                out.line(f"{fields} fields = {fields}.of(json);")
            else:
                out.line(f"{fields}.of(json);")
            for field in self._methods:
                statement(out, "", self._read(field), depth=2)
            arguments = [self._read(field) for field in self._fields]
            if self._node.open:
                known = tuple(text(field.name) for field in self._node.fields)
                arguments.append(Call("fields.others", known))
            statement(out, "return ", Call(f"new {self._name}", tuple(arguments)), depth=2)
        out.blank()

    def _read(self, field: Field) -> Code:
        out = self._out
        key = text(field.name)
        decoder: Code = self._types.decoder(field.type, out)
        if isinstance(decoder, Call):
            decoder = constant(self._names[field.name])
        if is_any(field.type) and field.nullable:
            if field.required:
                return Call("fields.any", (key,))
            if field.has_default:
                return Call("fields.any", (key, self._types.default(field, out)))
            return Call("fields.anyOrAbsent", (key,))
        if field.required:
            return Call("fields.nullable" if field.nullable else "fields.required", (key, decoder))
        if field.has_default:
            method = "fields.nullable" if field.nullable else "fields.optional"
            return Call(method, (key, decoder, self._types.default(field, out)))
        return Call("fields.omittable" if field.nullable else "fields.optional", (key, decoder))

    def _write_to_json(self) -> None:
        out = self._out
        object_node = out.use(f"{JACKSON}.node", "ObjectNode")
        encoders = out.use(INTERNAL, "Encoders")
        out.line("@Override")
        with out.block(f"public {object_node} toJson() {{", "}"):
            target = free_name([*self._names.values(), _OTHERS], "json", "object", "out")
            out.line(f"{object_node} {target} = {encoders}.object();")
            for field in self._node.fields:
                self._write_put(field, target)
            if self._node.open:
                out.line(f"{_OTHERS}.forEach({target}::set);")
            out.line(f"return {target};")

    def _write_to_string(self) -> None:
        """Write what a record has by itself, with `…` for the value of each secret field."""
        shown = [(self._names[field.name], field.secret) for field in self._fields]
        shown += [(_OTHERS, False)] * self._node.open
        parts, fixed = [], f"{self._name}["
        for number, (name, secret) in enumerate(shown):
            fixed += f"{', ' if number else ''}{name}="
            if secret:
                fixed += "…"
            else:
                parts += [text(fixed), name]
                fixed = ""
        parts.append(text(f"{fixed}]"))
        out = self._out
        out.blank()
        out.line("@Override")
        with out.block("public String toString() {", "}"):
            concatenation(out, "return ", parts, depth=2)

    def _write_put(self, field: Field, target: str) -> None:
        out = self._out
        name = self._names[field.name]
        const = constant_of(field)
        if const is not None:
            statement(out, "", Call(f"{target}.put", (text(field.name), text(const))), depth=2)
            return
        optional = not field.required and not field.has_default
        omittable = self._types.is_omittable(field)
        value = f"{name}.value()" if omittable else name
        may_be_null = field.nullable and not is_any(field.type)
        put = self._types.put(target, field.name, field.type, value, may_be_null, out)
        if optional:
            condition = f"{name}.isPresent()" if omittable else f"{name} != null"
            with out.block(f"if ({condition}) {{", "}"):
                statement(out, "", put, depth=3)
        else:
            statement(out, "", put, depth=2)


def _said(field: Field) -> str:
    absent = not field.required and not field.has_default and not field.nullable
    return f"{field.description} Null when it is absent." if absent else field.description
