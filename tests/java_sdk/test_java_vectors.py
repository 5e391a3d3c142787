"""Every vector through the Java codec, and canaries that prove that the vectors can fail."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from java_tools import observations
from vector_judge import Vector, judge, vectors

ALL = [vector for folder in ("messages", "types") for vector in vectors(folder)]
MESSAGES = len(vectors("messages"))

Observation = dict[str, Any]


@pytest.fixture(scope="module")
def seen() -> list[Observation]:
    """What the Java codec makes of each of `ALL`."""
    return observations(
        [
            {
                "do": "decode",
                "as": "ServerMessage" if index < MESSAGES else vector.kind,
                "frame": vector.case["frame"],
            }
            for index, vector in enumerate(ALL)
        ]
    )


def fault(vector: Vector, observation: Observation) -> str | None:
    """Return what the codec did wrong with a vector; None when it is right."""

    def codec(_: str) -> tuple[str, Any]:
        if observation["saw"] == "refused":
            raise ValueError(observation["why"])
        return observation["type"], observation["value"]

    return judge(vector, codec)


def faults(seen: list[Observation], bend: Callable[[Vector, Observation], Observation]) -> list[str]:
    """Return what a codec that is bent in this way does wrong."""
    judged = (fault(vector, bend(vector, one)) for vector, one in zip(ALL, seen, strict=True))
    return [wrong for wrong in judged if wrong is not None]


@pytest.mark.parametrize("index", range(len(ALL)), ids=lambda index: ALL[index].id)
def test_vector(index: int, seen: list[Observation]) -> None:
    """The codec takes, refuses and decodes each frame as the vector says."""
    assert fault(ALL[index], seen[index]) is None


def test_every_refusal_names_the_place(seen: list[Observation]) -> None:
    """A refusal says where the fault is, unless the whole is no JSON or no object."""
    refused = [one["why"] for one in seen if one["saw"] == "refused"]
    assert len(refused) > 500
    whole = ("is not JSON: ", "must be an object")
    assert [why for why in refused if not why.startswith(whole) and ": " not in why] == []


def test_canary_that_takes_everything_is_caught(seen: list[Observation]) -> None:
    """A codec that refuses nothing fails at every invalid vector."""

    def everything(vector: Vector, one: Observation) -> Observation:
        return {"saw": "decoded", "type": vector.kind, "value": {}} if one["saw"] == "refused" else one

    invalid = [vector for vector in ALL if not vector.case["valid"]]
    assert len(faults(seen, everything)) == len(invalid) > 500


def test_canary_that_refuses_everything_is_caught(seen: list[Observation]) -> None:
    """A codec that refuses all fails at every valid vector."""
    valid = [vector for vector in ALL if vector.case["valid"]]
    assert len(faults(seen, lambda _, __: {"saw": "refused", "why": "no"})) == len(valid) > 300


def test_canary_that_rounds_is_caught(seen: list[Observation]) -> None:
    """A codec that reads every number as a double fails."""

    def rounding(_: Vector, one: Observation) -> Observation:
        found: Observation = json.loads(json.dumps(one), parse_int=lambda digits: int(float(digits)))
        return found

    assert any("2^53" in wrong for wrong in faults(seen, rounding))


def test_canary_that_forgets_defaults_is_caught(seen: list[Observation]) -> None:
    """A codec that leaves absent what has a default fails."""

    def forgetful(vector: Vector, one: Observation) -> Observation:
        return {**one, "value": json.loads(vector.case["frame"])} if one["saw"] == "decoded" else one

    assert any(wrong.startswith("text_input") for wrong in faults(seen, forgetful))
