"""Attempts on somebody else's conversation, over raw sockets: each is refused with its close code, tells the
attacker nothing, and leaves the conversation to its owner (spec FA-SEC, FA-RES-4, FA-RES-7)."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastagency_server import FastAPIAdapter
from live_server import LiveServer, serve
from raw_client import RawConversation
from server.hijack import (
    GUESSED,
    INITIATE,
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

OWN_TOKEN = "m" * 32  # long enough to be taken where nobody announced (spec FA-RES-7)


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
