"""Measure this server beside FastAgency 0.10.2 and a bare WebSocket server, and every client's codec.

    python -m benchmarks [servers|codecs] [--quick]

Every round measures all servers one after the other, so that a busy moment of the machine hits them alike;
the tables show medians, and the last one what the server has to reach. Servers run on the first processor,
the load generator (`fastagency-load`) on the second. The tables go to the terminal and to
test-output/benchmarks.md (codecs alone: test-output/codecs.md).
"""

from __future__ import annotations

import argparse
import os
import platform
import resource
import sys
import time
from collections.abc import Coroutine
from pathlib import Path
from typing import Any, TypeVar

import uvloop
from fastagency_load.conversation import V1
from fastagency_load.errors import LoadFailed

from . import bars, codecs, measures
from .peers import OUTPUT, PEERS, PeerFailed, Running, prepare_client, running
from .report import Report

Sample = TypeVar("Sample")
QUICK = {
    "rounds": 1,
    "conversations": 4,
    "messages": 50,
    "held": 60,
    "open": [5],
    "open_rounds": 1,
    "answers": 20,
    "missed": 20,
    "resumes": 5,
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
    parser.add_argument("--held", type=int, default=bars.HELD, help="conversations to hold at once")
    parser.add_argument(
        "--open", type=int, nargs="+", default=[30, bars.HELD], help="open conversations, for latency"
    )
    parser.add_argument("--open-rounds", type=int, default=2, help="rounds that measure latency")
    parser.add_argument("--rate", type=float, default=400, help="answers each second, for latency")
    parser.add_argument("--answers", type=int, default=2000, help="answers in all, for latency")
    parser.add_argument("--stall", type=float, default=3, help="seconds without progress that mean: no more")
    parser.add_argument("--missed", type=int, default=bars.MISSED, help="messages that a resume replays")
    parser.add_argument("--resumes", type=int, default=50, help="resumes")
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
        report, parts = None, [f"# Measured in one run\n\n{_machine()}\n"]
        if options.part != "codecs":
            report = _servers(options)
            parts = [report.markdown(), bars.markdown(report, judge=not options.quick)]
        if options.part != "servers":
            parts.append(codecs.measure(options.seconds, _say).markdown())
    except (PeerFailed, codecs.CodecFailed) as error:
        print(f"bench: {error}", file=sys.stderr)
        return 1
    text = "\n".join(parts)
    output.parent.mkdir(parents=True, exist_ok=True)
    output.write_text(text)
    print(text)
    return 1 if report is not None and report.failures else 0


def _servers(options: argparse.Namespace) -> Report:
    """Measure the servers. Only for them is this process bound to one processor."""
    every = os.sched_getaffinity(0)
    prepare_client()
    try:
        return uvloop.run(measure(options))
    finally:
        os.sched_setaffinity(0, every)


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"Python {platform.python_version()}, {os.cpu_count()} processors, load {load:.1f} before the start."
    )


def _limits() -> str:
    """What the machine allows a server that parks a thread for each conversation."""
    threads = Path("/proc/sys/kernel/threads-max").read_text().strip()
    pids = Path("/proc/sys/kernel/pid_max").read_text().strip()
    maps = Path("/proc/sys/vm/max_map_count").read_text().strip()
    processes, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    _, files = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = "no limit" if processes == resource.RLIM_INFINITY else processes
    return (
        f"The machine allows {threads} threads, {pids} process ids, {most} processes of one user, {maps} "
        f"mappings of one process (a thread takes two), {files} open files of one process."
    )


async def measure(options: argparse.Namespace) -> Report:
    """Run every measure on every server."""
    report = Report(f"{_machine()} {options.rounds} interleaved rounds, medians. {_limits()}")
    peers = [peer for peer in PEERS if options.only in peer.title]
    with running(peers, shared=True) as servers:
        for server in servers:  # imports, caches, thread pools
            await measures.messages(server, 2, min(options.messages, 200))
        for number in range(options.rounds):
            for server in servers:
                await _round(report, server, options, f"round {number + 1}/{options.rounds}")
    for number in range(options.open_rounds):
        for peer in (peer for peer in peers if not peer.brief):
            with running([peer], shared=False) as (server,):  # a fresh one: memory counts from the start
                if number == 0:
                    await _held(report, server, options)
                await _latency(report, server, options, f"round {number + 1}/{options.open_rounds}")
    return report


async def _round(report: Report, server: Running, options: argparse.Namespace, label: str) -> None:
    """What takes seconds, once, on one server."""
    title = server.peer.title
    messages = measures.messages(server, options.conversations, options.messages)
    await _step(report, f"{label}: messages", server, messages, report.messages.setdefault(title, []))
    starts = measures.starts(server, options.starts, options.at_once)
    await _step(report, f"{label}: starts", server, starts, report.starts.setdefault(title, []))
    if server.peer.dialect == V1:
        resume = measures.resume(server, options.missed, options.resumes)
        await _step(report, f"{label}: resumes", server, resume, report.resumes.setdefault(title, []))


async def _held(report: Report, server: Running, options: argparse.Namespace) -> None:
    """How many conversations one server holds, and what they take."""
    holds = server.peer.holds
    wanted = options.held if holds is None else min(options.held, holds + 20)
    held = measures.held(server, wanted, options.stall)
    await _step(report, f"hold {wanted}", server, held, report.held.setdefault(server.peer.title, []))


async def _latency(report: Report, server: Running, options: argparse.Namespace, label: str) -> None:
    """From an answer to the next message, on one server, with few and with many conversations open."""
    title = server.peer.title
    for opened in options.open:
        if server.peer.holds is None or opened <= server.peer.holds:
            latency = measures.latency(server, opened, options.rate, options.answers)
            samples = report.latency.setdefault((title, opened), [])
            await _step(report, f"{label}: latency, {opened} open", server, latency, samples)


async def _step(
    report: Report, what: str, server: Running, measure: Coroutine[Any, Any, Sample], samples: list[Sample]
) -> None:
    """Run one measure, keep its sample, and print a line of progress. One that fails is noted."""
    began = time.perf_counter()
    try:
        samples.append(await measure)
    except LoadFailed as failure:
        report.failures.append(f"{what}, {server.peer.title}: {failure}")
        _say(f"{what}, {server.peer.title}: failed: {failure}")
    else:
        _say(f"{what}, {server.peer.title}: {time.perf_counter() - began:.1f} s")


def _say(line: str) -> None:
    """Print a line of progress."""
    print(f"bench: {line}", file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
