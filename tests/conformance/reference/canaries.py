"""Clients that are wrong in one way each: `python -m conformance.reference.canaries NAME`.

They prove that the suite can fail: `canaries.yaml` lists the cases that each of them must fail, no more and
no fewer. Each is the reference client with one method changed.
"""

from __future__ import annotations

import json
import sys
import urllib.error
import urllib.request
from typing import Any
from uuid import uuid4

from websockets.exceptions import ConnectionClosed
from websockets.frames import Frame, Opcode

from .client import Failure, Observation, ReferenceClient
from .codec import decode

__all__ = ["CANARIES"]


_SOON = {"do": "next", "timeout": 0.3}
"""A canary that waits for what never comes gives up soon: the suite would wait for it much longer."""


class TakesEveryFrame(ReferenceClient):
    def decoded(self, text: str) -> tuple[str, bool, dict[str, Any]]:
        try:
            return decode(text)
        except ValueError:
            return "text_message", True, {"type": "text_message", "content": {"body": text}}


class TakesEveryVector(ReferenceClient):
    def decode(self, command: dict[str, Any]) -> Observation:
        seen = super().decode(command)
        return {"saw": "decoded", "type": command["as"], "value": {}} if seen["saw"] == "refused" else seen


class DropsUnknownTypes(ReferenceClient):
    def next(self, command: dict[str, Any]) -> Observation:
        seen = super().next(command)
        while seen["saw"] == "message" and not seen["known"]:
            seen = super().next(_SOON)
        return seen


class TakesUnknownTypesForMalformed(ReferenceClient):
    def decoded(self, text: str) -> tuple[str, bool, dict[str, Any]]:
        kind, known, message = decode(text)
        if not known:
            raise ValueError(f"unknown type {kind}")
        return kind, known, message


class GivesUpAtAMalformedFrame(ReferenceClient):
    def message(self, text: str) -> Observation:
        seen = super().message(text)
        if seen["saw"] == "malformed":
            raise Failure("MalformedMessage", detail=seen["why"])
        return seen


class SkipsMalformedFrames(ReferenceClient):
    def next(self, command: dict[str, Any]) -> Observation:
        seen = super().next(command)
        while seen["saw"] == "malformed":
            seen = super().next(_SOON)
        return seen


class NeedsAType(ReferenceClient):
    def decoded(self, text: str) -> tuple[str, bool, dict[str, Any]]:
        if '"type"' not in text:
            raise ValueError("type: is missing")
        return decode(text)


class FillsInNoDefaults(ReferenceClient):
    def decoded(self, text: str) -> tuple[str, bool, dict[str, Any]]:
        kind, known, _ = decode(text)
        return kind, known, json.loads(text)


class RoundsBigIntegers(ReferenceClient):
    def decoded(self, text: str) -> tuple[str, bool, dict[str, Any]]:
        return decode(json.dumps(json.loads(text, parse_int=float)))


class ForgetsUnknownFields(ReferenceClient):
    features = tuple(it for it in ReferenceClient.features if it != "raw_text")

    def message(self, text: str) -> Observation:
        return {key: value for key, value in super().message(text).items() if key != "raw"}


class RewritesTheFramesText(ReferenceClient):
    def message(self, text: str) -> Observation:
        seen = super().message(text)
        return {**seen, "raw": json.dumps(seen["message"])} if "raw" in seen else seen


class KnowsOneState(ReferenceClient):
    @property
    def state(self) -> str:
        return "running"


class AnswersTwice(ReferenceClient):
    def answer(self, command: dict[str, Any]) -> Observation:
        question = self.questions[0] if self.questions else None
        seen = super().answer(command)
        if question is not None and seen["saw"] == "answered":
            self.send(self.frame_for(question, command["value"]) or "")
        return seen


class QuotesAnswers(ReferenceClient):
    def frame_for(self, question: dict[str, Any], value: str | list[str]) -> str | None:
        frame = super().frame_for(question, value)
        return None if frame is None else json.dumps(frame)


