"""Programs of the interop tests, each in a process of its own with its own environment's Python."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import subprocess
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any, Literal

__all__ = ["OURS", "ROOT", "UPSTREAM", "Peer", "python_of", "run_command", "run_program", "serve_app"]

ROOT = Path(__file__).resolve().parents[2]
LOGS = ROOT / "test-output" / "interop"
OURS = ".venv"
UPSTREAM = ".venv-upstream"
# Bounds of waits, not expectations: they only end a test that would hang otherwise.
START_SECONDS = 60.0
STOP_SECONDS = 20.0
TALK_SECONDS = 90.0
_numbers = itertools.count(1)


def python_of(environment: str) -> str:
    """The Python of one of the project's environments. Raises AssertionError, with the remedy, without it."""
    python = ROOT / environment / "bin" / "python"
    assert python.exists(), f"{environment} is missing: `make {environment}/.stamp` builds it"
    return str(python)


def _environment(extra: dict[str, str]) -> dict[str, str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    return clean | {"PYTHONPATH": str(ROOT / "tests"), "PYTHONUNBUFFERED": "1"} | extra


@dataclass
class Peer:
    """A server in a process of its own. `url` is "http://127.0.0.1:PORT".

    After the end `faults` and `deviations` hold what its wiretap saw, `log` what it wrote.
    """

    url: str
    log_path: Path
    faults: list[str] = field(default_factory=list)
    deviations: set[str] = field(default_factory=set)

    @property
    def log(self) -> str:
        """Everything it wrote to its log so far."""
        return self.log_path.read_text()


@contextlib.contextmanager
def serve_app(
    environment: str,
    module: str,
    name: str,
    *,
    peer: Literal["ours", "upstream"] = "ours",
    client_faults: Literal["record", "ignore"] = "record",
    judged: bool = True,
    variables: dict[str, str] | None = None,
) -> Iterator[Peer]:
    """Serve an application of programs/ behind a wiretap, and stop it at the end. Logs: test-output/interop/.

    `peer`: whose known deviations the wiretap forgives. `client_faults`: as for `Wiretap`. On exit what the
    wiretap saw raises AssertionError, and so does a server that does not stop; unless it is not `judged`, for
    servers that are known to do wrong.
    """
    LOGS.mkdir(parents=True, exist_ok=True)
    log_path = LOGS / f"{name}-{next(_numbers)}.log"
    command = [python_of(environment), "-m", "interop.programs.serve_app", module, name, peer, client_faults]
    with log_path.open("w") as log:
        process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env=_environment(variables or {}),
        )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        first = _line(process.stdout, START_SECONDS)
        assert first is not None, f"{name} did not start:\n{log_path.read_text()[-4000:]}"
        server = Peer(json.loads(first)["url"], log_path)
        yield server
        process.stdin.close()
        if judged:
            _judge(server, name, _line(process.stdout, STOP_SECONDS))
    finally:
        process.stdin.close()
        if judged:
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(STOP_SECONDS)
        process.kill()  # does nothing when it has ended
        process.wait()
        process.stdout.close()


def _judge(server: Peer, name: str, line: str | None) -> None:
    assert line is not None, f"{name} did not stop:\n{server.log[-4000:]}"
    seen = json.loads(line)
    server.faults, server.deviations = seen["faults"], set(seen["deviations"])
    assert not server.faults, f"the wiretap of {name} saw faults:\n  " + "\n  ".join(server.faults)


def run_program(environment: str, program: str, *arguments: str) -> list[dict[str, Any]]:
    """Run a program of programs/ and return the JSON lines that it printed. Raises as `run_command` does."""
    return run_command([python_of(environment), "-m", f"interop.programs.{program}", *arguments])


def run_command(command: list[str]) -> list[dict[str, Any]]:
    """Run a command and return the JSON lines that it printed.

    Raises AssertionError with its output when it fails, and subprocess.TimeoutExpired when it does not end.
    """
    ended = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=TALK_SECONDS,
        env=_environment({}),
        check=False,
    )
    said = f"{ended.stdout[-3000:]}\n{ended.stderr[-3000:]}"
    assert ended.returncode == 0, f"status {ended.returncode}:\n{said}"
    return [json.loads(line) for line in ended.stdout.splitlines()]


def _line(stream: IO[str], seconds: float) -> str | None:
    """The next line, or None when the stream ends or nothing comes in time."""
    lines: list[str] = []
    reader = threading.Thread(target=lambda: lines.append(stream.readline()), daemon=True)
    reader.start()
    reader.join(seconds)
    return lines[0] if lines and lines[0] else None
