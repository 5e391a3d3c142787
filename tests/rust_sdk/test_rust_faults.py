"""The Rust SDK behind a network that cuts its connections: conversations finish, and nothing is lost or
repeated."""

from __future__ import annotations

import pytest
from faults.run import run
from language_tools import need
from rust_sdk.rust_tools import example


@pytest.fixture(autouse=True)
def _rust() -> None:
    need("rust")


def test_conversations_survive_cuts() -> None:
    found = run([str(example("faults"))], 12, 12, share=0.4, seed=7)
    assert found.status == 0, found.said
    assert found.counted["reconnects"] > 0, "no connection was cut: the run proved nothing"
    faults = ("lost", "repeated", "out_of_order", "answers_lost", "answers_doubled")
    assert found.counted["finished"] == 12
    assert {name: found.counted[name] for name in faults} == dict.fromkeys(faults, 0)