class JoinsWithASpace(ReferenceClient):
    def frame_for(self, question: dict[str, Any], value: str | list[str]) -> str | None:
        frame = super().frame_for(question, value)
        return ", ".join(value) if frame is not None and isinstance(value, list) else frame


class SendsEveryAnswer(ReferenceClient):
    def frame_for(self, question: dict[str, Any], value: str | list[str]) -> str | None:
        del question
        return value if isinstance(value, str) else ",".join(value)


class TakesNoJoinedText(ReferenceClient):
    def frame_for(self, question: dict[str, Any], value: str | list[str]) -> str | None:
        frame = super().frame_for(question, value)
        content = question["content"]
        joined = isinstance(value, str) and "," in value and value not in content.get("choices", [value])
        return None if joined else frame


class TakesNoDefaultByName(ReferenceClient):
    def frame_for(self, question: dict[str, Any], value: str | list[str]) -> str | None:
        content = question["content"]
        default = content.get("default")
        by_name = default is not None and value == default and value not in content["choices"]
        return None if by_name else super().frame_for(question, value)


class AnswersUnasked(ReferenceClient):
    def answer(self, command: dict[str, Any]) -> Observation:
        seen = super().answer(command)
        if seen["saw"] == "not_answered" and self.socket is not None and not self.left:
            self.send(str(command["value"]))
            return {"saw": "answered"}
        return seen


class IgnoresTheCloseCode(ReferenceClient):
    def ending_of(self, code: int, reason: str) -> Failure:
        return Failure("ConversationLost", code=code, reason=reason)


class TellsAnotherCode(ReferenceClient):
    def ending_of(self, code: int, reason: str) -> Failure:
        failure = super().ending_of(code, reason)
        failure.fields["code"] = 1006
        return failure


class TellsNoReason(ReferenceClient):
    def ending_of(self, code: int, reason: str) -> Failure:
        del reason
        return super().ending_of(code, "")


class TellsNoDetail(ReferenceClient):
    def ending_of(self, code: int, reason: str) -> Failure:
        failure = super().ending_of(code, reason)
        failure.fields.pop("detail", None)
        return failure


class CompletesAfterADrop(ReferenceClient):
    def end(self, closed: ConnectionClosed) -> Observation:
        seen = super().end(closed)
        lost = seen["saw"] == "failed" and seen["error"] == "ConversationLost"
        return {"saw": "ended", "state": "completed", "result": None} if lost else seen


class NeedsTheCloseFrame(ReferenceClient):
    def end(self, closed: ConnectionClosed) -> Observation:
        seen = super().end(closed)
        if seen["saw"] == "ended" and seen["code"] == 1006:
            return {"saw": "failed", "error": "ConversationLost", "code": 1006, "state": "cancelled"}
        return seen


class LosesTheResult(ReferenceClient):
    def end(self, closed: ConnectionClosed) -> Observation:
        seen = super().end(closed)
        return {**seen, "result": None} if seen["saw"] == "ended" else seen


class LosesTheLastMessage(ReferenceClient):
    def next(self, command: dict[str, Any]) -> Observation:
        seen = super().next(command)
        if seen["saw"] == "message" and seen["type"] == "workflow_completed":
            # Lost where the close frame is there already: a reader that looks at the socket's state first.
            after = super().next({"do": "next", "timeout": 0.05})
            return after if after["saw"] == "ended" else seen
        return seen


class LosesAMessageAtATimeout(ReferenceClient):
    late = False

    def next(self, command: dict[str, Any]) -> Observation:
        if self.late:
            self.late = False
            super().next({"do": "next", "timeout": 1.0})
        seen = super().next(command)
        self.late = seen["saw"] == "timeout"
        return seen


class StaysWhenItLeaves(ReferenceClient):
    def leave(self, command: dict[str, Any]) -> Observation:
        if not command:
            return super().leave(command)
        self.left = True
        self.questions.clear()
        return {"saw": "left", "state": self.state}


class SendsItsOwnUuid(ReferenceClient):
    def announcement(self, body: dict[str, Any]) -> dict[str, Any]:
        self.own = body["workflow_uuid"]
        return body

    def first_frame(self) -> str:
        return json.dumps({**self.initiated, "workflow_uuid": self.own})


