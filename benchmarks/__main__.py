"""Measure this server beside FastAgency 0.10.2 and a bare WebSocket server, and every client's codec.

    python -m benchmarks [servers|codecs] [--quick]

Every round measures all servers one after the other, so that a busy moment of the machine hits them alike;
the tables show medians. Servers run on the first processor, the load generator on the second. The tables go
to the terminal and to test-output/benchmarks.md (codecs alone: test-output/codecs.md).
"""

from __future__ import annotations

import argparse
import os
import platform
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import uvloop

from . import codecs, measures
from .peers import OUTPUT, PEERS, PeerFailed, Running, prepare_client, running
from .report import Report

Sample = TypeVar("Sample")
QUICK = {
    "rounds": 1,
    "conversations": 4,
    "messages": 50,
    "held": 60,
    "open": [5],
    "samples": 20,
    "stall": 1.0,
    "starts": 20,
    "at_once": 4,
    "seconds": 0.2,
}


def main() -> int:
    """Parse the options, measure, print; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", nargs="?", choices=["all", "servers", "codecs"], default="all")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--conversations", type=int, default=20, help="at once, for messages per second")
    parser.add_argument("--messages", type=int, default=1000, help="of each of them")
    parser.add_argument("--held", type=int, default=2000, help="conversations to hold at once (up to 10000)")
    parser.add_argument(
        "--open", type=int, nargs="+", default=[30, 2000], help="open conversations, for latency"
    )
    parser.add_argument("--stall", type=float, default=3, help="seconds without progress that mean: no more")
    parser.add_argument("--samples", type=int, default=1000, help="answers, for latency")
    parser.add_argument("--starts", type=int, default=500, help="new conversations")
    parser.add_argument("--at-once", type=int, default=20, help="of them at a time")
    parser.add_argument("--only", default="", help="only the servers whose title holds this text")
    parser.add_argument("--seconds", type=float, default=6, help="for each client's codec")
    parser.add_argument("--output", type=Path)
    parser.add_argument("--quick", action="store_true", help="tiny sizes: only shows that it runs")
    options = parser.parse_args()
    if options.quick:
        for name, value in QUICK.items():
            setattr(options, name, value)
    if not any(options.only in peer.title for peer in PEERS):
        parser.error(f"no server's title holds {options.only!r}")
    output = options.output or OUTPUT / ("codecs.md" if options.part == "codecs" else "benchmarks.md")
    try:
        parts = (
            [_servers(options)] if options.part != "codecs" else [f"# Measured in one run\n\n{_machine()}\n"]
        )
        if options.part != "servers":
            parts.append(codecs.measure(options.seconds, _say).markdown())
    except (PeerFailed, codecs.CodecFailed) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    text = "\n".join(parts)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text)
    print(text)
    return 0


def _servers(options: argparse.Namespace) -> str:
    """The servers' tables. Only for them is this process bound to one processor."""
    every = os.sched_getaffinity(0)
    prepare_client()
    try:
        return uvloop.run(measure(options)).markdown()
    finally:
        os.sched_setaffinity(0, every)


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} processors, load {load:.1f} before the start."
    )


async def measure(options: argparse.Namespace) -> Report:
    """Run every measure on every server."""
    report = Report(f"{_machine()} {options.rounds} interleaved rounds, medians.")
    peers = [peer for peer in PEERS if options.only in peer.title]
    with running(peers, shared=True) as servers:
        for server in servers:  # imports, caches, thread pools
            await measures.throughput(server, 2, min(options.messages, 200))
        for number in range(options.rounds):
            for server in servers:
                await _round(report, server, options, f"round {number + 1}/{options.rounds}")
    with running(peers, shared=options.quick) as servers:  # fresh ones: memory counts from the start
        for server in servers:
            holds = server.peer.holds
            wanted = options.held if holds is None else min(options.held, holds + 20)
            held = measures.held(server, wanted, options.stall)
            report.held[server.peer.title] = await _step(f"hold {wanted}", server, held)
    return report


async def _round(report: Report, server: Running, options: argparse.Namespace, label: str) -> None:
    """Everything but the memory, once, on one server."""
    title = server.peer.title
    throughput = measures.throughput(server, options.conversations, options.messages)
    report.throughput.setdefault(title, []).append(await _step(f"{label}: messages", server, throughput))
    starts = measures.starts(server, options.starts, options.at_once)
    report.starts.setdefault(title, []).append(await _step(f"{label}: starts", server, starts))
    for opened in options.open:
        if server.peer.holds is None or opened <= server.peer.holds:
            latency = measures.latency(server, opened, options.samples)
            sample = await _step(f"{label}: latency, {opened} open", server, latency)
            report.latency.setdefault((title, opened), []).append(sample)


async def _step(what: str, server: Running, measure: Coroutine[Any, Any, Sample]) -> Sample:
    """Run one measure and print a line of progress."""
    began = time.perf_counter()
    sample = await measure
    seconds = time.perf_counter() - began
    _say(f"{what}, {server.peer.title}: {seconds:.1f} s")
    return sample


def _say(line: str) -> None:
    """Print a line of progress."""
    print(f"bench: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
