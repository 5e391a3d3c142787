"""Workflows that know neither server: `register` takes FastAgency's `Workflow` object or our `Workflows`.

Not one of their lines depends on whose they are, which is what "moving by one import" means.
"""

# ruff: noqa: ARG001 - every workflow takes `params`, whether it needs them or not

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fastagency_server import UI, Workflows

SAID: dict[str, Any] = {"sender": "Workflow", "recipient": "User"}


def register(workflows: Workflows) -> None:
    """Register every workflow of this module."""

    @workflows.register(name="texts", description="Every message that asks nothing")
    def texts(ui: UI, params: dict[str, Any]) -> str:
        ui.text_message(**SAID, body="Grüße, 世界 🌍")
        ui.text_message(sender="Agent", recipient=None, auto_reply=True, body=f"{params['times']} times")
        ui.suggested_function_call(
            **SAID, function_name="add", call_id="call_1", arguments={"a": 1, "b": [1, {"c": None}]}
        )
        ui.function_call_execution(**SAID, function_name="add", call_id="call_1", retval={"sum": 2})
        ui.system_message(**SAID, message={"heading": "Note", "body": "Between two agents."})
        ui.keep_alive()
        ui.error(**SAID, short="Not serious", long="The workflow goes on.")
        return "said all"

    @workflows.register(name="questions", description="Every message that asks")
    def questions(ui: UI, params: dict[str, Any]) -> str:
        name = ui.text_input(**SAID, prompt="Name?", suggestions=["Ada", "Emmy"])
        secret = ui.text_input(**SAID, prompt="Secret?", password=True)
        one = ui.multiple_choice(**SAID, prompt="One?", choices=["red", "green"], default="red")
        several = ui.multiple_choice(**SAID, prompt="Several?", choices=["a", "b", "c"], single=False)
        ui.text_message(**SAID, body=f"{name}|{secret}|{one}|{several}")
        return f"{one} and {several}"

    @workflows.register(name="failing", description="Raises")
    def failing(ui: UI, params: dict[str, Any]) -> str:
        ui.text_message(**SAID, body="before")
        raise ValueError("broken on purpose")

    @workflows.register(name="coroutine", description="An async def that calls the blocking ui")
    async def coroutine(ui: UI, params: dict[str, Any]) -> str:
        answer = ui.text_input(**SAID, prompt="Echo?")
        ui.text_message(**SAID, body=f"echo {answer}")
        return "echoed"

    @workflows.register(name="mapping", description="Returns no text")
    def mapping(ui: UI, params: dict[str, Any]) -> Any:
        return {"answer": 42}

    @workflows.register(name="not a number", description="Sends a NaN")
    def not_a_number(ui: UI, params: dict[str, Any]) -> str:
        ui.function_call_execution(function_name="divide", call_id="call_1", retval=float("nan"))
        return "sent"

    @workflows.register(name="no json", description="Sends what JSON cannot say")
    def no_json(ui: UI, params: dict[str, Any]) -> str:
        ui.function_call_execution(function_name="look", call_id="call_1", retval={1, 2})
        return "sent"

    @workflows.register(name="left alone", description="Leaves a note about what its question came to")
    def left_alone(ui: UI, params: dict[str, Any]) -> str:
        note = "nothing"
        try:
            note = f"answered {ui.text_input(**SAID, prompt='Are you there?')!r}"
        except BaseException as error:
            note = f"raised {type(error).__name__}"
            raise
        finally:
            Path(params["file"]).write_text(note)
        return note

    @workflows.register(name="later", description="Asks once the file is there")
    def later(ui: UI, params: dict[str, Any]) -> str:
        ui.text_message(**SAID, body="wait")
        while not Path(params["file"]).exists():
            time.sleep(0.01)
        return str(ui.text_input(**SAID, prompt="Now?"))
