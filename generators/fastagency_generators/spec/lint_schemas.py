"""The schema files: one named type each, in the subset that the IR can say.

The keywords are those that draft-07 and 2020-12 share and that every target can check.
"""

from __future__ import annotations

import posixpath
import re
from pathlib import PurePosixPath
from typing import Any

from .lint_rules import Rules, is_named_type, is_raw_text
from .lint_unions import Unions
from .load import Fault, Node, Spec

__all__ = ["lint_schemas"]

_NAMED = {"title", "description"}
_OBJECT = _NAMED | {"type", "required", "properties", "additionalProperties", "x-asks", "x-secret"}
_ENUM = _NAMED | {"type", "enum", "x-enumDescriptions"}
_RAW_TEXT = _NAMED | {"type", "examples"}
_PROSE = {"description", "default", "examples", "x-dialect"}
_KEYWORDS = {
    "string": {"type", "pattern", "minLength", "const"},
    "integer": {"type"},
    "number": {"type"},
    "boolean": {"type"},
    "array": {"type", "items"},
    "object": {"type", "additionalProperties"},
}
_TITLE = re.compile(r"[A-Z][A-Za-z0-9]*")
_OWN_FILE = "give it a file of its own in schemas/ and refer to it"


def lint_schemas(spec: Spec) -> list[Fault]:
    """Return the faults of all schema files."""
    rules = _Schemas(spec)
    by_title: dict[str, str] = {}
    for schema in spec.schemas():
        rules.named(schema)
        title = schema.get("title")
        if isinstance(title, str):
            other = by_title.setdefault(title.lower(), schema.file)
            if other != schema.file:
                rules.fault(schema.at("title"), f"a second type of the name {title!r}: {other} has it too")
    return rules.faults


