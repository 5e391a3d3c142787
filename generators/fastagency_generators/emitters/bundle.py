"""The two documents as single JSON files: every named type inside, only internal references."""

from __future__ import annotations

import json
import posixpath
from typing import Any, ClassVar

from ..emit import MARK, OutputFile, Source
from ..spec.load import DOCUMENTS, Node, Spec

__all__ = ["BundleTarget", "bundle", "inlined"]

_PREFIX = "#/components/schemas/"


class BundleTarget:
    """Generates `openapi.json` and `asyncapi.json` where the server serves them from."""

    name: ClassVar[str] = "bundle"
    roots: ClassVar[tuple[str, ...]] = ("server/fastagency_server/_generated",)

    def generate(self, source: Source) -> list[OutputFile]:
        """Return the two bundled documents."""
        files = []
        for document in DOCUMENTS:
            name = posixpath.splitext(document)[0]
            text = json.dumps(bundle(source.spec, name), indent=2, ensure_ascii=False) + "\n"
            files.append(OutputFile(f"{self.roots[0]}/{name}.json", text))
        return files


def bundle(spec: Spec, name: str) -> dict[str, Any]:
    """Return the document `name` (`openapi` or `asyncapi`) with everything that it refers to inside it.

    The named types stand under `components/schemas` by their title, in alphabetical order. Raises KeyError
    when there is no such document.
    """
    root = spec.document(f"{name}.yaml")
    reached: dict[str, Any] = {}
    document: dict[str, Any] = _rewrite(spec, root, reached)
    version, *rest = document
    components = {**document.get("components", {}), "schemas": dict(sorted(reached.items()))}
    # The mark stands right below the document's version, where a reader sees it first.
    return {
        version: document[version],
        "x-generated": MARK,
        **{key: document[key] for key in rest},
        "components": components,
    }


def inlined(spec: Spec, schemas: list[Node]) -> dict[str, Any]:
    """Return these schema files, and all that they refer to, by title, with internal references."""
    reached: dict[str, Any] = {}
    for schema in schemas:
        _reach(spec, schema, reached)
    return reached


def _reach(spec: Spec, schema: Node, reached: dict[str, Any]) -> None:
    title = schema.get("title")
    if title not in reached:
        reached[title] = None  # keeps its place, and ends the recursion of types that refer to each other
        reached[title] = _rewrite(spec, schema, reached)


def _rewrite(spec: Spec, node: Node, reached: dict[str, Any]) -> Any:
    """Copy a value, with references to other files made internal and their targets added to `reached`."""
    if isinstance(node.value, list):
        return [_rewrite(spec, child, reached) for child in node.children()]
    if not isinstance(node.value, dict):
        return node.value
    copy: dict[str, Any] = {}
    for key, child in node.items():
        if key == "$ref" and not child.value.startswith("#"):
            target = spec.resolve(node)
            _reach(spec, target, reached)
            copy[key] = _PREFIX + target.get("title")
        elif key == "discriminator" and "mapping" in child:
            copy[key] = {**child.value, "mapping": _mapping(spec, child.at("mapping"))}
        else:
            copy[key] = _rewrite(spec, child, reached)
    return copy


def _mapping(spec: Spec, mapping: Node) -> dict[str, str]:
    """The discriminator's mapping: its values are references, although no `$ref` says so."""
    targets = {
        tag: spec.resolve(Node(entry.file, entry.pointer, {"$ref": entry.value}))
        for tag, entry in mapping.items()
    }
    return {tag: _PREFIX + target.get("title") for tag, target in targets.items()}
