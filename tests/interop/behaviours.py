"""What this project's server does and FastAgency 0.10.2 does not: its known failures, as data, each with a
proof.

A check takes a server's URL and a patience (seconds to wait for what may never come) and raises
AssertionError or TimeoutError when the server does not behave so. The same check is made on both servers.
"""

from __future__ import annotations

import contextlib
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal
from uuid import uuid4

import httpx
from raw_client import RawConversation
from websockets.exceptions import ConnectionClosed

__all__ = ["BEHAVIOURS", "Behaviour"]

Check = Callable[[str, float], None]


@dataclass(frozen=True)
class Behaviour:
    """One thing that a server should do.

    `clause`  where it is written, `theirs` what FastAgency does instead and why, `check` the proof, `ours`
    the application of ours that is put to it.
    """

    name: str
    clause: str
    theirs: str
    check: Check
    ours: Literal["native", "moved"] = "native"


def _types(messages: list[dict[str, Any]]) -> list[str]:
    return [message["type"] for message in messages]


def closes_with_a_frame(url: str, patience: float) -> None:
    with RawConversation(url) as conversation:
        conversation.start("mapping")
        conversation.receive_until("workflow_completed", timeout=patience)
        assert conversation.expect_close(patience) == (1000, "")


def explains_an_unknown_workflow(url: str, patience: float) -> None:
    with RawConversation(url) as conversation:
        conversation.start("no such workflow")
        messages, (code, _) = conversation.drain(patience)
        assert (_types(messages), code) == (["error"], 4004)


def explains_a_bad_first_frame(url: str, patience: float) -> None:
    with RawConversation(url) as conversation:
        conversation.send_text("hello")
        messages, (code, _) = conversation.drain(patience)
        assert (_types(messages), code) == (["error"], 4000)


def refuses_to_announce_an_unknown_workflow(url: str, patience: float) -> None:
    body: dict[str, Any] = {
        "workflow_name": "no such workflow",
        "workflow_uuid": uuid4().hex,
        "user_id": None,
        "params": {},
    }
    response = httpx.post(f"{url}/fastagency/initiate_workflow", json=body, timeout=patience)
    assert response.status_code == 404


def lists_its_workflows_for_fastagencys_client(url: str, patience: float) -> None:
    assert httpx.get(f"{url}//fastagency/discovery", timeout=patience).status_code == 200


def keeps_a_conversation_from_a_second_socket(url: str, patience: float) -> None:
    with RawConversation(url) as first, RawConversation(url) as second:
        uuid = first.start("questions")
        first.receive_until("text_input", timeout=patience)
        second.start("questions", workflow_uuid=uuid)
        assert second.receive(patience)["type"] == "error"
        assert second.expect_close(patience)[0] == 4009
        first.send_text("Ada")
        assert first.receive(patience)["content"]["prompt"] == "Secret?"


def drops_an_answer_that_nobody_asked_for(url: str, patience: float) -> None:
    with tempfile.TemporaryDirectory() as folder, RawConversation(url) as conversation:
        file = Path(folder) / "go on"
        conversation.start("later", {"file": str(file)})
        conversation.receive_until("text_message", timeout=patience)
        conversation.send_text("too early")
        file.touch()
        conversation.receive_until("text_input", timeout=patience)
        with contextlib.suppress(ConnectionClosed):  # FastAgency has ended by now
            conversation.send_text("in time")
        assert conversation.receive_until("workflow_completed")[-1]["content"]["result"] == "in time"


def refuses_a_choice_that_is_none(url: str, patience: float) -> None:
    with RawConversation(url) as conversation:
        conversation.start("questions")
        for answer in ("Ada", "secret", "purple"):
            question = conversation.receive_until(timeout=patience)[-1]
            conversation.send_text(answer)
        assert question["content"]["prompt"] == "One?"
        again = [conversation.receive(patience), conversation.receive(patience)]
        assert _types(again) == ["error", "multiple_choice"]
        assert again[1]["content"] == question["content"]


def refuses_a_binary_frame(url: str, patience: float) -> None:
    with RawConversation(url) as conversation:
        conversation.start("questions")
        conversation.receive_until("text_input", timeout=patience)
        conversation.send_bytes(b"Ada")
        assert conversation.receive(patience)["type"] == "error"
        assert conversation.expect_close(patience)[0] == 4000


def stops_a_workflow_whose_client_left(url: str, patience: float) -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "note"
        with RawConversation(url) as conversation:
            conversation.start("left alone", {"file": str(file)})
            conversation.receive_until("text_input", timeout=patience)
        deadline = time.monotonic() + patience
        while not file.exists() or not file.read_text():
            assert time.monotonic() < deadline, "the workflow was told nothing"
            time.sleep(0.02)
        assert file.read_text() == "raised ConversationClosed"


def never_sends_what_browsers_cannot_read(url: str, patience: float) -> None:
    with RawConversation(url) as conversation:
        conversation.start("not a number")
        messages = conversation.receive_until("workflow_completed", timeout=patience)
        assert _types(messages) == ["workflow_started", "error", "workflow_completed"]


def tells_of_a_message_that_cannot_be_sent(url: str, patience: float) -> None:
    with RawConversation(url) as conversation:
        conversation.start("no json")
        messages = conversation.receive_until("workflow_completed", timeout=patience)
        assert _types(messages) == ["workflow_started", "error", "workflow_completed"]


