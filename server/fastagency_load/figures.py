"""What measurements return, as a table for people and as JSON for programs."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["Figures", "Spread", "percentile", "table"]


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` (0 to 1) of the values do not exceed."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, max(0, -int(-share * len(ordered) // 1) - 1))]


@dataclass(frozen=True)
class Spread:
    """Percentiles of times, in seconds."""

    p50: float
    p90: float
    p99: float
    max: float

    @classmethod
    def of(cls, seconds: Sequence[float]) -> Spread:
        """The percentiles of some times, at least one."""
        p50, p90, p99 = (percentile(seconds, share) for share in (0.5, 0.9, 0.99))
        return cls(p50, p90, p99, max(seconds))

    def rows(self, what: str) -> list[tuple[str, str]]:
        """Rows of a table, in milliseconds."""
        shown = {"p50": self.p50, "p90": self.p90, "p99": self.p99, "max": self.max}
        return [(f"{what}, {name}", f"{seconds * 1000:,.2f} ms") for name, seconds in shown.items()]


class Figures(ABC):
    """Base of what a measurement returns: a dataclass whose fields are numbers, Spreads and the like."""

    @abstractmethod
    def rows(self) -> list[tuple[str, str]]:
        """The table: (what it is, the figure with its unit)."""

    def as_json(self) -> dict[str, Any]:
        """The fields by name; times in seconds, memory in bytes."""
        return asdict(self)  # type: ignore[call-overload, no-any-return]


def table(rows: Sequence[tuple[str, str]]) -> str:
    """Rows in two columns, the figures to the right."""
    left = max(len(row[0]) for row in rows)
    right = max(len(row[1]) for row in rows)
    return "\n".join(f"{what.ljust(left)}  {figure.rjust(right)}" for what, figure in rows)
