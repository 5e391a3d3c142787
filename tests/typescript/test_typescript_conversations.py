"""The TypeScript SDK in Node, holding conversations: with a scripted server, and with the real one."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from fastagency_server import UI, AsyncUI, FastAPIAdapter, Workflows
from fastapi import FastAPI, WebSocket
from fastapi.responses import JSONResponse, Response
from faults.proxy import cutting
from live_server import LiveServer, serve
from node_tools import SDK, TSC, built_sdk, run
from typescript_tools import HERE

UUID = "6f1ed002-ab5f-4d3e-9b6a-7c1d2e3f4a5b"
HEX = UUID.replace("-", "")
ASKED = {"prompt": "?", "suggestions": [], "password": False}

Script = Callable[[WebSocket], Awaitable[None]]


def frame(type: str, **content: Any) -> str:
    """Return the frame of a message with this type and content."""
    envelope = {"workflow_uuid": HEX, "sender": None, "recipient": None, "auto_reply": False, "uuid": "0b7c"}
    return json.dumps({**envelope, "content": content, "type": type}, ensure_ascii=False)


def scripted(script: Script, initiated: Response | None = None) -> FastAPI:
    """Return a server whose socket follows the script, after the first frame."""
    app = FastAPI()

    @app.post("/fastagency/initiate_workflow")
    def initiate(body: dict[str, Any]) -> Response:
        mine = {
            "user_id": None,
            "workflow_uuid": UUID,
            "name": body["workflow_name"],
            "params": body["params"],
        }
        return initiated or JSONResponse(mine)

    @app.websocket("/fastagency/ws")
    async def socket(websocket: WebSocket) -> None:
        await websocket.accept()
        assert json.loads(await websocket.receive_text())["workflow_uuid"] == UUID
        await script(websocket)

    return app


async def never(_: WebSocket) -> None:
    """Script of a socket that must not be opened."""
    raise AssertionError("a socket was opened")


def drive(live: LiveServer, workflow: str, *options: str, node: tuple[str, ...] = ()) -> tuple[int, Any, Any]:
    """Hold a conversation with the driver; returns its exit code, the messages, and the error or None."""
    built_sdk()
    if node:
        options = (*options, "--platform")
    command = ["node", *node, str(HERE / "driver.mjs"), "--url", live.url, "--workflow", workflow, *options]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    said = [line for line in done.stderr.splitlines() if line.startswith("{")]
    assert said or done.returncode != 1, done.stderr
    messages = [json.loads(line) for line in done.stdout.splitlines()]
    return done.returncode, messages, json.loads(said[-1]) if said else None


def answers(*values: Any) -> tuple[str, str]:
    """Return the driver's option for these answers."""
    return "--answers", json.dumps(values)


def own_flags() -> tuple[str, ...]:
    """Return what makes Node offer a WebSocket of its own; Node 20 has one as an experiment."""
    has = run("node", "-p", "typeof WebSocket").stdout.strip() == "function"
    return ("--enable-source-maps",) if has else ("--experimental-websocket",)


PLATFORMS = [pytest.param((), id="sdk"), pytest.param(own_flags(), id="node")]
"""The SDK's WebSocket, and one that it is given: Node's own."""


@pytest.mark.parametrize("node", PLATFORMS)
def test_questions_are_answered_with_raw_text(node: tuple[str, ...]) -> None:
    heard: list[str] = []

    async def script(socket: WebSocket) -> None:
        await socket.send_text(frame("text_input", **ASKED))
        heard.append(await socket.receive_text())
        choice = {"prompt": "?", "choices": ["a", "b, c"], "default": None, "single": False}
        await socket.send_text(frame("multiple_choice", **choice))
        heard.append(await socket.receive_text())
        await socket.send_text(frame("later_type", value=2**53 - 1))
        await socket.send_text(frame("workflow_completed", result="done"))
        await socket.close(1000)

    with serve(scripted(script), allow_faults=True) as live:
        code, messages, error = drive(live, "quiz", *answers('say "hü"', ["b, c", "a"]), node=node)
    assert (code, error) == (0, None)
    assert heard == ['say "hü"', "b, c,a"]
    assert [message["type"] for message in messages] == [
        "text_input",
        "multiple_choice",
        "unknown",
        "workflow_completed",
    ]
    assert messages[2]["claimedType"] == "later_type"
    assert messages[2]["raw"]["content"] == {"value": 2**53 - 1}


