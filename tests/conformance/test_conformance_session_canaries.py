"""The cases of `fastagency.v1` can fail: each canary server is wrong in one way, and fails exactly the cases
of `session_canaries.yaml`."""

from __future__ import annotations

import asyncio
import contextlib
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wire_spec import load_yaml

from conformance.cases import load_cases
from conformance.known import Known
from conformance.reference.session_canaries import SESSION_CANARIES
from conformance.results import Run
from conformance.run_servers import run_server, served
from conformance.test_conformance_canaries import SESSION_CASES, judge

HERE = Path(__file__).parent
EXPECTED: dict[str, dict[str, Any]] = load_yaml(HERE / "session_canaries.yaml")
CASES = load_cases()
_AT_ONCE = 4
_SECONDS = 15.0
"""How long a canary is waited for: some of them never say what is waited for."""

_LONG = (
    "serving_sessions/many-messages",
    "serving_sessions_frames/first-frame-too-late",
    "serving_sessions_liveness/nothing-unseen-is-trimmed",
    "serving_sessions_liveness/slow-reader",
)
"""Left to the real servers: what they expect is expected elsewhere too, in less time."""


def test_every_canary_is_listed() -> None:
    assert set(EXPECTED) == set(SESSION_CANARIES)


async def _run_all() -> list[Run]:
    command = f"{sys.executable} {HERE / 'servers' / 'ours.py'} --session-canaries"
    instances = {"plain": "", "users": " --users", "brief": " --brief"}
    gate = asyncio.Semaphore(_AT_ONCE)
    async with contextlib.AsyncExitStack() as stack:
        urls = {
            name: (await stack.enter_async_context(served(command + option)))["url"]
            for name, option in instances.items()
        }

        async def one(canary: str) -> Run:
            async with gate:
                return await run_server(
                    canary,
                    {name: f"{url}/{canary}" for name, url in urls.items()},
                    CASES,
                    known=Known(),
                    only=lambda case: case in SESSION_CASES and case not in _LONG,
                    seconds=_SECONDS,
                )

        return list(await asyncio.gather(*map(one, SESSION_CANARIES)))


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, Run]]:
    """The run of every canary."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE.parent))
        yield {run.subject: run for run in asyncio.run(_run_all())}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SESSION_CANARIES)
def test_session_canary(name: str, runs: dict[str, Run]) -> None:
    judge(name, EXPECTED[name], runs[name])
