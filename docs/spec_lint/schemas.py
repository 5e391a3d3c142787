"""The linter of the schema files: metaschemas, examples, defaults and descriptions.

It reads the files with PyYAML and jsonschema alone: beside the generator's own reader, not through it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft7Validator, Draft202012Validator
from jsonschema.exceptions import SchemaError
from referencing import Registry
from referencing.exceptions import Unresolvable
from referencing.jsonschema import DRAFT202012

__all__ = ["lint"]

_BASE = "https://spec.invalid/schemas/"  # relative references are joined to it; nothing is fetched
_DRAFTS = (Draft202012Validator, Draft7Validator)

# The spec keeps to what both drafts say alike, because its readers know one or the other.
_OF_ONE_DRAFT = {
    "$anchor", "$defs", "$dynamicAnchor", "$dynamicRef", "$recursiveRef", "$vocabulary", "additionalItems",
    "contains", "definitions", "dependencies", "dependentRequired", "dependentSchemas", "maxContains",
    "minContains", "prefixItems", "unevaluatedItems", "unevaluatedProperties",
}  # fmt: skip


class _Loader(yaml.SafeLoader):
    """YAML 1.2's booleans, and no key twice in one mapping (PyYAML would keep the last)."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        mapping = super().construct_mapping(node, deep)
        if len(mapping) < len(node.value):
            raise yaml.constructor.ConstructorError(None, None, "a key occurs twice", node.start_mark)
        return mapping


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:bool"]
    for first, resolvers in yaml.SafeLoader.yaml_implicit_resolvers.items()
}
_Loader.add_implicit_resolver("tag:yaml.org,2002:bool", re.compile(r"^(?:true|false)$"), list("tf"))


def lint(root: Path) -> list[str]:
    """The faults of every file in `root`/spec/schemas, each as `file#/pointer: what is wrong`."""
    faults: list[str] = []
    files: dict[str, Any] = {}
    for path in sorted((root / "spec" / "schemas").glob("*.yaml")):
        try:
            files[path.name] = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            faults.append(f"{path.name}: {' '.join(str(error).split())}")
    if not files:
        return faults or ["spec/schemas holds no schema"]
    registry: Registry[Any] = Registry().with_resources(
        (_BASE + name, DRAFT202012.create_resource(schema)) for name, schema in files.items()
    )
    for name, schema in files.items():
        faults.extend(_lint_file(name, schema, registry))
    return faults


def _lint_file(name: str, schema: Any, registry: Registry[Any]) -> Iterator[str]:
    for draft in _DRAFTS:
        try:
            draft.check_schema(schema)
        except SchemaError as error:
            pointer = "/".join(map(str, error.absolute_path))
            yield f"{name}#/{pointer}: {error.message} ({draft.META_SCHEMA['$schema']})"
            return
    if schema.get("title") != name.removesuffix(".yaml"):
        yield f"{name}#/title: must be the name of the file"
    for pointer, part in _parts(schema, ""):
        place = f"{name}#{pointer}"
        for keyword in sorted(part.keys() & _OF_ONE_DRAFT):
            yield f"{place}/{keyword}: 2020-12 and draft-07 do not both say this"
        yield from _lint_values(place, name, part, registry)
        yield from _lint_fields(place, part)


def _lint_values(place: str, name: str, part: Mapping[str, Any], registry: Registry[Any]) -> Iterator[str]:
    values = [(f"examples/{number}", value) for number, value in enumerate(part.get("examples", ()))]
    if "default" in part:
        values.append(("default", part["default"]))
    try:
        validator = Draft202012Validator({"$id": _BASE + name, **part}, registry=registry)
        for keyword, value in values:
            for error in validator.iter_errors(value):
                yield f"{place}/{keyword}: {error.message}"
        if "$ref" in part:
            registry.resolver(_BASE + name).lookup(part["$ref"])
    except Unresolvable as error:
        yield f"{place}: nothing is at {error.ref}"


def _lint_fields(place: str, part: Mapping[str, Any]) -> Iterator[str]:
    for field in part.get("required", ()):
        if field not in part.get("properties", {}):
            yield f"{place}/required: {field} is no property"
    for field, schema in part.get("properties", {}).items():
        if "$ref" in schema:  # described in the file of its own
            continue
        if not schema.get("description"):
            yield f"{place}/properties/{field}: has no description"
        if not schema.get("examples"):
            yield f"{place}/properties/{field}: has no example"


def _parts(schema: Any, pointer: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """Every schema within a schema, itself first, with its JSON pointer."""
    if not isinstance(schema, dict):
        return
    yield pointer, schema
    for field, child in schema.get("properties", {}).items():
        yield from _parts(child, f"{pointer}/properties/{field}")
    for keyword in ("items", "additionalProperties", "not"):
        yield from _parts(schema.get(keyword), f"{pointer}/{keyword}")
    for keyword in ("oneOf", "anyOf", "allOf"):
        for number, child in enumerate(schema.get(keyword, ())):
            yield from _parts(child, f"{pointer}/{keyword}/{number}")
