"""The subjects of this repository, as data: `subjects.yaml`."""

from __future__ import annotations

import asyncio
import contextlib
import shlex
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from wire_spec import load_yaml

from .cases import Case
from .known import FOLDER, Known
from .results import Outcome, Run
from .run_clients import run_client
from .run_servers import EVENT_SECONDS, BadServer, run_server, served
from .subject import Subject
from .vectors import all_vectors, vector_name

__all__ = ["ROOT", "Entry", "build", "entries", "known_of", "run_entry", "unmatched"]

ROOT = Path(__file__).resolve().parents[2]
_THEIR_SECONDS = 5.0
"""How long a known failure of a foreign server is waited for: what is waited for does not come there."""


@dataclass(frozen=True)
class Entry:
    """One subject. `runs`: the command by instance; a client has one, "plain"."""

    name: str
    title: str
    role: str
    language: str = ""
    build: str = ""
    runs: dict[str, str] = field(default_factory=dict)


def entries(path: Path = Path(__file__).parent / "subjects.yaml") -> list[Entry]:
    """Every subject, clients first."""
    document = load_yaml(path)
    places = {"python": ROOT / ".venv/bin/python", "upstream": ROOT / ".venv-upstream/bin/python"}
    found = []
    for role in ("client", "server"):
        for raw in document[f"{role}s"]:
            runs = {
                key.removeprefix("run").strip("_") or "plain": command.format(**places)
                for key, command in raw.items()
                if key.startswith("run")
            }
            texts = {key: raw.get(key, "") for key in ("language", "build")}
            found.append(Entry(raw["name"], raw["title"], role, runs=runs, **texts))
    return found


def known_of(entry: Entry) -> Known:
    """The known failures of a subject. Raises BadKnown."""
    path = FOLDER / f"{entry.name}.yaml"
    return Known.load(path) if path.exists() else Known()


async def build(entry: Entry) -> str:
    """Run a subject's build command; returns what it printed when it failed, "" when it went well."""
    if not entry.build:
        return ""
    (ROOT / "test-output" / "conformance").mkdir(parents=True, exist_ok=True)
    process = await asyncio.create_subprocess_exec(
        *shlex.split(entry.build),
        cwd=ROOT,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    return "" if process.returncode == 0 else f"{entry.build}: {said[-2000:].decode(errors='replace')}"


async def run_entry(
    entry: Entry,
    cases: list[Case],
    *,
    only: Callable[[str], bool] = lambda _: True,
    progress: Callable[[Outcome], None] = lambda _: None,
) -> Run:
    """Run a subject that is built. A server that does not start is a fault of the run."""
    known = known_of(entry)
    if entry.role == "client":
        subject = Subject(command=entry.runs["plain"], folder=ROOT)
        run = await run_client(entry.name, subject, cases, known=known, only=only, progress=progress)
    else:
        run = Run(entry.name, "server", "python")
        async with contextlib.AsyncExitStack() as stack:
            urls = {}
            try:
                for instance, command in entry.runs.items():
                    hello = await stack.enter_async_context(served(command, ROOT))
                    urls[instance] = hello["url"]
            except BadServer as error:
                run.faults.append(str(error))
                return run
            seconds = EVENT_SECONDS if len(entry.runs) > 1 else _THEIR_SECONDS
            run = await run_server(
                entry.name, urls, cases, known=known, only=only, progress=progress, seconds=seconds
            )
            run.language, run.version = "python", hello.get("version", "")
    run.faults += unmatched(known, cases)
    return run


def unmatched(known: Known, cases: list[Case]) -> list[str]:
    """A line for each known failure whose pattern fits no case at all."""
    return known.unmatched([it.name for it in cases] + [vector_name(it) for it in all_vectors()])
