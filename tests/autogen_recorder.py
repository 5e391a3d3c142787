"""A user interface that writes down what it is asked to show, and answers from a list."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

__all__ = ["Recorder"]


class Recorder:
    """Stands in for a `UI`: `calls` are (method, arguments); questions take the next of `answers`."""

    def __init__(self, *answers: str) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.answers = list(answers)

    def __getattr__(self, method: str) -> Callable[..., str | None]:
        if method.startswith("_"):
            raise AttributeError(method)

        def record(**arguments: Any) -> str | None:
            self.calls.append((method, arguments))
            return self.answers.pop(0) if method in ("text_input", "multiple_choice") else None

        return record

    @property
    def methods(self) -> list[str]:
        """The names of the methods called, in order."""
        return [method for method, _ in self.calls]
