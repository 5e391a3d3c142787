"""The suite can fail: each canary is wrong in one way, and fails exactly the cases of `canaries.yaml`."""

from __future__ import annotations

import asyncio
import fnmatch
import sys
from collections.abc import Iterable
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
_INVALID = "invalid vectors"
"""What a canary of the codec fails: every vector that is to be refused."""

_SECONDS = 4.0
"""How long a canary is waited for: some of them never say what is waited for."""


@pytest.fixture(autouse=True)
def path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Subjects find the suite, in an environment where it is not installed too."""
    monkeypatch.setenv("PYTHONPATH", str(HERE.parent))


def test_every_canary_is_listed() -> None:
    assert set(EXPECTED) == set(CANARIES) | set(SERVER_CANARIES)


def test_the_reference_client_passes_everything() -> None:
    command = f"{sys.executable} -m conformance.reference.client"
    run = asyncio.run(run_client("reference", Subject(command=command), load_cases(), known=Known()))
    assert run.red == []
    assert run.count("skipped") == 0


@pytest.mark.parametrize("name", CANARIES)
def test_client_canary(name: str) -> None:
    command = f"{sys.executable} -m conformance.reference.canaries {name}"
    vectors = EXPECTED[name].get("fails") == _INVALID
    run = asyncio.run(
        run_client(
            name,
            Subject(command=command, answer_seconds=_SECONDS),
            load_cases(),
            known=Known(),
            only=lambda case: vectors or not case.startswith("vectors/"),
        )
    )
    _judge(name, run)


@pytest.mark.parametrize("name", SERVER_CANARIES)
def test_server_canary(name: str) -> None:
    async def judge() -> Run:
        command = f"{sys.executable} {HERE / 'servers' / 'ours.py'} --canary {name}"
        async with served(command) as plain, served(f"{command} --limit 2") as limit:
            urls = {"plain": plain["url"], "limit": limit["url"]}
            # The one case that takes ten seconds by itself is left to the real servers.
            return await run_server(
                name,
                urls,
                load_cases(),
                known=Known(),
                only=lambda case: "too-late" not in case,
                seconds=_SECONDS,
            )

    _judge(name, asyncio.run(judge()))


def _judge(name: str, run: Run) -> None:
    everything = [*run.outcomes, *run.vectors]
    failed = {it.case for it in everything if it.verdict == "failed"}
    assert failed, f"{name} fails nothing"
    listed = EXPECTED[name]
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
