"""Conversations of the Ruby client with the live server survive a network that cuts their connections."""

from __future__ import annotations

from pathlib import Path

from faults.run import run
from language_tools import need
from ruby_tools import SDK

PROGRAM = SDK / "conformance" / "faults.rb"
NOTHING_WRONG = {"lost": 0, "repeated": 0, "out_of_order": 0, "answers_lost": 0, "answers_doubled": 0}


def test_nothing_is_lost_repeated_or_answered_twice() -> None:
    need("ruby")
    found = run(["ruby", str(PROGRAM)], 12, 12, share=0.5, seed=11)
    assert found.status == 0, found.said
    assert found.said == ""
    assert found.counted["finished"] == 12
    assert found.counted.items() >= NOTHING_WRONG.items()
    assert found.counted["reconnects"] > 0, "no connection was cut: the run proved nothing"


def test_the_program_finds_what_is_wrong(tmp_path: Path) -> None:
    """A client that forgets what it has read shows messages twice: the program must say so."""
    need("ruby")
    broken = tmp_path / "broken.rb"
    broken.write_text(
        f'$LOAD_PATH.unshift "{SDK}/lib"\n'
        'require "fastagency_sdk"\n'
        "FastAgency::SessionLog.prepend(Module.new do\n"
        "  def disconnected(closure)\n"
        "    super\n"
        "    @seq = [@seq - 2, 0].max\n"
        "  end\n"
        "end)\n"
        f'load "{PROGRAM}"\n',
        encoding="utf-8",
    )
    found = run(["ruby", str(broken)], 12, 12, share=0.5, seed=11)
    assert found.status == 1
    assert found.counted["repeated"] > 0
