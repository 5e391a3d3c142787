"""Every vector through the TypeScript codec, and canaries that prove that the vectors can fail."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from typescript_tools import HERE, Outcome, as_javascript, bundle, decoded, rounded
from vector_judge import Vector, judge, vectors

FOLDERS = ("messages", "types")
CASES = {folder: [rounded(vector) for vector in vectors(folder)] for folder in FOLDERS}
ALL = [vector for folder in FOLDERS for vector in CASES[folder]]


def fault(vector: Vector, outcome: Outcome) -> str | None:
    """Return what the codec did wrong with a vector; None when it is right."""

    def codec(_: str) -> tuple[str, object]:
        if "refused" in outcome:
            raise ValueError(outcome["refused"])
        return outcome["kind"], as_javascript(outcome["value"])

    wrong = judge(vector, codec)
    if wrong is None and not outcome.get("exact", True):
        return f"{vector.id}: the frame's own text is not at hand"
    return wrong


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """What the TypeScript codec makes of each of `ALL`."""
    (program,) = bundle(tmp_path_factory.mktemp("vectors"), HERE / "vectors.ts")
    return [outcome for folder in FOLDERS for outcome in decoded(program, folder, CASES[folder])]


def faults(outcomes: list[Outcome], bend: Callable[[Vector, Outcome], Outcome]) -> list[str]:
    """Return what a codec that is bent in this way does wrong."""
    judged = (fault(vector, bend(vector, outcome)) for vector, outcome in zip(ALL, outcomes, strict=True))
    return [wrong for wrong in judged if wrong is not None]


@pytest.mark.parametrize("index", range(len(ALL)), ids=lambda index: ALL[index].id)
def test_vector(index: int, outcomes: list[Outcome]) -> None:
    """The codec takes, refuses and decodes each frame as the vector says."""
    assert fault(ALL[index], outcomes[index]) is None


def test_every_refusal_names_the_place(outcomes: list[Outcome]) -> None:
    """A refusal says where the fault is, unless the frame is no JSON at all."""
    refused = [outcome["refused"] for outcome in outcomes if "refused" in outcome]
    assert len(refused) > 500
    assert [why for why in refused if ": must be " not in why and "JSON" not in why] == []


def test_canary_that_takes_everything_is_caught(outcomes: list[Outcome]) -> None:
    """A codec that refuses nothing fails at every invalid vector."""

    def everything(vector: Vector, outcome: Outcome) -> Outcome:
        return {"kind": vector.kind, "value": {}} if "refused" in outcome else outcome

    invalid = [vector for vector in ALL if not vector.case["valid"]]
    assert len(faults(outcomes, everything)) == len(invalid) > 500


def test_canary_that_refuses_everything_is_caught(outcomes: list[Outcome]) -> None:
    """A codec that refuses all fails at every valid vector."""
    valid = [vector for vector in ALL if vector.case["valid"]]
    assert len(faults(outcomes, lambda _, __: {"refused": "no"})) == len(valid) > 300


def test_canary_that_loses_digits_without_the_text_is_caught(outcomes: list[Outcome]) -> None:
    """Rounding is allowed only because the text is at hand."""
    found = faults(outcomes, lambda _, outcome: {**outcome, "exact": False} if "kind" in outcome else outcome)
    assert any("2^53" in wrong for wrong in found)


def test_canary_that_forgets_defaults_is_caught(outcomes: list[Outcome]) -> None:
    """A codec that leaves absent what has a default fails."""

    def forgetful(vector: Vector, outcome: Outcome) -> Outcome:
        return {**outcome, "value": json.loads(vector.case["frame"])} if "kind" in outcome else outcome

    assert any(wrong.startswith("text_input") for wrong in faults(outcomes, forgetful))
