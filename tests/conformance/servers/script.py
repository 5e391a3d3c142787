"""The workflow `conformance` in Python: carries out a script (see README.md beside the suite).

`run` is for user interfaces whose methods block, `run_async` for those whose methods are awaited. Both work
with any object that has a method for each message type, this project's and FastAgency's alike.
"""

from __future__ import annotations

import asyncio
import os
import signal
import time
from typing import Any

__all__ = ["run", "run_async"]

_witnessed: dict[str, str] = {}
_IMPOSSIBLE = {"nan": float("nan"), "object": object()}
_SAID = {"sender": "Workflow", "recipient": "User"}
_BESIDE = ("times", "letters", "pace")
_TIMED_OUT = "AnswerTimeout"
_POLL_SECONDS, _POLLS = 0.05, 400


class BrokenOnPurpose(Exception):
    """What `raise` raises."""


class _Run:
    """One run of a script: `calls` yields what to call on the ui, and is sent what that returned."""

    def __init__(self, script: list[dict[str, Any]]) -> None:
        self.script = script
        self.witness: str | None = None
        self.result: Any = None

    def calls(self) -> Any:
        """Yield ("method", arguments), or ("sleep", seconds)."""
        answer: Any = None
        for operation in self.script:
            ((name, value),) = ((key, it) for key, it in operation.items() if key not in _BESIDE)
            match name:
                case "say":
                    arguments = {
                        **_SAID,
                        **{key: it for key, it in value.items() if key not in ("type", "content")},
                    }
                    arguments |= value.get("content", {})
                    if "letters" in operation:
                        arguments["body"] = "x" * operation["letters"]
                    for _ in range(operation.get("times", 1)):
                        answer = yield value["type"], arguments
                        if "pace" in operation:
                            yield "sleep", operation["pace"]
                case "chunk":
                    yield "text_chunk", {**_SAID, **value}
                case "echo" | "length" | "tell":
                    body = {
                        "echo": answer,
                        "length": str(len(answer or "")),
                        "tell": _witnessed.get(str(value)),
                    }[name]
                    yield "text_message", {**_SAID, "body": body}
                case "say_impossible":
                    yield (
                        "function_call_execution",
                        {"function_name": "f", "call_id": "c", "retval": _IMPOSSIBLE[value]},
                    )
                case "sleep":
                    yield "sleep", value
                case "witness":
                    self.witness = value
                    _witnessed[value] = "running"
                case "stop":
                    os.kill(os.getpid(), signal.SIGTERM)
                case "wait_for":
                    for _ in range(_POLLS):
                        if _witnessed.get(value["witness"]) == value["is"]:
                            break
                        yield "sleep", _POLL_SECONDS
                case "raise":
                    raise BrokenOnPurpose(value)
                case "return":
                    self.result = value
                    return

    def ended(self, how: str) -> None:
        """Note for `tell` how the run ended."""
        if self.witness is not None:
            _witnessed[self.witness] = how


def run(ui: Any, params: dict[str, Any]) -> Any:
    """Carry out the script with blocking calls."""
    script = _Run(params["script"])
    how = "closed"
    try:
        calls, answer = script.calls(), None
        while True:
            try:
                name, value = calls.send(answer)
            except StopIteration:
                break
            try:
                answer = time.sleep(value) if name == "sleep" else getattr(ui, name)(**value)  # type: ignore[func-returns-value]
            except TimeoutError:
                answer = _TIMED_OUT
        how = "returned"
    except Exception:
        how = "raised"
        raise
    finally:
        script.ended(how)
    return script.result


async def run_async(ui: Any, params: dict[str, Any]) -> Any:
    """Carry out the script with awaited calls."""
    script = _Run(params["script"])
    how = "closed"
    try:
        calls, answer = script.calls(), None
        while True:
            try:
                name, value = calls.send(answer)
            except StopIteration:
                break
            try:
                answer = await (asyncio.sleep(value) if name == "sleep" else getattr(ui, name)(**value))
            except TimeoutError:
                answer = _TIMED_OUT
        how = "returned"
    except Exception:
        how = "raised"
        raise
    finally:
        script.ended(how)
    return script.result
