"""Providers that are not ours, and servers that offer another server's workflows."""

# ruff: noqa: ARG001, ARG002 - a workflow and a provider take what they are given
from __future__ import annotations

import uuid
from dataclasses import asdict, dataclass, field
from typing import Any

import httpx
import pytest
from fastagency_server import UI, AsyncUI, FastAPIAdapter, FastAPIProvider, Settings, Workflows
from fastagency_server.errors import InvalidMessage, ProviderKeyError
from live_server import serve
from raw_client import RawConversation
from server.serving import application, eventually, make_workflows

FAR = Settings(idle_threads=0)
"""No thread of the far server is there when it is asked whether the near one has left any."""


@dataclass
class IOMessage:
    """A message as FastAgency's are: a dataclass with a `model_dump` that makes the envelope."""

    type: str
    content: dict[str, Any]
    workflow_uuid: str = "not this conversation's"
    sender: str | None = None
    recipient: str | None = None
    auto_reply: bool = False
    uuid: str = field(default_factory=lambda: uuid.uuid4().hex)

    def model_dump(self) -> dict[str, Any]:
        return asdict(self)


class Foreign:
    """A provider of FastAgency's shape. `says` is which of its first and last message it sends itself."""

    def __init__(self, says: str = "both") -> None:
        self.says = says
        self.seen: list[Any] = []

    @property
    def names(self) -> list[str]:
        return ["foreign"]

    def get_description(self, name: str) -> str:
        return f"The {name} one"

    def run(self, name: str, ui: Any, user_id: str | None = None, **params: Any) -> str:
        self.seen.append((name, user_id, params, ui._workflow_uuid))
        if self.says == "both":
            ui.workflow_started(name=name, description="its own", params=params)
        ui.process_message(IOMessage("text_message", {"body": "hello"}, sender="F"))
        answer = ui.process_message(
            IOMessage("text_input", {"prompt": "?", "suggestions": [], "password": False})
        )
        if params.get("fail"):
            raise LookupError("foreign trouble")
        if self.says == "both":
            ui.workflow_completed(result=answer)
        return f"returned {answer}"


def hold(provider: Any, params: dict[str, Any] | None = None, **options: Any) -> list[dict[str, Any]]:
    """A conversation with `foreign`, which asks once; it must end with 1000."""
    app = application(FastAPIAdapter(provider=provider, **options))
    with serve(app) as live, RawConversation(live.url) as conversation:
        conversation.start("foreign", params)
        conversation.receive_until("text_input", "workflow_completed")
        if conversation.messages[-1]["type"] == "text_input":
            conversation.send_text("yes")
            conversation.drain()
            assert conversation.expect_close() == (1000, "")
        return conversation.messages


@pytest.mark.parametrize(
    ("says", "description", "result"),
    [("both", "its own", "yes"), ("none", "The foreign one", "returned yes")],
)
def test_a_foreign_provider_says_its_first_and_last_message_itself_or_not(
    says: str, description: str, result: str
) -> None:
    provider = Foreign(says)
    messages = hold(provider, {"level": 1})
    assert [m["type"] for m in messages] == [
        "workflow_started",
        "text_message",
        "text_input",
        "workflow_completed",
    ]
    assert messages[0]["content"]["description"] == description
    assert messages[-1]["content"]["result"] == result
    assert messages[1]["sender"] == "F"
    assert provider.seen == [("foreign", "None", {"level": 1}, messages[0]["workflow_uuid"])]


def test_a_foreign_provider_is_given_the_user() -> None:
    provider = Foreign()
    hold(provider, get_user_id=lambda: "ann")
    assert provider.seen[0][1] == "ann"


def test_a_foreign_provider_that_fails() -> None:
    messages = hold(Foreign(), {"fail": True})
    assert messages[-2]["content"] == {"short": "The workflow failed.", "long": "foreign trouble"}
    assert messages[-1]["content"]["result"] == "The workflow failed. foreign trouble"


@pytest.mark.parametrize("key", ["name", "ui", "user_id"])
def test_a_parameter_that_a_foreign_provider_cannot_be_given(key: str) -> None:
    provider = Foreign()
    messages = hold(provider, {key: 1})
    assert [m["type"] for m in messages] == ["workflow_started", "error", "workflow_completed"]
    assert repr(key) in messages[1]["content"]["long"]
    assert provider.seen == []


def test_a_foreign_provider_may_be_async() -> None:
    class Async(Foreign):
        async def run(self, name: str, ui: AsyncUI, user_id: str | None = None, **params: Any) -> str:  # type: ignore[override]
            return "it said " + await ui.text_input(prompt="?")

    assert hold(Async())[-1]["content"]["result"] == "it said yes"


