"""Both clients, the README and the terminal chat with the real server, watched by the wiretap."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import pty
import re
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastagency_sdk import (
    AsyncClient,
    ConversationState,
    Message,
    MultipleChoice,
    NotAsked,
    RequestRefused,
    TextInput,
)
from fastagency_server import UI, AsyncUI, FastAPIAdapter, Workflows
from fastapi import FastAPI
from live_server import LiveServer, serve
from sdk_python.scripted import ThreadedClient

ROOT = Path(__file__).parents[2]
CHAT = ROOT / "examples" / "terminal_chat.py"

workflows = Workflows()


@workflows.register(name="simple_learning", description="Asks what to learn")
def simple_learning(ui: UI, params: dict[str, Any]) -> str:
    subject = ui.text_input(sender="Teacher", prompt="What subject?", suggestions=["Fractions"])
    ui.text_message(sender="Teacher", recipient="Student", body=f"Let us learn {subject}.")
    return f"learned {subject} as {params.get('level')}"


@workflows.register(name="everything", description="Every kind of message")
async def everything(ui: AsyncUI, _params: dict[str, Any]) -> str:
    await ui.system_message(message={"heading": "Tour", "body": "Everything."})
    await ui.suggested_function_call(function_name="add", call_id="1", arguments={"a": 2**60})
    await ui.function_call_execution(function_name="add", call_id="1", retval=[2**60, None])
    await ui.keep_alive()
    await ui.text_message(sender="Red\x1b[31m", body="Esc \x1b[2J ape")
    name = await ui.text_input(prompt="Name?")
    one = await ui.multiple_choice(prompt="One?", choices=["a", "b"], default="b")
    several = await ui.multiple_choice(prompt="Several?", choices=["x", "y", "z,z"], single=False)
    secret = await ui.text_input(prompt="Secret?", password=True)
    await ui.error(short="Not so bad", long="It goes on.")
    return "|".join([name, one, several, str(len(secret))])


@workflows.register(name="failing", description="Fails")
def failing(_ui: UI, _params: dict[str, Any]) -> str:
    raise ValueError("on purpose")


@pytest.fixture
def live() -> Iterator[LiveServer]:
    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=workflows).router)
    with serve(app) as server:
        yield server


@pytest.fixture(params=[AsyncClient, ThreadedClient])
def kind(request: pytest.FixtureRequest) -> type[AsyncClient | ThreadedClient]:
    chosen: type[AsyncClient | ThreadedClient] = request.param
    return chosen


@pytest.mark.parametrize("dialect", ["classic", "auto"])
async def test_every_message_and_question(
    live: LiveServer, kind: type[AsyncClient | ThreadedClient], dialect: str
) -> None:
    own_of_the_dialect: list[str] = []
    answers: dict[str | None, str | list[str]] = {
        "Name?": "Ada",
        "One?": "",
        "Several?": ["z,z", "x"],
        "Secret?": "hunter2",
    }
    seen: list[Message] = []
    options: dict[str, Any] = {"dialect": dialect}
    async with kind(live.url, **options) as client, client.start("everything") as conversation:
        async for message in conversation:
            if message.type in ("keep_alive", "answer_accepted"):
                own_of_the_dialect.append(message.type)
                continue
            seen.append(message)
            if isinstance(message, MultipleChoice) and not message.content.single:
                with pytest.raises(NotAsked):
                    await conversation.answer("nonsense")
            if isinstance(message, TextInput | MultipleChoice):
                await conversation.answer(answers[message.content.prompt])
        assert conversation.state is ConversationState.COMPLETED
    assert conversation.result == "Ada|b|z,z,x|7"
    assert [message.type for message in seen] == [
        "workflow_started",
        "system_message",
        "suggested_function_call",
        "function_call_execution",
        "text_message",
        "text_input",
        "multiple_choice",
        "multiple_choice",
        "text_input",
        "error",
        "workflow_completed",
    ]
    assert own_of_the_dialect == (["keep_alive"] if dialect == "classic" else ["answer_accepted"] * 4)


async def test_many_conversations_over_one_client(live: LiveServer) -> None:
    async def learn(client: AsyncClient, number: int) -> str | None:
        async with client.start("simple_learning", {"level": number}) as conversation:
            async for message in conversation:
                if isinstance(message, TextInput):
                    await conversation.answer(f"subject {number}")
        return conversation.result

    async with AsyncClient(live.url) as client:
        results = await asyncio.gather(*(learn(client, number) for number in range(20)))
    assert results == [f"learned subject {number} as {number}" for number in range(20)]


async def test_a_failure(live: LiveServer, kind: type[AsyncClient | ThreadedClient]) -> None:
    async with kind(live.url) as client, client.start("failing") as conversation:
        assert [m.type async for m in conversation] == ["workflow_started", "error", "workflow_completed"]
    assert conversation.last_error is not None
    assert "on purpose" in (conversation.last_error.content.long or "")


async def test_a_workflow_that_is_not_there(
    live: LiveServer, kind: type[AsyncClient | ThreadedClient]
) -> None:
    async with kind(live.url) as client:
        assert [info.name for info in await client.discovery()] == [
            "simple_learning",
            "everything",
            "failing",
        ]
        with pytest.raises(RequestRefused, match="nowhere") as caught:
            await client.start("nowhere").__aenter__()
    assert caught.value.status == 404


async def test_leaving_in_the_middle(live: LiveServer, kind: type[AsyncClient | ThreadedClient]) -> None:
    async with kind(live.url) as client, client.start("simple_learning") as conversation:
        async for message in conversation:
            if isinstance(message, TextInput):
                break
    assert conversation.state is ConversationState.CANCELLED


def snippets() -> list[str]:
    """The README's programs, but for the one that test_sdk_readme.py runs."""
    readme = (ROOT / "sdk-python" / "README.md").read_text(encoding="utf-8")
    return re.findall(r"(?<!<!-- sessions -->\n)```python\n(.*?)```", readme, re.DOTALL)


