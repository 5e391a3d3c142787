"""Rust: the frames of serde implementations, which every type's code stands in."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from ..ir.model import ListOf, Scalar, Type
from ..writer import Writer
from .rust_layout import literal

__all__ = ["SerdeWriter"]


class SerdeWriter(Writer):
    """A writer of `codec.rs`. The protocol's types stand in it as `messages::Name`: none hides another."""

    def __init__(self) -> None:
        super().__init__()
        self.patterns: dict[str, str] = {}
        """The constant that holds each regular expression."""

    @contextmanager
    def deserialize(self, name: str) -> Iterator[None]:
        """Write `impl Deserialize` around what is written inside."""
        self.use("serde::de", "Deserialize")
        self.use("serde::de", "Deserializer")
        self.blank()
        head = "fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {"
        with self.block(f"impl<'de> Deserialize<'de> for {name} {{", "}"), self.block(head, "}"):
            yield

    @contextmanager
    def serialize(self, name: str) -> Iterator[None]:
        """Write `impl Serialize` around what is written inside."""
        self.use("serde::ser", "Serialize")
        self.use("serde::ser", "Serializer")
        self.blank()
        head = "fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {"
        with self.block(f"impl Serialize for {name} {{", "}"), self.block(head, "}"):
            yield

    @contextmanager
    def visitor(self, visitor: str, name: str, expecting: str) -> Iterator[None]:
        """Write a visitor that makes a `name` around the methods that are written inside."""
        self.use("std", "fmt")
        self.use("serde::de", "Visitor")
        self.line(f"struct {visitor};")
        self.blank()
        with self.block(f"impl<'de> Visitor<'de> for {visitor} {{", "}"):
            self.line(f"type Value = {name};")
            self.blank()
            with self.block("fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {", "}"):
                self.line(f"out.write_str({literal(expecting)})")
            yield
        self.blank()

    @contextmanager
    def visit_map(self) -> Iterator[None]:
        """Write a visitor's method for objects, with `map` at hand."""
        self.use("serde::de", "MapAccess")
        head = "fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {"
        with self.block(head, "}"):
            yield

    def wire(self, name: str) -> str:
        """Return a name of the hand-written helpers."""
        self.use("crate", "wire")
        return f"wire::{name}"

    def serde_de(self) -> str:
        """Return the name of serde's module for reading."""
        return self.use("serde", "de")

    def checks(self, node: Type, error: str) -> list[str]:
        """Return the statements that check the constraints on the texts in `value`, which is a `node`."""
        while isinstance(node, ListOf):
            node = node.item
        if not isinstance(node, Scalar):
            return []
        found = []
        if node.const is not None:
            found.append(f"{self.wire('always')}::<{error}>({literal(node.const)}, &value)?;")
        if node.min_length:
            found.append(f"{self.wire('at_least')}::<{error}>({node.min_length}, &value)?;")
        if node.pattern is not None:
            constant = self.patterns.setdefault(node.pattern, f"PATTERN_{len(self.patterns) + 1}")
            found.append(f"{self.wire('matching')}::<{error}>(&{constant}, &value)?;")
        return found
