"""Named unions: of objects, told apart by a tag, or of JSON kinds, told apart by themselves."""

from __future__ import annotations

from collections.abc import Callable

from .lint_rules import Rules, is_named_type
from .load import Node

__all__ = ["Unions"]

_TAGGED = {"title", "description", "oneOf", "discriminator", "x-default-type"}
_KINDS = {"title", "description", "oneOf"}


class Unions:
    """Checks unions for `rules`; `plain_type` checks a branch that is a scalar, list or free object."""

    def __init__(self, rules: Rules, plain_type: Callable[[Node, str, set[str]], None]) -> None:
        self.rules = rules
        self.plain_type = plain_type

    def union(self, schema: Node) -> None:
        """Check a schema file with a oneOf or a discriminator."""
        one_of = schema.find("oneOf")
        if one_of is None or not isinstance(one_of.value, list) or not one_of.value:
            self.rules.fault(schema, "a union needs a oneOf: a list that is not empty")
        elif "discriminator" in schema:
            self.tagged(schema, one_of)
        else:
            self.kinds(schema, one_of)

    def tagged(self, schema: Node, one_of: Node) -> None:
        """A union of objects."""
        rules = self.rules
        rules.keywords(schema, _TAGGED, "a union")
        discriminator = schema.at("discriminator")
        if not rules.is_a(discriminator, dict, "discriminator must be a mapping"):
            return
        rules.keywords(discriminator, {"propertyName", "mapping"}, "a discriminator")
        rules.text(discriminator, "propertyName", "a discriminator")
        mapping = discriminator.find("mapping")
        if not rules.mapping(mapping, discriminator, "the discriminator's mapping") or mapping is None:
            return
        variants = self.variants(one_of)
        default = schema.find("x-default-type")
        if default is not None and default.value not in mapping.value:
            rules.fault(default, f"{default.value!r} is not in the discriminator's mapping")
        mapped: set[str] = set()
        for tag, entry in mapping.items():
            target = rules.target(Node(entry.file, entry.pointer, {"$ref": entry.value}))
            if target is None:
                rules.fault(entry, f"the mapping of {tag!r} leads nowhere: no file {entry.value}")
            elif target.file not in variants:
                rules.fault(
                    entry, f"the mapping of {tag!r} leads to {entry.value}, which is not in the oneOf"
                )
            elif target.file in mapped:
                rules.fault(entry, f"{entry.value} has a tag already")
            else:
                mapped.add(target.file)
                optional = default is not None and default.value == tag
                self.variant(target, str(discriminator.get("propertyName")), tag, optional, schema.file)
        for file, branch in variants.items():
            if file not in mapped:
                rules.fault(branch, f"{file} has no tag in the discriminator's mapping")

    def variants(self, one_of: Node) -> dict[str, Node]:
        """The branches by file; each must be a reference to an object."""
        found: dict[str, Node] = {}
        for branch in one_of.children():
            if "$ref" not in branch:
                self.rules.fault(
                    branch, "an inline branch: a union with a discriminator refers to named objects"
                )
                continue
            target = self.rules.target(branch)
            if target is None:
                continue
            if target.get("type") != "object":
                self.rules.fault(branch, f"{target.file} is not an object, so it can have no tag")
            elif target.file in found:
                self.rules.fault(branch, f"{target.file} is in the oneOf twice")
            else:
                found[target.file] = branch
        return found

    def variant(self, schema: Node, tag_field: str, tag: str, optional: bool, union: str) -> None:
        """A variant says its tag itself, so that it can be told without the union's file."""
        rules = self.rules
        properties = schema.find("properties")
        field = properties.find(tag_field) if properties is not None else None
        if field is None:
            rules.fault(
                schema, f"as a variant of {union} it needs the field {tag_field!r} with `const: {tag}`"
            )
        elif field.get("const") != tag:
            rules.fault(field, f"as a variant of {union} it must say `const: {tag}`")
        elif optional and tag_field in schema.get("required", []):
            rules.fault(
                schema.at("required"), f"{tag_field!r} cannot be required: {union} takes {tag} without it"
            )
        elif optional and field.get("default") != tag:
            rules.fault(field, f"{union} takes {tag} without {tag_field!r}, so it must say `default: {tag}`")
        elif not optional and tag_field not in schema.get("required", []):
            rules.fault(schema, f"as a variant of {union} it must require {tag_field!r}")

    def kinds(self, schema: Node, one_of: Node) -> None:
        """A union of JSON kinds."""
        rules = self.rules
        rules.keywords(schema, _KINDS, "a union")
        seen: dict[str, Node] = {}
        for branch in one_of.children():
            kind = self.kind(branch)
            if kind is None:
                continue
            if kind == "object" and kind in seen:
                rules.fault(one_of, "a union of objects needs a discriminator, to tell which one a value is")
            elif kind in seen:
                rules.fault(branch, f"two branches are of the JSON kind {kind}: nothing tells them apart")
            seen[kind] = branch

    def kind(self, branch: Node) -> str | None:
        """Check a branch and return its JSON kind; None when it has none or is wrong."""
        rules = self.rules
        if "$ref" in branch:
            target = rules.target(branch)
            if target is None or not is_named_type(target):
                return None
            if target.get("type") not in ("object", "string") or "oneOf" in target:
                rules.fault(branch, f"{target.file} is a union itself: list its branches here")
                return None
            return str(target.get("type"))
        kind = branch.get("type")
        if "properties" in branch or "enum" in branch:
            rules.fault(branch, "an inline type: give it a file of its own in schemas/ and refer to it")
            return None
        if kind not in ("string", "integer", "number", "boolean", "array", "object"):
            rules.fault(
                branch, "a branch must be a $ref or have one plain type; say null where the union is used"
            )
            return None
        self.plain_type(branch, kind, {"description"})
        # JSON has one kind of number: 1 and 1.0 are the same.
        return "number" if kind == "integer" else str(kind)
