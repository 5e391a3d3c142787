"""The reference client's conversation of `fastagency.v1`: a thread that holds its socket, and comes back.

Every method is a place where a canary (`session_client_canaries.py`) can be wrong. All of them run under one
lock, apart from what waits for the network.
"""

from __future__ import annotations

import contextlib
import json
import random
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from .client import Failure
from .codec import decode

__all__ = ["BROKE", "Given", "Session"]

Message = dict[str, Any]

BROKE = 1006
"""A connection that ended without a close frame, or could not be opened."""

_ASKING = ("text_input", "multiple_choice")
_PATIENCE_SECONDS = 30.0
_FINISHED = 1000
_FINAL = ("completed", "failed", "cancelled")
_LATER = (1001, BROKE, 1011, 1012)


@dataclass(frozen=True)
class Given:
    """One thing that the user is given: a message, or (`why`) the news that a frame was malformed."""

    kind: str = ""
    known: bool = True
    message: Message | None = None
    text: str = ""
    why: str = ""


class _Gap(Exception):
    """A logged message is missing."""


class Session(threading.Thread):
    """One conversation. `first` is the start frame, None for a resume from `cursor`."""

    final_statuses: tuple[int, ...] = (401, 403, 404)
    """Of an opening that is refused; every other failure to open is a connection that broke."""

    def __init__(
        self,
        first: Message | None,
        cursor: Message,
        open_socket: Callable[[], ClientConnection],
        ending_of: Callable[[int, str], Failure],
        reconnect: Message,
    ) -> None:
        super().__init__(daemon=True)
        self.first, self.cursor = first, cursor
        self.seq = self.read_seq = cursor["after_seq"]
        self.read_epoch = cursor["epoch"]
        self.open_socket, self.ending_of, self.reconnect = open_socket, ending_of, reconnect
        self.changed = threading.Condition(threading.RLock())
        self.socket: ClientConnection | None = None
        self.inbox: deque[Given] = deque()
        self.held: list[Given] = []
        """What came in a replay, until it is complete."""
        self.replaying = False
        self.live = False
        self.begun = first is None
        self.shown = first is None
        self.left = False
        self.questions: dict[str, Message] = {}
        """Those that are open, by uuid, as far as the client knows."""
        self.asked: dict[str, Message] = {}
        """Those that the user was given."""
        self.pending: dict[str, Message] = {}
        """The frame of every answer that is not settled, by its id."""
        self.sent: set[str] = set()
        """The answers that were sent on this socket."""
        self.mine: set[str] = set()
        self.cancelling: Message | None = None
        self.cancel_sent = False
        self.over_as: str | None = None
        """How the conversation ended, if it was over when the session began."""
        self.completed: Message | None = None
        self.told: Message | None = None
        """`completed`, once the user was given it."""
        self.last_error: Message | None = None
        self.ending: Failure | None = None
        self.over = False
        self.attempt = 0
        self.heartbeat = _PATIENCE_SECONDS
        self.detached = _PATIENCE_SECONDS
        self.gone_since = time.monotonic()

    # --- the connection -----------------------------------------------------------------------------

    def run(self) -> None:
        """Hold one socket after the other, until there is nothing more to come back for."""
        while True:
            code, reason = self.hold()
            with self.changed:
                self.read_before(code)
                self.disconnected()
                delay = self.delay_after(code, reason)
                if delay is None:
                    break
                self.changed.notify_all()
                self.changed.wait_for(lambda: self.left, delay)
            if self.left:
                break
            try:
                socket = self.open_socket()
            except Failure as failure:
                with self.changed:
                    if failure.fields.get("status") in self.final_statuses:
                        detail = failure.fields.get("detail")
                        self.give_up(Failure("ConversationRefused", code=BROKE, detail=detail))
                        break
                continue
            self.socket = socket
        with self.changed:
            self.inbox += self.held
            self.held, self.over = [], True
            self.changed.notify_all()

    def hold(self) -> tuple[int, str]:
        """Read the socket until it ends; returns the close code and its reason."""
        socket = self.socket
        if socket is None or self.left:
            return BROKE, ""
        try:
            socket.send(json.dumps(self.first_frame()))
            while True:
                data = socket.recv(self.silence())
                with self.changed:
                    self.take(data)
                    self.flush()
                    self.changed.notify_all()
        except ConnectionClosed as closed:
            return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd and not self.left else (BROKE, "")
        except (TimeoutError, _Gap):
            return BROKE, ""
        finally:
            socket.close()

    def read_before(self, code: int) -> None:
        """The end was read before: `workflow_completed` does not come again (spec FA-RES-9)."""
        if code == _FINISHED and self.live and self.completed is None and self.over_as is not None:
            self.completed = self.told = {"content": {"outcome": self.over_as, "result": None}}

    def disconnected(self) -> None:
        """The socket has ended. What a replay had brought stays for the next session."""
        if self.live or self.replaying:
            self.gone_since = time.monotonic()
        self.socket, self.live, self.replaying = None, False, False
        self.sent.clear()
        self.cancel_sent = False

    def first_frame(self) -> Message:
        """The first frame of a socket (spec FA-RES-7)."""
        if not self.begun and self.first is not None:
            return self.first
        return {"type": "resume_workflow", **self.cursor, "after_seq": self.seq}

    def silence(self) -> float:
        """For how long nothing may be heard, in seconds (spec FA-LIV-1)."""
        return 1.5 * self.heartbeat

    def delay_after(self, code: int, reason: str) -> float | None:
        """How long to wait before the next socket; None: there is none (spec FA-LIV-2)."""
        if self.completed is not None or self.left:
            return None
        self.attempt += 1
        delay = self.wait(code) if self.comes_back(code) else None
        if delay is None or time.monotonic() + delay - self.gone_since > self.detached:
            self.give_up(self.ending_of(code, reason))
            return None
        return delay

    def comes_back(self, code: int) -> bool:
        """What the code says, or the user (spec FA-CLS)."""
        wanted: bool | None = self.reconnect.get("should_retry", {}).get(str(code))
        return self.says(code) if wanted is None else wanted

    def says(self, code: int) -> bool:
        """What the code says (spec FA-CLS)."""
        return code in _LATER or 4100 <= code < 4300

    def wait(self, code: int) -> float:
        """The wait before this attempt (spec FA-LIV-2)."""
        if self.attempt == 1 and 4200 <= code < 4300:
            return 0.0
        first, longest = self.reconnect.get("first_delay", 0.5), self.reconnect.get("max_delay", 30.0)
        wait: float = random.random() * min(longest, first * 2 ** min(self.attempt - 1, 50))
        return wait

    def give_up(self, ending: Failure) -> None:
        """Nothing is tried any more."""
        self.ending = ending
        self.changed.notify_all()

    # --- what the server says -----------------------------------------------------------------------

    def take(self, data: str | bytes) -> None:
        """Take a frame."""
        if isinstance(data, bytes):
            self.give(Given(why="a binary frame"))
            return
        try:
            kind, known, message = decode(data)
        except ValueError as error:
            self.malformed(data, str(error))
            return
        if kind == "session_ready":
            self.ready(message, data)
        elif kind == "replay_completed":
            self.caught_up()
        elif kind == "keep_alive":
            pass
        else:
            self.settle(kind, message)
            if self.is_new(message.get("seq")):
                self.note(kind, message)
                self.give(Given(kind, known, message, data))

    def malformed(self, text: str, why: str) -> None:
        """A frame is not what it should be; in the log it counts (spec FA-RES-5)."""
        with contextlib.suppress(ValueError):
            value = json.loads(text)
            if isinstance(value, dict) and not self.is_new(value.get("seq")):
                return
        self.give(Given(why=why))

    def ready(self, ready: Message, text: str) -> None:
        """There is a session (spec FA-RES-2, FA-RES-3)."""
        self.cursor = {
            "workflow_uuid": self.cursor["workflow_uuid"],
            "resume_token": ready["resume_token"],
            "epoch": ready["epoch"],
        }
        self.begun = True
        self.over_as = ready["state"] if ready["state"] in _FINAL else None
        self.heartbeat, self.detached = ready["heartbeat_seconds"], ready["detached_seconds"]
        if ready["mode"] == "fresh":
            self.seq, self.read_epoch = 0, ready["epoch"]
            self.begin_live()
            return
        self.replaying = True
        if ready["mode"] == "reset":
            self.reset(ready, text)

    def reset(self, ready: Message, text: str) -> None:
        """What was shown is void (spec FA-RES-3)."""
        self.seq = ready["oldest_seq"] - 1
        self.held.clear()
        self.questions.clear()
        if self.shown:
            self.held.append(Given("session_ready", True, ready, text))
        else:
            self.read_seq, self.read_epoch = self.seq, ready["epoch"]

    def caught_up(self) -> None:
        """The replay is complete: the user is given it."""
        self.inbox += self.held
        self.held.clear()
        self.replaying = False
        self.begin_live()

    def begin_live(self) -> None:
        """What comes is live now."""
        self.live = True
        self.attempt = 0

    def is_new(self, seq: Any) -> bool:
        """Whether a message is to be given; the cursor moves (spec FA-RES-5)."""
        if not isinstance(seq, int):
            return True
        if seq <= self.seq:
            return False
        if seq > self.seq + 1:
            raise _Gap
        self.seq = seq
        self.attempt = 0
        return True

    def settle(self, kind: str, message: Message) -> None:
        """An answer is accepted, for the first time or again, or rejected (spec FA-ANS)."""
        if kind in ("answer_accepted", "answer_rejected"):
            self.pending.pop(message["answer_id"] or "", None)

    def note(self, kind: str, message: Message) -> None:
        """What a message changes."""
        if kind in _ASKING:
            self.questions[message["uuid"]] = message
        elif kind == "answer_accepted" or (kind == "answer_rejected" and self.is_final(message)):
            self.close(message["question_uuid"])
        elif kind == "workflow_completed":
            self.completed = message
            self.questions.clear()
            self.pending.clear()
        elif kind == "error":
            self.last_error = message

    def is_final(self, rejected: Message) -> bool:
        """Whether a question takes no answer any more after this rejection (spec FA-ANS-3)."""
        return bool(rejected["reason"] != "invalid_value")

    def close(self, question_uuid: str) -> None:
        """A question takes no answer any more."""
        self.questions.pop(question_uuid, None)
        for answer_id in [key for key, it in self.pending.items() if it["question_uuid"] == question_uuid]:
            del self.pending[answer_id]

    def give(self, given: Given) -> None:
        """Give the user something, in a replay when it is complete."""
        if self.replaying:
            self.held.append(given)
        else:
            self.inbox.append(given)

    # --- what the user does -------------------------------------------------------------------------

    def read(self, timeout: float | None) -> Given | None:
        """The next thing; None when there is nothing more. Raises TimeoutError."""
        with self.changed:
            if not self.changed.wait_for(lambda: self.inbox or self.over, timeout):
                raise TimeoutError
            if not self.inbox:
                return None
            given = self.inbox.popleft()
            self.shown = True
            if given.message is not None:
                self.delivered(given.kind, given.message)
            return given

    def delivered(self, kind: str, message: Message) -> None:
        """The user has a message: the stored cursor moves."""
        if kind in _ASKING:
            self.asked[message["uuid"]] = message
        elif kind == "workflow_completed":
            self.told = message
        if kind == "session_ready":
            self.read_seq, self.read_epoch = message["oldest_seq"] - 1, message["epoch"]
        elif isinstance(seq := message.get("seq"), int):
            self.read_seq = seq

    def question(self) -> Message | None:
        """The oldest question that the user has and that takes an answer."""
        return next(
            (it for uuid, it in self.questions.items() if uuid in self.asked and self.is_open(uuid)), None
        )

    def is_open(self, question_uuid: str) -> bool:
        """Whether a question takes an answer: no answer of this client is under way."""
        under_way = any(it["question_uuid"] == question_uuid for it in self.pending.values())
        return question_uuid in self.questions and not under_way

    def answer(self, question: Message, value: str | list[str]) -> str:
        """Answer; the answer is kept until it is settled (spec FA-ANS-1). Returns its id."""
        with self.changed:
            answer_id = self.new_id()
            frame = {
                "type": "answer",
                "question_uuid": question["uuid"],
                "answer_id": answer_id,
                "value": value,
            }
            self.pending[answer_id] = frame
            self.mine.add(answer_id)
            self.flush()
            return answer_id

    def new_id(self) -> str:
        """An id for an answer."""
        return uuid4().hex

    def cancel(self, reason: str | None) -> None:
        """Cancel, now or when there is a session again, until the end is here (spec FA-CAN-1)."""
        with self.changed:
            self.cancelling, self.cancel_sent = {"type": "cancel_workflow", "reason": reason}, False
            self.flush()

    def flush(self) -> None:
        """Send what the server does not know yet, once on each socket."""
        if not self.live or self.socket is None:
            return
        with contextlib.suppress(ConnectionClosed):
            for answer_id, frame in list(self.pending.items()):
                if answer_id not in self.sent:
                    self.sent.add(answer_id)
                    self.socket.send(json.dumps(frame))
            if self.cancelling is not None and not self.cancel_sent and self.completed is None:
                self.cancel_sent = True
                self.socket.send(json.dumps(self.cancelling))

    def leave(self) -> None:
        """Close the socket, and come back no more; the conversation goes on (spec FA-CAN-3)."""
        with self.changed:
            self.left = True
            socket = self.socket
            self.changed.notify_all()
        if socket is not None:
            socket.close()
        self.join()

    # --- what the user can ask ----------------------------------------------------------------------

    def answered_elsewhere(self, accepted: Message) -> bool:
        """Whether the answer of another socket was taken (spec FA-RES-6)."""
        return accepted["answer_id"] not in {None, *self.mine}

    @property
    def state(self) -> str:
        """Where the conversation stands for the user (spec FA-LIF-1)."""
        if self.told is not None:
            return str(self.told["content"]["outcome"])
        if self.ending is not None:
            return "failed" if self.ending.fields["error"] == "ConversationRefused" else "cancelled"
        if self.left:
            return "cancelled"
        if not self.begun:
            return "created"
        return "awaiting_answer" if self.question() is not None else "running"

    @property
    def connection(self) -> str:
        """What is shown of the connection (spec FA-LIF-3)."""
        if self.ending is not None:
            return "lost"
        if self.left or self.told is not None:
            return "ended"
        if self.live or self.completed is not None:
            return "live"
        return "reconnecting" if self.begun else "connecting"

    @property
    def stored(self) -> Message | None:
        """The cursor to be stored: after what the user was given."""
        if not self.begun:
            return None
        return {**self.cursor, "epoch": self.read_epoch, "after_seq": self.read_seq}