class AnnouncesOneUuid(ReferenceClient):
    uuid = str(uuid4())

    def announcement(self, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "workflow_uuid": self.uuid}


class LosesParams(ReferenceClient):
    def announcement(self, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "params": {}}


class ForgetsTheUser(ReferenceClient):
    def announcement(self, body: dict[str, Any]) -> dict[str, Any]:
        return {**body, "user_id": None}


class SendsAHello(ReferenceClient):
    def start(self, command: dict[str, Any]) -> Observation:
        seen = super().start(command)
        self.send("hello")
        return seen


class OffersASubprotocol(ReferenceClient):
    def connect_options(self) -> dict[str, Any]:
        return {"subprotocols": ["fastagency.v1"]}


class AnswersNoPing(ReferenceClient):
    def start(self, command: dict[str, Any]) -> Observation:
        seen = super().start(command)
        assert self.socket is not None
        protocol = self.socket.protocol
        send = protocol.send_frame

        def all_but_pongs(frame: Frame) -> None:
            if frame.opcode is not Opcode.PONG:
                send(frame)

        protocol.send_frame = all_but_pongs  # type: ignore[method-assign]
        return seen


class TakesAnySize(ReferenceClient):
    def start(self, command: dict[str, Any]) -> Observation:
        options = {key: it for key, it in command.get("options", {}).items() if key != "max_message_size"}
        return super().start({**command, "options": options})


class ForgetsHeaders(ReferenceClient):
    def obey(self, command: dict[str, Any]) -> Observation:
        options = {key: it for key, it in command.get("options", {}).items() if key != "headers"}
        return super().obey({**command, "options": options})


class StartsAgain(ReferenceClient):
    def start(self, command: dict[str, Any]) -> Observation:
        try:
            return super().start(command)
        except Failure:
            return super().start(command)


class FollowsRedirects(ReferenceClient):
    def redirects(self) -> urllib.request.BaseHandler:
        return urllib.request.HTTPRedirectHandler()


class RepeatsThePostElsewhere(ReferenceClient):
    def redirects(self) -> urllib.request.BaseHandler:
        return _WithTheBody()


class _WithTheBody(urllib.request.HTTPRedirectHandler):
    def redirect_request(
        self, req: urllib.request.Request, fp: Any, code: int, msg: str, headers: Any, newurl: str
    ) -> urllib.request.Request | None:
        del fp, msg
        if code not in (307, 308):
            raise urllib.error.HTTPError(req.full_url, code, "a redirect", headers, None)
        return urllib.request.Request(newurl, req.data, dict(req.header_items()))


class AsksOnce(ReferenceClient):
    def discover(self, command: dict[str, Any]) -> Observation:
        return super().discover({**command, "options": {}})


class AsksWhateverIsSaid(ReferenceClient):
    def discover(self, command: dict[str, Any]) -> Observation:
        for _ in range(command.get("options", {}).get("retry", {}).get("attempts", 1) - 1):
            try:
                return super().discover({**command, "options": {}})
            except Failure:
                continue
        return super().discover({**command, "options": {}})


class TellsNoStatus(ReferenceClient):
    def refused(self, status: int, body: str) -> Failure:
        return Failure("RequestRefused", detail=super().refused(status, body).fields["detail"])


class TellsNoErrorText(ReferenceClient):
    def refused(self, status: int, body: str) -> Failure:
        del body
        return Failure("RequestRefused", status=status)


class SortsWorkflows(ReferenceClient):
    def list_of(self, value: Any) -> list[Any]:
        listed = super().list_of(value)
        listed.sort(key=str)
        return listed


class TrustsTheServer(ReferenceClient):
    def checked(self, name: str, value: Any) -> Any:
        del name
        return value


CANARIES: dict[str, type[ReferenceClient]] = {it.__name__: it for it in ReferenceClient.__subclasses__()}
"""Every canary by its name."""

if __name__ == "__main__":
    CANARIES[sys.argv[1]]().main()
