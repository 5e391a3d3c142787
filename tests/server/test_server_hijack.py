"""Attempts on somebody else's conversation, over raw sockets: each is refused with its close code, tells the
attacker nothing, and leaves the conversation to its owner (spec FA-SEC, FA-RES-4, FA-RES-7)."""

from __future__ import annotations

import json
import logging
import time
import uuid
from collections.abc import Iterator
from contextlib import suppress
from typing import Annotated, Any

import httpx
import pytest
from fastagency_server import FastAPIAdapter
from fastagency_server.settings import Settings
from fastapi import Header, HTTPException
from live_server import LiveServer, serve
from raw_client import RawConversation, RawSocket
from raw_session import RawSession
from server.serving import application, make_workflows
from websockets.exceptions import ConnectionClosed

INITIATE = "/fastagency/initiate_workflow"
GUESSED = "0" * 32
OWN_TOKEN = "m" * 32  # long enough to be taken where nobody announced (spec FA-RES-7)


def user_of(x_user: Annotated[str | None, Header()] = None) -> str:
    if x_user is None:
        raise HTTPException(401, "Who are you?")
    return x_user


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    """A server that knows its users by a header."""
    adapter = FastAPIAdapter(provider=make_workflows(), get_user_id=user_of)
    with serve(application(adapter), client_faults="ignore") as live:
        yield live


@pytest.fixture(scope="module")
def open_server() -> Iterator[LiveServer]:
    """A server that knows no users: everybody is the same nobody."""
    with serve(application(FastAPIAdapter(provider=make_workflows())), client_faults="ignore") as live:
        yield live


def announce(server: LiveServer, user: str | None = "ann", workflow: str = "ask") -> dict[str, Any]:
    """What `initiate_workflow` answers."""
    body: dict[str, Any] = {
        "workflow_name": workflow,
        "workflow_uuid": str(uuid.uuid4()),
        "user_id": None,
        "params": {},
    }
    headers = {} if user is None else {"x-user": user}
    answer = httpx.post(server.url + INITIATE, json=body, headers=headers, trust_env=False)
    assert answer.status_code == 200
    initiated: dict[str, Any] = answer.json()
    return initiated


def session(
    server: LiveServer, user: str | None = None, ticket: str | None = None, **options: Any
) -> RawSession:
    """An open socket of `fastagency.v1`, with a user's header or a ticket."""
    path = "/fastagency/ws" if ticket is None else f"/fastagency/ws?ticket={ticket}"
    return RawSession(
        server.url, path, additional_headers={} if user is None else {"x-user": user}, **options
    )


def start_of(initiated: dict[str, Any], **other: Any) -> dict[str, Any]:
    """The fields of `start_workflow` for what was announced."""
    fields = {name: initiated[name] for name in ("workflow_uuid", "name", "params", "resume_token")}
    return {**fields, **other}


def cursor(ready: dict[str, Any], after_seq: int = 0) -> dict[str, Any]:
    """The fields of `resume_workflow` for a session."""
    return {
        **{name: ready[name] for name in ("workflow_uuid", "resume_token", "epoch")},
        "after_seq": after_seq,
    }


def begin(conversation: RawSession, initiated: dict[str, Any]) -> dict[str, Any]:
    """Start what was announced, and return its question."""
    conversation.start_v1("ask", {}, initiated["workflow_uuid"], initiated["resume_token"])
    return conversation.receive_until()[-1]


def refusal(attempt: RawConversation) -> tuple[dict[str, Any], tuple[int, str]]:
    """The one `error` that an attempt gets, and its close."""
    messages, close = attempt.drain()
    assert [message["type"] for message in messages] == ["error"]
    assert "seq" not in messages[0]
    return messages[0], close


def goes_on(owner: RawSession, question: dict[str, Any]) -> None:
    """The conversation has noticed nothing: its owner's answer is the first one."""
    answer_id = owner.answer(question, "mine")
    messages, close = owner.drain()
    assert [(it["type"], it.get("answer_id")) for it in messages[:1]] == [("answer_accepted", answer_id)]
    assert messages[-1]["content"] == {"result": "mine", "outcome": "completed"}
    assert close[0] == 1000


