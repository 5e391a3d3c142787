"""What must come of a dialogue, written from the clauses FA-CLA alone."""

from __future__ import annotations

import json
import time
import uuid
from typing import Any

from contract.dialogue import INVALID_ANSWERS, STAGES, Dialogue, Stage, Step
from live_server import LiveServer
from raw_client import RawSocket

__all__ = ["hold"]


def hold(server: LiveServer, dialogue: Dialogue) -> None:
    """Hold the dialogue over a raw socket. Raises AssertionError when anything differs."""
    workflow_uuid = str(uuid.uuid4())
    stage = STAGES.setdefault(workflow_uuid, Stage())
    try:
        with RawSocket(server.url) as socket:
            _Client(server, socket, dialogue, stage).play(workflow_uuid)
        assert stage.over.wait(20), "the workflow did not end"
        _judge_the_workflow(dialogue, stage)
    finally:
        for _ in dialogue.steps:
            stage.go_on()
        del STAGES[workflow_uuid]


class _Client:
    def __init__(self, server: LiveServer, socket: RawSocket, dialogue: Dialogue, stage: Stage) -> None:
        self.server, self.socket, self.dialogue, self.stage = server, socket, dialogue, stage
        self.conversation = ""

    def play(self, workflow_uuid: str) -> None:
        self.conversation = uuid.UUID(workflow_uuid).hex
        params = self.dialogue.params(workflow_uuid)
        self.socket.start(self.dialogue.workflow, params, workflow_uuid)
        started = self.expect("workflow_started")
        assert started["content"]["name"] == self.dialogue.workflow
        assert _same(started["content"]["params"], params), started["content"]
        for step in self.dialogue.steps:
            if not self.follow(step):
                return
        completed = self.expect("workflow_completed")
        assert completed["content"] == {"result": self.dialogue.result}, completed
        self.expect_close(1000)  # FA-CLA-1

    def follow(self, step: Step) -> bool:
        """Do the client's part of one step. Returns False when the conversation ends with it."""
        match step.does:
            case "say":
                self.expect_said(step)
                return True
            case "ask":
                return self.answer(step)
            case "wait":
                return self.wait(step)
            case _:  # "nan" (FA-CLA-7) and "raise"
                self.expect_failure()
                return False

    def answer(self, step: Step) -> bool:
        self.expect_said(step)
        for attempt, text in enumerate(step.wrong, 1):
            self.socket.send_frame(text.encode())
            if attempt == INVALID_ANSWERS:  # FA-CLA-4
                self.expect_failure()
                return False
            self.expect("error")
            self.expect_said(step)
        if step.leaves is not None:
            return self.leave(step.leaves)
        self.socket.send_frame(step.answer.encode())
        return True

    def wait(self, step: Step) -> bool:
        for text in step.wrong:  # FA-CLA-5
            self.socket.send_frame(text.encode())
            self.expect("error")
        if step.leaves is not None:
            return self.leave(step.leaves)
        self.stage.go_on()
        return True

    def leave(self, how: str) -> bool:
        if how == "drop":
            self.socket.drop()
            self.await_the_end()
        else:
            self.socket.send_frame(b"\x00\x01", RawSocket.BINARY)
            self.expect("error")
            self.expect_close(4000)  # FA-CLA-5
        for _ in self.dialogue.steps:  # the workflow may wait again before its next call into ui
            self.stage.go_on()
        return False

    def await_the_end(self) -> None:
        """Wait until the server has noticed that the connection is gone: only then is the rest certain."""
        deadline = time.monotonic() + 20
        while not any(it.over for it in self.server.wiretap.sockets if it.conversation == self.conversation):
            assert time.monotonic() < deadline, "the server does not notice that the connection is gone"
            time.sleep(0.001)

    def expect(self, kind: str) -> dict[str, Any]:
        message = self.socket.receive()
        assert message["type"] == kind, f"expected {kind}, got {message}"
        return message

    def expect_said(self, step: Step) -> None:
        message = self.expect(step.kind)
        assert _same(message["content"], step.content), (message["content"], step.content)
        for name, value in self.dialogue.envelope.items():
            assert message.get(name) == value, (name, message)

    def expect_failure(self) -> None:
        """An `error`, then `workflow_completed` that repeats it, then 1000."""
        error = self.expect("error")["content"]
        result = self.expect("workflow_completed")["content"]["result"]
        assert error["short"]
        assert error["short"] in result
        assert error["long"] in result
        self.expect_close(1000)

    def expect_close(self, code: int) -> None:
        opcode, payload = self.socket.receive_frame()
        assert opcode == RawSocket.CLOSE, payload
        assert int.from_bytes(payload[:2], "big") == code


def _judge_the_workflow(dialogue: Dialogue, stage: Stage) -> None:
    answers: list[str] = []
    for place, step in enumerate(dialogue.steps):
        if step.does == "ask" and len(step.wrong) == INVALID_ANSWERS:
            # A failure that the workflow cannot miss, whatever it catches.
            assert stage.ended == "TooManyInvalidAnswers"
            break
        if step.leaves is not None:
            rest = [later for later in dialogue.steps[place + 1 :] if later.does != "wait"]
            if step.does == "wait" and dialogue.workflow == "async":
                # A task that awaits something of its own may be cancelled there: then there is no next call.
                assert stage.ended != "returned" or not rest
            elif step.does == "ask" or (rest and rest[0].does in ("say", "ask")):
                assert stage.ended == "ConversationClosed", stage.ended  # FA-CLA-6
            break
        if step.does == "ask":
            answers.append(step.means)
        if step.does == "raise":
            assert stage.ended == "LookupError"
            break
        if step.does == "nan":
            assert stage.ended == "InvalidMessage"
            break
    else:
        assert stage.ended == "returned"
    assert stage.answers == answers


def _same(one: Any, other: Any) -> bool:
    """The same JSON: 1 is not 1.0 and not true, as in the text."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)
