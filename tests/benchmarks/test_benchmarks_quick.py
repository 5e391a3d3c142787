"""The benchmark runs, with sizes that measure nothing. No figure is an expectation here."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SERVERS = [
    "ours, blocking",
    "ours, async",
    "ours, blocking, fastagency.v1",
    "ours, async, fastagency.v1",
    "ours in FastAPI, blocking",
    "ours in FastAPI, async",
    "FastAgency 0.10.2, blocking",
    "FastAgency 0.10.2, async",
    "bare Starlette, ready-made text",
]


def test_every_server_is_in_every_table(tmp_path: Path) -> None:
    output = tmp_path / "benchmarks.md"
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "servers", "--quick", "--output", str(output)],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=150,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    assert output.read_text() in run.stdout
    tables = [part for part in run.stdout.split("\n\n") if part.startswith("| server")]
    held = [server for server in SERVERS if "in FastAPI" not in server]
    assert [_first_column(table) for table in tables] == [SERVERS, held, held, SERVERS]
    [bars] = [part for part in run.stdout.split("\n\n") if part.startswith("| bar")]
    assert len(_first_column(bars)) == 16
    assert {line.split("|")[-2].strip() for line in bars.strip().splitlines()[2:]} == {"not judged"}


def test_it_says_what_is_missing() -> None:
    run = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", "--only", "no such server"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert (run.returncode, run.stdout) == (2, "")
    assert "no server's title holds 'no such server'" in run.stderr


def _first_column(table: str) -> list[str]:
    return [line.split("|")[1].strip() for line in table.splitlines()[2:]]


def test_a_small_soak_leaves_nothing() -> None:
    command = (sys.executable, "-m", "benchmarks.soak", "--conversations", "200")
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("server when all are over") == 2