# --- a conversation that runs ------------------------------------------------------------------------------


RESUMES: dict[str, tuple[str, dict[str, Any]]] = {
    "another user with the token": ("eve", {}),
    "its user with another token": ("ann", {"resume_token": GUESSED}),
    "another user with another token": ("eve", {"resume_token": GUESSED}),
    "the uuid as the token": ("ann", {"resume_token": "$uuid"}),
    "the token in capitals": ("ann", {"resume_token": "$upper"}),
    "the token and a bit more": ("ann", {"resume_token": "$longer"}),
    "a beginning of the token": ("ann", {"resume_token": "$shorter"}),
    "a token that is no ASCII": ("ann", {"resume_token": "é" * 32}),
    "a guessed uuid": ("eve", {"workflow_uuid": GUESSED}),
    "a guessed uuid with a token that is good elsewhere": ("ann", {"workflow_uuid": GUESSED}),
}


@pytest.mark.parametrize(("user", "other"), RESUMES.values(), ids=RESUMES.keys())
@pytest.mark.parametrize("after_seq", [0, 1])
def test_a_resume_that_is_not_the_owners(
    server: LiveServer, user: str, other: dict[str, Any], after_seq: int
) -> None:
    initiated = announce(server)
    token: str = initiated["resume_token"]
    made_up = {
        "$uuid": initiated["workflow_uuid"],
        "$upper": token.upper() + "A",
        "$longer": token + "0",
        "$shorter": token[:-1],
    }
    other = {name: made_up.get(value, value) for name, value in other.items()}
    with session(server, "ann") as owner, session(server, user) as thief:
        question = begin(owner, initiated)
        thief.send("resume_workflow", **{**cursor(owner.ready, after_seq), **other})
        error, close = refusal(thief)
        # What it was is not told: unknown, not yours and a wrong token look the same (spec FA-RES-4).
        assert error["content"] == {
            "short": "There is no such conversation.",
            "long": "Start a new one.",
            "code": "conversation_gone",
        }
        assert close == (4010, "There is no such conversation.")
        goes_on(owner, question)


STARTS: dict[str, tuple[str, dict[str, Any]]] = {
    "another user with the token": ("eve", {}),
    "its user with another token": ("ann", {"resume_token": OWN_TOKEN}),
    "its user without a token": ("ann", {"resume_token": None}),
    "another user without a token": ("eve", {"resume_token": None}),
    "the uuid with dashes": ("eve", {"resume_token": OWN_TOKEN, "workflow_uuid": "$dashed"}),
    "the uuid in capitals": ("eve", {"resume_token": OWN_TOKEN, "workflow_uuid": "$upper"}),
}


@pytest.mark.parametrize(("user", "other"), STARTS.values(), ids=STARTS.keys())
def test_a_second_start(server: LiveServer, user: str, other: dict[str, Any]) -> None:
    initiated = announce(server)
    found = uuid.UUID(initiated["workflow_uuid"])
    made_up = {"$dashed": str(found), "$upper": found.hex.upper()}
    other = {name: made_up.get(str(value), value) for name, value in other.items()}
    with session(server, "ann") as owner, session(server, user) as thief:
        question = begin(owner, initiated)
        thief.send("start_workflow", **start_of(initiated, **other))
        error, close = refusal(thief)
        assert error["content"]["code"] == "already_started"
        assert close[0] == 4009
        goes_on(owner, question)


@pytest.mark.parametrize("user", ["ann", "eve"])
def test_a_classic_start(server: LiveServer, user: str) -> None:
    initiated = announce(server)
    frame = {name: initiated[name] for name in ("user_id", "workflow_uuid", "name", "params")}
    with (
        session(server, "ann") as owner,
        RawConversation(server.url, additional_headers={"x-user": user}) as thief,
    ):
        question = begin(owner, initiated)
        thief.send_text(json.dumps(frame))
        assert refusal(thief)[1][0] == 4009
        goes_on(owner, question)


