"""The cases of `fastagency.v1` can fail: each canary client is wrong in one way, and fails exactly the cases
of `session_client_canaries.yaml`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from wire_spec import load_yaml

from conformance.cases import load_cases
from conformance.known import Known
from conformance.reference.session_client_canaries import SESSION_CLIENT_CANARIES
from conformance.results import Run
from conformance.run_clients import run_client
from conformance.subject import Subject
from conformance.test_conformance_canaries import SESSION_CASES, judge

HERE = Path(__file__).parent
EXPECTED: dict[str, dict[str, Any]] = load_yaml(HERE / "session_client_canaries.yaml")
CASES = load_cases()
_AT_ONCE = 6
_SECONDS = 6.0
"""How long a canary is waited for: some of them never say what is waited for."""


def test_every_canary_is_listed() -> None:
    assert set(EXPECTED) == set(SESSION_CLIENT_CANARIES)


async def _run_all() -> list[Run]:
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(name: str) -> Run:
        async with gate:
            return await run_client(
                name,
                Subject(
                    command=f"{sys.executable} -m conformance.reference.session_client_canaries {name}",
                    answer_seconds=_SECONDS,
                ),
                CASES,
                known=Known(),
                only=lambda case: case in SESSION_CASES,
            )

    return list(await asyncio.gather(*map(one, SESSION_CLIENT_CANARIES)))


@pytest.fixture(scope="module")
def runs() -> Iterator[dict[str, Run]]:
    """The run of every canary, several at once: most of the time they wait for what never comes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE.parent))
        yield {run.subject: run for run in asyncio.run(_run_all())}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", SESSION_CLIENT_CANARIES)
def test_session_client_canary(name: str, runs: dict[str, Run]) -> None:
    judge(name, EXPECTED[name], runs[name])
