"""Conversations of the Java client survive a network that cuts their connections."""

from __future__ import annotations

import subprocess
from pathlib import Path

from faults.run import run
from java_tools import SDK, built_sdk

NOTHING_WRONG = {
    "lost": 0,
    "repeated": 0,
    "out_of_order": 0,
    "answers_lost": 0,
    "answers_doubled": 0,
}
LOG = SDK / "src/main/java/io/github/fastagencyprotocol/sdk/SessionLog.java"
PROGRAM = "io.github.fastagencyprotocol.sdk.conformance.Faults"


def test_nothing_is_lost_repeated_or_answered_twice() -> None:
    """A dozen conversations, half of them in loops and half with subscribers."""
    built_sdk()
    found = run([str(SDK / "conformance" / "faults")], 12, 12, share=0.3, seed=11)
    assert found.status == 0, found.said
    assert found.counted["finished"] == 12
    assert found.counted.items() >= NOTHING_WRONG.items()
    assert found.counted["reconnects"] > 0, "no connection was cut: the run proved nothing"


def test_the_program_finds_what_is_wrong(tmp_path: Path) -> None:
    """A client that forgets what it has read shows messages twice: the program must say so."""
    kept = "  void connected() {\n    gap = false;\n"
    source = LOG.read_text(encoding="utf-8")
    assert source.count(kept) == 1
    broken = tmp_path / LOG.name
    broken.write_text(source.replace(kept, f"{kept}    seq = Math.max(seq - 2, 0);\n"), encoding="utf-8")
    command = ["javac", "-nowarn", "-cp", built_sdk(), "-d", str(tmp_path), str(broken)]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    classpath = f"{tmp_path}:{built_sdk()}"
    found = run(["java", "-XX:TieredStopAtLevel=1", "-cp", classpath, PROGRAM], 12, 12, share=0.3, seed=11)
    assert found.status == 1
    assert found.counted["repeated"] > 0