class _Schemas(Rules):
    def named(self, schema: Node) -> None:
        """Check a whole schema file."""
        self.title(schema)
        self.text(schema, "description", "a named type")
        if "discriminator" in schema or "oneOf" in schema:
            Unions(self, self.plain_type).union(schema)
        elif "enum" in schema:
            self.enum(schema)
        elif schema.get("type") == "object":
            self.object(schema)
        elif is_raw_text(schema):
            self.keywords(schema, _RAW_TEXT, "a raw text frame")
        else:
            self.fault(
                schema,
                "a named type must be an object, an enum of strings, a oneOf, or a string as a raw frame",
            )

    def title(self, schema: Node) -> None:
        stem = PurePosixPath(schema.file).stem
        title = schema.get("title")
        if title is None:
            self.fault(schema, f"a named type needs a title: {stem}")
        elif not isinstance(title, str) or not _TITLE.fullmatch(title):
            self.fault(schema.at("title"), "the title must be a name in PascalCase, of letters and digits")
        elif title != stem:
            self.fault(schema.at("title"), f"the title {title!r} is not the file's name {stem!r}")

    def enum(self, schema: Node) -> None:
        self.keywords(schema, _ENUM, "an enum")
        if schema.get("type") != "string":
            self.fault(schema, "an enum must have `type: string`")
        values = schema.at("enum")
        if not self.is_a(values, list, "enum must be a list of strings"):
            return
        texts = schema.get("x-enumDescriptions", {})
        for value in values.children():
            if not isinstance(value.value, str) or not value.value:
                self.fault(value, "a value of an enum must be a string that is not empty")
            elif values.value.count(value.value) > 1:
                self.fault(value, f"the value {value.value!r} is repeated")
            elif not isinstance(texts, dict) or not isinstance(texts.get(value.value), str):
                self.fault(value, f"the value {value.value!r} needs a description in x-enumDescriptions")
        described = schema.find("x-enumDescriptions")
        for key, text in described.items() if described else ():
            if key not in values.value:
                self.fault(text, f"describes {key!r}, which is not in the enum")

    def object(self, schema: Node) -> None:
        self.keywords(schema, _OBJECT, "an object")
        if schema.get("additionalProperties", True) is not True:
            self.fault(
                schema.at("additionalProperties"),
                "must be true (unknown fields are kept) or left out (they are ignored): none is ever refused",
            )
        if not isinstance(schema.get("x-asks", False), bool):
            self.fault(schema.at("x-asks"), "x-asks must be true or false")
        properties = schema.find("properties")
        if not self.mapping(properties, schema, "`properties` of a named object") or properties is None:
            return
        required = schema.find("required")
        if required is not None and not self.is_a(required, list, "required must be a list of names"):
            required = None
        for name in required.children() if required is not None else ():
            if name.value not in properties.value:
                self.fault(name, f"requires {name.value!r}, which is not one of the properties")
            elif "default" in properties.at(name.value):
                field = properties.at(name.value).at("default")
                self.fault(field, "a required field has no use for a default")
        secret = schema.find("x-secret")
        if secret is not None and self.is_a(secret, list, "x-secret must be a list of names"):
            for name in secret.children():
                self.secret(name, properties)
        for _, field in properties.items():
            self.field(field)

    def field(self, field: Node) -> None:
        """Check one property of an object."""
        if not self.is_a(field, dict, "a field must be a mapping"):
            return
        target = self.target(field) if "$ref" in field else None
        if "$ref" not in field or "description" in field:
            self.text(field, "description", "a field")
        if "examples" in field:
            examples = field.at("examples")
            if not isinstance(examples.value, list) or not examples.value:
                self.fault(examples, "examples must be a list that is not empty")
        elif "$ref" not in field and not self.inline(field):
            self.fault(field, "a field needs an example, in `examples`")
        if target is None:
            self.type(field, extra=_PROSE)
        else:
            self.reference(field, target, extra={"description", "examples"})

    def secret(self, name: Node, properties: Node) -> None:
        """Check the name of a field that is a secret: its values must not stand in the spec."""
        if not isinstance(name.value, str) or name.value not in properties.value:
            self.fault(name, f"hides {name.value!r}, which is not one of the properties")
            return
        field = properties.at(name.value)
        one_of = field.find("oneOf")
        targets = [self.target(node) for node in (field, *(one_of.children() if one_of else ()))]
        if "const" in field:
            self.fault(name, f"{name.value!r} is a constant: it stands in the spec, so it is no secret")
        elif any(target is not None and "enum" in target for target in targets):
            self.fault(name, f"{name.value!r} is an enum: its values stand in the spec, so none is a secret")

    def type(self, node: Node, extra: set[str]) -> None:
        """Check a type of a field or item; `extra` are the keywords that may stand beside the type's own."""
        if "oneOf" in node:
            self.keywords(node, {"oneOf"} | extra, "a reference or null")
            self.nullable_reference(node.at("oneOf"))
        elif self.inline(node):
            pass
        elif "type" not in node:
            self.keywords(node, extra, "any JSON value")
        else:
            kinds = node.get("type") if isinstance(node.get("type"), list) else [node.get("type")]
            kinds = [kind for kind in kinds if kind != "null"]
            if len(kinds) != 1 or not isinstance(kinds[0], str) or kinds[0] not in _KEYWORDS:
                self.fault(node.at("type"), f"must be one of {', '.join(_KEYWORDS)}, alone or with 'null'")
            else:
                self.plain_type(node, kinds[0], extra)

    def inline(self, node: Node) -> bool:
        """Return whether this is a type without a name that needs one, and say so."""
        if isinstance(node.get("properties"), dict):
            self.fault(node, f"an inline object: {_OWN_FILE}")
        elif "enum" in node:
            self.fault(node, f"an inline enum: {_OWN_FILE}")
        elif any(keyword in node for keyword in ("anyOf", "allOf")):
            self.fault(node, f"an inline anyOf or allOf: use a oneOf; {_OWN_FILE}")
        else:
            return False
        return True

    def plain_type(self, node: Node, kind: str, extra: set[str]) -> None:
        """Check a scalar, a list or a free JSON object."""
        self.keywords(node, _KEYWORDS[kind] | extra, f"a field of type {kind}" if extra else f"a type {kind}")
        if kind == "object" and node.get("additionalProperties") is not True:
            self.fault(
                node,
                f"an object without a name must be free JSON (`additionalProperties: true`), or {_OWN_FILE}",
            )
        if "const" in node and not isinstance(node.get("const"), str):
            self.fault(node.at("const"), "const must be a string")
        if "pattern" in node:
            self.pattern(node.at("pattern"))
        if "minLength" in node and not (
            isinstance(node.get("minLength"), int) and node.get("minLength") >= 0
        ):
            self.fault(node.at("minLength"), "minLength must be an integer from 0")
        if kind == "array":
            items = node.find("items")
            if self.mapping(items, node, "`items` of a list") and items is not None:
                self.item(items)

    def item(self, items: Node) -> None:
        """Check the type of a list's items."""
        if "$ref" in items:
            target = self.target(items)
            if target is not None:
                self.reference(items, target, extra=set())
        elif "oneOf" in items or (isinstance(items.get("type"), list) and "null" in items.get("type")):
            self.fault(
                items,
                "the items of a list cannot be null or inline unions: name the union in a file of its own",
            )
        else:
            self.type(items, extra={"description"})

    def pattern(self, node: Node) -> None:
        try:
            re.compile(node.value)
        except (re.error, TypeError) as error:
            self.fault(node, f"the pattern is no regular expression: {error}")

    def reference(self, node: Node, target: Node, extra: set[str]) -> None:
        """Check a reference to a named type."""
        self.keywords(node, {"$ref"} | extra, "a reference")
        if is_named_type(target) and is_raw_text(target):
            self.fault(
                node.at("$ref"),
                f"{posixpath.basename(target.file)} is a raw text frame, not a type of a field",
            )

    def nullable_reference(self, one_of: Node) -> None:
        """In a field, oneOf can only mean: this named type, or null."""
        branches: list[Any] = one_of.value if isinstance(one_of.value, list) else []
        if not (
            len(branches) == 2
            and sum(branch == {"type": "null"} for branch in branches) == 1
            and sum(isinstance(branch, dict) and set(branch) == {"$ref"} for branch in branches) == 1
        ):
            self.fault(one_of, f"an inline union: only a $ref and `type: 'null'` may stand here; {_OWN_FILE}")
            return
        for branch in one_of.children():
            target = self.target(branch) if "$ref" in branch else None
            if target is not None:
                self.reference(branch, target, extra=set())
