"""The vectors as cases: every frame of `spec/vectors/{messages,types}`, through a driver's `decode`."""

from __future__ import annotations

from vector_judge import Vector, judge, vectors

from .messages import without_extras_of
from .results import Outcome
from .subject import Subject

__all__ = ["Vector", "all_vectors", "needs", "play_vector", "vector_name"]


def all_vectors() -> list[Vector]:
    """Every vector, those of the messages first."""
    return [*vectors("messages"), *vectors("types")]


def vector_name(vector: Vector) -> str:
    """ "vectors/text_message: full"."""
    return f"vectors/{vector.id}"


def needs(vector: Vector) -> frozenset[str]:
    """The features that a driver must have for this vector."""
    big = vector.case["valid"] and _holds_big(vector.case["expect"])
    return frozenset({"decode", "exact_integers"} if big else {"decode"})


def _holds_big(value: object) -> bool:
    if isinstance(value, dict):
        return any(map(_holds_big, value.values()))
    if isinstance(value, list):
        return any(map(_holds_big, value))
    return isinstance(value, int) and abs(value) > 2**53


async def play_vector(vector: Vector, subject: Subject) -> Outcome:
    """Put one vector to a driver. Raises SubjectFault."""
    frame = vector.case["frame"]
    kind = vector.kind if vector.file[0].isupper() else "ServerMessage"
    seen = await subject.ask({"do": "decode", "as": kind, "frame": frame})

    def codec(_: str) -> tuple[str, object]:
        if seen["saw"] == "refused":
            raise ValueError(seen.get("why", "refused"))
        if seen["saw"] != "decoded":
            raise LookupError(seen["saw"])
        return seen["type"], without_extras_of(seen["type"], seen["value"])

    name = vector_name(vector)
    try:
        fault = judge(vector, codec)
    except LookupError as error:
        fault = f"the client saw {error}, not 'decoded' or 'refused'"
    return Outcome(name, "failed" if fault else "passed", (fault or "").removeprefix(f"{vector.id}: "))
