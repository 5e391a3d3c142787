"""The close codes, each in its range: the range alone says what a client does (spec FA-CLS-1)."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass

from fastagency_generators.ir import model as ir

__all__ = ["CodeRange", "action", "ranges"]

_ACTIONS = {
    "none": "Nothing: it is over.",
    "retry": "Wait, then start again; wait longer after each failure.",
    "resume": "Connect again and go on where it stopped.",
}
"""The `client` of a close code, in words."""


@dataclass(frozen=True)
class CodeRange:
    """One range of codes: how it is written, what it means, what a client does, and the known codes in it."""

    name: str
    meaning: str
    client: str
    codes: tuple[ir.CloseCode, ...]


@dataclass(frozen=True)
class _Row:
    """A row of FA-CLS. `allowed` is what `x-close-codes` may say to clients about a code that it `holds`."""

    name: str
    holds: Container[int]
    meaning: str
    client: str
    allowed: frozenset[str]


_NOTHING = "Nothing: the same again would end the same way."
_FINISHED = _Row(
    "1000", {1000}, "Finished, after `workflow_completed`.", "Nothing: all is said.", frozenset({"none"})
)
# A code belongs to the first row that holds it.
_ROWS = (
    _FINISHED,
    _Row(
        "1001, 1011, 1012",
        {1001, 1011, 1012},
        "The server went away.",
        "Waits a little, then resumes; waits longer after each failure.",
        frozenset({"resume"}),
    ),
    _Row(
        "other 1xxx",
        range(1000, 2000),
        "One side broke the WebSocket protocol, or sent too much.",
        _NOTHING,
        frozenset({"none"}),
    ),
    _Row("40xx", range(4000, 4100), "Final: refused, or gone.", _NOTHING, frozenset({"none"})),
    _Row(
        "41xx",
        range(4100, 4200),
        "Too much, at the moment.",
        "Waits a little, then starts or resumes again; waits longer after each failure.",
        frozenset({"retry", "resume"}),
    ),
    _Row(
        "42xx",
        range(4200, 4300),
        "Come back.",
        "Resumes at once, with fresh credentials; waits when that fails.",
        frozenset({"resume"}),
    ),
)


def ranges(codes: tuple[ir.CloseCode, ...]) -> tuple[CodeRange, ...]:
    """Return the ranges of FA-CLS with the codes of the spec in them.

    Raises ValueError when a code is in no range, or the spec says of it what its range does not: no client
    could then go by the range.
    """
    found: dict[str, list[ir.CloseCode]] = {row.name: [] for row in _ROWS}
    for code in codes:
        row = next((row for row in _ROWS if code.code in row.holds), None)
        if row is None or code.client not in row.allowed:
            where = row.name if row else "no range"
            raise ValueError(f"close code {code.code}: {where} says {code.client!r} to clients")
        found[row.name].append(code)
    return tuple(CodeRange(row.name, row.meaning, row.client, tuple(found[row.name])) for row in _ROWS)


def action(code: ir.CloseCode) -> str:
    """Return in words what a client does after `code`. Raises KeyError when there are no words for it."""
    return _FINISHED.client if code.code in _FINISHED.holds else _ACTIONS[code.client]
