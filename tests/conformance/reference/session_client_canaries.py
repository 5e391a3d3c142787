"""Clients of `fastagency.v1` that are wrong in one way each:
`python -m conformance.reference.session_client_canaries NAME`.

Each is the reference client with one method changed. `session_client_canaries.yaml` lists the cases that each
must fail, no more and no fewer.
"""

from __future__ import annotations

import contextlib
import json
import sys
from typing import Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection

from .client import Failure, Observation
from .session import Given, Message, Session
from .session_client import SessionClient

__all__ = ["SESSION_CLIENT_CANARIES"]


# --- which dialect, and how a conversation begins ----------------------------------------------------


class OffersWhatItDoesNotSpeak(SessionClient):
    def offers(self, initiated: dict[str, Any], options: dict[str, Any]) -> bool:
        return bool(initiated["subprotocols"]) and options.get("dialect") != "classic"


class OffersAlways(SessionClient):
    def offers(self, initiated: dict[str, Any], options: dict[str, Any]) -> bool:
        del options
        return super().offers(initiated, {})


class InsistsOnTheDialect(SessionClient):
    def first_frame(self) -> str:
        first = super().first_frame()
        if not self.initiated["subprotocols"]:
            return first
        names = ("workflow_uuid", "name", "params", "resume_token")
        return json.dumps({"type": "start_workflow", **{key: self.initiated[key] for key in names}})


class AnnouncesAgain(SessionClient):
    again = False

    def open_session(self, command: dict[str, Any]) -> ClientConnection:
        if self.again and self.session is not None and not self.session.begun:
            self.announced(command)
        self.again = True
        return super().open_session(command)


class LosesTheStartToken(Session):
    def first_frame(self) -> Message:
        frame = super().first_frame()
        return {**frame, "resume_token": None} if self.attempt and "params" in frame else frame


class ResumesWhatNeverBegan(Session):
    def first_frame(self) -> Message:
        if self.attempt == 0:
            return super().first_frame()
        return {"type": "resume_workflow", **self.cursor, "after_seq": self.seq}


class ForgetsHeaders(SessionClient):
    def open_session(self, command: dict[str, Any]) -> ClientConnection:
        if self.session is None:
            return super().open_session(command)
        return super().open_session({"url": command["url"]})


class RunsAgain(SessionClient):
    command: dict[str, Any]

    def start(self, command: dict[str, Any]) -> Observation:
        seen = super().start(command)
        self.command = command
        return seen

    def end(self, closed: ConnectionClosed) -> Observation:
        seen = super().end(closed)
        if seen["saw"] == "failed":
            self.announced(self.command)
        return seen


# --- where it stands -----------------------------------------------------------------------------------


class ResumesFromTheStart(Session):
    def first_frame(self) -> Message:
        frame = super().first_frame()
        return {**frame, "after_seq": 0} if "after_seq" in frame else frame


class KeepsTheFirstEpoch(Session):
    def ready(self, ready: Message, text: str) -> None:
        before = self.cursor["epoch"]
        super().ready(ready, text)
        self.cursor["epoch"] = before or ready["epoch"]


class KeepsTheFirstToken(Session):
    def ready(self, ready: Message, text: str) -> None:
        before = self.cursor["resume_token"]
        super().ready(ready, text)
        self.cursor["resume_token"] = before


class StoresWhatCame(Session):
    @property
    def stored(self) -> Message | None:
        stored = super().stored
        return None if stored is None else {**stored, "after_seq": self.seq}


class StoresTheEpochThatCame(Session):
    @property
    def stored(self) -> Message | None:
        stored = super().stored
        return None if stored is None else {**stored, "epoch": self.cursor["epoch"]}


class GivesTwice(Session):
    def is_new(self, seq: Any) -> bool:
        return super().is_new(seq) or True


class IgnoresGaps(Session):
    def is_new(self, seq: Any) -> bool:
        if isinstance(seq, int) and seq > self.seq:
            self.seq = seq - 1
        return super().is_new(seq)


class CountsKnownTypesOnly(Session):
    def take(self, data: str | bytes) -> None:
        if isinstance(data, str) and "later_type" in data:
            message = json.loads(data)
            self.give(Given(message["type"], False, message, data))
        else:
            super().take(data)


class ForgetsMalformedMessages(Session):
    def malformed(self, text: str, why: str) -> None:
        del text
        self.give(Given(why=why))


class SwallowsMalformedMessages(Session):
    def malformed(self, text: str, why: str) -> None:
        del why
        with contextlib.suppress(ValueError):
            self.is_new(json.loads(text)["seq"])


