"""What the linter's parts share: how references, keywords and texts are checked."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from .load import SCHEMA_FOLDER, Fault, Node, Spec, UnresolvedReference

__all__ = ["Rules", "is_named_type", "is_raw_text"]


def is_named_type(node: Node) -> bool:
    """Return whether this is the root of a schema file."""
    return node.file.startswith(SCHEMA_FOLDER + "/") and node.pointer == ""


def is_raw_text(schema: Node) -> bool:
    """Return whether a schema file describes a raw text frame rather than JSON: a plain string."""
    return schema.get("type") == "string" and "enum" not in schema


class Rules:
    """Collects faults."""

    def __init__(self, spec: Spec) -> None:
        self.spec = spec
        self.faults: list[Fault] = []

    def fault(self, node: Node, what: str) -> None:
        """Note that something is wrong at `node`."""
        self.faults.append(node.fault(what))

    def target(self, node: Node) -> Node | None:
        """Follow the `$ref` at `node`. None when it is broken: `lint_references` has said so."""
        try:
            return self.spec.resolve(node)
        except UnresolvedReference:
            return None

    def keywords(self, node: Node, known: Collection[str], what: str) -> None:
        """Every key of the mapping must be one of `known`; `what` names the thing that it describes."""
        for key, child in node.items():
            if key not in known:
                self.fault(child, f"unknown keyword {key!r}: the generator cannot carry it over for {what}")

    def text(self, node: Node, key: str, what: str) -> None:
        """The mapping must have a text at `key`."""
        value = node.get(key)
        if not isinstance(value, str) or not value.strip():
            self.fault(node, f"{what} needs a {key}")

    def mapping(self, node: Node | None, owner: Node, what: str) -> bool:
        """Return whether `node` is a mapping; note a fault at `owner` or at it when not."""
        if node is None:
            self.fault(owner, f"{what} is missing")
            return False
        return self.is_a(node, dict, f"{what} must be a mapping")

    def is_a(self, node: Node, kind: type[Any], otherwise: str) -> bool:
        """Return whether the value is a `kind`, and note `otherwise` when it is not."""
        if isinstance(node.value, kind):
            return True
        self.fault(node, otherwise)
        return False
