"""Conversations survive a network that cuts their connections: the same run as `python -m faults`,
smaller."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from language_tools import need
from node_tools import built_sdk

from faults.run import CLIENTS, run

NOTHING_WRONG = {
    "lost": 0,
    "repeated": 0,
    "out_of_order": 0,
    "answers_lost": 0,
    "answers_doubled": 0,
}


@pytest.mark.parametrize("client", ["go", "python", "typescript"])
def test_nothing_is_lost_repeated_or_answered_twice(client: str) -> None:
    if client != "python":
        need(client)
    if client == "typescript":
        built_sdk()
    found = run(CLIENTS[client], 40, 40, share=0.3, seed=11)
    assert found.status == 0, found.said
    assert found.counted["finished"] == 40
    assert found.counted.items() >= NOTHING_WRONG.items()
    assert found.counted["reconnects"] > 0, "no connection was cut: the run proved nothing"


def test_the_program_finds_what_is_wrong(tmp_path: Path) -> None:
    """A client that forgets what it has read shows messages twice: the program must say so."""
    program = Path(CLIENTS["python"][1])
    broken = tmp_path / "broken.py"
    broken.write_text(
        "from fastagency_sdk.session import SessionProtocol\n"
        "first = SessionProtocol.first_frame\n"
        "def forgetful(self, now):\n"
        "    self._seq = max(self._seq - 2, 0)\n"
        "    return first(self, now)\n"
        "SessionProtocol.first_frame = forgetful\n"
        f"__file__ = {str(program)!r}\n"
        f"exec(compile(open(__file__).read(), __file__, 'exec'))\n"
    )
    found = run([sys.executable, str(broken)], 40, 40, share=0.3, seed=11)
    assert found.status == 1
    assert found.counted["repeated"] > 0
    assert found.counted["answers_doubled"] >= 0


def test_the_command() -> None:
    command = (sys.executable, "-m", "faults", "--conversations", "3", "--at-once", "3", "--client", "python")
    done = subprocess.run(command, cwd=Path(__file__).parents[1], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "| python | 3 | 3 | 0 | 0 | 0 | 0 | 0 |" in done.stdout
