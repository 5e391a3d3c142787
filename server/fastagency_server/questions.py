"""A question of a workflow, until it has an answer (spec FA-CLA-4, FA-ANS)."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .choices import chosen

__all__ = ["Question"]


@dataclass(eq=False)
class Question:
    """A question of the workflow.

    `uuid` is its message's, `frame` what is sent, `accept` gives the answer that a text stands for (None: it
    is invalid), `hint` says what would be valid, and `done` is called once there is an answer or never will
    be.
    """

    uuid: str
    frame: str
    accept: Callable[[str], str | None]
    hint: str
    done: Callable[[], None]
    choices: Sequence[str] | None = None
    """What may be picked; None for a text_input."""
    several: bool = False
    """Whether more than one may be picked."""
    default: str | None = None
    secret: bool = False
    """True for a password: its answer is written down nowhere (spec FA-ANS-6)."""
    answer: str | None = None
    attempts: int = 0
    sent: bool = False
    asked: float = 0.0
    """When it went out, on `time.monotonic`."""
    expired: bool = False

    @classmethod
    def of(
        cls, kind: str, content: Mapping[str, Any], frame: str, done: Callable[[], None], uuid: str = ""
    ) -> Question:
        """Make the question of a `text_input` or `multiple_choice` message."""
        if kind == "text_input":
            return cls(uuid, frame, str, "", done, secret=content["password"])
        choices: list[str] = content["choices"]
        default: str | None = content["default"]
        single: bool = content["single"]

        def accept(text: str) -> str | None:
            return chosen(text, choices, default=default, single=single)

        listed = ", ".join(choices)[:500]
        hint = (
            f"Answer with one of: {listed}."
            if single
            else f"Answer with any of these, joined by ',': {listed}."
        )
        return cls(uuid, frame, accept, hint, done, choices, not single, default)

    def accept_value(self, value: str | Sequence[str]) -> str | None:
        """Return the answer that a value of `fastagency.v1` stands for, None when it is invalid (spec
        FA-ANS-7)."""
        if isinstance(value, str):
            return self.accept(value)
        if not self.several or self.choices is None:
            return None
        if any(picked not in self.choices and picked != self.default for picked in value):
            return None
        return self.accept(",".join(value))
