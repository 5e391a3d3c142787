"""The defaults and examples of every field must be of its type."""

from __future__ import annotations

from typing import Any

from ..ir.build import build
from ..ir.model import Field, Object, Protocol
from ..ir.values import Mismatch, read
from .lint_rules import Rules
from .load import Fault, Node, Spec

__all__ = ["lint_values"]


def lint_values(spec: Spec) -> list[Fault]:
    """Return the faults of all values. The spec must be sound otherwise: its IR reads them."""
    rules = Rules(spec)
    protocol = build(spec)
    for node in protocol.types:
        if isinstance(node, Object):
            properties = spec.document(node.source).at("properties")
            for field in node.fields:
                place = properties.at(field.name)
                if "default" in place:
                    _check(rules, protocol, field, place.at("default"))
                examples = place.find("examples")
                for example in examples.children() if examples else ():
                    _check(rules, protocol, field, example)
    return rules.faults


def _check(rules: Rules, protocol: Protocol, field: Field, place: Node) -> None:
    value: Any = place.value
    if value is None and field.nullable:
        return
    try:
        read(protocol, field.type, value)
    except Mismatch as mismatch:
        rules.fault(place, f"is not of the field's type: {mismatch}")
