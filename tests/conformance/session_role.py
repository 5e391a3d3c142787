"""A client is judged in `fastagency.v1`: how its sessions begin, go on on another socket, and end."""

from __future__ import annotations

from typing import Any

from .cases import Case, Step
from .messages import encode
from .observed import codes_of, failed, one_form, saw
from .results import Mismatch, Trace
from .scripted_log import ScriptedLog
from .session_answers import SessionAnswers
from .session_frames import check_resume, check_start, parsed
from .session_stage import SUBPROTOCOL
from .session_view import Reading
from .subject import Subject
from .wire import Ended

__all__ = ["SessionCase"]

_LEFT_CODES = (1000, 1001, 1005)


class SessionCase(SessionAnswers):
    """One case of `fastagency.v1`, played once. What it shares with classic is in ClientCase."""

    def __init__(self, case: Case, subject: Subject, trace: Trace) -> None:
        super().__init__(case, subject, trace)
        self._first_frame: dict[str, Any] = {}
        self._asked_after = 0  # the cursor of the last socket's first frame
        self._cursor: dict[str, Any] | None = None  # as the driver told it last
        self._ended_as = ""  # the state at an end that was none of the workflow's own
        self._verbs |= {
            "resume": self._resume,
            "welcome": self._welcome,
            "resumed": self._resumed,
            "reconnects": self._reconnects,
            "cursor": self._cursor_is,
        }

    # --- how a client comes, and comes back --------------------------------------------------------

    async def _start(self, step: Step) -> None:
        wanted = step["start"]
        self.log, self.view, self._given = ScriptedLog(), self._new_view(), []
        self.rest.advertised = {"subprotocols": [SUBPROTOCOL], "resume_token": self.log.resume_token}
        self.rest.expect_start(wanted)
        command = {
            "do": "start",
            "url": self._url,
            "workflow": wanted.get("workflow", "conformance"),
            "params": wanted.get("params", {}),
            "options": self._with_options(wanted),
        }
        self.secrets.tokens |= {self.log.resume_token, wanted.get("answered_with", {}).get("ticket")} - {None}
        seen = await self._ask(command)
        saw(seen, "started")
        self.log.workflow_uuid = self.rest.initiated["workflow_uuid"]
        if one_form(seen["workflow_uuid"]) != one_form(self.log.workflow_uuid):
            raise Mismatch(f"the driver says that the conversation is {seen['workflow_uuid']}")
        frame = await self._on_a_new_socket(posts=1, command=command)
        self._first_frame = check_start(frame, self.rest.initiated)
        self._asked_after = 0

    async def _resume(self, step: Step) -> None:
        wanted = step["resume"]
        self.view, self._given = self._new_view(), []
        cursor: dict[str, Any] = self._cursor or {}
        if "after_seq" in wanted or not cursor:
            cursor = {
                "workflow_uuid": self.log.workflow_uuid,
                "resume_token": self.log.resume_token,
                "epoch": self.log.epoch,
                "after_seq": wanted.get("after_seq", 0),
            }
        cursor = {**cursor, **{key: wanted[key] for key in ("epoch", "resume_token") if key in wanted}}
        self.secrets.tokens.add(cursor["resume_token"])
        from_start = wanted.get("from_start", False)
        self.view.was_shown = not from_start and cursor["after_seq"] > 0
        self.view.read_seq = self.view.sent_seq = 0 if from_start else cursor["after_seq"]
        asked = {"from_start": True} if from_start else {}
        options = self._with_options(wanted)
        command = {"do": "resume", "url": self._url, "cursor": cursor, "options": options, **asked}
        seen = await self._ask(command)
        saw(seen, "started")
        if one_form(seen["workflow_uuid"]) != one_form(cursor["workflow_uuid"]):
            raise Mismatch(f"the driver says that the conversation is {seen['workflow_uuid']}")
        frame = await self._on_a_new_socket(posts=0, command=command)
        self._first_frame = {}
        expected = {**cursor, "after_seq": 0} if from_start else cursor
        self._asked_after = check_resume(frame, expected, [expected["after_seq"]])

    async def _reconnects(self, step: Step) -> None:
        wanted = step["reconnects"]
        await self._old_socket_ended()
        frame = await self._on_a_new_socket(posts=0)
        if wanted.get("first_frame") == "the same start_workflow":
            if parsed(frame) != self._first_frame:
                raise Mismatch(f"the first frame is {frame}, not the same start_workflow once more")
            self._asked_after = 0
            return
        allowed = wanted["after_seq"] if isinstance(wanted["after_seq"], list) else [wanted["after_seq"]]
        cursor = {
            "workflow_uuid": self.log.workflow_uuid,
            "resume_token": self.log.resume_token,
            "epoch": self.log.epoch,
        }
        self._asked_after = check_resume(frame, cursor, allowed)
        # What the client says that it has, its user is to be given, whatever else the new session brings.
        self._take_partial(self._asked_after)

    async def _leave(self, step: Step) -> None:
        del step
        wire = self.wire
        seen = await self._ask({"do": "leave"})
        saw(seen, "left")
        if seen["state"] not in self.view.states() | {"cancelled", self._ended_as}:
            raise Mismatch(f"after leaving the state is {seen['state']}")
        if wire is None or not self.up:
            return
        try:
            event = await self._event(wire)
        except TimeoutError:
            raise Mismatch("the client left, but its connection stays open") from None
        if not isinstance(event, Ended) or event.code not in _LEFT_CODES:
            raise Mismatch(
                f"a client that leaves closes with 1000, and does not cancel; the server saw {event}"
            )
        self._down()

    # --- how a session begins ----------------------------------------------------------------------

    async def _welcome(self, step: Step) -> None:
        await self._send_json(self._ready("fresh", step["welcome"], step), step)
        self.view.began()
        self.view.live = "cut_after" not in step

    def _ready(self, mode: str, limits: dict[str, Any], step: Step) -> dict[str, Any]:
        """The `session_ready` of this step; the token in it is the conversation's from here on."""
        ready = self._changed(self.log.ready(mode, limits), step)
        self.log.resume_token = ready["resume_token"]
        self.secrets.tokens.add(ready["resume_token"])
        return ready

    async def _resumed(self, step: Step) -> None:
        wanted = step["resumed"]
        mode = wanted.get("mode", "replay")
        if wanted.get("epoch") == "another":
            self.log.begin_another_epoch()
        self.log.oldest_seq = wanted.get("oldest_seq", self.log.oldest_seq)
        limits = {key: wanted[key] for key in ("heartbeat_seconds", "detached_seconds") if key in wanted}
        ready = self._ready(mode, limits, step)
        after = self._asked_after if mode == "replay" else self.log.oldest_seq - 1
        logged = self.log.after(after, wanted.get("through"))
        whole = "through" not in wanted and "cut_after" not in step
        self.view.began()
        if mode == "reset":
            self.view.reset(Reading(ready, encode(ready), perhaps=not self.view.was_shown))
        if "cut_after" in step:
            self._lay_cut(step, "client")
        frames = [encode(ready), *(it.text for it in logged)]
        if whole:
            frames.append(encode({"type": "replay_completed", "through_seq": self.log.head_seq}))
        for text in frames:
            await self._send_text(text.encode(), {})
        self._partial = logged
        if "cut_after" in step:
            await self._cut()
        if whole:
            self._take_partial(self.log.head_seq)
            self.view.caught_up()
            await self._read_unless(step)

    # --- where it stands, and how it ends ----------------------------------------------------------

    async def _cursor_is(self, step: Step) -> None:
        seen = await self._ask({"do": "cursor"})
        saw(seen, "cursor")
        wanted = step["cursor"]
        if wanted is not None:
            wanted = {
                "workflow_uuid": one_form(self.log.workflow_uuid),
                "resume_token": self.log.resume_token,
                "epoch": self.log.epoch_before if "epoch" in wanted else self.log.epoch,
                "after_seq": wanted["after_seq"],
            }
        told = seen["cursor"]
        if told is not None:
            told = {**told, "workflow_uuid": one_form(told["workflow_uuid"])}
        if told != wanted:
            raise Mismatch(f"the cursor is {told}, not {wanted}")
        self._cursor = seen["cursor"]

    async def _end(self, step: Step) -> None:
        wanted = step["end"]
        self._take_partial(self.log.head_seq)
        await self._read_all()
        seen = await self._next()
        if "error" in wanted:
            failed(seen, wanted)
            self._ended_as = "failed" if seen["error"] == "ConversationRefused" else "cancelled"
            if seen.get("state") != self._ended_as:
                raise Mismatch(f"at the end the state is {seen.get('state')}, not {self._ended_as}")
            return
        saw(seen, "ended")
        expected = {"state": self.view.outcome, "outcome": self.view.outcome, "result": self.view.result}
        for name, value in {**expected, **wanted}.items():
            if name != "code" and seen.get(name) != value:
                raise Mismatch(f"at the end the {name} is {seen.get(name)!r}, not {value!r}")
        if "code" in wanted and seen.get("code") is not None and seen["code"] not in codes_of(wanted["code"]):
            raise Mismatch(f"the close code is {seen['code']}, not {wanted['code']}")
