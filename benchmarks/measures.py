"""The measures of `fastagency-load`, given to the workflows that every peer has."""

from __future__ import annotations

from fastagency_load import delays, holding, throughput
from fastagency_load.errors import LoadFailed
from fastagency_load.process import Process
from fastagency_load.progress import Progress
from fastagency_load.target import Target

from .peers import Running

STOP = "stop"
_SILENT = Progress(None)


async def messages(server: Running, conversations: int, each: int) -> throughput.Messages:
    """Let `conversations` workflows send `each` messages each, all at once. Raises LoadFailed when some are
    missing."""
    target = _target(server, "burst", {"messages": each})
    figures = await throughput.messages(target, conversations, _SILENT, Process(server.pid))
    wanted = conversations * (each + 2)  # workflow_started before them, workflow_completed after
    if figures.messages != wanted:
        raise LoadFailed(f"{figures.messages} messages arrived from {server.peer.title} instead of {wanted}")
    return figures


async def held(server: Running, wanted: int, stall: float) -> holding.Held:
    """Start conversations that ask, until all are held or none more for `stall` seconds; then answer all."""
    target = _target(server, "ask", {"stop": STOP}, answer=STOP)
    return await holding.hold(target, wanted, stall, _SILENT, Process(server.pid))


async def latency(server: Running, wanted: int, rate: float, answers: int) -> delays.Latency:
    """Answer one of `wanted` open questions after the other, at random, `rate` a second."""
    target = _target(server, "ask", {"stop": STOP}, answer="another one")
    return await delays.latency(target, wanted, rate, answers, _SILENT)


async def starts(server: Running, conversations: int, at_once: int) -> throughput.Starts:
    """Start short conversations, `at_once` at a time, and wait for the first message of each."""
    target = _target(server, "burst", {"messages": 1})
    return await throughput.starts(target, conversations, at_once, _SILENT, Process(server.pid))


async def resume(server: Running, missed: int, resumes: int) -> delays.Resume:
    """Have a conversation say what its client misses, and resume it again and again."""
    target = _target(server, "burst", {"messages": missed})
    return await delays.resume(target, 1, missed, resumes, _SILENT)


def _target(server: Running, workflow: str, params: dict[str, object], answer: str = "") -> Target:
    peer = server.peer
    return Target(server.url, f"{workflow}_{peer.mode}", params, (answer,), STOP, peer.dialect)
