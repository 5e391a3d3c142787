"""The cases themselves: what their schema refuses, and that no clause is without one."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from conformance.cases import SESSIONS, BadCases, load_cases, load_clauses
from conformance.cli import main
from conformance.pages import uncovered

GOOD = """
theme: A theme.
cases:
  - id: one
    title: It holds.
    clauses: [FA-CLA-1]
    roles: [client]
    steps:
      - start: {}
      - return: done
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of cases with the real schema and clauses, and one good file."""
    for name in ("schema.yaml", "clauses.yaml"):
        shutil.copyfile(SESSIONS / name, tmp_path / name)
    (tmp_path / "theme.yaml").write_text(GOOD)
    return tmp_path


def test_there_are_enough_cases_and_each_clause_has_one() -> None:
    cases = load_cases()
    assert len(cases) >= 60
    assert len({case.name for case in cases}) == len(cases)
    assert uncovered(cases, load_clauses()) == []


def test_a_good_file_is_taken(folder: Path) -> None:
    (case,) = load_cases(folder)
    assert (case.name, case.place) == ("theme/one", "theme.yaml:4")


@pytest.mark.parametrize(
    ("change", "to", "said"),
    [
        (
            "- return: done",
            "- retrun: done",
            "theme.yaml:10 (case one) cases.0.steps.1: a step has exactly one verb",
        ),
        (
            "- return: done",
            "- {return: done, raise: x}",
            "a step has exactly one verb, this one has raise and return",
        ),
        (
            "- return: done",
            "- return: 5",
            "theme.yaml:10 (case one) cases.0.steps.1.return: 5 is not of type",
        ),
        ("- return: done", "- {say: {text_message: {}}, sees: maybe}", "'maybe' is not one of"),
        ("- return: done", "- {close: {reason: no code}}", "'code' is a required property"),
        ("- return: done", "- {binary: xyz}", "'xyz' does not match"),
        ("- return: done", "- {closed: {code: 1000}}", "'closed' cannot be played where a client is judged"),
        ("FA-CLA-1", "FA-CLA-99", "FA-CLA-99 is not in clauses.yaml"),
        ("roles: [client]", "roles: [proxy]", "'proxy' is not one of"),
        ("id: one", "id: Not an id", "'Not an id' does not match"),
        ("title: It holds.", "", "'title' is a required property"),
        ("title: It holds.", "title: It holds.\n    title: Twice", "theme.yaml:6: 'title' stands twice"),
        ("theme: A theme.", "theme: [", "theme.yaml: "),
        (
            "- return: done",
            "- return: done\n  - " + GOOD.split("  - ", 1)[1].strip(),
            "another case of that id",
        ),
        ("cases:", "kases:", "'cases' is a required property"),
    ],
)
def test_a_bad_file_is_refused_with_its_place(folder: Path, change: str, to: str, said: str) -> None:
    (folder / "theme.yaml").write_text(GOOD.replace(change, to, 1))
    with pytest.raises(BadCases) as refused:
        load_cases(folder)
    assert said in str(refused.value)


def test_all_faults_are_told_at_once(folder: Path) -> None:
    (folder / "theme.yaml").write_text(GOOD.replace("client", "proxy"))
    (folder / "zebra.yaml").write_text(GOOD.replace("FA-CLA-1", "FA-CLA-99"))
    with pytest.raises(BadCases) as refused:
        load_cases(folder)
    assert "theme.yaml" in str(refused.value)
    assert "zebra.yaml" in str(refused.value)


def test_the_generated_pages_are_current(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pages", "--check"]) == 0, capsys.readouterr().out


def test_a_clause_that_stands_twice_is_refused(folder: Path) -> None:
    clauses = folder / "clauses.yaml"
    clauses.write_text(clauses.read_text() + "FA-CLA-1: {judged: both, says: Something else.}\n")
    with pytest.raises(BadCases, match="'FA-CLA-1' stands twice"):
        load_clauses(folder)
