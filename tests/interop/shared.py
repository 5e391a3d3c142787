"""What the workflows of programs/shared_workflows.py and shared_agents.py say, wherever they run."""

from __future__ import annotations

from interop.scripts import (
    OFFLINE,
    Line,
    Script,
    asked,
    called,
    chose,
    completed,
    executed,
    failed,
    shown,
    started,
    text,
)

__all__ = ["AGENTS", "OUR_FAILING", "PLAIN", "SILENT_AGENT", "THEIR_FAILING"]

_TEXTS = Script(
    "texts",
    params={"times": 3},
    lines=[
        started("texts", "Every message that asks nothing", {"times": 3}),
        text("Workflow", "User", "Grüße, 世界 🌍"),
        text("Agent", None, "3 times"),
        called("Workflow", "User", "add", {"a": 1, "b": [1, {"c": None}]}, "call_1"),
        executed("Workflow", "User", "add", {"sum": 2}, "call_1"),
        shown("Workflow", "User", "Note", "Between two agents."),
        ("keep_alive", None, None, {}),
        failed("Not serious", "The workflow goes on."),
        completed("said all"),
    ],
)

_QUESTIONS = Script(
    "questions",
    answers=[
        ("Name?", "Ada, Countess"),
        ("Secret?", "sword fish"),
        ("One?", "green"),
        ("Several?", ["a", "c"]),
    ],
    lines=[
        started("questions", "Every message that asks"),
        asked("Name?", suggestions=["Ada", "Emmy"]),
        asked("Secret?", password=True),
        chose("One?", ["red", "green"], default="red"),
        chose("Several?", ["a", "b", "c"], single=False),
        text("Workflow", "User", "Ada, Countess|sword fish|green|a,c"),
        completed("green and a,c"),
    ],
)

_COROUTINE = Script(
    "coroutine",
    answers=[("Echo?", "hello")],
    lines=[
        started("coroutine", "An async def that calls the blocking ui"),
        asked("Echo?"),
        text("Workflow", "User", "echo hello"),
        completed("echoed"),
    ],
)


def _failing(short: str, result: str) -> Script:
    return Script(
        "failing",
        lines=[
            started("failing", "Raises"),
            text("Workflow", "User", "before"),
            failed(short, "broken on purpose"),
            completed(result),
        ],
    )


_THEIR_WORDS = "Unhandled exception occurred when executing the workflow"
THEIR_FAILING = _failing(f"{_THEIR_WORDS}.", f"{_THEIR_WORDS}: broken on purpose")
"""The failing workflow, as FastAgency's registry reports it."""
OUR_FAILING = _failing("The workflow failed.", "The workflow failed. broken on purpose")
"""The failing workflow, as ours does."""

PLAIN = [_TEXTS, _QUESTIONS, _COROUTINE]
"""The workflows without an agent that do not fail."""

_REPLYING = (
    "Replying as user. Provide feedback to Tutor. Press enter to skip and use auto-reply, "
    "or type 'exit' to end the conversation:"
)


def _turn(question: str) -> list[Line]:
    return [text("user", "Tutor", question), text("Tutor", "user", OFFLINE)]


AGENTS = [
    Script(
        "tutor",
        answers=[("Provide feedback", "why?")],
        lines=[
            started("tutor", "An agent that asks its human"),
            *_turn("prime numbers"),
            asked(_REPLYING, by="user"),
            *_turn("why?"),
            shown("user", "Tutor", "Chat ended", "Maximum turns (2) reached"),
            completed(OFFLINE),
        ],
    ),
    Script(
        "monologue",
        lines=[
            started("monologue", "An agent that asks nobody"),
            *_turn("prime numbers"),
            shown("user", "Tutor", "Chat ended", "Maximum turns (1) reached"),
            completed(OFFLINE),
        ],
    ),
]
"""The workflows with an AG2 agent."""

SILENT_AGENT = Script(
    "monologue", lines=[started("monologue", "An agent that asks nobody"), completed(OFFLINE)]
)
"""What is left of it on FastAgency's own server: since 0.8.6 nothing that agents say is sent."""
