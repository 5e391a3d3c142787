"""Servers that are not ours, and what is known to be different there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

__all__ = ["PEERS", "Deviation"]


@dataclass(frozen=True)
class Deviation:
    """One known difference: its name, a pattern that finds the wiretap's fault, and why it is as it is."""

    name: str
    fault: str
    reason: str


PEERS: Final[Mapping[str, Sequence[Deviation]]] = {
    "upstream": (
        Deviation(
            "no close frame",
            r"returned without a close frame",
            "FastAgency 0.10.2 leaves the endpoint without closing: clients always see 1006.",
        ),
        Deviation(
            "result is an object",
            r"workflow_completed: content\.result: \{.* is not of type 'string', 'null'",
            "FastAgency 0.10.2 sends what the workflow returned as it is; a dict becomes an object.",
        ),
        Deviation(
            "bare NaN",
            r"sent what is not JSON \((NaN|-?Infinity) is not JSON\)",
            "FastAgency 0.10.2 encodes with Python's defaults, which write NaN and infinities bare.",
        ),
        Deviation(
            "refuses by an exception",
            r"/ws: the server raised ",
            "FastAgency 0.10.2 lets a bad first frame or an unknown name out as an exception, unexplained.",
        ),
    ),
}
