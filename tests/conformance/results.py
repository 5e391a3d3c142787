"""What became of each case: verdicts, and the trace that explains a failure."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any, Literal

__all__ = ["Mismatch", "Outcome", "Run", "Trace", "Verdict"]

Verdict = Literal["passed", "failed", "skipped"]
_MOST_LINES = 40


class Mismatch(Exception):
    """What one side observed is not what the case says. The text is one line for people."""


@dataclass
class Trace:
    """What went over the lines in one case, oldest first; the last lines of it are kept."""

    step: str = ""
    lines: list[str] = field(default_factory=list)

    def add(self, line: str) -> None:
        """Note one line, shortened."""
        self.lines.append(line if len(line) <= 400 else line[:400] + " …")
        del self.lines[:-_MOST_LINES]


@dataclass(frozen=True)
class Outcome:
    """The verdict on one case. `why`: how it failed, or why it was skipped. `expected`: a known failure."""

    case: str
    verdict: Verdict
    why: str = ""
    seconds: float = 0.0
    trace: tuple[str, ...] = ()
    expected: str = ""

    @property
    def red(self) -> bool:
        """Whether the run fails because of it: a failure that is not known, or a known one that passes."""
        return (self.verdict == "failed") != bool(self.expected) and self.verdict != "skipped"


@dataclass
class Run:
    """One subject's run. `role` is "client" or "server"; `faults` are red beside the cases' own verdicts."""

    subject: str
    role: str
    language: str = ""
    version: str = ""
    outcomes: list[Outcome] = field(default_factory=list)
    vectors: list[Outcome] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def red(self) -> list[str]:
        """One line for everything that makes the run fail; empty when it is green."""
        lines = list(self.faults)
        for it in [*self.outcomes, *self.vectors]:
            if it.red and it.verdict == "passed":
                lines.append(f"{it.case}: passes, though it is a known failure ({it.expected})")
            elif it.red:
                lines.append(f"{it.case}: {it.why}")
        return lines

    def count(self, verdict: Verdict, *, vectors: bool = False) -> int:
        """How many cases (or vectors) came to that verdict."""
        return sum(it.verdict == verdict for it in (self.vectors if vectors else self.outcomes))

    def as_json(self) -> dict[str, Any]:
        """The run as plain data, without traces."""
        document = asdict(self)
        for key in ("outcomes", "vectors"):
            for it in document[key]:
                del it["trace"], it["seconds"]
        del document["seconds"]
        return document