@pytest.mark.parametrize("snippet", snippets())
def test_the_readme_runs(live: LiveServer, snippet: str) -> None:
    assert "http://localhost:8008" in snippet
    program = snippet.replace("http://localhost:8008", live.url)
    command = [sys.executable, "-W", "error", "-c", program]
    run = subprocess.run(command, input="Prime numbers\n", capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    assert "Result: learned Prime numbers as" in run.stdout


@pytest.fixture(scope="module")
def chat_main() -> Callable[[list[str]], int]:
    """The chat's `main`, in this process: a process each would cost seconds."""
    spec = importlib.util.spec_from_file_location("terminal_chat", CHAT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    main: Callable[[list[str]], int] = module.main
    return main


def chat(live: LiveServer, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the terminal chat with nobody at the keyboard."""
    command = [sys.executable, "-W", "error", str(CHAT), "--url", live.url, *arguments]
    return subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)


def test_the_chat_with_scripted_answers(live: LiveServer) -> None:
    answers = ("everything", "Ada", "2", "z,z", "hunter2")
    run = chat(live, *(part for answer in answers for part in ("--answer", answer)))
    assert (run.returncode, run.stderr) == (0, "")
    assert "Over. Ada|b|z,z|7" in run.stdout
    assert "2. everything: Every kind" in run.stdout
    assert "[Tour: Everything.]" in run.stdout
    assert f'calls add({{"a": {2**60}}})' in run.stdout
    assert f"add returned [{2**60}, null]" in run.stdout
    assert "Error: Not so bad: It goes on" in run.stdout
    assert "hunter2" not in run.stdout
    assert "\x1b" not in run.stdout


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--workflow", "nowhere"], "nowhere"),
        (["--workflow", "simple_learning"], "neither an --answer left nor a terminal"),
        (["--workflow", "everything", "--answer", "Ada", "--answer", "c"], "none of the choices"),
        (["--answer", "9"], "There is no workflow '9'"),
    ],
)
def test_the_chat_that_cannot_go_on(
    live: LiveServer,
    chat_main: Callable[[list[str]], int],
    capsys: pytest.CaptureFixture[str],
    arguments: list[str],
    why: str,
) -> None:
    assert chat_main(["--url", live.url, *arguments]) == 1
    assert why in capsys.readouterr().err


def test_the_chat_without_a_server(
    unused_tcp_port: int, chat_main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert chat_main(["--url", f"http://127.0.0.1:{unused_tcp_port}"]) == 1
    assert "is it running?" in capsys.readouterr().err


def test_the_chat_with_an_address_that_is_none(
    chat_main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str]
) -> None:
    assert chat_main(["--url", "localhost:8008"]) == 1
    assert "must start with http://" in capsys.readouterr().err


@pytest.mark.parametrize("wrong", [["--params", "[1]"], ["--params", "{"], ["--nonsense"]])
def test_the_chat_with_wrong_options(
    chat_main: Callable[[list[str]], int], capsys: pytest.CaptureFixture[str], wrong: list[str]
) -> None:
    with pytest.raises(SystemExit) as caught:
        chat_main(wrong)
    assert caught.value.code == 2
    assert "usage:" in capsys.readouterr().err


class Keyboard:
    """The terminal chat on a terminal, and somebody who types."""

    def __init__(self, live: LiveServer, *arguments: str) -> None:
        self.screen = ""
        self._master, slave = pty.openpty()
        self._process = subprocess.Popen(
            [sys.executable, str(CHAT), "--url", live.url, *arguments],
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)
        # A safety net only: a chat that never shows what is waited for must not hang the test.
        self._net = threading.Timer(60, self._process.kill)
        self._net.start()

    def types(self, after: str, text: str) -> None:
        """Wait for `after` to be shown since the last time, and for the prompt below it; then type a line.

        Not before the prompt: until then what is typed of a secret would be echoed, and forgotten.
        """
        self._show_question(after)
        self.screen = ""
        os.write(self._master, f"{text}\n".encode())

    def interrupts(self, after: str) -> None:
        """Wait for `after` and for the prompt below it, then press Ctrl-C until the chat ends.

        Once is enough for `input()` that waits already; one that is just about to wait sees it at the next
        key.
        """
        self._show_question(after)
        while self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._process.wait(2)

    def leaves(self) -> int:
        """Return the exit status, once the rest of the screen is read."""
        self._show_until(None)
        self._net.cancel()
        self._net.join()
        os.close(self._master)
        return self._process.wait()

    def _show_question(self, text: str) -> None:
        self._show_until(text)
        self.screen = self.screen[self.screen.index(text) :]
        self._show_until("\n> ")

    def _show_until(self, text: str | None) -> None:
        while text is None or text not in self.screen:
            try:
                shown = os.read(self._master, 4096)
            except OSError:  # what Linux says of a terminal that nobody has open any more
                shown = b""
            if not shown:
                assert text is None, f"{text!r} was never shown: {self.screen!r}"
                return
            self.screen += shown.decode()


def test_the_chat_with_a_person(live: LiveServer) -> None:
    person = Keyboard(live)
    person.types("Which workflow?", "nonsense")
    person.types("no workflow 'nonsense'", "2")
    person.types("Name?", "Ada")
    person.types("One?", "c")
    person.types("none of the choices", "1")
    person.types("Several?", "1,2")
    person.types("Secret?", "hunter2")
    status = person.leaves()
    assert status == 0
    assert "hunter2" not in person.screen
    assert "Over. Ada|a|x,y|7" in person.screen
    assert "\x1b[1m" in person.screen


def test_ctrl_c_in_the_chat(live: LiveServer) -> None:
    person = Keyboard(live, "--workflow", "simple_learning")
    person.interrupts("What subject?")
    assert person.leaves() == 130
    assert "Ended." in person.screen
    assert "Traceback" not in person.screen