def test_a_resume_of_a_classic_conversation(server: LiveServer) -> None:
    """Classic conversations live and die with their socket: no token opens them."""
    initiated = announce(server)
    with RawConversation(server.url, additional_headers={"x-user": "ann"}) as owner:
        owner.start("ask", {}, initiated["workflow_uuid"])
        owner.receive_until()
        for user in ("ann", "eve"):
            with session(server, user) as thief:
                thief.send("resume_workflow", **cursor({**initiated, "epoch": ""}))
                assert refusal(thief)[1][0] == 4010
            with session(server, user) as thief:
                thief.send("start_workflow", **start_of(initiated))
                assert refusal(thief)[1][0] == 4009
        owner.send_text("mine")
        assert owner.drain()[0][-1]["content"] == {"result": "mine"}


def test_a_conversation_that_is_over(server: LiveServer) -> None:
    """Its log is held for a while, for its owner alone (spec FA-LIV-6)."""
    initiated = announce(server)
    with session(server, "ann") as owner:
        goes_on(owner, begin(owner, initiated))
    with session(server, "eve") as thief:
        thief.send("resume_workflow", **cursor(owner.ready))
        assert refusal(thief)[1][0] == 4010
    with session(server, "eve") as thief:
        thief.send("start_workflow", **start_of(initiated))
        assert refusal(thief)[1][0] == 4009
    with session(server, "ann") as reader:
        assert reader.resume(owner.ready, 0)["state"] == "completed"


def test_an_answer_or_a_cancel_without_a_session(server: LiveServer) -> None:
    """A uuid in a frame opens nothing: a socket has the conversation of its first frame."""
    initiated = announce(server)
    with session(server, "ann") as owner:
        question = begin(owner, initiated)
        for kind, fields in (
            ("answer", {"question_uuid": question["uuid"], "answer_id": "a", "value": "theirs"}),
            ("cancel_workflow", {"workflow_uuid": initiated["workflow_uuid"]}),
        ):
            with session(server, "eve") as thief:
                thief.send(kind, **fields)
                assert refusal(thief)[1][0] == 4000
        goes_on(owner, question)


def test_an_answer_from_another_conversation(server: LiveServer) -> None:
    """A question's uuid that leaked answers nothing in a conversation of one's own."""
    initiated, own = announce(server), announce(server, "eve")
    with session(server, "ann") as owner, session(server, "eve") as thief:
        question = begin(owner, initiated)
        begin(thief, own)
        thief.answer(question, "theirs")
        assert thief.receive()["reason"] == "unknown_question"
        goes_on(owner, question)
        thief.send("cancel_workflow", workflow_uuid=initiated["workflow_uuid"])
        assert thief.drain()[1][0] == 1000


# --- a conversation that was announced ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("user", "token"),
    [("eve", None), ("eve", OWN_TOKEN), ("eve", "$token"), ("ann", None), ("ann", OWN_TOKEN)],
)
def test_a_start_of_what_somebody_else_announced(server: LiveServer, user: str, token: str | None) -> None:
    initiated = announce(server)
    token = initiated["resume_token"] if token == "$token" else token
    with session(server, user) as thief:
        thief.send("start_workflow", **start_of(initiated, resume_token=token))
        error, close = refusal(thief)
        assert error["content"]["code"] == "not_allowed"
        assert close[0] == 4003
    with session(server, "ann") as owner:
        goes_on(owner, begin(owner, initiated))


def test_a_start_of_what_somebody_else_announced_without_users(open_server: LiveServer) -> None:
    """Where everybody is nobody, the token alone tells the owner."""
    initiated = announce(open_server, None)
    for token in (OWN_TOKEN, None):
        with session(open_server) as thief:
            thief.send("start_workflow", **start_of(initiated, resume_token=token))
            assert refusal(thief)[1][0] == 4003
    with session(open_server) as owner, session(open_server) as thief:
        question = begin(owner, initiated)
        thief.send("resume_workflow", **{**cursor(owner.ready), "resume_token": OWN_TOKEN})
        assert refusal(thief)[1][0] == 4010
        goes_on(owner, question)


