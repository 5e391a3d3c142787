"""The parts of the load generator by themselves: its reader of frames, its addresses, its figures."""

from __future__ import annotations

import asyncio
import errno
import io
import json
from typing import Any

import pytest
from fastagency_load.conversation import ClassicConversation, SessionConversation
from fastagency_load.errors import LoadFailed
from fastagency_load.figures import Spread, percentile, table
from fastagency_load.progress import Progress
from fastagency_load.target import Target

UPGRADED = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


class Wire(asyncio.Transport):
    """What the client wrote."""

    def __init__(self) -> None:
        super().__init__()
        self.written = b""
        self.aborted = False

    def write(self, data: bytes | bytearray | memoryview) -> None:
        self.written += bytes(data)

    def abort(self) -> None:
        self.aborted = True


def frame(payload: bytes, first: int = 0x81) -> bytes:
    if len(payload) < 126:
        return bytes([first, len(payload)]) + payload
    if len(payload) < 1 << 16:
        return bytes([first, 126]) + len(payload).to_bytes(2, "big") + payload
    return bytes([first, 127]) + len(payload).to_bytes(8, "big") + payload


def message(kind: str, content: dict[str, Any]) -> bytes:
    return json.dumps({"workflow_uuid": "0" * 32, "uuid": "u", "content": content, "type": kind}).encode()


def talk(*payloads: bytes) -> bytes:
    return UPGRADED + b"".join(map(frame, payloads))


SAID = message("text_message", {"body": 'she said "text_input" and "workflow_completed"'})
LONG = message("text_message", {"body": "x" * 300})
LONGEST = message("text_message", {"body": "x" * 70_000})
ASKED = message("text_input", {"prompt": "?", "suggestions": [], "password": False})
COMPLETED = message("workflow_completed", {"result": None})
READY = b'{"type":"session_ready","workflow_uuid":"w","epoch":"e","resume_token":"t","mode":"fresh"}'


@pytest.mark.parametrize("piece", [1, 2, 3, 7, 1000, 1_000_000])
def test_frames_are_read_however_they_are_cut(piece: int) -> None:
    conversation = ClassicConversation(["yes"])
    conversation.connection_made(Wire())
    stream = talk(SAID, LONG, LONGEST, ASKED)
    for at in range(0, len(stream), piece):
        conversation.data_received(stream[at : at + piece])
    assert (conversation.messages, conversation.last) == (4, ASKED)
    assert conversation.asks


@pytest.mark.parametrize("last", [SAID, LONG])
def test_text_that_looks_like_a_type_is_none(last: bytes) -> None:
    conversation = ClassicConversation(["yes"])
    conversation.connection_made(Wire())
    conversation.data_received(talk(last))
    assert not conversation.asks
    assert not conversation.completed


def test_pings_and_closes_are_answered() -> None:
    conversation, wire = ClassicConversation(["yes"]), Wire()
    conversation.connection_made(wire)
    conversation.data_received(UPGRADED + frame(b"now", 0x89) + frame(b"\x03\xe8", 0x88))
    assert wire.written == b"\x8a\x83\0\0\0\0now" + b"\x88\x82\0\0\0\0\x03\xe8"
    assert conversation.code == 1000


@pytest.mark.parametrize(
    ("stream", "why"),
    [
        (b"HTTP/1.1 403 Forbidden\r\n\r\n", "the server refused the socket: HTTP/1.1 403 Forbidden"),
        (UPGRADED + b"\x81\x81\0\0\0\0x", "the server sent a masked frame"),
        (UPGRADED + b"\xc1\x01x", "a frame with the first byte 0xc1"),
    ],
)
async def test_what_is_no_frame_of_the_protocol_ends_it(stream: bytes, why: str) -> None:
    conversation, wire = ClassicConversation(["yes"]), Wire()
    conversation.connection_made(wire)
    conversation.data_received(stream)
    with pytest.raises(LoadFailed, match=why):
        await conversation.spoken()
    assert wire.aborted


