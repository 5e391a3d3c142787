"""Generated dialogues with the real server: scripts and clients of every kind, judged by FA-CLA."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from contract.dialogue import Dialogue, Step, dialogues, joined, server
from contract.dialogue_oracle import hold
from hypothesis import HealthCheck, Phase, example, given, settings
from live_server import LiveServer, serve

CHOICE = {"prompt": "Which?", "choices": ["a", "a,b", "b"], "default": None, "single": False}
ENVELOPE = {"sender": "S", "recipient": None, "auto_reply": True}


@pytest.fixture(scope="module")
def live() -> Iterator[LiveServer]:
    """One server for all dialogues; when it stops, nothing of any of them may be left."""
    with serve(server(), client_faults="ignore") as running:
        yield running


def dialogue(*steps: Step, workflow: str = "blocking") -> Dialogue:
    """A dialogue with nothing besides its steps."""
    return Dialogue(workflow, steps, "done", ENVELOPE, {})


@example(dialogue(Step("ask", "multiple_choice", CHOICE, ("c", "a,"), "a,b,b", "a,b,b")))
@example(dialogue(Step("ask", "multiple_choice", CHOICE, ("?",) * 10), workflow="async"))
@example(dialogue(Step("wait", wrong=("unasked",)), Step("ask", "multiple_choice", CHOICE, (), "", "")))
@example(dialogue(Step("ask", "multiple_choice", CHOICE, (), leaves="drop")))
@example(dialogue(Step("wait", leaves="drop"), Step("say", "keep_alive"), workflow="async"))
@example(dialogue(Step("wait", leaves="binary"), Step("say", "keep_alive")))
@example(dialogue(Step("nan")))
@example(dialogue(Step("raise"), workflow="async"))
@given(dialogue=dialogues)
@settings(
    max_examples=150,
    derandomize=True,
    database=None,
    deadline=None,  # a machine may be slow
    phases=(Phase.explicit, Phase.generate, Phase.shrink),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
def test_every_dialogue_goes_as_the_clauses_say(live: LiveServer, dialogue: Dialogue) -> None:
    before = len(live.wiretap.faults)
    hold(live, dialogue)
    assert live.wiretap.faults[before:] == []
    assert live.faults == []


@pytest.mark.parametrize(
    ("text", "choices", "default", "single", "means"),
    [
        ("a", ["a", "b"], None, True, "a"),
        ("c", ["a", "b"], None, True, None),
        ("", ["a"], "a", True, "a"),
        ("", ["a"], None, True, None),
        ("", ["a"], None, False, ""),
        ("a,b", ["a", "b"], None, False, "a,b"),
        ("a, b", ["a", "b"], None, False, None),
        ("x,y", ["x,y"], None, True, "x,y"),
        ("x,y,z", ["x,y", "z"], None, False, "x,y,z"),
        ("x,z", ["x,y", "z"], None, False, None),
    ],
)
def test_the_oracle_itself(
    text: str, choices: list[str], default: str | None, single: bool, means: str | None
) -> None:
    assert joined(text, choices, default, single) == means