def test_announcing_the_uuid_of_another(server: LiveServer) -> None:
    """Who proposes a uuid that is taken is given another one, and another token."""
    initiated = announce(server)
    body = {
        "workflow_name": "ask",
        "workflow_uuid": initiated["workflow_uuid"],
        "user_id": "ann",
        "params": {},
    }
    with session(server, "ann") as owner:
        for _ in ("while it is announced", "while it runs"):
            answer = httpx.post(server.url + INITIATE, json=body, headers={"x-user": "eve"}, trust_env=False)
            theirs = answer.json()
            assert theirs["workflow_uuid"] != initiated["workflow_uuid"]
            assert theirs["resume_token"] != initiated["resume_token"]
            assert theirs["user_id"] == "eve"
            if not owner.ready:
                question = begin(owner, initiated)
        goes_on(owner, question)


# --- tickets and origins ------------------------------------------------------------------------------------


def refused_ticket(server: LiveServer, ticket: str, **options: Any) -> None:
    with session(server, ticket=ticket, **options) as thief:
        error, close = refusal(thief)
        assert error["content"]["code"] == "not_authenticated"
        assert ticket == "" or ticket not in str(error["content"])
        assert close[0] == 4001


@pytest.mark.parametrize("user", [None, "ann"])
def test_a_ticket_that_is_used_again(server: LiveServer, user: str | None) -> None:
    initiated = announce(server)
    with session(server, ticket=initiated["ticket"]) as owner:
        question = begin(owner, initiated)
        refused_ticket(server, initiated["ticket"])
        with session(server, user, initiated["ticket"]) as thief:  # a good header does not mend it
            assert refusal(thief)[1][0] == 4001
        goes_on(owner, question)
    refused_ticket(server, initiated["ticket"])


def test_a_ticket_that_was_used_on_a_refused_socket(server: LiveServer) -> None:
    """It opened a socket, whatever came of that one."""
    initiated = announce(server)
    with session(server, ticket=initiated["ticket"]) as owner:
        owner.send_text("{")
        assert refusal(owner)[1][0] == 4000
    refused_ticket(server, initiated["ticket"])


def test_a_ticket_in_a_race(server: LiveServer) -> None:
    initiated = announce(server)
    sockets = [session(server, ticket=initiated["ticket"]) for _ in range(8)]
    codes = []
    for socket in sockets:
        with socket:
            with suppress(ConnectionClosed):  # refused already
                socket.send("resume_workflow", **cursor({**initiated, "epoch": ""}))
            codes.append(refusal(socket)[1][0])
    assert sorted(codes) == [4001] * 7 + [4010]


@pytest.mark.parametrize("ticket", [GUESSED, "", "ann", "%00", "a" * 5000])
def test_a_ticket_that_was_never_given(server: LiveServer, ticket: str) -> None:
    refused_ticket(server, ticket)


def test_a_ticket_that_is_too_old() -> None:
    settings = Settings(ticket_seconds=0.05)
    adapter = FastAPIAdapter(provider=make_workflows(), get_user_id=user_of, settings=settings)
    with serve(application(adapter), client_faults="ignore") as server:
        initiated = announce(server)
        time.sleep(0.1)  # longer is as good
        refused_ticket(server, initiated["ticket"])
        with session(server, "ann") as owner:  # the conversation is still its user's
            goes_on(owner, begin(owner, initiated))


def test_a_ticket_of_another_user(server: LiveServer) -> None:
    initiated, theirs = announce(server), announce(server, "eve")
    with session(server, "ann") as owner:
        question = begin(owner, initiated)
        with session(server, "ann", theirs["ticket"]) as thief:  # the ticket says who it is, not the header
            thief.send("resume_workflow", **cursor(owner.ready))
            assert refusal(thief)[1][0] == 4010
        goes_on(owner, question)


def test_a_ticket_does_not_open_rest(server: LiveServer) -> None:
    initiated = announce(server)
    url = f"{server.url}/fastagency/discovery?ticket={initiated['ticket']}"
    assert httpx.get(url, trust_env=False).status_code == 401


ORIGINS = [
    "https://eve.example",
    "null",
    "",
    "http://127.0.0.1",
    "http://127.0.0.1:1",
    "http://127.0.0.1.eve.example",
    "file://",
    "$own.eve.example",
    "$own@eve.example",
    "http://eve.example/$own",
]


