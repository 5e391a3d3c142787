"""What can be asked on the command line, and the exit codes."""

from __future__ import annotations

import argparse
import asyncio
import fnmatch
from collections.abc import Callable, Sequence
from pathlib import Path

from .cases import BadCases, load_cases
from .known import Known
from .results import Outcome
from .run_clients import run_client
from .subject import Subject
from .vectors import all_vectors, vector_name

__all__ = ["main"]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments say; returns the exit code: 0 green, 1 red, 2 wrong arguments or cases."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except BadCases as error:
        print(error)
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m conformance", description=__doc__)
    commands = parser.add_subparsers(required=True)
    client = commands.add_parser("client")
    client.add_argument("--cmd")
    client.add_argument("--connect")
    client.add_argument("--only", action="append", default=[])
    client.add_argument("--known", type=Path)
    client.set_defaults(run=_client)
    return parser


def _client(options: argparse.Namespace) -> int:
    cases = load_cases()
    address = None
    if options.connect:
        host, _, port = options.connect.rpartition(":")
        address = (host, int(port))
    subject = Subject(command=options.cmd, address=address)
    known = Known.load(options.known) if options.known else Known()

    def progress(outcome: Outcome) -> None:
        if outcome.verdict != "passed":
            print(f"{outcome.verdict}  {outcome.case}: {outcome.why}")
            for line in outcome.trace:
                print("      ", line)

    run = asyncio.run(
        run_client("client", subject, cases, known=known, only=_only(options.only), progress=progress)
    )
    run.faults += known.unmatched([it.name for it in cases] + [vector_name(it) for it in all_vectors()])
    print(
        run.count("passed"),
        run.count("failed"),
        run.count("skipped"),
        run.count("passed", vectors=True),
        run.count("failed", vectors=True),
        f"{run.seconds:.1f}",
    )
    return 1 if run.red else 0


def _only(patterns: Sequence[str]) -> Callable[[str], bool]:
    whole = [it if any(sign in it for sign in "*?[") else f"*{it}*" for it in patterns]
    return lambda name: not whole or any(fnmatch.fnmatchcase(name, it) for it in whole)
