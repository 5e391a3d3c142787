"""Runs the cases of a server, several at a time: each has conversations of its own."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import shlex
import signal
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from pathlib import Path
from typing import Any
from uuid import uuid4

from .cases import Case, why_skipped
from .known import Known
from .raw_http import Unreachable, request
from .results import Mismatch, Outcome, Run, Trace
from .server_role import WORKFLOW, ServerCase
from .session_log import SUBPROTOCOL
from .stage import INITIATE

__all__ = ["INSTANCES", "BadServer", "run_server", "served"]

# Bounds of waits, not expectations.
EVENT_SECONDS = 15.0
_START_SECONDS = 60.0
_STOP_SECONDS = 5.0
_AT_ONCE = 6
INSTANCES = ("plain", "users", "limit", "brief", "drain")
"""The ways in which a server can be set up: all but `plain` are what a case of that need is put to. There is
one case of `drain`, since it stops its server."""


class BadServer(Exception):
    """A server that could not be started. The text says what it printed."""


@contextlib.asynccontextmanager
async def served(command: str, folder: Path | None = None) -> AsyncIterator[dict[str, Any]]:
    """Run a server's command until the block ends; yields its first line: {url, subject, version}.

    Raises BadServer when none comes.
    """
    process = await asyncio.create_subprocess_exec(
        *shlex.split(command),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
        cwd=folder,
        start_new_session=True,
    )
    assert process.stdin is not None
    assert process.stdout is not None
    try:
        line = b""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_START_SECONDS):
                line = await process.stdout.readline()
        try:
            hello = json.loads(line)
            hello["url"]
        except (ValueError, KeyError, TypeError) as error:
            raise BadServer(f"{command!r} printed no line with its url, but {line[:200]!r}") from error
        yield hello
    finally:
        process.stdin.close()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_STOP_SECONDS):
                await process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


async def run_server(
    name: str,
    urls: Mapping[str, str],
    cases: Sequence[Case],
    *,
    known: Known,
    only: Callable[[str], bool] = lambda _: True,
    progress: Callable[[Outcome], None] = lambda _: None,
    seconds: float = EVENT_SECONDS,
) -> Run:
    """Run every case in which a server is judged. `urls`: by instance, one of INSTANCES."""
    began = time.monotonic()
    run = Run(name, "server")
    speaks_sessions = await _speaks_sessions(urls.get("plain"))
    gates = {it: asyncio.Semaphore(1 if it == "limit" else _AT_ONCE) for it in INSTANCES}

    async def one(case: Case) -> Outcome:
        instance = next((it for it in INSTANCES if it in case.needs), "plain")
        missing = [] if instance in urls else [instance]
        if "sessions" in case.needs and not speaks_sessions:
            missing = ["sessions"]
        async with gates[instance]:
            if missing:
                outcome = known.mark(Outcome(case.name, "skipped", why_skipped(missing)))
            else:
                outcome = known.mark(await _outcome(case, urls[instance], seconds))
            progress(outcome)
            return outcome

    judged = [case for case in cases if "server" in case.roles and only(case.name)]
    # A crowd may block a server that gives each conversation a thread, so it comes last and alone.
    crowds = [case for case in judged if any("crowd" in step for step in case.steps)]
    run.outcomes = list(await asyncio.gather(*(one(case) for case in judged if case not in crowds)))
    run.outcomes += [await one(case) for case in crowds]
    run.seconds = time.monotonic() - began
    return run


async def _speaks_sessions(url: str | None) -> bool:
    """Whether a server says in the answer of `initiate_workflow` that it speaks `fastagency.v1` (spec
    FA-NEG-1)."""
    if url is None:
        return False
    asked: dict[str, Any] = {
        "workflow_name": WORKFLOW,
        "workflow_uuid": str(uuid4()),
        "user_id": None,
        "params": {"script": []},
    }
    headers = {"Content-Type": "application/json"}
    try:
        answer = (await request(url, "POST", INITIATE, json.dumps(asked).encode(), headers)).json()
    except (Unreachable, ValueError):
        return False
    return isinstance(answer, dict) and SUBPROTOCOL in (answer.get("subprotocols") or ())


async def _outcome(case: Case, url: str, seconds: float) -> Outcome:
    trace = Trace()
    began = time.monotonic()
    try:
        await ServerCase(case, url, trace, seconds).play()
    except Mismatch as mismatch:
        why = f"{trace.step}: {mismatch}"
        return Outcome(case.name, "failed", why, time.monotonic() - began, tuple(trace.lines))
    return Outcome(case.name, "passed", "", time.monotonic() - began)
