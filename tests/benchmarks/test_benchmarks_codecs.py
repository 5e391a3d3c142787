"""The benchmark of the codecs runs, and names what it leaves out. No figure is an expectation here."""

from __future__ import annotations

import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
from node_tools import built_sdk

from benchmarks import codecs
from benchmarks.codecs import CODECS, CodecFailed

ROOT = Path(__file__).resolve().parents[2]
PYTHON, *_ = CODECS


def silent(_: str) -> None:
    """Take a line of progress and show it to nobody."""


def test_every_client_is_measured_or_named(tmp_path: Path) -> None:
    built_sdk()
    output = tmp_path / "codecs.md"
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "codecs", "--quick", "--output", str(output)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    text = output.read_text()
    assert text in run.stdout
    measured = [line.split("|")[1].strip() for line in text.splitlines() if line.startswith("| ")][1:]
    assert {"Python", "TypeScript"} <= set(measured)
    for codec in CODECS:
        assert (codec.title in measured) != (f"{codec.title} (" in text.partition("Skipped:")[2])


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"tools": ("no-such-tool",)}, "no-such-tool not found"),
        ({"source": "bench/none.py"}, "sdk-python/bench/none.py is missing"),
        ({"needs": {"built": "make it"}}, "sdk-python/built is missing: make it"),
    ],
)
def test_what_is_missing_is_named(
    change: dict[str, object], why: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(codecs, "CODECS", (replace(PYTHON, **change),))  # type: ignore[arg-type]
    said: list[str] = []
    report = codecs.measure(0.1, said.append)
    assert report.figures == {}
    assert f"Skipped: Python ({why})." in report.markdown()
    assert said == [f"codec of Python: skipped, {why}"]


@pytest.mark.parametrize(
    ("program", "why"),
    [
        ("raise SystemExit('it broke')", "it broke"),
        ("print('hello')", "printed what it should not"),
        ('print(\'{"language": "python"}\')', "printed what it should not"),
    ],
)
def test_a_program_that_fails_is_an_error(program: str, why: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(codecs, "CODECS", (replace(PYTHON, run=(sys.executable, "-c", program)),))
    with pytest.raises(CodecFailed, match=why):
        codecs.measure(0.1, silent)


def test_a_build_that_fails_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    broken = replace(PYTHON, build=(sys.executable, "-c", "raise SystemExit('no compiler')"))
    monkeypatch.setattr(codecs, "CODECS", (broken,))
    with pytest.raises(CodecFailed, match="no compiler"):
        codecs.measure(0.1, silent)
