"""What every conformance driver of ours must do, played with a live server: for the tests of the drivers."""

from __future__ import annotations

import json
import subprocess
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, Self

from driver_stage import BIG, UUID

__all__ = ["SCENES", "DriverProcess", "Scene"]

Seen = dict[str, Any]

# Bounds, not expectations: they only end a test that would hang otherwise.
_SECONDS = 60.0


class DriverProcess:
    """A driver that runs. `ready` is its first line; `ask` gives a command and returns what it observed."""

    def __init__(self, command: Sequence[str | Path]) -> None:
        parts = [str(part) for part in command]
        self._process = subprocess.Popen(parts, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._net = threading.Timer(_SECONDS, self._process.kill)
        self._net.start()
        self.ready = self._read()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """End its stdin: it ends too, with nothing more to say and the exit status 0."""
        rest = self._process.communicate()[0]
        self._net.cancel()
        self._net.join()
        assert (self._process.returncode, rest) == (0, "")

    def ask(self, do: str, **command: Any) -> Seen:
        """Give one command."""
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"do": do, **command}, ensure_ascii=False) + "\n")
        self._process.stdin.flush()
        return self._read()

    def _read(self) -> Seen:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, "the driver ended"
        seen: Seen = json.loads(line)
        return seen


Scene = Callable[[DriverProcess, str], None]
"""One play: a driver, and the address of the server of `driver_stage`."""


def talks(driver: DriverProcess, url: str) -> None:
    """A conversation with a question, to its end."""
    (found,) = driver.ask("discover", url=url)["workflows"]
    assert found == {"name": "quiz", "description": "Asks once"}
    started = driver.ask("start", url=url, workflow="quiz", params={"ü": [None]})
    assert started["saw"] == "started"
    first = driver.ask("next")
    assert (first["type"], first["known"], first["state"]) == ("workflow_started", True, "running")
    assert first["message"]["workflow_uuid"] == started["workflow_uuid"].replace("-", "")
    assert driver.ask("answer", value="too early") == {"saw": "not_answered", "error": "NotAsked"}
    question = driver.ask("next", timeout=30)
    assert (question["type"], question["state"]) == ("multiple_choice", "awaiting_answer")
    assert driver.ask("answer", value=["c"]) == {"saw": "not_answered", "error": "NotAsked"}
    assert driver.ask("answer", value=["b", "a"])["saw"] == "answered"
    said = driver.ask("next")
    if said["type"] == "answer_accepted":  # in fastagency.v1, where the driver speaks it
        said = driver.ask("next")
    assert said["message"]["content"]["body"] == '{"ü": [null]}'
    assert driver.ask("next")["type"] == "workflow_completed"
    for _ in range(2):  # the end stays
        ended = driver.ask("next")
        assert (ended["saw"], ended["state"], ended["result"]) == ("ended", "completed", "done")


def waits_without_loss(driver: DriverProcess, url: str) -> None:
    """A `next` that times out takes no message away."""
    driver.ask("start", url=f"{url}/scripted", workflow="waits")
    for timeout in (0, 0.05, 0.2):
        assert driver.ask("next", timeout=timeout) == {"saw": "timeout"}
    # The server goes on only now, so every wait before was for the same message.
    go = driver.ask("discover", url=f"{url}/scripted")
    assert go["saw"] == "workflows"
    assert [driver.ask("next")["message"]["content"]["body"] for _ in range(3)] == ["0", "1", "2"]
    assert driver.ask("next")["type"] == "workflow_completed"


def sees_what_is_odd(driver: DriverProcess, url: str) -> None:
    """Unknown and malformed frames, defaults, and the frame's own text where the driver shows it."""
    driver.ask("start", url=f"{url}/scripted", workflow="odd")
    unknown = driver.ask("next")
    assert (unknown["type"], unknown["known"]) == ("later_type", False)
    assert unknown["message"] == {"type": "later_type", "x": 1}
    assert driver.ask("next")["saw"] == "malformed"
    filled = driver.ask("next")
    assert (filled["type"], filled["known"]) == ("text_message", True)
    assert filled["message"]["type"] == "text_message"
    assert (filled["message"]["sender"], filled["message"]["auto_reply"]) == (None, False)
    big = driver.ask("next")
    if "exact_integers" in driver.ready["features"]:
        assert big["message"]["content"]["retval"] == BIG
    if "raw_text" in driver.ready["features"]:
        assert json.loads(unknown["raw"]) == {"type": "later_type", "x": 1}
        assert json.loads(filled["raw"])["x_later"] == "kept"
        assert json.loads(big["raw"])["content"]["retval"] == BIG
    else:
        assert not any("raw" in seen for seen in (unknown, filled, big))


