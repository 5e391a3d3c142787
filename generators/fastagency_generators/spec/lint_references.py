"""Every `$ref` must lead somewhere, and one into the schemas to a whole file."""

from __future__ import annotations

from collections.abc import Iterator

from .lint_rules import Rules, is_named_type
from .load import SCHEMA_FOLDER, Fault, Node, Spec, UnresolvedReference

__all__ = ["lint_references"]


def lint_references(spec: Spec) -> list[Fault]:
    """Return the faults of all references, and of types that refer to each other in a circle."""
    rules = Rules(spec)
    used: set[str] = set()
    for file in spec.files:
        for node in _references(spec.document(file)):
            try:
                target = spec.resolve(node)
            except UnresolvedReference as error:
                rules.faults.append(error.fault)
                continue
            if target.file != file and not is_named_type(target):
                rules.fault(
                    node.at("$ref"),
                    f"must refer to a whole file of {SCHEMA_FOLDER}/, not to a part: name it there",
                )
            used.add(target.file)
    for schema in spec.schemas():
        if schema.file not in used and "discriminator" not in schema:
            rules.fault(schema, "nothing refers to this type: use it, or delete the file")
    _circles(rules)
    return rules.faults


def _references(node: Node) -> Iterator[Node]:
    """Yield every mapping with a `$ref` at or below `node`, except in examples, which are data."""
    if "$ref" in node:
        yield node
    for key, child in node.items():
        if key not in ("example", "examples", "default"):
            yield from _references(child)
    for child in node.children():
        yield from _references(child)


def _circles(rules: Rules) -> None:
    """Types that contain each other have no order to be written in."""
    spec = rules.spec
    done: set[str] = set()

    def visit(schema: Node, path: list[str]) -> None:
        for node in _references(schema):
            target = rules.target(node)
            if target is None or target.file in done or not is_named_type(target):
                continue
            if target.file in path:
                circle = " → ".join([*path[path.index(target.file) :], target.file])
                rules.fault(node.at("$ref"), f"the types refer to each other in a circle: {circle}")
            else:
                visit(target, [*path, target.file])
        done.add(schema.file)

    for schema in spec.schemas():
        if schema.file not in done:
            visit(schema, [schema.file])
