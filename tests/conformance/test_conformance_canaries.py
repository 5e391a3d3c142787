"""The suite can fail: each canary is wrong in one way, and fails exactly the cases of `canaries.yaml`."""

from __future__ import annotations

import asyncio
import fnmatch
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest
from wire_spec import load_yaml

from conformance.cases import load_cases
from conformance.known import Known
from conformance.reference.canaries import CANARIES
from conformance.reference.server_canaries import SERVER_CANARIES
from conformance.results import Run
from conformance.run_clients import run_client
from conformance.run_servers import run_server, served
from conformance.subject import Subject
from conformance.vectors import all_vectors, vector_name

HERE = Path(__file__).parent
EXPECTED: dict[str, dict[str, Any]] = load_yaml(HERE / "canaries.yaml")
CASES = load_cases()
SESSION_CASES = {case.name for case in CASES if {"sessions"} <= case.needs}
"""Those of `fastagency.v1`, which test_conformance_session_canaries.py sees to."""
_INVALID = "invalid vectors"
"""What a canary of the codec fails: every vector that is to be refused."""

_LONG = ("transport/many-messages", "order/hundred-messages-in-order")
"""Left out: a shorter case of the same kind stands beside each."""

_AT_ONCE = 3
_SECONDS = 15.0
"""How long a canary is waited for: some of them never say what is waited for."""


@pytest.fixture(autouse=True, scope="module")
def path() -> Iterator[None]:
    """Subjects find the suite, in an environment where it is not installed too."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE.parent))
        yield


def test_every_canary_is_listed() -> None:
    assert set(EXPECTED) == set(CANARIES) | set(SERVER_CANARIES)


def test_the_reference_client_passes_everything() -> None:
    command = f"{sys.executable} -m conformance.reference.session_client"
    run = asyncio.run(run_client("reference", Subject(command=command), CASES, known=Known()))
    assert run.red == []
    assert run.count("skipped") == 0


async def _client_run(name: str) -> Run:
    vectors = EXPECTED[name].get("fails") == _INVALID
    return await run_client(
        name,
        Subject(
            command=f"{sys.executable} -m conformance.reference.canaries {name}", answer_seconds=_SECONDS
        ),
        CASES,
        known=Known(),
        only=lambda case: (vectors or not case.startswith("vectors/")) and case not in _LONG,
    )


async def _server_run(name: str) -> Run:
    command = f"{sys.executable} {HERE / 'servers' / 'ours.py'} --canary {name}"
    async with served(command) as plain, served(f"{command} --limit 2") as limit:
        urls = {"plain": plain["url"], "limit": limit["url"]}
        # The one case that takes ten seconds by itself is left to the real servers.
        return await run_server(
            name,
            urls,
            CASES,
            known=Known(),
            only=lambda case: "too-late" not in case and case not in SESSION_CASES,
            seconds=_SECONDS,
        )


@pytest.fixture(scope="module")
def runs() -> dict[str, Run]:
    """The run of every canary, several at once: most of the time they wait for what never comes."""

    async def everyone() -> list[Run]:
        gate = asyncio.Semaphore(_AT_ONCE)

        async def one(name: str) -> Run:
            async with gate:
                return await (_client_run(name) if name in CANARIES else _server_run(name))

        return list(await asyncio.gather(*map(one, EXPECTED)))

    return {run.subject: run for run in asyncio.run(everyone())}


@pytest.mark.timeout(900)
@pytest.mark.parametrize("name", [*CANARIES, *SERVER_CANARIES])
def test_canary(name: str, runs: dict[str, Run]) -> None:
    judge(name, EXPECTED[name], runs[name])


def judge(name: str, listed: dict[str, Any], run: Run) -> None:
    """Assert that a canary fails what is listed, no more and no fewer."""
    everything = [*run.outcomes, *run.vectors]
    failed = {it.case for it in everything if it.verdict == "failed"}
    assert failed, f"{name} fails nothing"
    names = [it.case for it in everything if it.verdict != "skipped"]
    if listed.get("fails") == _INVALID:
        wanted = {vector_name(it) for it in all_vectors() if not it.case["valid"]}
    elif "fails" in listed:
        wanted = set(_matching(listed["fails"], names))
    else:
        wanted = set(names) - set(_matching(listed["fails_all_but"], names))
    assert sorted(failed - wanted) == [], "it fails more than is listed"
    assert sorted(wanted - failed) == [], "it passes what it is to fail"


def _matching(patterns: Iterable[str], names: list[str]) -> Iterable[str]:
    for pattern in patterns:
        found = fnmatch.filter(names, pattern)
        assert found, f"{pattern} fits no case"
        yield from found
