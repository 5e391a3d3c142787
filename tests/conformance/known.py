"""Known failures: data, one file a subject, each with a reason; one that passes is red, so they expire."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from wire_spec import load_yaml

from .results import Outcome

__all__ = ["FOLDER", "BadKnown", "Known"]

FOLDER = Path(__file__).parent / "known"


class BadKnown(Exception):
    """A file of known failures that cannot be used."""


@dataclass
class Known:
    """The known failures of one subject: a reason by a pattern of case names (`transport/*`)."""

    reasons: dict[str, str] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    @classmethod
    def load(cls, path: Path) -> Known:
        """Read a file: a list of {case, reason}. Raises BadKnown."""
        entries = load_yaml(path)
        if not isinstance(entries, list):
            raise BadKnown(f"{path}: must be a list of objects with 'case' and 'reason'")
        reasons: dict[str, str] = {}
        for number, entry in enumerate(entries):
            if not isinstance(entry, dict) or set(entry) != {"case", "reason"} or not entry["reason"]:
                raise BadKnown(f"{path}: entry {number}: must hold 'case' and 'reason', and nothing else")
            if entry["case"] in reasons:
                raise BadKnown(f"{path}: entry {number}: {entry['case']!r} stands there twice")
            reasons[entry["case"]] = " ".join(entry["reason"].split())
        return cls(reasons)

    def mark(self, outcome: Outcome) -> Outcome:
        """The outcome with the reason of the pattern that fits its case, if one does."""
        for pattern, reason in self.reasons.items():
            if fnmatch.fnmatchcase(outcome.case, pattern):
                self.used.add(pattern)
                return replace(outcome, expected=reason)
        return outcome

    def unmatched(self, names: Iterable[str]) -> list[str]:
        """A line for each pattern that fits none of the names."""
        everything = list(names)
        return [
            f"the known failure {pattern!r} fits no case"
            for pattern in self.reasons
            if not fnmatch.filter(everything, pattern)
        ]
