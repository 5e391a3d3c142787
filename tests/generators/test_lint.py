"""What the generator refuses: each fault with its file and pointer, all at once, and nothing written."""

from __future__ import annotations

from pathlib import Path

import pytest
from copied_spec import PROJECT, CopiedSpec
from fastagency_generators.spec.lint import lint
from fastagency_generators.spec.load import load_spec
from planted_faults import ALL_FAULTS


@pytest.fixture
def copied(tmp_path: Path) -> CopiedSpec:
    return CopiedSpec(tmp_path)


def test_the_spec_itself_is_sound() -> None:
    assert lint(load_spec(PROJECT / "spec")) == []


@pytest.mark.parametrize("name", ALL_FAULTS)
def test_fault_is_refused_at_its_place(
    name: str, copied: CopiedSpec, capsys: pytest.CaptureFixture[str]
) -> None:
    file, old, new, pointer, complaint = ALL_FAULTS[name]
    copied.replace(file, old, new)
    place = pointer if "#" in pointer else f"{file}#{pointer}"

    assert copied.run() == 1

    lines = capsys.readouterr().err.splitlines()
    assert any(line.startswith(f"{copied.spec}/{place}: ") and complaint in line for line in lines), lines
    assert copied.outputs() == []


def test_all_faults_are_reported_at_once(copied: CopiedSpec, capsys: pytest.CaptureFixture[str]) -> None:
    chosen = [
        "missing reference",
        "unknown keyword of a field",
        "closed object",
        "close code twice",
        "parameters",
    ]
    for name in chosen:
        file, old, new, _, _ = ALL_FAULTS[name]
        copied.replace(file, old, new)

    assert copied.run() == 1

    errors = capsys.readouterr().err
    for name in chosen:
        file, _, _, pointer, complaint = ALL_FAULTS[name]
        assert any(f"{file}#{pointer}: " in line and complaint in line for line in errors.splitlines()), (
            errors
        )
    assert "faults in the spec; nothing was written" in errors
    assert copied.outputs() == []


def test_file_that_nothing_refers_to(copied: CopiedSpec, capsys: pytest.CaptureFixture[str]) -> None:
    copied.append("schemas/Lonely.yaml", "title: Lonely\ndescription: Alone.\ntype: object\nproperties: {}\n")
    assert copied.run() == 1
    assert "schemas/Lonely.yaml#/: nothing refers to this type" in capsys.readouterr().err


def test_file_that_is_not_yaml(copied: CopiedSpec, capsys: pytest.CaptureFixture[str]) -> None:
    copied.append("schemas/Error.yaml", "  - [\n")
    assert copied.run() == 1
    assert "schemas/Error.yaml#/: the file is not YAML" in capsys.readouterr().err


def test_folder_without_a_spec(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copied = CopiedSpec(tmp_path)
    (copied.spec / "asyncapi.yaml").unlink()
    assert copied.run() == 1
    assert "asyncapi.yaml#/: the file is missing" in capsys.readouterr().err


def test_existing_output_survives_a_refusal(copied: CopiedSpec) -> None:
    assert copied.run("--only", "vectors") == 0
    before = {path: (copied.root / path).read_bytes() for path in copied.outputs()}
    copied.replace("schemas/Error.yaml", "$ref: ErrorContent.yaml", "$ref: Nothing.yaml")
    assert copied.run("--only", "vectors") == 1
    assert {path: (copied.root / path).read_bytes() for path in copied.outputs()} == before
