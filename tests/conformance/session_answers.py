"""Questions and answers in a case of `fastagency.v1` (spec FA-ANS), and cancelling (spec FA-CAN-1)."""

from __future__ import annotations

from typing import Any

from .cases import Case, Step
from .messages import ASKING, encode
from .observed import saw
from .results import Mismatch, Trace
from .session_frames import check_answer, check_cancel
from .session_talk import SessionTalk
from .session_view import Reading
from .subject import Subject

__all__ = ["SessionAnswers"]

_LONGEST_ID = 64


class SessionAnswers(SessionTalk):
    """Every answer that the client was told to give is remembered: sent again, it must be the same."""

    def __init__(self, case: Case, subject: Subject, trace: Trace) -> None:
        super().__init__(case, subject, trace)
        self._given: list[dict[str, Any]] = []  # as the frame has them, and whether it is a password
        self._verbs |= {
            "arrives": self._arrives,
            "accept": self._accept,
            "reject": self._reject,
            "answered_elsewhere": self._answered_elsewhere,
            "expire": self._expire,
            "cancel": self._cancel,
        }

    async def _answer(self, step: Step) -> None:
        question = self.view.asked()
        if "cut_after" in step:
            self._lay_cut(step, "server")
        seen = await self._ask({"do": "answer", "value": step["answer"]})
        if "sees" in step:
            saw(seen, "not_answered")
            if seen["error"] != step["sees"]:
                raise Mismatch(f"the answer is refused with {seen['error']}, not {step['sees']}")
            return
        saw(seen, "answered")
        if question is None:
            raise Mismatch("the client takes an answer, though nothing is asked")
        answer_id = seen.get("answer_id") or ""
        if not 1 <= len(answer_id) <= _LONGEST_ID:
            raise Mismatch(f"the answer_id has {len(answer_id)} characters, not 1 to 64")
        if any(answer_id == it["answer_id"] for it in self._given):
            raise Mismatch("two answers have the same answer_id")
        password = question["content"].get("password", False)
        given = {
            "question_uuid": question["uuid"],
            "answer_id": answer_id,
            "value": step.get("value", step["answer"]),
        }
        self._given.append({**given, "password": password})
        self.view.answered(answer_id, question["uuid"])
        if password:
            self.secrets.passwords.add(step["answer"])
        if "cut_after" in step:
            await self._cut()
        elif not step.get("unsent"):
            check_answer(await self._frame_of_client("the answer"), given)

    async def _arrives(self, step: Step) -> None:
        ((kind, wanted),) = step["arrives"].items()
        frame = await self._frame_of_client(f"the frame {kind}")
        if kind == "cancel_workflow":
            check_cancel(frame, wanted)
            return
        given = [it for it in self._given if it["value"] == wanted]
        if not given:
            raise Mismatch(f"the case never gives the answer {wanted!r}")
        check_answer(frame, {key: it for key, it in given[-1].items() if key != "password"})

    async def _accept(self, step: Step) -> None:
        last = self._given[-1]
        if step["accept"].get("again"):
            logged = next(it for it in self.log if it.message.get("answer_id") == last["answer_id"])
            await self._send_text(logged.text.encode(), step)
            self.view.answers.pop(last["answer_id"], None)
            return
        value = None if last["password"] else last["value"]
        await self._closed(last["question_uuid"], last["answer_id"], value, step)

    async def _answered_elsewhere(self, step: Step) -> None:
        await self._closed(self._last_question(), "of another socket", step["answered_elsewhere"], step)

    async def _expire(self, step: Step) -> None:
        await self._closed(self._last_question(), None, step["expire"], step)

    async def _closed(self, question_uuid: str, answer_id: str | None, value: Any, step: Step) -> None:
        message = {
            "type": "answer_accepted",
            "question_uuid": question_uuid,
            "answer_id": answer_id,
            "value": value,
        }
        await self._deliver(self.log.add(message), step)
        await self._read_unless(step)

    async def _reject(self, step: Step) -> None:
        last = self._given[-1]
        message = {
            "type": "answer_rejected",
            "question_uuid": last["question_uuid"],
            "answer_id": last["answer_id"],
            "detail": None,
            **step["reject"],
        }
        await self._send_json(message, step)
        self.view.sent(Reading(message, encode(message), step=step))
        await self._read_unless(step)

    def _last_question(self) -> str:
        asking = [it.message["uuid"] for it in self.log if it.message.get("type") in ASKING]
        return str(asking[-1])

    async def _cancel(self, step: Step) -> None:
        saw(await self._ask({"do": "cancel", **step["cancel"]}), "cancelled")
        if not step.get("unsent"):
            check_cancel(await self._frame_of_client("cancel_workflow"), step["cancel"])
