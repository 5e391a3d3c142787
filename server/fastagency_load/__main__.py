"""Measure a server of agent workflows, to size it. docs/load.md says what each figure means.

hold      open conversations that wait for an answer, count them, answer all     --conversations
messages  messages/s of conversations that talk at once, held to their ends      --conversations
latency   from an answer to the next message, at a rate, with conversations open --conversations --rate
starts    new conversations/s, and from opening the socket to the first message  --conversations --at-once
resume    from opening a socket to the end of the replay of missed messages      --missed --resumes
soak      conversations one after the other: does the server grow?               --seconds --at-once

  fastagency-load http://localhost:8008 --workflow greeting --answer Ann --conversations 1000
  fastagency-load http://localhost:8008 latency --workflow greeting --answer Ann --rate 400 --pid 4711
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from .conversation import CLASSIC, V1
from .delays import latency, resume
from .errors import LoadFailed
from .figures import Figures, table
from .holding import hold
from .process import Process
from .progress import Progress
from .soak import soak
from .target import Target, raise_file_limit
from .throughput import messages, starts

__all__ = ["main"]

_MEASURES = ("hold", "messages", "latency", "starts", "resume", "soak")
_CONVERSATIONS = {"hold": 1000, "messages": 20, "latency": 10_000, "starts": 500, "resume": 10}


def main(arguments: Sequence[str] | None = None) -> int:
    """Parse the options, measure, print; returns the exit status."""
    parser = _parser()
    options = parser.parse_intermixed_args(arguments)
    if options.conversations is None:
        options.conversations = _CONVERSATIONS.get(options.measure, 1)
    if options.dialect is None:
        options.dialect = V1 if options.measure == "resume" else CLASSIC
    raise_file_limit()
    progress = Progress(None if options.quiet else sys.stderr)
    try:
        with asyncio.Runner(loop_factory=_loop_factory()) as runner:
            figures = runner.run(_measure(options, progress))
        progress.close()
        print(table(figures.rows()), flush=True)
        if options.json is not None:
            document = {"measure": options.measure, "dialect": options.dialect, **figures.as_json()}
            options.json.write_text(json.dumps(document, indent=2) + "\n")
    except (LoadFailed, OSError) as failure:
        progress.close()
        print(f"fastagency-load: {failure}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        progress.close()
        return 130
    return 0


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """The faster event loop, which uvicorn[standard] brings where there is one."""
    try:
        from uvloop import new_event_loop
    except ImportError:
        return None
    return new_event_loop


async def _measure(options: argparse.Namespace, progress: Progress) -> Figures:
    target = Target(
        options.url,
        options.workflow,
        options.params,
        tuple(options.answer or [""]),
        options.stop,
        options.dialect,
        options.path,
        dict(options.header),
    )
    process = None if options.pid is None else Process(options.pid)
    try:
        return await _figures(options, target, progress, process)
    finally:
        await target.close()


async def _figures(
    options: argparse.Namespace, target: Target, progress: Progress, process: Process | None
) -> Figures:
    count: int = options.conversations
    match options.measure:
        case "hold":
            return await hold(target, count, options.stall, progress, process)
        case "messages":
            return await messages(target, count, progress, process)
        case "latency":
            return await latency(target, count, options.rate, options.answers, progress)
        case "starts":
            return await starts(target, count, options.at_once, progress, process)
        case "resume":
            return await resume(target, count, options.missed, options.resumes, progress)
        case _:
            return await soak(target, options.seconds, options.at_once, progress, process)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "fastagency-load", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add("url", help="of the server, like http://localhost:8008")
    add("measure", nargs="?", choices=_MEASURES, default="hold", help="what to measure (hold)")
    add("--workflow", required=True, help="its name")
    add("--params", type=_json_object, default={}, metavar="JSON", help="an object ({})")
    add("--answer", action="append", metavar="TEXT", help="to a question; repeat it for further questions")
    add("--stop", metavar="TEXT", help="answer that ends a conversation of latency (else the client leaves)")
    add("--dialect", choices=[CLASSIC, V1], help=f"{CLASSIC}; resume: {V1}")
    add("--conversations", type=_positive, metavar="N", help=f"{_defaults()}")
    add("--rate", type=_positive_float, default=400.0, help="answers/s, for latency (400)")
    add("--answers", type=_positive, default=4000, metavar="N", help="how many of them (4000)")
    add("--at-once", type=_positive, default=20, metavar="N", help="for starts and soak (20)")
    add("--missed", type=_positive, default=300, metavar="N", help="messages, for resume (300)")
    add("--resumes", type=_positive, default=100, metavar="N", help="how many (100)")
    add("--seconds", type=_positive_float, default=60.0, help="for soak (60)")
    add("--stall", type=_positive_float, default=10.0, help="seconds without progress that end hold (10)")
    add("--path", default="/fastagency/ws", help="of the WebSocket (/fastagency/ws)")
    add(
        "--header", type=_header, action="append", default=[], metavar="'NAME: VALUE'", help="for each socket"
    )
    add("--pid", type=_positive, help="the server's process, if it runs here: its memory, threads, processor")
    add("--json", type=Path, metavar="FILE", help="write the figures there too (seconds, bytes)")
    add("--quiet", action="store_true", help="no progress on the standard error")
    return parser


def _defaults() -> str:
    return ", ".join(f"{measure} {count}" for measure, count in _CONVERSATIONS.items())


def _json_object(text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"it is not JSON: {error}") from None
    if not isinstance(value, dict):
        raise argparse.ArgumentTypeError('it is not a JSON object, like {"messages": 3}')
    return value


def _header(text: str) -> tuple[str, str]:
    name, colon, value = text.partition(":")
    if not colon or not name.strip():
        raise argparse.ArgumentTypeError("it is not like 'Authorization: Bearer …'")
    return name.strip(), value.strip()


def _positive(text: str) -> int:
    value = int(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("it is not positive")
    return value


def _positive_float(text: str) -> float:
    value = float(text)
    if value <= 0:
        raise argparse.ArgumentTypeError("it is not positive")
    return value


if __name__ == "__main__":
    sys.exit(main())
