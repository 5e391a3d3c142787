"""Runs the cases of a client, one after the other through one process, whatever that process does."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Sequence

from .cases import Case, why_skipped
from .client_role import ClientCase
from .known import Known
from .observed import NotOffered
from .results import Mismatch, Outcome, Run, Trace
from .session_role import SessionCase
from .session_stage import SUBPROTOCOL
from .subject import Subject, SubjectFault
from .vectors import Vector, all_vectors, needs, play_vector, vector_name

__all__ = ["run_client"]

CASE_SECONDS = 45.0
"""A safety net around one case; none is expected to come near it."""

Progress = Callable[[Outcome], None]


async def run_client(
    name: str,
    subject: Subject,
    cases: Sequence[Case],
    *,
    known: Known,
    only: Callable[[str], bool] = lambda _: True,
    progress: Progress = lambda _: None,
) -> Run:
    """Run every case in which a client is judged, then the vectors, and return what became of them."""
    began = time.monotonic()
    run = Run(name, "client")
    with contextlib.suppress(SubjectFault):  # each case tries again and fails by name
        await subject.start()
    for case in cases:
        if "client" in case.roles and only(case.name):
            outcome = known.mark(await _outcome(case, subject))
            run.outcomes.append(outcome)
            progress(outcome)
    for vector in all_vectors():
        if not only(vector_name(vector)):
            continue
        run.vectors.append(known.mark(await _vector_outcome(vector, subject)))
        progress(run.vectors[-1])
    await subject.stop()
    run.language = subject.hello.get("language", "")
    run.version = subject.hello.get("version", "")
    run.seconds = time.monotonic() - began
    return run


async def _vector_outcome(vector: Vector, subject: Subject) -> Outcome:
    async def play() -> Outcome:
        if missing := needs(vector) - subject.features:
            return Outcome(vector_name(vector), "skipped", why_skipped(missing))
        return await play_vector(vector, subject)

    return await _guarded(vector_name(vector), subject, play)


async def _outcome(case: Case, subject: Subject) -> Outcome:
    async def play() -> Outcome:
        if missing := case.needs - subject.features - {"compression"}:
            return Outcome(case.name, "skipped", why_skipped(missing))
        try:
            async with asyncio.timeout(CASE_SECONDS):
                role = SessionCase if case.dialect == SUBPROTOCOL else ClientCase
                await role(case, subject, trace).play()
        except NotOffered as skipped:
            return Outcome(case.name, "skipped", why_skipped([str(skipped)]))
        except TimeoutError:
            raise SubjectFault(f"the case did not end within {CASE_SECONDS:g} s") from None
        return Outcome(case.name, "passed")

    trace = Trace()
    return await _guarded(case.name, subject, play, trace)


async def _guarded(
    name: str, subject: Subject, play: Callable[[], Awaitable[Outcome]], trace: Trace | None = None
) -> Outcome:
    trace = trace or Trace()
    began = time.monotonic()
    why = ""
    try:
        if not subject.running:
            await subject.start()
        done = await play()
    except Mismatch as mismatch:
        why = f"{trace.step}: {mismatch}"
        # What is left of the conversation is not to disturb the next case.
        with contextlib.suppress(SubjectFault):
            if subject.busy or (await subject.ask({"do": "leave"}, 3.0))["saw"] != "left":
                await subject.kill()
    except SubjectFault as fault:
        why = f"{trace.step}: {fault}" if trace.step else str(fault)
        await subject.kill()
    if why:
        done = Outcome(name, "failed", why, trace=tuple(trace.lines))
    return Outcome(done.case, done.verdict, done.why, time.monotonic() - began, done.trace)
