"""One socket of the fuzzer: what a tab of a browser would have seen, judged message by message."""

from __future__ import annotations

import json
from typing import Any

from raw_client import RawSocket

__all__ = ["Log", "Tab"]

_RECEIVE_BUFFER = 64 * 1024
"""So little that the server notices a tab that does not read."""

Log = dict[int, dict[str, Any]]
"""The messages of a conversation by their `seq`."""


class Tab:
    """A client that keeps what it has read, over all of its sockets. Reading asserts what a server
    promises."""

    def __init__(self, url: str, workflow_uuid: str, token: str) -> None:
        self._url = url
        self._first = {"workflow_uuid": workflow_uuid, "resume_token": token}
        self.log: Log = {}
        self.epoch = ""
        self.seq = 0
        self.socket: RawSocket | None = None
        self.close_code: int | None = None
        self.sent: list[tuple[str, str, str]] = []
        """The answers that were sent: (question, answer id, value)."""
        self._replaying = False

    def has_seen_the_end(self) -> bool:
        """Say whether the conversation is over for this tab."""
        return self.close_code == 1000 and any(it["type"] == "workflow_completed" for it in self.log.values())

    def start(self) -> None:
        """Open a socket and start the conversation."""
        self._open()
        self._send("start_workflow", name="puppet", params={}, **self._first)

    def resume(self, after_seq: int, epoch: str) -> None:
        """Open a socket and resume from any cursor at all."""
        self._open()
        self._send("resume_workflow", epoch=epoch, after_seq=after_seq, **self._first)
        self.seq = after_seq

    def answer(self, question_uuid: str, answer_id: str, value: str) -> None:
        """Send an answer, which may be anything but malformed."""
        self.sent.append((question_uuid, answer_id, value))
        self._send("answer", question_uuid=question_uuid, answer_id=answer_id, value=value)

    def send_text(self, text: str) -> None:
        """Send any frame."""
        assert self.socket is not None
        try:
            self.socket.send_frame(text.encode())
        except OSError:
            self.read_to_end()  # what came before the end

    def drop(self) -> None:
        """The network goes away."""
        if self.socket is not None:
            self.socket.drop()
            self.socket = None

    def read_one(self) -> bool:
        """Read one message, and return False when the socket is closed."""
        if self.socket is None:
            return False
        try:
            opcode, payload = self.socket.receive_frame()
        except OSError:
            self._ended(1006)
            return False
        if opcode == RawSocket.TEXT:
            self._take(json.loads(payload))
        elif opcode == RawSocket.CLOSE:
            self._ended(int.from_bytes(payload[:2], "big"))
            return False
        else:
            assert opcode == RawSocket.PING, opcode
            return self.read_one()
        return True

    def read_to_end(self) -> None:
        """Read until the server closes."""
        while self.read_one():
            pass

    def _open(self) -> None:
        self.drop()
        self.close_code = None
        offered = {"Sec-WebSocket-Protocol": "fastagency.v1"}
        self.socket = RawSocket(self._url, headers=offered, receive_buffer=_RECEIVE_BUFFER)

    def _send(self, kind: str, **fields: Any) -> None:
        self.send_text(json.dumps({"type": kind, **fields}))

    def _ended(self, code: int) -> None:
        assert self.socket is not None
        self.close_code = code
        self.socket.close()
        self.socket = None

    def _take(self, message: dict[str, Any]) -> None:
        kind = message["type"]
        if kind == "session_ready":
            self.epoch = message["epoch"]
            self._replaying = message["mode"] != "fresh"
            if message["mode"] != "replay":
                self.log.clear()
                self.seq = message["oldest_seq"] - 1
        elif kind == "replay_completed":
            assert self._replaying
            assert message["through_seq"] == self.seq
            self._replaying = False
        elif "seq" not in message:
            assert kind in ("text_chunk", "answer_rejected", "error"), kind
            assert kind == "error" or not self._replaying, f"{kind} inside a replay"
        elif kind == "answer_accepted" and message["seq"] <= self.seq:
            assert self.log.get(message["seq"], message) == message, "another verdict than before"
        else:
            assert message["seq"] == self.seq + 1, f"seq {message['seq']} after {self.seq}"
            self.seq = message["seq"]
            self.log[self.seq] = message
