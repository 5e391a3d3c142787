"""Schemathesis over the canonical OpenAPI document, against an ASGI application in the same process.

`examine` is the one function that says whether a server keeps the REST contract; the negative proofs run
broken servers through the very same function.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import schemathesis
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events, from_schema
from wiretap import App, Wiretap

__all__ = ["OPENAPI", "Examination", "examine"]

OPENAPI = Path(__file__).resolve().parents[2] / "server" / "fastagency_server" / "_generated" / "openapi.json"
"""The published bundle of the OpenAPI document."""

_SEED = 20_250_101


@dataclass
class Examination:
    """What came out: `faults`, one line each; how many requests followed a link; the checks that were run."""

    wiretap: Wiretap
    faults: list[str] = field(default_factory=list)
    linked_requests: int = 0
    checks: set[str] = field(default_factory=set)
    phases: set[str] = field(default_factory=set)

    @property
    def statuses(self) -> set[tuple[str, str, int]]:
        """Every (path, method, status) that was seen on the wire."""
        seen = {(request.path, request.method, request.status) for request in self.wiretap.requests}
        return {(path, method, status) for path, method, status in seen if status is not None}


def examine(
    app: App, *, max_examples: int = 50, thorough: bool = True, server_errors: tuple[int, ...] = ()
) -> Examination:
    """Send generated requests, right and wrong, and judge the responses with every check of schemathesis.

    `max_examples`: how many a phase and operation. `thorough`: systematic coverage of every keyword's edge
    too. `server_errors`: documented 5xx statuses that this application is made to answer with.
    """
    examination = Examination(Wiretap(app, client_faults="ignore"))
    schema = schemathesis.openapi.from_dict(
        json.loads(OPENAPI.read_text(encoding="utf-8")),
        config=SchemathesisConfig.from_dict(_config(max_examples, thorough, server_errors)),
    )
    schema.app = examination.wiretap
    for event in from_schema(schema).execute():
        match event:
            case events.FatalError():
                raise event.exception
            case events.NonFatalError():
                examination.faults.append(f"schemathesis could not go on: {event.info}")
            case events.ScenarioFinished():
                _collect(event, examination)
            case events.PhaseFinished():
                examination.phases.add(event.phase.name.value)
    examination.faults += [fault for fault in examination.wiretap.faults if fault not in examination.faults]
    return examination


def _config(max_examples: int, thorough: bool, server_errors: tuple[int, ...]) -> dict[str, Any]:
    expected = ["2xx", "4xx", *map(str, server_errors)]
    return {
        "seed": _SEED,
        "generation": {"max-examples": max_examples, "mode": "all", "database": "none"},
        "phases": {"coverage": {"enabled": thorough}},
        "checks": {"not_a_server_error": {"expected-statuses": expected}},
    }


def _collect(event: events.ScenarioFinished, examination: Examination) -> None:
    recorder = event.recorder
    examination.linked_requests += sum(1 for node in recorder.cases.values() if node.transition is not None)
    for case_id, checks in recorder.checks.items():
        for check in checks:
            examination.checks.add(check.name)
            if check.failure_info is not None:
                failure = check.failure_info.failure
                case = recorder.cases[case_id].value
                line = f"{check.name}: {case.method} {case.path}: {failure.title}: {failure.message}"
                examination.faults.append(" ".join(line.split()))