def says_how_it_failed(driver: DriverProcess, url: str) -> None:
    """Every kind of failure, with its figures."""
    assert driver.ask("discover", url="http://127.0.0.1:9")["error"] == "ServerUnreachable"
    missing = driver.ask("start", url=url, workflow="nothing")
    assert (missing["saw"], missing["error"], missing["status"]) == ("failed", "RequestRefused", 404)
    driver.ask("start", url=f"{url}/scripted", workflow="refuses")
    assert driver.ask("next")["type"] == "error"
    for _ in range(2):  # the failure stays
        refused = driver.ask("next")
        assert (refused["saw"], refused["error"]) == ("failed", "ConversationRefused")
        assert (refused["code"], refused["reason"], refused["state"]) == (4009, "because", "failed")
        assert "Not this time" in refused["detail"]
    driver.ask("start", url=f"{url}/scripted", workflow="breaks")
    lost = driver.ask("next")
    assert (lost["error"], lost["code"], lost["state"]) == ("ConversationLost", 1001, "cancelled")
    assert driver.ask("answer", value="x") == {"saw": "not_answered", "error": "ConversationLost"}


def leaves(driver: DriverProcess, url: str) -> None:
    """Leaving ends the conversation, also while a `next` waits; a new start leaves the old one."""
    driver.ask("start", url=f"{url}/scripted", workflow="silent")
    assert driver.ask("next", timeout=0.01) == {"saw": "timeout"}
    assert driver.ask("leave") == {"saw": "left", "state": "cancelled"}
    assert driver.ask("next")["saw"] == "ended"
    driver.ask("start", url=url, workflow="quiz")
    driver.ask("next")
    assert driver.ask("start", url=url, workflow="quiz")["saw"] == "started"
    assert driver.ask("next")["type"] == "workflow_started"


def decodes(driver: DriverProcess, _: str) -> None:
    """Frames and bodies are decoded by themselves."""
    frame = f'{{"content":{{"body":"ü"}},"uuid":"1","workflow_uuid":"{UUID}"}}'
    text = driver.ask("decode", **{"as": "ServerMessage"}, frame=frame)
    assert (text["saw"], text["type"], text["value"]["content"]) == ("decoded", "TextMessage", {"body": "ü"})
    later = driver.ask("decode", **{"as": "ServerMessage"}, frame='{"type":"later"}')
    assert later == {"saw": "decoded", "type": "Unknown", "value": {"type": "later"}}
    body = driver.ask("decode", **{"as": "WorkflowInfo"}, frame='{"name":"a","description":"b"}')
    value = {"name": "a", "description": "b"}
    assert body == {"saw": "decoded", "type": "WorkflowInfo", "value": value}
    for kind in ("ServerMessage", "WorkflowInfo"):
        assert driver.ask("decode", **{"as": kind}, frame='{"uuid":NaN}')["saw"] == "refused"
    assert driver.ask("dance") == {"saw": "unsupported", "do": "dance"}


def takes_options(driver: DriverProcess, url: str) -> None:
    """Headers, the user, the largest message, and asking again."""
    options = {"headers": {"X-Who": "me"}, "user_id": "ada", "max_message_size": 2000}
    driver.ask("start", url=f"{url}/scripted", workflow="echoes", options=options)
    assert json.loads(driver.ask("next")["message"]["content"]["body"]) == ["me", "me", "ada"]
    assert driver.ask("next")["error"] == "ConversationLost"
    full = driver.ask("discover", url=f"{url}/full")
    assert (full["error"], full["status"]) == ("RequestRefused", 503)
    patient = driver.ask("discover", url=f"{url}/full", options={"retry": {"attempts": 2}})
    assert patient == {"saw": "workflows", "workflows": []}


SCENES: list[Scene] = [
    talks,
    waits_without_loss,
    sees_what_is_odd,
    says_how_it_failed,
    leaves,
    decodes,
    takes_options,
]