@pytest.mark.parametrize("node", PLATFORMS)
@pytest.mark.parametrize(
    ("closing", "name"),
    [
        (4009, "ConversationRefused"),
        (4100, "ConversationRefused"),
        (1001, "ConversationLost"),
        (1006, "ConversationLost"),
    ],
)
def test_every_early_end_is_an_error_with_its_code(closing: int, name: str, node: tuple[str, ...]) -> None:
    async def script(socket: WebSocket) -> None:
        await socket.send_text(frame("error", short="No.", long="Not this time."))
        if closing != 1006:
            await socket.close(closing, "because")

    with serve(scripted(script), allow_faults=True) as live:
        code, messages, error = drive(live, "quiz", node=node)
    assert code == 1
    assert (error["name"], error["code"]) == (name, closing)
    assert error["reason"] == ("" if closing == 1006 else "because")
    if node and closing == 1006:
        return  # Node 20's own loses the message before such an end: that is why the SDK brings one.
    assert [message["type"] for message in messages] == ["error"]
    if name == "ConversationRefused":
        assert error["detail"] == "No.: Not this time."


def test_the_end_needs_no_close_frame() -> None:
    """FastAgency's own server sends none."""

    async def script(socket: WebSocket) -> None:
        await socket.send_text(frame("workflow_completed", result="done"))

    with serve(scripted(script), allow_faults=True) as live:
        assert drive(live, "quiz")[0] == 0


@pytest.mark.parametrize("node", PLATFORMS)
def test_large_messages_both_ways(node: tuple[str, ...]) -> None:
    large = "ß" * (1 << 19)
    heard: list[str] = []

    async def script(socket: WebSocket) -> None:
        await socket.send_text(frame("text_message", body=large))
        await socket.send_text(frame("text_input", **ASKED))
        heard.append(await socket.receive_text())
        await socket.send_text(frame("workflow_completed", result=None))
        await socket.close(1000)

    # As a file would do: an argument of a command is limited to 128 KiB.
    with serve(scripted(script), allow_faults=True) as live:
        code, messages, _ = drive(live, "quiz", "--echo-length", str(1 << 19), node=node)
    assert code == 0
    assert messages[0]["content"]["body"] == large
    assert heard == ["ß" * (1 << 19)]


def test_a_malformed_frame_names_the_field() -> None:
    async def script(socket: WebSocket) -> None:
        await socket.send_text(frame("text_input", **{**ASKED, "suggestions": ["a", 2]}))
        await socket.receive()

    with serve(scripted(script), allow_faults=True) as live:
        code, _, error = drive(live, "quiz")
    assert (code, error["name"]) == (1, "MalformedMessage")
    assert "content.suggestions.1: must be a string" in error["message"]


@pytest.mark.parametrize(
    ("response", "expected"),
    [
        (JSONResponse({"detail": "No such workflow."}, 404), (404, "No such workflow.", None)),
        (
            JSONResponse(
                {"detail": [{"type": "missing", "loc": ["body", "params"], "msg": "Field required"}]}, 422
            ),
            (422, "body.params: Field required", None),
        ),
        (JSONResponse({"detail": "Full."}, 503, {"retry-after": "7"}), (503, "Full.", 7)),
        (Response("<h1>Bad Gateway</h1>", 502), (502, "<h1>Bad Gateway</h1>", None)),
        (Response("", 500), (500, "Internal Server Error", None)),
    ],
)
def test_a_refused_request(response: Response, expected: tuple[int, str, int | None]) -> None:
    with serve(scripted(never, response), allow_faults=True) as live:
        code, _, error = drive(live, "quiz")
    assert code == 1
    assert error["name"] == "RequestRefused"
    assert (error["status"], error["detail"], error["retryAfter"]) == expected