def test_answers_go_out_in_turn_and_the_last_one_again() -> None:
    conversation, wire = ClassicConversation(["a", "b"]), Wire()
    conversation.connection_made(wire)
    conversation.data_received(talk(ASKED))
    for _ in range(3):
        conversation.answer()
    assert wire.written == b"".join(b"\x81\x81\0\0\0\0" + answer for answer in (b"a", b"b", b"b"))
    assert conversation.last == b"", "what comes next is the reply"


def test_a_session_counts_its_messages_alone() -> None:
    conversation, wire = SessionConversation(["yes"]), Wire()
    conversation.connection_made(wire)
    kept = message("keep_alive", {})
    conversation.data_received(talk(READY, SAID, ASKED, kept))
    assert (conversation.messages, conversation.texts) == (2, 4)
    assert conversation.asks
    conversation.answer()
    accepted = b'{"type":"answer_accepted","question_uuid":"u","answer_id":"a","value":"content","seq":3}'
    conversation.data_received(frame(accepted) + frame(kept))
    assert conversation.last == b"", "none of these is the reply"
    conversation.data_received(frame(COMPLETED))
    assert conversation.completed


async def test_a_rejected_answer_ends_it() -> None:
    conversation = SessionConversation(["tee"])
    conversation.connection_made(Wire())
    rejected = {"type": "answer_rejected", "reason": "invalid_value", "detail": "Answer with one of: tea."}
    conversation.data_received(talk(READY, ASKED, json.dumps(rejected).encode()))
    with pytest.raises(LoadFailed, match="an answer was rejected: invalid_value Answer with one of: tea"):
        await conversation.finished()


async def test_an_end_without_completion_is_told_with_its_error() -> None:
    conversation = ClassicConversation(["yes"])
    conversation.connection_made(Wire())
    refused = message("error", {"short": "Too many.", "long": "Try later."})
    conversation.data_received(talk(refused) + frame(b"\x10\x04", 0x88))
    conversation.connection_lost(None)
    with pytest.raises(LoadFailed, match=r"ended early, close code 4100: Too many. Try later."):
        await conversation.finished()


class Full:
    """Stands in for the event loop: no port of the first `full` addresses is free."""

    def __init__(self, full: int) -> None:
        self._full = full
        self.tried: list[str | None] = []

    async def create_connection(self, *_: Any, local_addr: tuple[str, int] | None, **__: Any) -> None:
        self.tried.append(local_addr[0] if local_addr else None)
        if len(self.tried) <= self._full:
            raise OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_further_addresses_of_the_loopback_are_used(monkeypatch: pytest.MonkeyPatch, host: str) -> None:
    target, loop = Target(f"http://{host}:8008", "x"), Full(2)
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: loop)
    await target._connect(ClassicConversation(["yes"]))
    await target._connect(ClassicConversation(["yes"]))
    assert loop.tried == [None, "127.0.0.2", "127.0.0.3", "127.0.0.3"], "an address that is full stays so"


@pytest.mark.parametrize(
    ("url", "full", "why"),
    [("http://example.org", 1, "no local port left"), ("http://127.0.0.1:8008", 1000, "no local port left")],
)
async def test_without_a_free_port_it_says_so(
    monkeypatch: pytest.MonkeyPatch, url: str, full: int, why: str
) -> None:
    target = Target(url, "x")
    monkeypatch.setattr(asyncio, "get_running_loop", lambda: Full(full))
    with pytest.raises(LoadFailed, match=why):
        await target._connect(ClassicConversation(["yes"]))


def test_percentiles_are_values_that_were_measured() -> None:
    values = [float(value) for value in range(100, 0, -1)]
    assert [percentile(values, share) for share in (0.5, 0.9, 0.99, 1.0)] == [50, 90, 99, 100]
    assert percentile([3.0], 0.5) == 3
    assert Spread.of(values) == Spread(50, 90, 99, 100)


def test_the_table_stands_in_columns() -> None:
    assert table([("held", "10"), ("completed", "9")]) == "held       10\ncompleted   9"


def test_progress_is_told_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    stream = io.StringIO()
    progress = Progress(stream)
    for now in (1.0, 4.9, 5.1, 6.0, 10.2):
        progress.tell("hold", now, 20, "seconds")
    assert stream.getvalue() == (
        "fastagency-load: hold: 5 of 20 seconds\nfastagency-load: hold: 10 of 20 seconds\n"
    )