def sends_a_result_as_text(url: str, patience: float) -> None:
    with RawConversation(url) as conversation:
        conversation.start("mapping")
        assert isinstance(
            conversation.receive_until("workflow_completed", timeout=patience)[-1]["content"]["result"], str
        )


def takes_parameters_of_any_name(url: str, patience: float) -> None:
    params = {"times": 1, "name": "n", "ui": "u", "user_id": "i"}
    with RawConversation(url) as conversation:
        conversation.start("texts", params)
        messages, _ = conversation.drain(patience)
        assert [message["content"]["params"] for message in messages[:1]] == [params]
        assert messages[-1]["content"] == {"result": "said all"}


def answers_requests_while_conversations_wait(url: str, patience: float) -> None:
    with contextlib.ExitStack() as stack:
        for _ in range(40):
            conversation = stack.enter_context(RawConversation(url))
            conversation.start("questions")
            conversation.receive_until("text_input")
        try:
            response = httpx.get(f"{url}/fastagency/discovery", timeout=patience)
        except httpx.TimeoutException as error:
            raise TimeoutError(f"no answer within {patience} s") from error
        assert response.status_code == 200


def sends_what_agents_say(url: str, patience: float) -> None:
    with RawConversation(url) as conversation:
        conversation.start("monologue")
        messages = conversation.receive_until("workflow_completed", timeout=patience)
        assert _types(messages).count("text_message") == 2


def asks_what_agents_ask(url: str, patience: float) -> None:
    with RawConversation(url) as conversation:
        conversation.start("tutor")
        conversation.receive_until("text_input", timeout=patience)


BEHAVIOURS = (
    Behaviour(
        "closes with a frame",
        "FA-CLA-1",
        "It leaves the endpoint without closing: every conversation ends with 1006, well or badly.",
        closes_with_a_frame,
    ),
    Behaviour(
        "explains an unknown workflow",
        "FA-CLA-2",
        "The KeyError ends the endpoint: 1006 and not one message.",
        explains_an_unknown_workflow,
    ),
    Behaviour(
        "explains a bad first frame",
        "FA-CLA-2",
        "The validation error ends the endpoint: no message.",
        explains_a_bad_first_frame,
    ),
    Behaviour(
        "refuses to announce an unknown workflow",
        "FA-CLA-2",
        "initiate_workflow never looks at the name: 200.",
        refuses_to_announce_an_unknown_workflow,
    ),
    Behaviour(
        "lists its workflows for FastAgency's client",
        "wire compatibility",
        "Its client asks for two slashes, which its own server answers with 404 on today's Starlette.",
        lists_its_workflows_for_fastagencys_client,
    ),
    Behaviour(
        "keeps a conversation from a second socket",
        "FA-CLA-3",
        "It keeps one socket a workflow_uuid; the newest takes over and gets the first one's messages.",
        keeps_a_conversation_from_a_second_socket,
    ),
    Behaviour(
        "drops an answer that nobody asked for",
        "FA-CLA-5",
        "Frames queue up in the socket and answer whatever is asked later.",
        drops_an_answer_that_nobody_asked_for,
    ),
    Behaviour(
        "refuses a choice that is none",
        "FA-CLA-4",
        "It validates nothing: any text is the choice.",
        refuses_a_choice_that_is_none,
    ),
    Behaviour(
        "refuses a binary frame",
        "FA-CLA-5",
        "A binary frame raises inside, is logged, and the question is answered with None.",
        refuses_a_binary_frame,
    ),
    Behaviour(
        "stops a workflow whose client left",
        "FA-CLA-6",
        "Every later question is answered with None, and the workflow runs on.",
        stops_a_workflow_whose_client_left,
    ),
    Behaviour(
        "never sends what browsers cannot read",
        "FA-CLA-7",
        "NaN goes out bare, which JSON.parse refuses.",
        never_sends_what_browsers_cannot_read,
    ),
    Behaviour(
        "tells of a message that cannot be sent",
        "FA-CLA-7",
        "A message that json.dumps refuses is logged and dropped; the client never learns of it.",
        tells_of_a_message_that_cannot_be_sent,
    ),
    Behaviour(
        "sends a result as text",
        "schema WorkflowCompleted",
        "What the workflow returned goes out as it is; a dict becomes an object.",
        sends_a_result_as_text,
    ),
    Behaviour(
        "takes parameters of any name",
        "FA-CLA-7",
        "Parameters are keyword arguments of `run`: `name` or `ui` among them end the endpoint.",
        takes_parameters_of_any_name,
    ),
    Behaviour(
        "answers requests while conversations wait",
        "capacity",
        "Each open question holds one of the 40 threads that discovery needs too.",
        answers_requests_while_conversations_wait,
    ),
    Behaviour(
        "sends what agents say",
        "AutoGen",
        "Since 0.8.6 AG2's events fail inside and are dropped: only started and completed are sent.",
        sends_what_agents_say,
        ours="moved",
    ),
    Behaviour(
        "asks what agents ask",
        "AutoGen",
        "The input request of `agent.run` is dropped like every event, and nobody ever answers: it hangs.",
        asks_what_agents_ask,
        ours="moved",
    ),
)
"""Every known failure of FastAgency 0.10.2 that a short test can show."""