def test_a_response_that_is_not_what_it_should_be() -> None:
    with serve(scripted(never, JSONResponse({"name": "quiz"})), allow_faults=True) as live:
        assert drive(live, "quiz")[2]["name"] == "MalformedMessage"


def test_no_server() -> None:
    with serve(scripted(never), allow_faults=True) as live:
        pass
    code, _, error = drive(live, "quiz")
    assert (code, error["name"]) == (1, "ServerUnreachable")


# --- the real server ------------------------------------------------------------

workflows = Workflows()


@workflows.register(name="blocking", description="Asks in every way")
def blocking(ui: UI, params: dict[str, Any]) -> str:
    """Ask for a text, one choice and several; give back what came, and a big number."""
    name = ui.text_input(prompt="Name?")
    one = ui.multiple_choice(prompt="One?", choices=["a", "b"], default="b")
    several = ui.multiple_choice(prompt="Several?", choices=["x", "y, z"], single=False)
    ui.function_call_execution(function_name="big", call_id="1", retval={"big": 2**60 + 1})
    return json.dumps([name, one, several, params])


@workflows.register(name="awaiting", description="The same, async")
async def awaiting(ui: AsyncUI, params: dict[str, Any]) -> str:
    """Ask once."""
    return await ui.text_input(prompt=f"{params}?")


@workflows.register(name="simple_learning", description="For the quickstart of the README")
def simple_learning(ui: UI, params: dict[str, Any]) -> str:
    """Ask for a subject and a level."""
    subject = ui.text_input(sender="Workflow", prompt="Which subject?", suggestions=["Fractions"])
    level = ui.multiple_choice(sender="Workflow", prompt="How hard?", choices=["Easy", "Hard"])
    ui.text_chunk(sender="Teacher", uuid="lesson", delta=f"{subject}, ")
    ui.text_message(sender="Teacher", uuid="lesson", body=f"{subject}, {level}.")
    return f"{len(params)} parameters"


@workflows.register(name="counting", description="Says what it was answered")
async def counting(ui: AsyncUI, params: dict[str, Any]) -> None:
    """Ask five times."""
    for number in range(5):
        await ui.text_message(body=f"m{number}")
        await asyncio.sleep(params["pause"])
        await ui.text_message(body=await ui.text_input(prompt=f"a{number}"))


def real() -> FastAPI:
    """Return a server of these workflows."""
    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=workflows).router)
    return app


@pytest.mark.parametrize("node", PLATFORMS)
def test_real_server_blocking(node: tuple[str, ...]) -> None:
    params = {"name": "n", "deep": [{"ü": None}]}
    with serve(real()) as live:
        code, messages, error = drive(
            live,
            "blocking",
            *answers("Zoë", "", ["y, z", "x"]),
            "--params",
            json.dumps(params),
            node=node,
        )
    assert (code, error) == (0, None)
    assert messages[0]["type"] == "workflow_started"
    assert json.loads(messages[-1]["content"]["result"]) == ["Zoë", "b", "y, z,x", params]


def test_real_server_raw_text_keeps_big_integers() -> None:
    with serve(real()) as live:
        _, messages, _ = drive(live, "blocking", *answers("n", "a", []), "--raw")
    (executed,) = [message for message in messages if message["type"] == "function_call_execution"]
    assert executed["content"]["retval"] == {"big": 2**60 + 1}


def test_real_server_async_unknown_and_left() -> None:
    with serve(real()) as live:
        assert drive(live, "awaiting", *answers("now"))[1][-1]["content"]["result"] == "now"
        code, _, error = drive(live, "nothing")
        assert (code, error["name"], error["status"]) == (1, "RequestRefused", 404)
        assert drive(live, "blocking", "--close-after", "2")[0] == 0
        assert drive(live, "blocking")[0] == 3


