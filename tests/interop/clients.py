"""The clients that hold `Script`s with a server, each as a program of its own."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any

from interop.processes import OURS, ROOT, UPSTREAM, run_command, run_program
from interop.scripts import Script, check_transcript

__all__ = ["OUR_CLIENTS", "Client", "fastagency_client"]

Client = Callable[[str, Sequence[Script]], None]
"""Takes a server's URL and scripts, holds one conversation after the other, and checks each transcript."""

_DRIVER = ROOT / "tests" / "typescript" / "driver.mjs"


def fastagency_client(url: str, scripts: Sequence[Script]) -> list[dict[str, Any]]:
    """FastAgency's own `FastAPIProvider`. Returns how each conversation ended (see the program)."""
    talks = [[script.workflow, script.raw_answers, script.params] for script in scripts]
    lines = run_program(UPSTREAM, "fastagency_client", url, json.dumps(talks))
    return _check(lines, scripts)


def _python(environment: str, mode: str) -> Client:
    def hold(url: str, scripts: Sequence[Script]) -> None:
        talks = [[script.workflow, script.answers, script.params] for script in scripts]
        _check(run_program(environment, "sdk_client", mode, url, json.dumps(talks)), scripts)

    return hold


def _typescript(url: str, scripts: Sequence[Script]) -> None:
    assert (ROOT / "sdk-typescript" / "dist" / "node.js").exists(), "not built: `make sdk-typescript`"
    for script in scripts:
        answers = json.dumps([answer for _, answer in script.answers])
        what = ["--workflow", script.workflow, "--params", json.dumps(script.params), "--answers", answers]
        messages = run_command(["node", str(_DRIVER), "--url", url, *what])
        check_transcript(messages, script)


def _check(lines: Sequence[dict[str, Any]], scripts: Sequence[Script]) -> list[dict[str, Any]]:
    """Check the transcripts, which follow each other, each with a line of its own after it; return those."""
    rest, ends = list(lines), []
    for script in scripts:
        end = next(index for index, line in enumerate(rest) if "type" not in line)
        check_transcript(rest[:end], script)
        ends.append(rest[end])
        del rest[: end + 1]
    assert not rest
    return ends


OUR_CLIENTS: dict[str, Client] = {
    "python-async": _python(OURS, "async"),
    "python-blocking": _python(OURS, "blocking"),
    "python-async-websockets13": _python(UPSTREAM, "async"),
    "python-blocking-websockets13": _python(UPSTREAM, "blocking"),
    "typescript": _typescript,
}
