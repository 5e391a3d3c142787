"""The message vectors: frames that every codec must take, and frames that every codec must refuse.

They are data, in JSON, for tests in any language. A frame is given as text, so that big integers and broken
JSON survive; what it must decode to stands beside it, with defaults filled in.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any, ClassVar

from ..emit import MARK, OutputFile, Source
from ..ir.model import ListOf, Object, Protocol, Ref, Type, Union
from ..ir.values import Mismatch, read
from .vector_cases import Case, compact, object_cases
from .vector_values import sample

__all__ = ["VectorsTarget"]

UNKNOWN = "Unknown"
"""What `expect_type` says of a message whose type the protocol does not know."""

_UNKNOWN_TYPES = (
    ("a type of a later version", "audio_message"),
    ("the empty string as a type", ""),
    ("a known type in another casing", "Text_Message"),
    ("the type of a client's frame", "initiate_workflow"),
    ("a type that clients may use for unknown ones themselves", "unknown"),
    ("a type that objects of some languages have as an attribute", "constructor"),
    ("a type that objects of some languages have as a hidden attribute", "__proto__"),
    ("a type that is not ASCII", "Nachricht \u00fc \U0001f4ac"),
)


class VectorsTarget:
    """Generates one file a message type, one for unknown types, and one for each body that is no message."""

    name: ClassVar[str] = "vectors"
    roots: ClassVar[tuple[str, ...]] = ("spec/vectors/messages", "spec/vectors/types")

    def generate(self, source: Source) -> list[OutputFile]:
        """Return the vector files."""
        protocol = source.protocol
        union = next(node for node in protocol.types if isinstance(node, Union))
        messages, types = self.roots
        files = [
            _file(
                f"{messages}/{variant.tag}.json", variant.tag, _message_cases(protocol, union, variant.type)
            )
            for variant in union.variants
        ]
        files.append(_file(f"{messages}/unknown.json", UNKNOWN, _unknown_cases(protocol, union)))
        for node in _bodies(protocol):
            ref = Ref(node.name)
            bodies = (_judged(protocol, ref, node.name, case) for case in object_cases(protocol, ref))
            files.append(_file(f"{types}/{node.name}.json", node.name, bodies))
        return files


def _bodies(protocol: Protocol) -> list[Object]:
    """The objects that stand by themselves as a client's frame or a REST body, alone or in a list."""
    named: set[Type | None] = {message.payload for message in protocol.channel.from_client}
    for operation in protocol.operations:
        named.add(operation.request)
        for response in operation.responses:
            named.add(response.body.item if isinstance(response.body, ListOf) else response.body)
    return [node for node in protocol.types if isinstance(node, Object) and Ref(node.name) in named]


def _message_cases(protocol: Protocol, union: Union, variant: Ref) -> Iterable[dict[str, Any]]:
    for case in object_cases(protocol, variant):
        yield _judged(protocol, Ref(union.name), variant.name, case)


def _unknown_cases(protocol: Protocol, union: Union) -> Iterable[dict[str, Any]]:
    for why, tag in _UNKNOWN_TYPES:
        full = sample(protocol, union.variants[0].type)
        yield _unknown(why, {**full, union.tag_field: tag})
    yield _unknown("an unknown type with nothing else", {union.tag_field: "audio_message"})
    yield _unknown(
        "an unknown type whose fields are of other types than those of known messages",
        {union.tag_field: "audio_message", "content": [1, 2**53 + 1, {"deep": [None]}], "uuid": None},
    )


def _unknown(why: str, frame: dict[str, Any]) -> dict[str, Any]:
    return _vector(Case(why, f"{why}: kept as it is, never an error", compact(frame)), UNKNOWN, frame)


def _judged(protocol: Protocol, kind: Ref, name: str, case: Case) -> dict[str, Any]:
    """Let the reference reading say what a case decodes to, or that it must be refused."""
    if case.broken:
        return _vector(case, None, None)
    value = json.loads(case.frame)
    try:
        expect = read(protocol, kind, value)
    except Mismatch as mismatch:
        return _vector(Case(case.name, f"{case.why}: {mismatch}", case.frame), None, None)
    node = protocol.type_named(kind.name)
    if isinstance(node, Union):
        tag = value.get(node.tag_field, node.default_tag)
        name = next(variant.type.name for variant in node.variants if variant.tag == tag)
    return _vector(case, name, expect)


def _vector(case: Case, expect_type: str | None, expect: Any) -> dict[str, Any]:
    return {
        "name": case.name,
        "valid": expect_type is not None,
        "why": case.why,
        "frame": case.frame,
        "expect_type": expect_type,
        "expect": expect,
    }


def _file(path: str, kind: str, cases: Iterable[dict[str, Any]]) -> OutputFile:
    listed = list(cases)
    names = [case["name"] for case in listed]
    repeated = {name for name in names if names.count(name) > 1}
    if repeated:
        raise ValueError(f"{path}: cases of one name: {', '.join(sorted(repeated))}")
    document = {"x-generated": MARK, "type": kind, "cases": listed}
    return OutputFile(path, json.dumps(document, indent=2, ensure_ascii=False) + "\n")
