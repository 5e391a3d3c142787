"""A client under test: a driver that speaks JSON lines, spawned or attached to.

Whatever the driver does wrong on this level (it ends early, prints what is no observation, prints too much,
hangs) is a `SubjectFault` with a name, and the driver is started again for the next case.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import signal
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

__all__ = ["Subject", "SubjectFault"]

# Bounds of waits, not expectations: they only end what would hang otherwise.
START_SECONDS = 30.0
STOP_SECONDS = 3.0
ANSWER_SECONDS = 10.0
LONGEST_LINE = 32 * 1024 * 1024
"""Of one observation, in bytes."""
MOST_STARTS = 3
"""How often in a row a driver may fail to start before it is given up."""

_OBSERVATIONS = yaml.safe_load((Path(__file__).parent / "observations.yaml").read_text(encoding="utf-8"))
_BY_SAW = {
    saw: Draft202012Validator({"$defs": _OBSERVATIONS["$defs"], **schema})
    for saw, schema in _OBSERVATIONS["saw"].items()
}


class SubjectFault(Exception):
    """The driver broke the rules of drivers. The text says how, for people."""


class Subject:
    """One driver. `command` is run without a shell; `address` is a host and port that one listens at."""

    def __init__(
        self,
        *,
        command: str | None = None,
        address: tuple[str, int] | None = None,
        folder: Path | None = None,
        answer_seconds: float = ANSWER_SECONDS,
    ) -> None:
        self.hello: dict[str, Any] = {}
        """What the driver said of itself: subject, language, version, features."""
        self.starts = 0
        self.busy = False
        """Whether a command is without its observation."""
        self.answer_seconds = answer_seconds
        self._command = command
        self._address = address
        self._folder = folder
        self._failed_starts = 0
        self._process: asyncio.subprocess.Process | None = None
        self._lines: asyncio.Queue[bytes | Exception] = asyncio.Queue(8)
        self._tasks: list[asyncio.Task[None]] = []
        self._writer: asyncio.StreamWriter | None = None
        self._errors: deque[str] = deque(maxlen=20)

    @property
    def running(self) -> bool:
        """Whether there is a driver that takes commands."""
        return self._writer is not None

    @property
    def given_up(self) -> bool:
        """Whether it failed to start so often that nobody tries any more."""
        return self._failed_starts >= MOST_STARTS

    @property
    def features(self) -> frozenset[str]:
        """What the driver says that it can do."""
        return frozenset(self.hello.get("features", ()))

    @property
    def complaints(self) -> str:
        """The last lines of what it wrote to its standard error."""
        return "\n".join(self._errors)

    async def start(self) -> None:
        """Start the driver, or connect to it, and read its first line. Raises SubjectFault."""
        if self.given_up:
            raise SubjectFault(f"the driver did not start, {MOST_STARTS} times in a row")
        self._failed_starts += 1
        self.starts += 1
        try:
            await self._open()
            hello = await self._observation(START_SECONDS)
            if hello["saw"] != "ready":
                raise SubjectFault(f"the driver's first line is no 'ready': {_short(hello)}")
        except SubjectFault:
            await self.stop()
            raise
        self.hello = hello
        self._failed_starts = 0
        self.busy = False

    async def ask(self, command: Mapping[str, Any], seconds: float | None = None) -> dict[str, Any]:
        """Give one command and return its observation. Raises SubjectFault; then stop the driver."""
        if self._writer is None:
            raise SubjectFault("the driver does not run")
        self.busy = True
        try:
            self._writer.write(json.dumps(command).encode() + b"\n")
            await self._writer.drain()
        except (ConnectionError, RuntimeError) as error:
            raise SubjectFault(await self._obituary()) from error
        seen = await self._observation(self.answer_seconds if seconds is None else seconds, command["do"])
        self.busy = False
        return seen

    async def stop(self) -> None:
        """End the driver, whatever it does, and leave nothing of it behind."""
        if self._writer is not None:
            with contextlib.suppress(ConnectionError, RuntimeError):
                self._writer.close()
        process, self._process, self._writer = self._process, None, None
        if process is not None:
            try:
                async with asyncio.timeout(STOP_SECONDS):
                    await process.wait()
            except TimeoutError:
                pass
            # Its children too: the group is the driver's own.
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(process.pid, signal.SIGKILL)
            await process.wait()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._tasks = []

    async def kill(self) -> None:
        """End a driver that hangs, without giving it time."""
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
        await self.stop()

    async def _open(self) -> None:
        self._lines = asyncio.Queue(8)
        if self._address is not None:
            host, port = self._address
            try:
                reader, self._writer = await asyncio.open_connection(host, port, limit=LONGEST_LINE)
            except OSError as error:
                raise SubjectFault(f"no driver at {host}:{port}: {error}") from error
            self._tasks = [asyncio.create_task(self._read_lines(reader, self._lines))]
            return
        assert self._command is not None, "a subject has a command or an address"
        try:
            self._process = await asyncio.create_subprocess_exec(
                *shlex.split(self._command),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.PIPE,
                limit=LONGEST_LINE,
                cwd=self._folder,
                start_new_session=True,
            )
        except (OSError, ValueError) as error:
            raise SubjectFault(f"the driver cannot be run: {error}") from error
        self._writer = self._process.stdin
        assert self._process.stdout is not None
        assert self._process.stderr is not None
        self._tasks = [
            asyncio.create_task(self._read_lines(self._process.stdout, self._lines)),
            asyncio.create_task(self._keep_errors(self._process.stderr)),
        ]

    async def _keep_errors(self, stream: asyncio.StreamReader) -> None:
        while chunk := await stream.read(65536):
            self._errors.extend(chunk.decode(errors="replace").splitlines()[-20:])

    async def _read_lines(
        self, stream: asyncio.StreamReader, lines: asyncio.Queue[bytes | Exception]
    ) -> None:
        try:
            while line := await stream.readline():
                await lines.put(line)
            await lines.put(b"")
        except (ValueError, ConnectionError) as error:  # a line beyond the limit; a connection that broke
            await lines.put(error)

    async def _observation(self, seconds: float, command: str = "start") -> dict[str, Any]:
        try:
            async with asyncio.timeout(seconds):
                line = await self._lines.get()
        except TimeoutError as error:
            raise SubjectFault(f"the driver said nothing to {command!r} within {seconds:g} s") from error
        if isinstance(line, ValueError):
            raise SubjectFault(f"the driver printed a line of more than {LONGEST_LINE} bytes") from line
        if isinstance(line, Exception) or not line.endswith(b"\n"):
            raise SubjectFault(await self._obituary())
        seen = _parsed(line)
        _check(seen, line)
        return seen

    def unasked(self) -> str | None:
        """What the driver printed though nobody asked; None when it did not."""
        if self._lines.empty():
            return None
        line = self._lines.get_nowait()
        return _short(line) if isinstance(line, bytes) and line else None

    async def _obituary(self) -> str:
        if self._process is None:
            return "the driver closed the connection"
        try:
            async with asyncio.timeout(STOP_SECONDS):
                status = await self._process.wait()
            await asyncio.sleep(0)
        except TimeoutError:
            return "the driver closed its output"
        said = "; ".join(list(self._errors)[-3:])
        return f"the driver ended with status {status}" + (f": {said}" if said else "")


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except ValueError as error:
        raise SubjectFault(f"the driver printed what is not JSON: {_short(line)}") from error
    if not isinstance(value, dict):
        raise SubjectFault(f"the driver printed no JSON object: {_short(line)}")
    return value


def _check(seen: dict[str, Any], line: bytes) -> None:
    validator = _BY_SAW.get(str(seen.get("saw")))
    if validator is None:
        raise SubjectFault(f"the driver printed no observation: {_short(line)}")
    for error in validator.iter_errors(seen):
        place = ".".join(map(str, error.absolute_path)) or "(whole)"
        raise SubjectFault(f"the observation is wrong: {place}: {error.message[:200]}: {_short(line)}")


def _short(value: object) -> str:
    text = value.decode(errors="backslashreplace") if isinstance(value, bytes) else json.dumps(value)
    text = text.strip()
    return text if len(text) <= 300 else text[:300] + " …"