def test_an_envelope_with_a_field_that_the_protocol_does_not_have() -> None:
    workflows = Workflows()

    @workflows.register(name="foreign", description="")
    def foreign(ui: UI, params: dict[str, Any]) -> str:
        with pytest.raises(InvalidMessage, match=r"content\.colour: there is no such field"):
            ui.process_message(IOMessage("text_message", {"body": "x", "colour": "red"}))
        return ui.text_input()

    assert hold(workflows)[-1]["content"]["result"] == "yes"


# --- one server offers another's workflows


@pytest.mark.parametrize("workflow", ["ask", "aask"])
def test_a_chain_of_two_servers(workflow: str) -> None:
    with serve(application(FastAPIAdapter(provider=make_workflows(), settings=FAR))) as far:
        provider = FastAPIAdapter.create_provider(fastapi_url=far.url)
        with serve(application(FastAPIAdapter(provider=provider))) as near:
            listed = httpx.get(near.url + "/fastagency/discovery").json()
            assert listed == httpx.get(far.url + "/fastagency/discovery").json()
            with RawConversation(near.url) as conversation:
                conversation.start(workflow, {"name": "x"})
                conversation.receive_until()
                conversation.send_text("through both")
                messages, close = conversation.drain()
            assert conversation.messages[0]["content"]["params"] == {"name": "x"}
            assert [m["content"].get("result") for m in messages] == ["through both"]
            assert close == (1000, "")


@pytest.mark.parametrize(("single", "answer"), [(True, "a, b"), (False, "c,a, b"), (False, "")])
def test_choices_through_a_chain(single: bool, answer: str) -> None:
    with serve(application(FastAPIAdapter(provider=make_workflows(), settings=FAR))) as far:
        adapter = FastAPIAdapter(provider=FastAPIProvider(far.url))
        with serve(application(adapter)) as near, RawConversation(near.url) as conversation:
            conversation.start("choose", {"choices": ["a, b", "c"], "single": single})
            conversation.receive_until()
            conversation.send_text(answer)
            assert conversation.drain()[0][-1]["content"]["result"] == answer


def test_a_failure_through_a_chain() -> None:
    with serve(application(FastAPIAdapter(provider=make_workflows(), settings=FAR))) as far:
        adapter = FastAPIAdapter(provider=FastAPIProvider(far.url))
        with serve(application(adapter)) as near, RawConversation(near.url) as conversation:
            conversation.start("fail")
            messages, close = conversation.drain()
    assert [m["type"] for m in messages] == ["workflow_started", "error", "workflow_completed"]
    assert messages[-1]["content"]["result"] == "The workflow failed. out of luck"
    assert close == (1000, "")


def test_a_drop_at_one_end_ends_the_workflow_at_the_other() -> None:
    ended: list[str] = []
    far_adapter = FastAPIAdapter(provider=make_workflows(ended), settings=FAR)
    with serve(application(far_adapter)) as far:
        near_adapter = FastAPIAdapter(provider=FastAPIProvider(far.url))
        with serve(application(near_adapter)) as near:
            conversation = RawConversation(near.url)
            conversation.start("ask")
            conversation.receive_until()
            conversation.drop()
            eventually(lambda: ended == ["ConversationClosed"], "the far workflow did not learn of it")
            eventually(lambda: not near_adapter.running and not far_adapter.running, "a conversation is left")


def test_the_provider_runs_on_any_blocking_user_interface() -> None:
    class Screen:
        workflow_uuid = uuid.uuid4().hex

        def __init__(self) -> None:
            self.shown: list[str] = []

        def process_message(self, message: Any) -> str | None:
            self.shown.append(message.type)
            return "typed" if message.type == "text_input" else None

    screen: Any = Screen()
    with serve(application(FastAPIAdapter(provider=make_workflows(), settings=FAR))) as far:
        assert FastAPIProvider(far.url).run("ask", screen, "ann") == "typed"
        with pytest.raises(ProviderKeyError):
            FastAPIProvider(far.url).run("nope", screen)
        with pytest.raises(ProviderKeyError):
            FastAPIProvider(far.url).get_description("nope")
    assert screen.shown == ["workflow_started", "text_input", "workflow_completed"]


def test_our_registry_runs_on_any_blocking_user_interface() -> None:
    class Screen:
        def __init__(self) -> None:
            self.shown: list[tuple[str, Any]] = []

        def __getattr__(self, name: str) -> Any:
            def method(**arguments: Any) -> str:
                self.shown.append((name, arguments.get("result", arguments.get("long"))))
                return "typed"

            return method

    screen: Any = Screen()
    workflows = make_workflows()
    assert workflows.run("ask", screen, "ann", level=1) == "typed"
    assert screen.shown == [("workflow_started", None), ("text_input", None), ("workflow_completed", "typed")]
    screen.shown.clear()
    assert workflows.run("fail", screen) == "The workflow failed. out of luck"
    assert [name for name, _ in screen.shown] == ["workflow_started", "error", "workflow_completed"]
    with pytest.raises(ProviderKeyError):
        workflows.run("nope", screen)
    with pytest.raises(TypeError, match="AsyncUI"):
        workflows.run("aask", screen)
