"""Attempts on somebody else's conversation by tickets and from foreign pages, over raw sockets, and what the
server tells of secrets (spec FA-SEC-3, FA-SEC-4, FA-SEC-5)."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastagency_server import FastAPIAdapter
from fastagency_server.settings import Settings
from live_server import LiveServer, serve
from raw_client import RawSocket
from server.hijack import (
    GUESSED,
    announce,
    begin,
    cursor,
    goes_on,
    refusal,
    session,
    start_of,
    user_of,
)
from server.serving import application, make_workflows


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    """A server that knows its users by a header."""
    adapter = FastAPIAdapter(provider=make_workflows(), get_user_id=user_of)
    with serve(application(adapter), client_faults="ignore") as live:
        yield live


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
            try:  # who is refused hears it unasked
                assert socket.receive(timeout=0.5)["type"] == "error"
                codes.append(socket.expect_close()[0])
            except TimeoutError:
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
