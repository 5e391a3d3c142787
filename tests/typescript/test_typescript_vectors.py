"""Every vector through the TypeScript codec, and canaries that prove that the vectors can fail."""

from __future__ import annotations

import functools
import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from typescript_tools import HERE, bundle

VECTORS = HERE.parents[1] / "spec" / "vectors"
Case = dict[str, Any]
Outcome = dict[str, Any]

SAFE = 2**53
"""Beyond it JavaScript rounds integers; the frame's own text holds the digits."""


@functools.cache
def cases() -> list[Case]:
    """Return every case of every vector file, with its folder and the file's type."""
    found = []
    for path in sorted(VECTORS.glob("*/*.json")):
        document = json.loads(path.read_text(encoding="utf-8"))
        place = {"folder": path.parent.name, "type": document["type"], "file": path.stem}
        found += [{**case, **place} for case in document["cases"]]
    return found


def judge(case: Case, outcome: Outcome) -> str | None:
    """Return what the codec does wrong with a case; None when it is right."""
    if "refused" in outcome:
        return f"refused, but {case['why']}: {outcome['refused']}" if case["valid"] else None
    if not case["valid"]:
        return f"taken, but {case['why']}"
    if outcome["kind"] != case["expect_type"]:
        return f"decoded as {outcome['kind']}, not {case['expect_type']}"
    if not outcome["exact"]:
        return "the frame's own text is not at hand"
    if text(outcome["value"]) != text(case["expect"]):
        return f"decoded to {text(outcome['value'])}, not {text(case['expect'])}"
    return None


def text(value: Any) -> str:
    """Return a value as text, with big integers rounded as JavaScript does, and 1.0 as it writes it."""
    return json.dumps(_rounded(value), sort_keys=True)


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= SAFE:
        return float(value)
    if isinstance(value, float) and value.is_integer() and abs(value) < SAFE:
        return int(value)
    return value


@pytest.fixture(scope="module")
def outcomes(tmp_path_factory: pytest.TempPathFactory) -> list[Outcome]:
    """What the TypeScript codec makes of every case, in the order of `cases()`."""
    (program,) = bundle(tmp_path_factory.mktemp("vectors"), HERE / "vectors.ts")
    return decoded(program)


def decoded(program: Path) -> list[Outcome]:
    """Give every case to the program."""
    asked = json.dumps([{key: case[key] for key in ("folder", "type", "frame")} for case in cases()])
    done = subprocess.run(
        ["node", "--enable-source-maps", program],
        input=asked,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    found: list[Outcome] = json.loads(done.stdout)
    return found


def faults(outcomes: list[Outcome], bend: Callable[[Case, Outcome], Outcome]) -> list[str]:
    """Return the ids of the cases that a codec bent in this way gets wrong."""
    pairs = zip(cases(), outcomes, strict=True)
    return [f"{case['file']}: {case['name']}" for case, outcome in pairs if judge(case, bend(case, outcome))]


@pytest.mark.parametrize(
    "index", range(len(cases())), ids=lambda index: "{file}: {name}".format(**cases()[index])
)
def test_vector(index: int, outcomes: list[Outcome]) -> None:
    """The codec takes, refuses and decodes each frame as the vector says."""
    assert judge(cases()[index], outcomes[index]) is None


def test_every_refusal_names_the_place(outcomes: list[Outcome]) -> None:
    """A refusal says where the fault is, unless the frame is no JSON at all."""
    refused = [outcome["refused"] for outcome in outcomes if "refused" in outcome]
    assert len(refused) > 500
    assert all(": must be " in why or "JSON" in why for why in refused), refused


def test_canary_that_takes_everything_is_caught(outcomes: list[Outcome]) -> None:
    """A codec that refuses nothing fails at every invalid vector."""

    def everything(case: Case, outcome: Outcome) -> Outcome:
        return (
            {"kind": case.get("expect_type"), "value": {}, "exact": True} if "refused" in outcome else outcome
        )

    invalid = [case for case in cases() if not case["valid"]]
    assert len(faults(outcomes, everything)) == len(invalid) > 500


def test_canary_that_refuses_everything_is_caught(outcomes: list[Outcome]) -> None:
    """A codec that refuses all fails at every valid vector."""
    valid = [case for case in cases() if case["valid"]]
    assert len(faults(outcomes, lambda _, __: {"refused": "no"})) == len(valid) > 300


def test_canary_that_loses_digits_without_the_text_is_caught(outcomes: list[Outcome]) -> None:
    """Rounding is allowed only because the text is at hand."""
    found = faults(outcomes, lambda _, outcome: {**outcome, "exact": False} if "kind" in outcome else outcome)
    assert any("2^53" in name for name in found)


def test_canary_that_forgets_defaults_is_caught(outcomes: list[Outcome]) -> None:
    """A codec that leaves absent what has a default fails."""

    def forgetful(case: Case, outcome: Outcome) -> Outcome:
        return {**outcome, "value": json.loads(case["frame"])} if "kind" in outcome else outcome

    assert any(name.startswith("text_input") for name in faults(outcomes, forgetful))
