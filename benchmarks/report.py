"""What was measured, as Markdown tables: the same text goes to the terminal and to a file."""

from __future__ import annotations

import statistics
from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field

from .measures import Held, Latency, Starts, Throughput
from .peers import PEERS, Peer

REFERENCE = {"blocking": "FastAgency 0.10.2, blocking", "async": "FastAgency 0.10.2, async"}
CEILING = "bare Starlette, ready-made text"


@dataclass
class Report:
    """Samples by the peer's title (latency: by title and open conversations), one of each a round."""

    machine: str
    throughput: dict[str, list[Throughput]] = field(default_factory=dict)
    held: dict[str, Held] = field(default_factory=dict)
    latency: dict[tuple[str, int], list[Latency]] = field(default_factory=dict)
    starts: dict[str, list[Starts]] = field(default_factory=dict)

    def markdown(self) -> str:
        """All tables."""
        parts = ["# Measured side by side", self.machine]
        parts += ["## Messages to clients", self._throughput_table()]
        parts += ["## Conversations held at once, each with a question open", self._held_table()]
        parts += ["## From an answer to the next message", self._latency_table()]
        parts += ["## New conversations", self._starts_table()]
        return "\n\n".join(parts) + "\n"

    def _throughput_table(self) -> str:
        medians = _medians(self.throughput)
        costs = {
            title: statistics.median(sample.cost for sample in samples)
            for title, samples in self.throughput.items()
        }
        rows = []
        for peer in _measured(self.throughput):
            samples = self.throughput[peer.title]
            rates = [sample.per_second for sample in samples]
            rows.append(
                [
                    peer.title,
                    f"{medians[peer.title]:,.0f}",
                    f"{min(rates):,.0f} to {max(rates):,.0f}",
                    _ratio(medians[peer.title], medians.get(REFERENCE[peer.mode])),
                    _ratio(medians[peer.title], medians.get(CEILING)),
                    f"{costs[peer.title] * 1e6:.0f}",
                    _ratio(costs.get(REFERENCE[peer.mode]), costs[peer.title]),
                    f"{statistics.median(s.server_busy for s in samples):.0%}",
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
            held = self.held[peer.title]
            rows.append(
                [
                    peer.title,
                    f"{held.wanted:,}",
                    f"{held.held:,}",
                    f"{held.answered:,}",
                    f"{held.memory / 1024:,.0f}",
                    f"{held.threads:,}",
                ]
            )
        return table(["server", "wanted", "held", "completed afterwards", "KiB each", "threads"], rows)

    def _latency_table(self) -> str:
        rows = []
        for title, opened in sorted(self.latency, key=lambda key: key[1]):  # in the order of measuring else
            samples = self.latency[title, opened]
            p50 = statistics.median(sample.p50 for sample in samples)
            p99 = statistics.median(sample.p99 for sample in samples)
            rows.append([title, f"{opened:,}", f"{p50 * 1000:.2f}", f"{p99 * 1000:.2f}"])
        return table(["server", "open", "p50 ms", "p99 ms"], rows)

    def _starts_table(self) -> str:
        medians = _medians(self.starts)
        rows = []
        for peer in _measured(self.starts):
            first = statistics.median(sample.p50 for sample in self.starts[peer.title])
            cost = statistics.median(sample.cost for sample in self.starts[peer.title])
            rows.append(
                [
                    peer.title,
                    f"{medians[peer.title]:,.0f}",
                    _ratio(medians[peer.title], medians.get(REFERENCE[peer.mode])),
                    f"{cost * 1000:.2f}",
                    f"{first * 1000:.2f}",
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


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """One Markdown table, padded to read well in a terminal: text to the left, figures to the right."""
    widths = [max(len(row[column]) for row in [head, *rows]) for column in range(len(head))]
    lines = [_line(row, widths) for row in [head, *rows]]
    rule = [":" + "-" * (widths[0] - 1), *("-" * (width - 1) + ":" for width in widths[1:])]
    return "\n".join([lines[0], _line(rule, widths), *lines[1:]])


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cells[0].ljust(widths[0])]
    padded += [cell.rjust(width) for cell, width in zip(cells[1:], widths[1:], strict=True)]
    return f"| {' | '.join(padded)} |"


def _ratio(value: float | None, reference: float | None) -> str:
    """Give nothing where a side is missing, or too small for the system's clock of processor time."""
    return "" if value is None or not reference else f"{value / reference:.2f}"


def _medians(samples: Mapping[str, Sequence[Throughput | Starts]]) -> dict[str, float]:
    return {title: statistics.median(s.per_second for s in several) for title, several in samples.items()}


def _measured(titles: Container[str]) -> list[Peer]:
    return [peer for peer in PEERS if peer.title in titles]
