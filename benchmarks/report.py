"""What was measured, as Markdown tables: the same text goes to the terminal and to a file."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from fastagency_load.delays import Latency, Resume
from fastagency_load.holding import Held
from fastagency_load.throughput import Messages, Starts

from .peers import PEERS, Peer

REFERENCE = {"blocking": "FastAgency 0.10.2, blocking", "async": "FastAgency 0.10.2, async"}
CEILING = "bare Starlette, ready-made text"


@dataclass
class Report:
    """Samples by the peer's title (latency: by title and open conversations), one of each a round."""

    machine: str
    messages: dict[str, list[Messages]] = field(default_factory=dict)
    held: dict[str, list[Held]] = field(default_factory=dict)
    latency: dict[tuple[str, int], list[Latency]] = field(default_factory=dict)
    starts: dict[str, list[Starts]] = field(default_factory=dict)
    resumes: dict[str, list[Resume]] = field(default_factory=dict)
    failures: list[str] = field(default_factory=list)
    """Measures that failed, each in a sentence."""

    def rate(self, title: str) -> float | None:
        """Messages a second of a peer, the median of its rounds; None when it was not measured."""
        return _median([sample.per_second for sample in self.messages.get(title, ())])

    def cost(self, title: str) -> float | None:
        """The same for the server's processor time for each message, in seconds."""
        return _median([sample.cost or 0.0 for sample in self.messages.get(title, ())])

    def started(self, title: str) -> float | None:
        """The same for new conversations a second."""
        return _median([sample.per_second for sample in self.starts.get(title, ())])

    def delay(self, title: str, opened: int) -> tuple[float, float] | None:
        """The same for the time from an answer to the next message in seconds: (p50, p99)."""
        samples = self.latency.get((title, opened), ())
        p50, p99 = _median([s.next.p50 for s in samples]), _median([s.next.p99 for s in samples])
        return None if p50 is None or p99 is None else (p50, p99)

    def markdown(self) -> str:
        """All tables."""
        parts = ["# Measured side by side", self.machine]
        parts += ["## Messages to clients", self._messages_table()]
        parts += ["## Conversations held at once, each with a question open", self._held_table()]
        parts += ["## From an answer to the next message", self._latency_table()]
        parts += ["## New conversations", self._starts_table()]
        parts += ["## From opening a socket to the end of a replay", self._resume_table()]
        if self.failures:
            parts += ["## Failed", "\n".join(f"- {failure}" for failure in self.failures)]
        return "\n\n".join(parts) + "\n"

    def _messages_table(self) -> str:
        rows = []
        for peer in _measured(self.messages):
            samples = self.messages[peer.title]
            rates = [sample.per_second for sample in samples]
            reference = REFERENCE[peer.mode]
            cost = self.cost(peer.title)
            rows.append(
                [
                    peer.title,
                    f"{statistics.median(rates):,.0f}",
                    f"{min(rates):,.0f} to {max(rates):,.0f}",
                    ratio(self.rate(peer.title), self.rate(reference)),
                    ratio(self.rate(peer.title), self.rate(CEILING)),
                    f"{(cost or 0) * 1e6:.1f}",
                    ratio(self.cost(reference), cost),
                    f"{statistics.median(s.server_busy or 0 for s in samples):.0%}",
                    f"{statistics.median(s.client_busy for s in samples):.0%}",
                ]
            )
        head = [
            "server",
            "messages/s",
            "range",
            "times FastAgency",
            "times bare",
            "processor µs each",
            "times cheaper",
            "server busy",
            "client busy",
        ]
        return table(head, rows)

    def _held_table(self) -> str:
        rows = []
        for peer in _measured(self.held):
            held = self.held[peer.title][0]
            rows.append(
                [
                    peer.title,
                    f"{held.wanted:,}",
                    f"{held.held:,}",
                    f"{held.completed:,}",
                    f"{(held.memory or 0) / 1000:,.0f}",
                    f"{held.threads or 0:,}",
                    f"{held.seconds:.1f}",
                ]
            )
        head = ["server", "wanted", "held", "completed afterwards", "KB each", "threads", "opened in s"]
        return table(head, rows)

    def _latency_table(self) -> str:
        rows = []
        measured = [key for key, samples in self.latency.items() if samples]
        for title, opened in sorted(measured, key=lambda key: key[1]):  # in the order of measuring else
            p50, p99 = self.delay(title, opened) or (0.0, 0.0)
            late = statistics.median(sample.late.p99 for sample in self.latency[title, opened])
            rows.append(
                [title, f"{opened:,}", f"{p50 * 1000:.2f}", f"{p99 * 1000:.2f}", f"{late * 1000:.2f}"]
            )
        return table(["server", "open", "p50 ms", "p99 ms", "client late p99 ms"], rows)

    def _starts_table(self) -> str:
        rows = []
        for peer in _measured(self.starts):
            samples = self.starts[peer.title]
            rows.append(
                [
                    peer.title,
                    f"{self.started(peer.title) or 0:,.0f}",
                    ratio(self.started(peer.title), self.started(REFERENCE[peer.mode])),
                    f"{statistics.median(s.cost or 0 for s in samples) * 1000:.2f}",
                    f"{statistics.median(s.first.p50 for s in samples) * 1000:.2f}",
                ]
            )
        head = [
            "server",
            "conversations/s",
            "times FastAgency",
            "processor ms each",
            "first message after ms (p50)",
        ]
        return table(head, rows)

    def _resume_table(self) -> str:
        rows = []
        for peer in _measured(self.resumes):
            samples = self.resumes[peer.title]
            p50 = statistics.median(sample.replayed.p50 for sample in samples)
            p99 = statistics.median(sample.replayed.p99 for sample in samples)
            rows.append([peer.title, f"{samples[0].missed:,}", f"{p50 * 1000:.2f}", f"{p99 * 1000:.2f}"])
        return table(["session", "missed", "p50 ms", "p99 ms"], rows)


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """One Markdown table, padded to read well in a terminal: text to the left, figures to the right."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [_line(row, widths) for row in [head, *rows]]
    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([lines[0], _line(rule, widths), *lines[1:]])


def ratio(value: float | None, reference: float | None) -> str:
    """Give nothing where a side is missing, or too small for the system's clock of processor time."""
    return "" if value is None or not reference else f"{value / reference:.2f}"


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cells[0].ljust(widths[0])]
    padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return f"| {' | '.join(padded)} |"


def _median(values: Sequence[float]) -> float | None:
    return statistics.median(values) if values else None


def _measured(samples: Mapping[str, Sequence[object]]) -> list[Peer]:
    return [peer for peer in PEERS if samples.get(peer.title)]
