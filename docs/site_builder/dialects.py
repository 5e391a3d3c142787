"""What belongs to which dialect, as the spec marks it: messages by their form, fields by `x-dialect`."""

from __future__ import annotations

from typing import Any

from fastagency_generators.ir import model as ir
from fastagency_generators.spec.load import Spec

__all__ = ["SESSION", "Dialects"]

SESSION = "fastagency.v1"
"""The dialect beside classic, by its WebSocket subprotocol."""


class Dialects:
    """Answers what classic has, and what only `fastagency.v1` has."""

    def __init__(self, spec: Spec, protocol: ir.Protocol) -> None:
        """Read the marks of `spec`; `protocol` is what was built from it."""
        self._protocol = protocol
        self._marks: dict[tuple[str, str], str] = {}
        for schema in spec.schemas():
            properties = schema.find("properties")
            for name, node in properties.items() if properties else ():
                if mark := node.get("x-dialect"):
                    self._marks[schema.get("title"), name] = mark

    def of_field(self, owner: str, field: str) -> str:
        """Return the dialect that alone has this field of the object type `owner`; "" when all have it."""
        return self._marks.get((owner, field), "")

    def classic(self, message: ir.Message) -> bool:
        """Return whether classic has this message.

        What a workflow says has a `content`, and classic's server sends nothing else; classic's client tells
        its two frames apart by their order, so they have no `type` (spec FA-FRM-1, FA-CLA-8).
        """
        if message in self._protocol.channel.from_server:
            return "content" in self._names(message)
        return message.raw_text or "type" not in self._names(message)

    def in_classic(self, value: dict[str, Any], owner: str) -> dict[str, Any]:
        """Return an object of the type `owner` without the fields that classic does not have."""
        node = self._protocol.type_named(owner)
        assert isinstance(node, ir.Object)
        result = {key: item for key, item in value.items() if not self.of_field(owner, key)}
        for field in node.fields:
            item = result.get(field.name)
            if isinstance(field.type, ir.Ref) and isinstance(item, dict):
                result[field.name] = self.in_classic(item, field.type.name)
        return result

    def _names(self, message: ir.Message) -> set[str]:
        assert isinstance(message.payload, ir.Ref)  # lint: a JSON message's payload is a $ref
        node = self._protocol.type_named(message.payload.name)
        assert isinstance(node, ir.Object)  # lint: … to an object
        return {field.name for field in node.fields}
