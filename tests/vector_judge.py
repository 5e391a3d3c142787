"""Judges a codec by the message vectors: the real one, and the canaries that must fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

VECTORS = Path(__file__).parents[1] / "spec" / "vectors"

Codec = Callable[[str], tuple[str, Any]]
"""Takes a frame; returns its type's name and the decoded value, or raises ValueError to refuse it."""


@dataclass(frozen=True)
class Vector:
    """One case of a vector file."""

    file: str
    kind: str
    case: dict[str, Any]

    @property
    def id(self) -> str:
        """What tests call it."""
        return f"{self.file}: {self.case['name']}"


def vectors(folder: str, root: Path = VECTORS) -> list[Vector]:
    """Return every case of the files in `folder` (`messages` or `types`) of the vectors at `root`."""
    found = []
    for path in sorted((root / folder).glob("*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        found += [Vector(path.stem, document["type"], case) for case in document["cases"]]
    return found


def judge(vector: Vector, codec: Codec) -> str | None:
    """Return what the codec does wrong with a vector; None when it is right."""
    case = vector.case
    try:
        kind, value = codec(case["frame"])
    except ValueError as error:
        return f"{vector.id}: refused, but {case['why']}: {error}" if case["valid"] else None
    if not case["valid"]:
        return f"{vector.id}: taken, but {case['why']}"
    if kind != case["expect_type"]:
        return f"{vector.id}: decoded as {kind}, not {case['expect_type']}"
    if not _same(value, case["expect"]):
        return f"{vector.id}: decoded to {value!r}, not {case['expect']!r}"
    return None


def faults(folder: str, codec: Callable[[Vector], Codec]) -> list[str]:
    """Return what the codecs, one made for each vector, do wrong."""
    judged = (judge(vector, codec(vector)) for vector in vectors(folder))
    return [fault for fault in judged if fault is not None]


def _same(one: Any, other: Any) -> bool:
    """Compare as JSON does: 1 is 1.0, but true, which is 1 to Python, is not."""
    match one, other:
        case (dict(), dict()):
            return one.keys() == other.keys() and all(_same(one[key], other[key]) for key in one)
        case (list(), list()):
            return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
