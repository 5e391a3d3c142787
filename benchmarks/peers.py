"""The servers that are measured, each in a process of its own with its own environment's Python."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from fastagency_load.conversation import CLASSIC, V1
from fastagency_load.target import raise_file_limit

ROOT = Path(__file__).resolve().parent.parent
OUTPUT = ROOT / "test-output"
STOP_SECONDS = 15.0
PR_SET_PDEATHSIG = 1  # <linux/prctl.h>


class PeerFailed(Exception):
    """A peer did not start; the message says what to do."""


@dataclass(frozen=True)
class Peer:
    """One row of the tables: a server program and the kind of workflow that it runs.

    `module` names the program in servers/, `mode` is `blocking` or `async`, `holds` how many conversations it
    is known to hold at once (None: no such limit), `dialect` what is spoken with it. A `brief` one is not
    measured with many conversations open.
    """

    title: str
    environment: str
    module: str
    mode: str
    holds: int | None = None
    dialect: str = CLASSIC
    brief: bool = False


PEERS = (
    Peer("ours, blocking", ".venv", "ours", "blocking"),
    Peer("ours, async", ".venv", "ours", "async"),
    Peer("ours, blocking, fastagency.v1", ".venv", "ours", "blocking", dialect=V1),
    Peer("ours, async, fastagency.v1", ".venv", "ours", "async", dialect=V1),
    Peer("ours in FastAPI, blocking", ".venv", "in_fastapi", "blocking", brief=True),
    Peer("ours in FastAPI, async", ".venv", "in_fastapi", "async", brief=True),
    Peer("FastAgency 0.10.2, blocking", ".venv-upstream", "upstream", "blocking", holds=40),
    Peer("FastAgency 0.10.2, async", ".venv-upstream", "upstream", "async", holds=40),
    Peer("bare Starlette, ready-made text", ".venv", "bare", "async"),
)


@dataclass(frozen=True)
class Running:
    """A peer that serves at `url` as the process `pid`."""

    peer: Peer
    url: str
    pid: int


@contextmanager
def running(peers: Sequence[Peer], shared: bool) -> Iterator[list[Running]]:
    """Start the peers, pinned to the first processor, and stop them at the end; logs are in test-output/.

    With `shared`, the peers of one module are served by one process. Raises PeerFailed when one does not
    start.
    """
    OUTPUT.mkdir(exist_ok=True)
    processes: dict[str, subprocess.Popen[str]] = {}
    urls: dict[str, str] = {}
    name = (
        (lambda peer: peer.module) if shared else (lambda peer: f"{peer.module}-{peer.mode}-{peer.dialect}")
    )
    try:
        for peer in peers:
            if name(peer) not in processes:
                processes[name(peer)] = _spawn(peer, _log(name(peer)))
        for key, process in processes.items():
            urls[key] = _await_start(process, _log(key))
        yield [Running(peer, urls[name(peer)], processes[name(peer)].pid) for peer in peers]
    finally:
        for process in processes.values():
            process.terminate()
        for process in processes.values():
            _reap(process)


def _alone(peer: Peer) -> str:
    return f"{peer.module}-{peer.mode}-{peer.dialect}"


def _spawn(peer: Peer, log_path: Path) -> subprocess.Popen[str]:
    python = ROOT / peer.environment / "bin" / "python"
    if not python.exists():
        raise PeerFailed(f"{peer.environment} is missing: `make {peer.environment}/.stamp` builds it")
    with log_path.open("w") as log:
        return subprocess.Popen(
            [str(python), "-m", "benchmarks.servers.serve", peer.module],
            cwd=ROOT,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            preexec_fn=_prepare_server,
        )


def _await_start(process: subprocess.Popen[str], log_path: Path) -> str:
    assert process.stdout is not None
    line = process.stdout.readline()
    if not line:
        raise PeerFailed(f"a server did not start; see {log_path.relative_to(ROOT)}")
    return str(json.loads(line)["url"])


def _reap(process: subprocess.Popen[str]) -> None:
    assert process.stdout is not None
    process.stdout.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _log(name: str) -> Path:
    return OUTPUT / f"bench-{name}.log"


def prepare_client() -> None:
    """Pin this process, the load generator, to the second processor; let it open many sockets."""
    cores = sorted(os.sched_getaffinity(0))
    if len(cores) > 1:
        os.sched_setaffinity(0, cores[1:2])
    raise_file_limit()


_CORES = sorted(os.sched_getaffinity(0))


def _prepare_server() -> None:
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)  # it never outlives the load generator
    if len(_CORES) > 1:
        os.sched_setaffinity(0, _CORES[:1])
