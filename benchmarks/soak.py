"""Hold short conversations in a row, half of them of each dialect, and see what they leave behind.

    python -m benchmarks.soak [--conversations 200000]

Prints the server's memory, threads and sockets on the way. The exit status is 1 when a thread or a socket is
left, or memory grows by more than a twentieth in the second half, beside the uuids that the server remembers
(`Settings.remembered_uuids`). By then it holds as many logs of what is over as it may (`retained_bytes`).
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from contextlib import suppress
from dataclasses import replace
from typing import Final

import uvloop
from fastagency_load import soak
from fastagency_load.process import Process, Usage
from fastagency_load.progress import Progress
from fastagency_load.target import Target

from .peers import PEERS, PeerFailed, Running, prepare_client, running

_SECONDS: Final = 3600.0  # ends a run that would hang otherwise
_GROWTH: Final = 1.05
_IDLE_SECONDS: Final = 15.0  # the server's threads wait ten for another workflow
_UUID_BYTES: Final = 300  # with its place in a dictionary


def main() -> int:
    """Parse the options, soak, print; returns the exit status."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.soak",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--conversations", type=int, default=200_000)
    parser.add_argument("--at-once", type=int, default=20)
    options = parser.parse_args()
    prepare_client()
    faults: list[str] = []
    peers = [peer for peer in PEERS if peer.module == "ours" and peer.mode == "blocking"]
    try:
        for peer in peers:
            with running([peer], shared=False) as (server,):
                most = options.conversations // len(peers)
                before, found = uvloop.run(_soak(server, most, options.at_once))
            print(f"{peer.title}:")
            for name, value in found.rows():
                print(f"  {name:<28}{value}")
            faults += [f"{peer.title}: {fault}" for fault in _faults(before, found)]
    except PeerFailed as error:
        print(f"soak: {error}", file=sys.stderr)
        return 1
    for fault in faults:
        print(f"soak: {fault}", file=sys.stderr)
    return 1 if faults else 0


async def _soak(server: Running, most: int, at_once: int) -> tuple[Usage, soak.Soaked]:
    process = Process(server.pid)
    target = Target(server.url, f"burst_{server.peer.mode}", {"messages": 1}, ("",), "", server.peer.dialect)
    threads = process.usage().threads
    first = await soak.soak(target, _SECONDS, 1, Progress(None), process, 1)  # what a server opens once
    assert first.after is not None, "the server's process is known"
    found = await soak.soak(target, _SECONDS, at_once, Progress(sys.stderr), process, most)
    with suppress(TimeoutError):
        async with asyncio.timeout(_IDLE_SECONDS):
            while process.usage().threads > threads:  # noqa: ASYNC110 - of another process
                await asyncio.sleep(0.2)
    return replace(first.after, threads=threads), replace(found, after=process.usage())


def _faults(before: Usage, found: soak.Soaked) -> list[str]:
    after = found.after
    assert after is not None, "the server's process is known"
    faults = []
    if after.threads > before.threads:
        faults.append(f"{after.threads - before.threads} threads are left")
    if after.sockets > before.sockets:
        faults.append(f"{after.sockets - before.sockets} sockets are left")
    memory = [usage.memory for _, usage in found.samples] + [after.memory]
    half, last = memory[len(memory) // 2], memory[-1]
    if last > half * _GROWTH + found.conversations / 2 * _UUID_BYTES:
        faults.append(f"memory grew from {half / 2**20:.0f} to {last / 2**20:.0f} MiB in the second half")
    return faults


if __name__ == "__main__":
    sys.exit(main())