def sessions(url: str, scene: str) -> list[list[Any]]:
    """Return what a scene of `sessions.mjs` says."""
    built_sdk()
    done = run("node", HERE / "sessions.mjs", url, scene)
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_an_answer_in_one_tab_is_known_in_the_other() -> None:
    with serve(real()) as live:
        said = sessions(live.url, "tabs")
    assert said == [
        ["second", "answer_accepted", "mine", False],
        ["second", "workflow_completed", None, None],
        ["second", "completed", "completed", "ended"],
        ["first", "answer_accepted", "mine", True],
        ["first", "workflow_completed", None, None],
        ["first", "completed", "completed", "ended"],
    ]


def test_cancelling_ends_the_workflow() -> None:
    with serve(real()) as live:
        said = sessions(live.url, "cancel")
    assert said[-1] == ["only", "cancelled", "cancelled", "ended"]


def test_what_was_left_goes_on() -> None:
    with serve(real()) as live:
        said = sessions(live.url, "leave")
    assert said[0] == ["cancelled", "ended"]
    assert said[-1] == ["again", "cancelled", "cancelled", "ended"]


def test_connections_that_are_cut_while_answers_are_under_way() -> None:
    built_sdk()
    with serve(real()) as live, cutting(live.port, 1.0, 0.15, 3) as proxy:
        said = sessions(f"http://127.0.0.1:{proxy.port}", "cut")
    assert said[-1] == [[f"{kind}{number}" for number in range(5) for kind in "ma"], True, "ended"]


TRANSFORM = """
import { transformSync } from "esbuild";
const options = { loader: "ts", target: "node20", format: "esm" };
console.log(transformSync(process.argv[1], options).code);
"""


def program_of_the_readme(index: int) -> str:
    """Return an example of the README, with the import's path."""
    blocks: list[str] = re.findall(r"```ts\n(.*?)```", (SDK / "README.md").read_text(), re.DOTALL)
    whole = [block for block in blocks if block.startswith("import")]
    return whole[index].replace('"fastagency-sdk"', json.dumps(str(built_sdk() / "node.js")))


def output_of(program: str, live: LiveServer) -> list[str]:
    """Run a program of TypeScript, but for the address as it stands; return the lines that it prints."""
    program = program.replace("http://localhost:8008", live.url)
    # Node 20 does not know `await using`: esbuild writes it in older words.
    built = run("node", "--input-type=module", "-e", TRANSFORM, program, cwd=SDK)
    return run("node", "--input-type=module", "-e", built.stdout).stdout.splitlines()


def test_quickstart_of_the_readme() -> None:
    """The README's first example runs as it stands."""
    with serve(real()) as live:
        said = output_of(program_of_the_readme(0), live)
    assert said == [
        "blocking - Asks in every way",
        "awaiting - The same, async",
        "simple_learning - For the quickstart of the README",
        "counting - Says what it was answered",
        "Teacher: Fractions, Easy.",
        "It ended with: 0 parameters",
    ]


STORAGE = """
const storage = new Map();
globalThis.sessionStorage = {
  setItem: (name, text) => storage.set(name, text),
  getItem: (name) => storage.get(name) ?? null,
};
"""


def test_surviving_example_of_the_readme() -> None:
    """The README's example of a reload runs as it stands, but for the page's storage."""
    with serve(real()) as live:
        said = output_of(STORAGE + program_of_the_readme(1), live)
    assert said == [
        "(connecting)",
        "(live)",
        "(ended)",
        "(reconnecting)",
        "(live)",
        "What was shown is out of date: the conversation comes anew.",
        "So far: Easy, ",
        "Teacher: Easy, Easy.",
        "(ended)",
        "It ended: completed",
    ]


@pytest.mark.parametrize("index", [0, 1])
def test_examples_of_the_readme_type_check(index: int, tmp_path: Path) -> None:
    project = json.loads((HERE / "tsconfig.json").read_text())
    project["extends"] = str(HERE / "tsconfig.json")
    project["include"] = [str(tmp_path / "example.ts")]
    project["compilerOptions"] = {"rootDir": "/", "allowImportingTsExtensions": False}
    (tmp_path / "example.ts").write_text(program_of_the_readme(index))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "tsconfig.json").write_text(json.dumps(project))
    run(TSC, "-p", tmp_path / "tsconfig.json")
