"""A server for the browser tests: the page, the SDK's build, and workflows with every kind of message."""

# ruff: noqa: ARG001 - every workflow takes `params`, whether it needs them or not

from __future__ import annotations

import base64
import struct
import zlib
from pathlib import Path
from typing import Any
from uuid import uuid4

from fastagency_server import UI, FastAPIAdapter, Settings, Workflows
from fastapi import FastAPI
from fastapi.responses import FileResponse
from fastapi.staticfiles import StaticFiles

__all__ = ["ROOT", "create_app", "workflows"]

ROOT = Path(__file__).parents[1]
SEED_PAGE = Path(__file__).parent / "browser" / "seed_page.html"


def _picture(width: int = 240, height: int = 90) -> str:
    """Return a picture as a data URL: an 8-bit grey PNG with a slope from dark to light."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    row = b"\0" + bytes(40 + x * 200 // width for x in range(width))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    parts = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(row * height)) + chunk(b"IEND", b"")
    return "data:image/png;base64," + base64.b64encode(b"\x89PNG\r\n\x1a\n" + parts).decode()


LESSON = """\
## Prime numbers

A prime has **exactly two** divisors: `1` and *itself*. See [the list](https://example.org/primes).

1. Two is the only even one.
2. There is no largest.

- 97 is prime
- 91 is 7 x 13

```python
def is_prime(n: int) -> bool:
    return n > 1 and all(n % d for d in range(2, int(n**0.5) + 1))
```

> <img src=x onerror="document.title='owned'"> is text, nothing else."""

LESSON_NAMES: dict[str, Any] = {"sender": "Teacher_Agent", "recipient": "Student_Agent"}
FROM_WORKFLOW: dict[str, Any] = {"sender": "Workflow", "recipient": "User"}

workflows = Workflows()


@workflows.register(name="tour", description="One message of every kind")
def tour(ui: UI, params: dict[str, Any]) -> str:
    """Send every kind of message that asks for nothing, then a question whose answer ends it."""
    ui.system_message(sender="Workflow", message={"heading": "Lesson 1", "body": "Halfway there"})
    ui.text_message(body=LESSON, **LESSON_NAMES)
    ui.suggested_function_call(
        function_name="is_prime", call_id="call_1", arguments={"number": 97}, **LESSON_NAMES
    )
    ui.suggested_function_call(
        function_name="factors", call_id="call_2", arguments={"number": 91}, **LESSON_NAMES
    )
    ui.function_call_execution(
        function_name="factors", call_id="call_2", retval={"factors": [7, 13]}, **LESSON_NAMES
    )
    ui.function_call_execution(function_name="is_prime", call_id="call_1", retval="yes", **LESSON_NAMES)
    ui.keep_alive()
    ui.text_message(
        body=[
            {"type": "text", "text": "A picture, and a part of a kind of its own:"},
            {"type": "image_url", "image_url": {"url": _picture(), "detail": "A slope from dark to light"}},
            {"type": "image_url", "image_url": {"url": "https://example.org/primes.png"}},
            {"type": "audio", "seconds": 3},
        ],
        **LESSON_NAMES,
    )
    ui.error(
        sender="Workflow",
        short="The calculator was slow",
        long="It took 3 s instead of 1 s. The lesson goes on.",
    )
    subject = ui.text_input(
        sender="Teacher_Agent",
        recipient="User",
        prompt="What is next?",
        suggestions=["Fractions", "Nothing <b>bold</b>"],
    )
    return f"We go on with **{subject}**."


@workflows.register(name="choices", description="A choice of one, and a choice of several")
def choices(ui: UI, params: dict[str, Any]) -> str:
    """Ask for one of three levels, then for any number of subjects."""
    level = ui.multiple_choice(
        prompt="How hard should it be?", choices=["Easy", "Medium", "Hard"], default="Medium", **FROM_WORKFLOW
    )
    subjects = ui.multiple_choice(
        prompt="Which subjects?",
        choices=["Primes", "Fractions", "Lines, curves"],
        single=False,
        **FROM_WORKFLOW,
    )
    return f"{level}: [{subjects}]"


@workflows.register(name="secret", description="Asks for a password")
def secret(ui: UI, params: dict[str, Any]) -> str:
    """Ask for a secret and tell its length, so that a test sees that it arrived."""
    password = ui.text_input(sender="Workflow", recipient="User", prompt="The password?", password=True)
    return f"A secret of {len(password)} letters."


@workflows.register(name="failing", description="Fails halfway")
def failing(ui: UI, params: dict[str, Any]) -> str:
    """Say something, then fail."""
    ui.text_message(sender="Workflow", recipient="User", body="So far, so good.")
    raise RuntimeError("the calculator is broken")


@workflows.register(name="big", description="Numbers that JavaScript rounds")
def big(ui: UI, params: dict[str, Any]) -> str:
    """Send whole numbers over 2^53 wherever there is free JSON, and texts that look like them."""
    number = 2**60 + 1
    ui.system_message(message={"id": number})
    ui.suggested_function_call(
        function_name="find", call_id="1", arguments={"id": number, "text": str(number)}
    )
    ui.function_call_execution(function_name="find", call_id="1", retval=-number)
    ui.function_call_execution(function_name="list", call_id="2", retval=[number, 1.5, {'a\\"': 10**20}])
    ui.text_message(body=f'"{number}", as a text')
    return "done"


@workflows.register(name="simple_learning", description="Student and teacher, without AutoGen")
def simple_learning(ui: UI, params: dict[str, Any]) -> str:
    """Ask for a subject, and say it back. The seed page's conversation in small."""
    subject = ui.text_input(
        sender="Workflow", recipient="User", prompt="What subject would you like to explore?"
    )
    ui.text_message(sender="Student_Agent", recipient="Teacher_Agent", body=f"Tell me about {subject}.")
    return subject


STORY = (
    "A lighthouse keeper counted the waves, and wrote each ",
    "*prime* one down. After the **ninety-seventh** he stopped: ",
    "the sea had answered.",
)


@workflows.register(name="story", description="A text that is shown while it is written")
def story(ui: UI, params: dict[str, Any]) -> str:
    """Write a text word by word, and wait for the reader twice before it is whole."""
    uuid = uuid4().hex
    for number, part in enumerate(STORY):
        if number:
            ui.text_input(prompt=f"Read on, to part {number + 1}?", **FROM_WORKFLOW)
        for word in part.split(" "):
            ui.text_chunk(sender="Narrator", recipient="User", uuid=uuid, delta=f"{word} ")
    ui.text_message(sender="Narrator", recipient="User", uuid=uuid, body=" ".join(STORY).replace("  ", " "))
    return "The end."


@workflows.register(name="timed", description="A question that does not wait for ever")
def timed(ui: UI, params: dict[str, Any]) -> str:
    """Ask for one of two ways, for `params["seconds"]`: by default long enough for an answer."""
    seconds = float(params.get("seconds", 50))
    way = ui.multiple_choice(
        prompt="Left or right?", choices=["Left", "Right"], default="Right", timeout=seconds, **FROM_WORKFLOW
    )
    return f"You went: {way}"


@workflows.register(name="long", description="More than the server holds")
def long(ui: UI, params: dict[str, Any]) -> str:
    """Say more than `LOG_MESSAGES` between two questions."""
    ui.text_input(prompt="Shall it begin?", **FROM_WORKFLOW)
    for number in range(2 * LOG_MESSAGES):
        ui.text_message(sender="Counter", recipient="User", body=f"This is line {number}.")
    ui.text_input(prompt="Was it long?", **FROM_WORKFLOW)
    return "That was all."


LOG_MESSAGES = 20
"""How much the server holds of a conversation: so little that a test can leave it behind."""


def create_app(offered: Workflows = workflows) -> FastAPI:
    """Return a server of the page and these workflows, laid out like the demo server."""
    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=offered, settings=Settings(log_messages=LOG_MESSAGES)).router)

    @app.get("/seed")
    def seed_page() -> FileResponse:
        return FileResponse(SEED_PAGE)

    app.mount("/sdk", StaticFiles(directory=ROOT / "sdk-typescript" / "dist"))
    app.mount("/", StaticFiles(directory=ROOT / "examples" / "web", html=True))
    return app
