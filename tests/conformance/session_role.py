"""A client is judged in `fastagency.v1`: a case's server, over as many sockets as it takes, behind a proxy that cuts."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from .cases import Case, Step
from .client_role import ClientCase
from .fault_proxy import FaultProxy, Towards
from .messages import ASKING, build, encode
from .observed import codes_of, failed, one_form, saw
from .results import Mismatch, Trace
from .scripted_log import Logged, ScriptedLog
from .session_frames import check_answer, check_cancel, check_resume, check_start, is_acknowledge, parsed
from .session_secrets import Secrets
from .session_view import Reading, SessionView
from .stage import Rest
from .subject import Subject
from .wire import Ended, Received, Wire

__all__ = ["SUBPROTOCOL", "SessionCase"]

SUBPROTOCOL = "fastagency.v1"

# Bounds of waits, not expectations.
_ARRIVAL_SECONDS = 8.0
_POLL_SECONDS = 0.05

_BEAT_SECONDS = 0.2
_LEFT_CODES = (1000, 1001, 1005)
_QUICK = {"first_delay": 0.02, "max_delay": 0.1}
"""`options.reconnect` where a case does not say: nobody wants to wait for a client that backs off."""


class SessionCase(ClientCase):
    """One case of `fastagency.v1`, played once. What it shares with classic is in ClientCase."""

    def __init__(self, case: Case, subject: Subject, trace: Trace) -> None:
        super().__init__(case, subject, trace)
        self.stage.subprotocol = SUBPROTOCOL
        self.proxy: FaultProxy | None = None
        self.log = ScriptedLog()
        self.view = self._new_view()
        self.secrets = Secrets()
        self._held = False  # whether there is a conversation in the log already, for a resume to find
        self._first_frame: dict[str, Any] = {}
        self._options: dict[str, Any] = {}
        self._wanted_after = 0  # the cursor of the socket's first frame
        self._partial: list[
            Logged
        ] = []  # what a replay that was not completed has brought, as far as we know
        self._given: list[dict[str, Any]] = []  # the answers that the client was told to give
        self._cursor: dict[str, Any] | None = None  # as the driver told it last
        self._ended_as = ""  # the state at an end that was none of the workflow's own
        self._judged = 0
        self._seen: dict[str, Any] | None = None  # an observation that is still to be judged
        self._verbs |= {
            "resume": self._resume,
            "welcome": self._welcome,
            "resumed": self._resumed,
            "reconnects": self._reconnects,
            "tries": self._tries,
            "refuses": self._refuses,
            "arrives": self._arrives,
            "accept": self._accept,
            "reject": self._reject,
            "answered_elsewhere": self._answered_elsewhere,
            "expire": self._expire,
            "chunk": self._chunk,
            "beats": self._beats,
            "repeat": self._repeat,
            "cancel": self._cancel,
            "cursor": self._cursor_is,
            "connection": self._connection,
            "read": self._read,
        }

    async def play(self) -> None:
        """Play every step. Raises Mismatch."""
        async with self.stage:
            async with FaultProxy(int(self.stage.url.split(":")[2].split("/")[0])) as self.proxy:
                await self._play_steps()

    def _new_view(self) -> SessionView:
        return SessionView(raw_text="raw_text" in self.subject.features)

    @property
    def _url(self) -> str:
        assert self.proxy is not None, "a case is played before its client is told anything"
        return f"http://127.0.0.1:{self.proxy.port}{self.case.prefix}"

    async def _ask(self, command: dict[str, Any]) -> dict[str, Any]:
        seen = await super()._ask(command)
        self.secrets.check(seen)
        return seen

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
        self._wanted_after = 0

    async def _resume(self, step: Step) -> None:
        wanted = step["resume"]
        self.view, self._given = self._new_view(), []
        cursor = self._cursor or {}
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
        command = {"do": "resume", "url": self._url, "cursor": cursor, "options": self._with_options(wanted)}
        if from_start:
            command["from_start"] = True
        seen = await self._ask(command)
        saw(seen, "started")
        if one_form(seen["workflow_uuid"]) != one_form(cursor["workflow_uuid"]):
            raise Mismatch(f"the driver says that the conversation is {seen['workflow_uuid']}")
        frame = await self._on_a_new_socket(posts=0, command=command)
        self._first_frame = {}
        expected = {**cursor, "after_seq": 0} if from_start else cursor
        self._wanted_after = check_resume(frame, expected, [expected["after_seq"]])

    async def _reconnects(self, step: Step) -> None:
        wanted = step["reconnects"]
        await self._old_socket_ended()
        frame = await self._on_a_new_socket(posts=0)
        if wanted.get("first_frame") == "the same start_workflow":
            if parsed(frame) != self._first_frame:
                raise Mismatch(f"the first frame is {frame}, not the same start_workflow once more")
            self._wanted_after = 0
            return
        allowed = wanted["after_seq"] if isinstance(wanted["after_seq"], list) else [wanted["after_seq"]]
        cursor = {
            "workflow_uuid": self.log.workflow_uuid,
            "resume_token": self.log.resume_token,
            "epoch": self.log.epoch,
        }
        self._wanted_after = check_resume(frame, cursor, allowed)
        # What the client says that it has, its user is to be given, whatever else the new session brings.
        self._take_partial(self._wanted_after)

    async def _on_a_new_socket(self, *, posts: int, command: dict[str, Any] | None = None) -> Received:
        """The client opens a socket, rightly; its first frame."""
        self.wire = await self._new_socket()
        self._check_requests(posts, command)
        return await self._frame_of_client("the first frame")

    def _with_options(self, wanted: dict[str, Any]) -> dict[str, Any]:
        options = dict(wanted.get("options", {}))
        options["reconnect"] = {**_QUICK, **options.get("reconnect", {})}
        self._options = options
        return options

    def _check_requests(self, posts: int, command: dict[str, Any] | None) -> None:
        """Judge what was requested since the last time: openings, and so many POSTs before them."""
        requests = self.stage.requests[self._judged :]
        self._judged = len(self.stage.requests)
        if sum(it.method == "POST" for it in requests) != posts:
            raise Mismatch(
                f"the client announced a conversation {sum(it.method == 'POST' for it in requests)} times"
            )
        for request in requests:
            self.secrets.check_request(request)
            if request.method == "POST":
                assert command is not None, "a case that expects a POST says what of"
                self.rest.check_post(request, command)
            else:
                self._check_opening(request)

    def _check_opening(self, request: Rest) -> None:
        self.rest.check_opening(request, {"options": self._options})
        offered = [it.strip() for it in request.headers.get("sec-websocket-protocol", "").split(",")]
        if SUBPROTOCOL not in offered:
            raise Mismatch(f"the client does not offer {SUBPROTOCOL}, which was advertised")

    async def _old_socket_ended(self) -> None:
        """The client has given up its socket, before it opens another one or soon after."""
        try:
            while not isinstance(event := await self._open_wire().receive(_ARRIVAL_SECONDS), Ended):
                if not is_acknowledge(event):
                    raise Mismatch(f"the client sent what nobody asked for: {event}")
        except TimeoutError:
            raise Mismatch("the client keeps its socket open") from None
        self.view.live = False

    async def _stays_away(self, step: Step) -> None:
        await super()._stays_away(step)
        if len(self.stage.requests) > self._judged:
            raise Mismatch("the client came back, though it was not to")

    async def _tries(self, step: Step) -> None:
        try:
            async with asyncio.timeout(self.patience):
                while len(self.stage.requests) - self._judged < step["tries"]:
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise Mismatch("the client did not try so often to come back") from None
        self._check_requests(0, None)

    async def _refuses(self, step: Step) -> None:
        self.stage.refusals.extend([self.rest.reply(step["refuses"])] * step.get("times", 1))

    async def _leave(self, step: Step) -> None:
        del step
        wire = self.wire
        seen = await self._ask({"do": "leave"})
        saw(seen, "left")
        if seen["state"] not in self.view.states() | {"cancelled", self._ended_as}:
            raise Mismatch(f"after leaving the state is {seen['state']}")
        if wire is None or not self.view.live:
            return
        try:
            event = await self._event(wire)
        except TimeoutError:
            raise Mismatch("the client left, but its connection stays open") from None
        if not isinstance(event, Ended) or event.code not in _LEFT_CODES:
            raise Mismatch(
                f"a client that leaves closes with 1000, and does not cancel; the server saw {event}"
            )
        self.view.live = False

    # --- how a session begins ----------------------------------------------------------------------

    async def _welcome(self, step: Step) -> None:
        await self._send_json(self._changed(self.log.ready("fresh", step["welcome"]), step), step)
        self.view.began()
        self.view.live = "cut_after" not in step

    async def _resumed(self, step: Step) -> None:
        wanted = step["resumed"]
        mode = wanted.get("mode", "replay")
        if wanted.get("epoch") == "another":
            self.log.begin_another_epoch()
        self.log.oldest_seq = wanted.get("oldest_seq", self.log.oldest_seq)
        limits = {key: wanted[key] for key in ("heartbeat_seconds", "detached_seconds") if key in wanted}
        ready = self._changed(self.log.ready(mode, limits), step)
        after = self._wanted_after if mode == "replay" else self.log.oldest_seq - 1
        logged = self.log.after(after, wanted.get("through"))
        whole = "through" not in wanted and "cut_after" not in step
        self.view.began()
        if mode == "reset":
            self.view.reset(Reading(ready, encode(ready), perhaps=not self.view.was_shown))
        if "cut_after" in step:
            assert self.proxy is not None
            self.proxy.cut_after(step["cut_after"], "client")
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

    def _take_partial(self, through: int) -> None:
        """The user is to be given what the client has received of a replay, and was not given before."""
        for it in self._partial:
            if self.view.sent_seq < it.seq <= through:
                self._sent(it, {})
        self._partial = []

    # --- what the server says ----------------------------------------------------------------------

    async def _started(self, step: Step) -> None:
        about = {"name": self.rest.workflow, "description": "Does as it is told", "params": self.rest.params}
        await self._say({**step, "say": {"workflow_started": about}})

    async def _say(self, step: Step) -> None:
        for _ in range(step.get("times", 1)):
            message = build(step, self.log.workflow_uuid)
            if step.get("unlogged"):
                await self._send_json(message, step)
                self.view.sent(Reading(message, encode(message), step=step))
            else:
                await self._deliver(self.log.add(message), step)
        await self._read_unless(step)

    async def _frame(self, step: Step) -> None:
        text = step["frame"].replace("$uuid", self.log.workflow_uuid)
        malformed = step.get("sees") == "malformed"
        if "$seq" in text:
            text = text.replace("$seq", str(self.log.head_seq + 1))
            await self._deliver(self.log.add_text(text, malformed=malformed), step)
        else:
            await self._send_text(text.encode(), step)
            self.view.sent(Reading({} if malformed else json.loads(text), text, malformed, step=step))
        await self._read_unless(step)

    async def _binary(self, step: Step) -> None:
        await self._open_wire().send(bytes.fromhex(step["binary"]), text=False)
        self.view.sent(Reading({}, "", malformed=True, step=step))
        await self._read_unless(step)

    async def _deliver(self, logged: Logged, step: Step) -> None:
        """Send what was logged, unless the step says that nobody hears it."""
        if step.get("unheard"):
            return
        await self._send_text(logged.text.encode(), step)
        if "cut_after" not in step and step.get("sees") != "nothing of it":
            self._sent(logged, step)

    def _sent(self, logged: Logged, step: Step) -> None:
        message = {"seq": logged.seq} if logged.malformed else logged.message
        self.view.sent(Reading(message, logged.text, logged.malformed, step=step))
        self.view.sent_seq = logged.seq

    async def _return(self, step: Step) -> None:
        await self._completed({"result": step["return"], "outcome": "completed"}, step)

    async def _raise(self, step: Step) -> None:
        content = {"short": "The workflow failed.", "long": step["raise"], "code": "workflow_failed"}
        await self._say({**step, "say": {"error": content}})
        await self._completed({"result": step["raise"], "outcome": "failed"}, step)

    async def _completed(self, content: dict[str, Any], step: Step) -> None:
        await self._say({**step, "say": {"workflow_completed": content}})
        if not step.get("unheard") and "cut_after" not in step:
            await self._close({"close": {"code": 1000}})

    async def _chunk(self, step: Step) -> None:
        message = {
            "type": "text_chunk",
            "sender": "Workflow",
            "recipient": "User",
            "replace": False,
            **step["chunk"],
        }
        await self._send_json(message, step)
        self.view.sent(Reading(message, encode(message), step=step))
        await self._read_unless(step)

    async def _beats(self, step: Step) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + step["beats"]
        while loop.time() < until:
            await self._send_json(build({"say": {"keep_alive": {}}}, self.log.workflow_uuid), {})
            await asyncio.sleep(_BEAT_SECONDS)
        if self._open_wire().ended is not None or len(self.stage.requests) > self._judged:
            raise Mismatch("the client drops a connection on which the server is heard")

    async def _repeat(self, step: Step) -> None:
        await self._send_text(self.log[step["repeat"]].text.encode(), step)

    async def _close(self, step: Step) -> None:
        await super()._close(step)
        self.view.live = False

    async def _drop(self, step: Step) -> None:
        await super()._drop(step)
        self.view.live = False

    def _changed(self, message: dict[str, Any], step: Step) -> dict[str, Any]:
        """The message with the fields that the step sets beside."""
        return {**message, **step.get("set", {})}

    async def _send_json(self, message: dict[str, Any], step: Step) -> None:
        await self._send_text(encode(message).encode(), step)

    async def _send_text(self, data: bytes, step: Step) -> None:
        if "cut_after" not in step:
            await super()._send_text(data, step)
            return
        self._lay_cut(step, "client")
        await super()._send_text(data, step)
        await self._cut()

    def _lay_cut(self, step: Step, towards: Towards) -> None:
        assert self.proxy is not None
        self.proxy.cut_after(step["cut_after"], towards)

    async def _cut(self) -> None:
        assert self.proxy is not None
        try:
            await self.proxy.cut(_ARRIVAL_SECONDS)
        except TimeoutError:
            raise Mismatch("so many bytes never came through, so nothing was cut") from None
        self.trace.add("proxy: the connection is cut")
        self.view.live = False

    # --- questions and answers ---------------------------------------------------------------------

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
        if not 1 <= len(answer_id) <= 64:
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

    # --- what the client observes ------------------------------------------------------------------

    async def _next(self) -> dict[str, Any]:
        if self._seen is not None:
            seen, self._seen = self._seen, None
            return seen
        while True:
            seen = await self._ask({"do": "next", "timeout": self.patience})
            if seen["saw"] != "message" or seen["type"] != "keep_alive":
                return seen

    @property
    def patience(self) -> float:
        """How long a message is waited for, in seconds: a bit less than the driver's answer is."""
        return 0.8 * self.subject.answer_seconds

    async def _read_unless(self, step: Step) -> None:
        if not step.get("unread") and not step.get("unheard") and not self._batching:
            await self._read_all()

    async def _read_all(self) -> None:
        while (reading := self.view.next_reading()) is not None and not self._batching:
            seen = await self._next()
            if reading.perhaps and not self.view.fits(seen, reading):
                self.view.pass_over()
                self._seen = seen
            else:
                self.view.judge(seen)

    async def _read(self, step: Step) -> None:
        del step
        self._take_partial(self.log.head_seq)
        await self._read_all()

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

    async def _cursor_is(self, step: Step) -> None:
        seen = await self._ask({"do": "cursor"})
        saw(seen, "cursor")
        wanted = step["cursor"]
        if wanted is not None:
            wanted = {
                "workflow_uuid": one_form(self.log.workflow_uuid),
                "resume_token": self.log.resume_token,
                "epoch": self.log.epoch,
                **wanted,
            }
        told = seen["cursor"]
        if told is not None:
            told = {**told, "workflow_uuid": one_form(told["workflow_uuid"])}
        if told != wanted:
            raise Mismatch(f"the cursor is {told}, not {wanted}")
        self._cursor = seen["cursor"]

    async def _connection(self, step: Step) -> None:
        loop = asyncio.get_running_loop()
        until = loop.time() + self.patience
        while True:
            seen = await self._ask({"do": "connection"})
            saw(seen, "connection")
            if seen["connection"] == step["connection"]:
                return
            if loop.time() > until:
                raise Mismatch(f"the connection is {seen['connection']}, not {step['connection']}")
            await asyncio.sleep(_POLL_SECONDS)

    # --- what the server observes ------------------------------------------------------------------

    async def _event(self, wire: Wire) -> Received | Ended:
        """What comes next on a socket, `acknowledge` apart. Raises TimeoutError."""
        while True:
            event = await wire.receive(self.patience)
            self.trace.add(f"server ▶ {self.secrets.hidden(str(event))}")
            if isinstance(event, Ended) or not is_acknowledge(event):
                return event

    async def _frame_of_client(self, what: str) -> Received:
        try:
            event = await self._event(self._open_wire())
        except TimeoutError:
            raise Mismatch(f"{what} did not arrive at the server") from None
        if isinstance(event, Ended):
            raise Mismatch(f"instead of {what} came {event}")
        return event

    async def _nothing_unasked(self) -> None:
        for wire in self.stage.opened:
            while not wire.received.empty():
                event = wire.received.get_nowait()
                if (
                    isinstance(event, Received)
                    and event.kind in ("text", "binary")
                    and not is_acknowledge(event)
                ):
                    raise Mismatch(f"the client sent what nobody asked for: {event}")
                if isinstance(event, Ended) and event.fault and event.fault.startswith("ProtocolError"):
                    raise Mismatch(f"the client broke the WebSocket protocol: {event.fault}")
        if self.stage.faults:
            raise Mismatch("; ".join(self.stage.faults))
        if len(self.stage.requests) > self._judged:
            more = self.stage.requests[self._judged]
            raise Mismatch(f"the client sent a request that nobody asked for: {more.method} {more.path}")
        self.secrets.check_text(self.subject.complaints, "what the driver wrote to its standard error")
        if (line := self.subject.unasked()) is not None:
            raise Mismatch(f"the driver printed what nobody asked for: {line}")
