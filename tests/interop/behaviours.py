"""What AutoGen workflows do on this project's server and not on FastAgency 0.10.2, each with a proof.

What FastAgency gets wrong in the protocol itself is in `tests/conformance/known/fastagency-0.10.2.yaml`. A
check takes a server's URL and a patience (seconds to wait for what may never come) and raises AssertionError
or TimeoutError when the server does not behave so. The same check is made on both servers.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from raw_client import RawConversation

__all__ = ["BEHAVIOURS", "Behaviour"]

Check = Callable[[str, float], None]


@dataclass(frozen=True)
class Behaviour:
    """One thing that a server should do: what FastAgency does instead and why, and the proof."""

    name: str
    theirs: str
    check: Check


def sends_what_agents_say(url: str, patience: float) -> None:
    with RawConversation(url) as conversation:
        conversation.start("monologue")
        messages = conversation.receive_until("workflow_completed", timeout=patience)
        assert [message["type"] for message in messages].count("text_message") == 2


def asks_what_agents_ask(url: str, patience: float) -> None:
    with RawConversation(url) as conversation:
        conversation.start("tutor")
        conversation.receive_until("text_input", timeout=patience)


BEHAVIOURS = (
    Behaviour(
        "sends what agents say",
        "Since 0.8.6 AG2's events fail inside and are dropped: only started and completed are sent.",
        sends_what_agents_say,
    ),
    Behaviour(
        "asks what agents ask",
        "The input request of `agent.run` is dropped like every event, and nobody ever answers: it hangs.",
        asks_what_agents_ask,
    ),
)