# --- replays and resets ----------------------------------------------------------------------------------


class LosesABrokenReplay(Session):
    def disconnected(self) -> None:
        super().disconnected()
        self.held.clear()


class KeepsWhatAResetVoids(Session):
    def reset(self, ready: Message, text: str) -> None:
        before = list(self.held)
        super().reset(ready, text)
        self.held += before


class TellsNoReset(Session):
    def reset(self, ready: Message, text: str) -> None:
        self.shown = False
        super().reset(ready, text)


class KeepsQuestionsOverAReset(Session):
    def reset(self, ready: Message, text: str) -> None:
        before = dict(self.questions)
        super().reset(ready, text)
        self.questions = before


class ShowsClosedQuestionsOpen(Session):
    def is_open(self, question_uuid: str) -> bool:
        del question_uuid
        return True


# --- answers -------------------------------------------------------------------------------------------


class AnswersDuringAReplay(Session):
    def ready(self, ready: Message, text: str) -> None:
        super().ready(ready, text)
        self.live = True


class AnswersOnce(Session):
    def disconnected(self) -> None:
        sent = set(self.sent)
        super().disconnected()
        self.sent = sent


class AnswersUnderAnotherId(Session):
    def disconnected(self) -> None:
        super().disconnected()
        renewed = [{**frame, "answer_id": self.new_id()} for frame in self.pending.values()]
        self.pending = {frame["answer_id"]: frame for frame in renewed}
        self.mine |= self.pending.keys()


class AnswersForEver(Session):
    def settle(self, kind: str, message: Message) -> None:
        del kind, message
        return

    def close(self, question_uuid: str) -> None:
        self.questions.pop(question_uuid, None)


class SettlesNoRejection(Session):
    def settle(self, kind: str, message: Message) -> None:
        if kind != "answer_rejected":
            super().settle(kind, message)


class SettlesByTheLogOnly(Session):
    def settle(self, kind: str, message: Message) -> None:
        if not isinstance(message.get("seq"), int) or message["seq"] > self.seq:
            super().settle(kind, message)


class HasOneId(Session):
    def new_id(self) -> str:
        return "answer"


class HasLongIds(Session):
    def answer(self, question: Message, value: str | list[str]) -> str:
        self.long = isinstance(value, list)
        return super().answer(question, value)

    def new_id(self) -> str:
        return super().new_id() * (3 if self.long else 1)


class JoinsSeveralChoices(Session):
    def answer(self, question: Message, value: str | list[str]) -> str:
        return super().answer(question, value if isinstance(value, str) else ",".join(value))


class TakesEveryAnswerForItsOwn(Session):
    def answered_elsewhere(self, accepted: Message) -> bool:
        del accepted
        return False


class TakesAnExpiryForAnAnswer(Session):
    def answered_elsewhere(self, accepted: Message) -> bool:
        return accepted["answer_id"] not in self.mine


class ClosesAtAnyRejection(Session):
    def is_final(self, rejected: Message) -> bool:
        del rejected
        return True


class KeepsWhatWasRejectedOpen(Session):
    def is_final(self, rejected: Message) -> bool:
        del rejected
        return False


class LogsItsFrames(Session):
    def answer(self, question: Message, value: str | list[str]) -> str:
        print(f"answering {value}", file=sys.stderr, flush=True)
        return super().answer(question, value)


# --- when it comes back ----------------------------------------------------------------------------------


class TakesGoingAwayForAnEnd(Session):
    def says(self, code: int) -> bool:
        return super().says(code) and code not in (1001, 1011, 1012)


class AlwaysComesBack(Session):
    def says(self, code: int) -> bool:
        del code
        return True


class KnowsCodesNotRanges(Session):
    def says(self, code: int) -> bool:
        return super().says(code) and (code < 4000 or code in (4100, 4101, 4200, 4201))


class ComesBackAfterAll1xxx(Session):
    def says(self, code: int) -> bool:
        return super().says(code) or code < 4000


class IgnoresItsUser(Session):
    def comes_back(self, code: int) -> bool:
        return self.says(code)


class NeverWaits(Session):
    def wait(self, code: int) -> float:
        del code
        return 0.0


class AlwaysWaits(Session):
    def wait(self, code: int) -> float:
        del code
        return float(max(self.reconnect["first_delay"] / 2, super().wait(1006)))


class WaitsForNoDrain(Session):
    def wait(self, code: int) -> float:
        return 0.0 if 4200 <= code < 4300 else super().wait(code)


