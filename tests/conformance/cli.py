"""Judge clients and servers of the protocol by the cases in spec/vectors.

Exit codes: 0 everything is as expected, 1 something is red (a failure that is not known, a known one that
passes, a known one that fits no case), 2 the command line or the data cannot be used.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import fnmatch
import json
import os
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from wire_spec import load_yaml

from .cases import SESSIONS, BadCases, load_cases, load_clauses
from .known import BadKnown, Known
from .pages import coverage_page, digest, digest_text, matrix_page, read_digest
from .registry import ROOT, Entry, build, entries, run_entry, unmatched
from .report import Printer, print_summary, write_junit, write_results
from .results import Run
from .run_clients import run_client
from .run_servers import INSTANCES, BadServer, run_server, served
from .subject import Subject

__all__ = ["main"]

_ONLY = "only cases whose name fits, for example 'endings/*' or 'utf8' (may be repeated)"
_AT_ONCE = 3
"""How many subjects run at once: most of a case is waiting."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the arguments say; returns the exit code."""
    options = _parser().parse_args(arguments)
    try:
        code: int = options.run(options)
    except (BadCases, BadKnown, BadServer, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    return code


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m conformance",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    client = commands.add_parser("client", help="judge one client, by its driver")
    which = client.add_mutually_exclusive_group(required=True)
    which.add_argument("--cmd", help="run this driver, which speaks JSON lines on stdin and stdout")
    which.add_argument("--connect", metavar="HOST:PORT", help="attach to a driver that listens there")
    client.set_defaults(run=_client)
    server = commands.add_parser("server", help="judge one server, which offers the workflow `conformance`")
    which = server.add_mutually_exclusive_group(required=True)
    which.add_argument("--url", help="attach to a running server")
    which.add_argument("--cmd", help='run this server, which prints {"url": …} and ends when its input does')
    for instance, what in (
        ("users", "that takes the user from X-User"),
        ("limit", "that holds two conversations"),
        ("brief", "with short times and a short log"),
        ("drain", "that its workflow may stop"),
    ):
        server.add_argument(
            f"--{instance}-url", help=f"another instance {what}; without it its cases are skipped"
        )
        server.add_argument(f"--{instance}-cmd", help="the same, to be run")
    server.set_defaults(run=_server)
    every = commands.add_parser("all", help="judge every client and server of this repository")
    every.add_argument("--subject", action="append", help="only these of subjects.yaml (may be repeated)")
    every.add_argument("--no-build", action="store_true", help="take the subjects as they were built")
    every.set_defaults(run=_all)
    for command in (client, server, every):
        command.add_argument("--only", action="append", default=[], metavar="PATTERN", help=_ONLY)
        command.add_argument("--junit", type=Path, metavar="FILE", help="write JUnit's XML")
        command.add_argument(
            "--results", type=Path, metavar="FILE", help="write what became of each case as JSON"
        )
        command.add_argument("--verbose", action="store_true", help="print every case")
    for command in (client, server):
        command.add_argument(
            "--known", type=Path, metavar="FILE", help="known failures, a list of {case, reason}"
        )
    listing = commands.add_parser("cases", help="list the cases with their clauses")
    listing.set_defaults(run=_list)
    pages = commands.add_parser("pages", help="write docs/coverage.md and docs/conformance.md")
    pages.add_argument(
        "--results", type=Path, metavar="FILE", help="take these results into docs/conformance.json"
    )
    pages.add_argument(
        "--check", action="store_true", help="write nothing, and fail when a page is not current"
    )
    pages.set_defaults(run=_pages)
    return parser


def _client(options: argparse.Namespace) -> int:
    cases = load_cases()
    known = Known.load(options.known) if options.known else Known()
    address = None
    if options.connect:
        host, _, port = options.connect.rpartition(":")
        address = (host, int(port))
    subject = Subject(command=options.cmd, address=address)
    printer = Printer(sys.stdout, verbose=options.verbose)
    run = asyncio.run(
        run_client("client", subject, cases, known=known, only=_only(options.only), progress=printer)
    )
    run.subject = subject.hello.get("subject", "client")
    run.faults += unmatched(known, cases)
    return _finish([run], options, run.seconds)


def _server(options: argparse.Namespace) -> int:
    cases = load_cases()
    known = Known.load(options.known) if options.known else Known()
    printer = Printer(sys.stdout, verbose=options.verbose)

    async def judge() -> Run:
        async with contextlib.AsyncExitStack() as stack:
            urls = {}
            for instance in INSTANCES:
                prefix = "" if instance == "plain" else f"{instance}_"
                if url := getattr(options, f"{prefix}url"):
                    urls[instance] = url
                elif command := getattr(options, f"{prefix}cmd"):
                    urls[instance] = (await stack.enter_async_context(served(command)))["url"]
            return await run_server(
                "server", urls, cases, known=known, only=_only(options.only), progress=printer
            )

    run = asyncio.run(judge())
    run.faults += unmatched(known, cases)
    return _finish([run], options, run.seconds)


def _all(options: argparse.Namespace) -> int:
    cases = load_cases()
    chosen = [it for it in entries() if not options.subject or it.name in options.subject]
    if strangers := set(options.subject or ()) - {it.name for it in chosen}:
        print(f"no such subject: {', '.join(sorted(strangers))}", file=sys.stderr)
        return 2
    began = time.monotonic()
    gate = asyncio.Semaphore(_AT_ONCE)

    async def one(entry: Entry) -> Run:
        run = Run(entry.name, entry.role)
        if missing := _missing_tools(entry):
            print(f"{entry.name}: skipped, since {missing} is not there")
            if os.environ.get("CI") == "true":
                run.faults.append(f"{missing} is not there")
            return run
        async with gate:
            if not options.no_build and (why := await build(entry)):
                run.faults.append(f"it cannot be built: {why}")
                return run
            printer = Printer(sys.stdout, verbose=options.verbose, name=entry.name)
            return await run_entry(entry, cases, only=_only(options.only), progress=printer)

    async def everyone() -> list[Run]:
        return list(await asyncio.gather(*map(one, chosen)))

    runs = asyncio.run(everyone())
    return _finish(runs, options, time.monotonic() - began)


def _missing_tools(entry: Entry) -> str:
    from language_tools import lack

    return lack(entry.language) if entry.language else ""


def _finish(runs: list[Run], options: argparse.Namespace, seconds: float) -> int:
    ran = [run for run in runs if run.outcomes or run.vectors or run.faults]
    if not any(run.outcomes or run.vectors for run in ran):
        print("no case was run: does --only fit any?", file=sys.stderr)
        return 2
    print_summary(ran, sys.stdout, seconds=seconds)
    if options.junit:
        write_junit(ran, options.junit)
    if options.results:
        write_results(ran, options.results)
    return 1 if any(run.red for run in ran) else 0


def _list(options: argparse.Namespace) -> int:
    del options
    for case in load_cases():
        print(f"{case.name:<52} {'+'.join(sorted(case.roles)):<14} {', '.join(case.clauses)}")
    return 0


def _pages(options: argparse.Namespace) -> int:
    kept = ROOT / "docs" / "conformance.json"
    document = read_digest(kept)
    if options.results:
        # A subject that was not run this time, for want of its tools, keeps what is known of it.
        document |= digest(json.loads(options.results.read_text(encoding="utf-8")))
    themes = {
        file.stem: load_yaml(file)["theme"]
        for file in sorted(SESSIONS.glob("*.yaml"))
        if file.stem not in ("schema", "clauses")
    }
    pages = {
        kept: digest_text(document, entries()),
        ROOT / "docs" / "coverage.md": coverage_page(load_cases(), load_clauses()),
        ROOT / "docs" / "conformance.md": matrix_page(document, entries(), themes),
    }
    stale = [
        path for path, text in pages.items() if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path in stale:
        name = path.relative_to(ROOT)
        if options.check:
            print(f"{name} is not current: run `python -m conformance pages`")
        else:
            path.write_text(pages[path], encoding="utf-8")
            print(f"wrote {name}")
    return 1 if options.check and stale else 0


def _only(patterns: Sequence[str]) -> Callable[[str], bool]:
    whole = [it if any(sign in it for sign in "*?[") else f"*{it}*" for it in patterns]
    return lambda name: not whole or any(fnmatch.fnmatchcase(name, it) for it in whole)