@pytest.mark.parametrize("origin", ORIGINS)
@pytest.mark.parametrize("by_ticket", [False, True])
def test_a_page_of_another_origin(server: LiveServer, origin: str, by_ticket: bool) -> None:
    """A page of somebody else's, in the browser of a user who is signed in."""
    initiated = announce(server)
    path = f"/fastagency/ws?ticket={initiated['ticket']}" if by_ticket else "/fastagency/ws"
    headers = {"Origin": origin.replace("$own", server.url), "Sec-WebSocket-Protocol": "fastagency.v1"}
    if not by_ticket:
        headers["x-user"] = "ann"
    with RawSocket(server.url, path, headers) as socket:
        assert socket.status == 101
        assert socket.receive()["content"]["code"] == "not_allowed"
        assert socket.expect_close()[0] == 4003
    with session(server, "ann") as owner:
        goes_on(owner, begin(owner, initiated))


def test_two_origins(server: LiveServer) -> None:
    """No browser sends two; whoever does is not believed because of one of them."""
    for origins in (["https://eve.example", server.url], [server.url, "https://eve.example"]):
        lines = "\r\nOrigin: ".join(origins)
        headers = {"Origin": lines, "Sec-WebSocket-Protocol": "fastagency.v1", "x-user": "ann"}
        with RawSocket(server.url, headers=headers) as socket:
            assert socket.status == 400 or socket.expect_close()[0] == 4003


# --- what is told of secrets --------------------------------------------------------------------------------


class Lines(logging.Handler):
    """Every line of every log of the server, as it would be written."""

    def __init__(self) -> None:
        super().__init__(logging.DEBUG)
        self.lines: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        if not record.name.startswith(("websockets.client", "httpx", "httpcore")):  # this test's own client
            formatted = logging.Formatter("%(name)s %(message)s").format(record)
            self.lines.append(f"{formatted} {vars(record)}")


@pytest.fixture
def lines() -> Iterator[list[str]]:
    handler, root = Lines(), logging.getLogger()
    before = {name: logging.getLogger(name).level for name in (None, "uvicorn.error", "fastagency_server")}
    root.addHandler(handler)
    for name in before:
        logging.getLogger(name).setLevel(logging.DEBUG)
    yield handler.lines
    root.removeHandler(handler)
    for name, level in before.items():
        logging.getLogger(name).setLevel(level)


def test_secrets_are_in_no_log_and_in_no_other_frame(lines: list[str]) -> None:
    """At the most talkative setting of all logs, with sockets that are refused, broken and resumed."""
    adapter = FastAPIAdapter(provider=make_workflows(), get_user_id=user_of)
    with serve(application(adapter), client_faults="ignore", log_level="debug", access_log=True) as server:
        initiated, left = announce(server), announce(server)
        secrets = [initiated["resume_token"], initiated["ticket"], left["resume_token"], left["ticket"]]
        with session(server, ticket=initiated["ticket"]) as owner:
            question = begin(owner, initiated)
            refused_ticket(server, initiated["ticket"])
            for user, fields in (
                ("eve", {}),
                ("ann", {"workflow_uuid": GUESSED}),
                ("ann", {"after_seq": "x"}),
            ):
                with session(server, user) as thief:
                    thief.send("resume_workflow", **{**cursor(owner.ready), **fields})
                    refusal(thief)
            owner.drop()
        with session(server, ticket=left["ticket"]) as second:
            second.resume(owner.ready, 1)
            second.receive_until("replay_completed")
            second.send("start_workflow", **start_of(initiated))
            assert second.drain()[1][0] == 4000
        with session(server, "ann") as third:
            third.resume(owner.ready, 0)
            third.receive_until("replay_completed")
            goes_on(third, question)
        frames = [str(frame) for side, frame in server.wiretap.frames if side == "server"]
    assert any("uvicorn" in line for line in lines), "the server's log is not seen here"
    for secret in secrets:
        assert [line for line in lines if secret in line] == []
    told = [json.loads(frame)["type"] for frame in frames if any(secret in frame for secret in secrets)]
    assert told == ["session_ready"] * 3