class ComesBackAfterTheEnd(Session):
    def delay_after(self, code: int, reason: str) -> float | None:
        if self.completed is None or self.left or code == 1000:
            return super().delay_after(code, reason)
        self.inbox += self.held
        self.held, self.over = [], True
        return 0.02


class TakesRefusalsForDrops(Session):
    final_statuses = ()


class GivesUpAtAnyStatus(Session):
    final_statuses = (401, 403, 404, 500, 503)


class NeverGivesUp(Session):
    def ready(self, ready: Message, text: str) -> None:
        super().ready(ready, text)
        self.detached = 10.0**6


class WaitsForSilentServers(Session):
    def silence(self) -> float:
        return max(30.0, super().silence())


class HasNoPatience(Session):
    def silence(self) -> float:
        return super().silence() / 10


# --- cancelling, leaving, and what is shown ------------------------------------------------------------


class ForgetsACancel(Session):
    def cancel(self, reason: str | None) -> None:
        if self.live:
            super().cancel(reason)


class CancelsOnce(Session):
    def disconnected(self) -> None:
        if self.cancel_sent:
            self.cancelling = None
        super().disconnected()


class TellsNoReason(Session):
    def cancel(self, reason: str | None) -> None:
        del reason
        super().cancel(None)


class CancelsByClosing(Session):
    def cancel(self, reason: str | None) -> None:
        del reason
        self.leave()


class CancelsWhenItLeaves(Session):
    def leave(self) -> None:
        if self.live and self.told is None:
            self.cancel("left")
        super().leave()


class StaysWhenItLeaves(Session):
    def leave(self) -> None:
        self.left = True


class ComesBackWhenItWasLeft(Session):
    def leave(self) -> None:
        if self.live or self.over:
            super().leave()
        elif self.socket is not None:
            self.detached = 1.0  # long enough to be seen, too short for the next case
            self.socket.close()

    def says(self, code: int) -> bool:
        return super().says(code) or code == 1000


class AlwaysCompletes(Session):
    def note(self, kind: str, message: Message) -> None:
        super().note(kind, message)
        if kind == "workflow_completed":
            message["content"]["outcome"] = "completed"


class LosesAnEndThatWasRead(Session):
    def read_before(self, code: int) -> None:
        del code


class TakesEveryFinishForAnEnd(Session):
    def read_before(self, code: int) -> None:
        self.over_as = self.over_as or "completed"
        super().read_before(code)


class TakesEveryReadEndForASuccess(Session):
    def read_before(self, code: int) -> None:
        self.over_as = self.over_as and "completed"
        super().read_before(code)


class StateOfWhatCame(Session):
    def note(self, kind: str, message: Message) -> None:
        super().note(kind, message)
        self.told = self.completed


class ShowsOneConnection(Session):
    @property
    def connection(self) -> str:
        return "live"


class ShowsTheToken(SessionClient):
    def ending_of(self, code: int, reason: str) -> Failure:
        failure = super().ending_of(code, reason)
        failure.fields["detail"] = f"lost {self.initiated.get('resume_token')}"
        return failure


class SendsTheTokenInAHeader(SessionClient):
    def open_session(self, command: dict[str, Any]) -> ClientConnection:
        options = command.get("options", {})
        headers = options.get("headers", {})
        if headers:
            headers = {**headers, "X-Token": self.initiated["resume_token"]}
        return super().open_session({**command, "options": {**options, "headers": headers}})


class LosesPieces(SessionClient):
    def of_session(self, session: Session, kind: str, message: dict[str, Any]) -> Observation:
        self.texts.clear()
        return super().of_session(session, kind, message)


class MixesTexts(SessionClient):
    def of_session(self, session: Session, kind: str, message: dict[str, Any]) -> Observation:
        if kind == "text_chunk":
            message = {**message, "message_uuid": "one"}
        return super().of_session(session, kind, message)


class NeverReplaces(SessionClient):
    def of_session(self, session: Session, kind: str, message: dict[str, Any]) -> Observation:
        return super().of_session(session, kind, {**message, "replace": False})


_OF_CLIENTS = {it.__name__: it for it in SessionClient.__subclasses__()}
_OF_SESSIONS: dict[str, type[SessionClient]] = {
    it.__name__: type(it.__name__, (SessionClient,), {"kind": it}) for it in Session.__subclasses__()
}

SESSION_CLIENT_CANARIES: dict[str, type[SessionClient]] = {**_OF_CLIENTS, **_OF_SESSIONS}
"""Every canary by its name."""

if __name__ == "__main__":
    SESSION_CLIENT_CANARIES[sys.argv[1]]().main()
