"""What the server has to reach, beside what was measured: met or missed."""

from __future__ import annotations

import statistics
from collections.abc import Iterator
from dataclasses import dataclass

from .report import CEILING, REFERENCE, Report, table

HELD = 10_000
MISSED = 300
_MEMORY = {"blocking": 100_000, "async": 55_000}
_TIMES_REFERENCE = {"blocking": 8.0, "async": 10.0}
_SHARE_OF_BARE = {"blocking": 0.6, "async": 0.7}
_TIMES_STARTED = 2.0
_P50, _P99 = 0.0015, 0.015
_REPLAY = 0.05
_V1 = ", fastagency.v1"


@dataclass(frozen=True)
class Judged:
    """One bar: what is measured, what it has to be, the figure in classic and in `fastagency.v1` ("" where it
    was not measured), and whether it is met."""

    what: str
    bar: str
    figure: str
    session: str
    met: bool


def markdown(report: Report, judge: bool) -> str:
    """The bars as a table: those whose measures did not fail. With `judge` false (sizes that measure nothing)
    none is met or missed."""
    rows = []
    for judged in _judged(report):
        verdict = ("met" if judged.met else "missed") if judge else "not judged"
        rows.append([judged.what, judged.bar, judged.figure, judged.session, verdict])
    head = ["bar", "to reach", "measured", "fastagency.v1", "verdict"]
    return "\n\n".join(["## The bars", table(head, rows)]) + "\n"


def _judged(report: Report) -> Iterator[Judged]:
    for mode in ("blocking", "async"):
        yield from _held(report, mode)
        yield from _speed(report, mode)
        yield from _delay(report, mode)
        for title, samples in report.resumes.items():
            if samples and mode in title:
                p99 = statistics.median(sample.replayed.p99 for sample in samples)
                what = f"replay of {samples[0].missed} messages, {mode}, p99"
                yield Judged(what, f"≤ {_REPLAY * 1000:.0f} ms", "", _ms(p99), p99 <= _REPLAY)


def _held(report: Report, mode: str) -> Iterator[Judged]:
    found = report.held.get(f"ours, {mode}")
    if not found:
        return
    held, session = found[0], next(iter(report.held.get(f"ours, {mode}{_V1}", ())), None)
    yield Judged(
        f"conversations that wait for an answer, {mode}",
        f"{HELD:,}, all answered",
        f"{held.held:,}, {held.completed:,}",
        f"{session.held:,}, {session.completed:,}" if session else "",
        min(held.held, held.completed) >= HELD,
    )
    memory, most = held.memory or 0.0, _MEMORY[mode]
    yield Judged(
        f"memory for each, {mode}",
        f"≤ {most / 1000:.0f} KB",
        f"{memory / 1000:.1f} KB",
        f"{(session.memory or 0) / 1000:.1f} KB" if session else "",
        memory <= most,
    )


def _speed(report: Report, mode: str) -> Iterator[Judged]:
    ours, session = f"ours, {mode}", f"ours, {mode}{_V1}"
    for what, reference, bar, figures in (
        ("messages/s, times FastAgency", REFERENCE[mode], _TIMES_REFERENCE[mode], report.rate),
        ("messages/s, of a bare socket's", CEILING, _SHARE_OF_BARE[mode], report.rate),
        ("new conversations/s, times FastAgency", REFERENCE[mode], _TIMES_STARTED, report.started),
    ):
        figure, base, beside = figures(ours), figures(reference), figures(session)
        if figure is not None and base:
            shown = f"{beside / base:.2f}" if beside is not None else ""
            yield Judged(f"{what}, {mode}", f"≥ {bar:g}", f"{figure / base:.2f}", shown, figure / base >= bar)


def _delay(report: Report, mode: str) -> Iterator[Judged]:
    opened = max((opened for (title, opened), found in report.latency.items() if found), default=0)
    delays, session = report.delay(f"ours, {mode}", opened), report.delay(f"ours, {mode}{_V1}", opened)
    if delays is None:
        return
    for place, (name, most) in enumerate((("p50", _P50), ("p99", _P99))):
        yield Judged(
            f"answer to next message, {opened:,} open, {mode}, {name}",
            f"≤ {most * 1000:g} ms",
            _ms(delays[place]),
            _ms(session[place]) if session else "",
            delays[place] <= most,
        )


def _ms(seconds: float) -> str:
    return f"{seconds * 1000:.2f} ms"
