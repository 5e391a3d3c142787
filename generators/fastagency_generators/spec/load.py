"""Read the spec's YAML files, keeping for every value the file and JSON pointer that it stands at.

A `Node` is a value together with its place, so that every later fault can be reported as `file#/pointer: what
is wrong`, whichever file a `$ref` led to.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Fault", "Node", "Spec", "UnresolvedReference", "load_spec"]

DOCUMENTS = ("openapi.yaml", "asyncapi.yaml")
"""The two root documents, relative to the spec's folder."""

SCHEMA_FOLDER = "schemas"
"""The folder of the named types, one a file."""


@dataclass(frozen=True, order=True)
class Fault:
    """A fault of the spec: the file (relative to the spec's folder), the JSON pointer, and what is wrong."""

    file: str
    pointer: str
    what: str

    def __str__(self) -> str:
        """Return the fault as `file#/pointer: what is wrong`."""
        return f"{self.file}#{self.pointer or '/'}: {self.what}"


@dataclass(frozen=True)
class Node:
    """A value of a YAML file and its place. Two nodes are equal when they stand at the same place."""

    file: str
    pointer: str
    value: Any

    def __eq__(self, other: object) -> bool:
        """Compare places, not values."""
        return isinstance(other, Node) and (self.file, self.pointer) == (other.file, other.pointer)

    def __hash__(self) -> int:
        """Hash the place."""
        return hash((self.file, self.pointer))

    def __contains__(self, key: str) -> bool:
        """Return whether this is a mapping that has `key`."""
        return isinstance(self.value, dict) and key in self.value

    def at(self, key: str | int) -> Node:
        """Return the child `key` of a mapping or list. Raises KeyError or IndexError when there is none."""
        return Node(self.file, f"{self.pointer}/{_escape(str(key))}", self.value[key])

    def get(self, key: str, default: Any = None) -> Any:
        """Return the plain value at `key` of a mapping, or `default`."""
        return self.value.get(key, default) if isinstance(self.value, dict) else default

    def find(self, key: str) -> Node | None:
        """Return the child `key`, or None when this is no mapping or has no such key."""
        return self.at(key) if key in self else None

    def items(self) -> Iterator[tuple[str, Node]]:
        """Yield the keys and children of a mapping, in the order of the file. Nothing for any other value."""
        if isinstance(self.value, dict):
            for key in self.value:
                yield key, self.at(key)

    def children(self) -> Iterator[Node]:
        """Yield the items of a list. Nothing for any other value."""
        if isinstance(self.value, list):
            for index in range(len(self.value)):
                yield self.at(index)

    def fault(self, what: str) -> Fault:
        """Return a fault at this place."""
        return Fault(self.file, self.pointer, what)


class UnresolvedReference(Exception):
    """A `$ref` that leads nowhere. `fault` says where it stands and why."""

    def __init__(self, fault: Fault) -> None:
        super().__init__(str(fault))
        self.fault = fault


@dataclass(frozen=True)
class Spec:
    """The files of one spec folder, by their path relative to it. `faults` are those met while reading."""

    root: Path
    files: dict[str, Any]
    faults: tuple[Fault, ...]

    @property
    def openapi(self) -> Node:
        """The root of the OpenAPI document."""
        return self.document("openapi.yaml")

    @property
    def asyncapi(self) -> Node:
        """The root of the AsyncAPI document."""
        return self.document("asyncapi.yaml")

    def document(self, file: str) -> Node:
        """Return the root of `file`. Raises KeyError when it was not read."""
        return Node(file, "", self.files[file])

    def schemas(self) -> list[Node]:
        """Return the roots of the schema files, by file name."""
        return [self.document(file) for file in self.files if file.startswith(SCHEMA_FOLDER + "/")]

    def resolve(self, node: Node) -> Node:
        """Follow the `$ref` at `node`, and those it leads to; a node without one is returned as it is.

        Raises `UnresolvedReference` when a file or pointer is missing, or references go round in a circle.
        """
        seen: list[Node] = []
        while "$ref" in node:
            if node in seen:
                raise UnresolvedReference(seen[0].at("$ref").fault("the reference leads back to itself"))
            seen.append(node)
            node = self._target(node.at("$ref"))
        return node

    def _target(self, reference: Node) -> Node:
        text = reference.value
        if not isinstance(text, str):
            raise UnresolvedReference(reference.fault("a $ref must be a string"))
        file, _, pointer = text.partition("#")
        target = reference.file
        if file:
            target = posixpath.normpath(posixpath.join(posixpath.dirname(reference.file), file))
        if target not in self.files:
            raise UnresolvedReference(reference.fault(f"the reference {text!r} is missing: no file {target}"))
        node = self.document(target)
        for step in pointer.split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            try:
                node = node.at(int(key) if isinstance(node.value, list) else key)
            except (KeyError, IndexError, TypeError, ValueError):
                problem = f"the reference {text!r} is missing: {target} has nothing at {pointer}"
                raise UnresolvedReference(reference.fault(problem)) from None
        return node


def load_spec(root: Path) -> Spec:
    """Read the two documents and every schema file under `root`.

    Files that cannot be read become faults of the result, never exceptions, so that all are reported at once.
    """
    names = list(DOCUMENTS)
    names += sorted(path.relative_to(root).as_posix() for path in (root / SCHEMA_FOLDER).glob("**/*.yaml"))
    files: dict[str, Any] = {}
    faults: list[Fault] = []
    for name in names:
        try:
            text = (root / name).read_text(encoding="utf-8")
            value = yaml.load(text, Loader=_Loader)  # a safe loader
        except FileNotFoundError:
            faults.append(Fault(name, "", "the file is missing"))
        except UnicodeDecodeError as error:
            faults.append(Fault(name, "", f"the file is not UTF-8: {error.reason} at byte {error.start}"))
        except yaml.MarkedYAMLError as error:
            where = f" at line {error.problem_mark.line + 1}" if error.problem_mark else ""
            faults.append(Fault(name, "", f"the file is not YAML: {error.problem}{where}"))
        else:
            if isinstance(value, dict):
                files[name] = value
            else:
                faults.append(Fault(name, "", "the file must hold a mapping"))
    return Spec(root, files, tuple(faults))


def _escape(step: str) -> str:
    return step.replace("~", "~0").replace("/", "~1")


_Base: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_Base):  # type: ignore[misc]
    """YAML 1.2's JSON values only.

    PyYAML speaks YAML 1.1, in which the key `on` is a boolean and `2024-01-01` a date; the other readers of
    the published spec speak 1.2, so this one must too. A repeated key is an error, as it hides the first one.
    """

    yaml_implicit_resolvers: dict[str, list[tuple[str, Any]]] = {}  # noqa: RUF012 - PyYAML's own interface

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        """Build a mapping. Raises `ConstructorError` on a repeated key or one that is not a string."""
        seen: set[str] = set()
        for key, _ in node.value:
            name = key.value
            if name in seen:
                raise yaml.constructor.ConstructorError(
                    None, None, f"the key {name!r} is repeated", key.start_mark
                )
            seen.add(name)
        return {str(key.value): self.construct_object(value, deep=deep) for key, value in node.value}


for _tag, _pattern, _first in (
    ("null", r"~|null|", ["~", "n", ""]),
    ("bool", r"true|false", ["t", "f"]),
    ("int", r"[-+]?[0-9]+", list("-+0123456789")),
    ("float", r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?", list("-+.0123456789")),
):
    _Loader.add_implicit_resolver(f"tag:yaml.org,2002:{_tag}", re.compile(rf"^(?:{_pattern})$"), _first)
