"""Hold conversations with FastAgency's own client:  python -m interop.programs.fastagency_client URL TALKS

TALKS is a JSON list of [workflow, answers, params], held one after the other; `answers` is a list of [part of
a prompt, answer], and a question gets the first one that fits, once. Prints every message as FastAgency
decoded it, one JSON line each, and after each conversation an object with
`names`   what its discovery listed, or null when that raised,
`raised`  what `run` raised, or null, and
`code`    the close code that it saw.
A question without an answer ends the program with status 3.
"""

# FastAgency has no types, and is not there at all where mypy runs.
# mypy: disable-error-code="import-not-found,import-untyped,misc"

from __future__ import annotations

import json
import os
import sys
from contextlib import suppress
from typing import Any
from uuid import uuid4

from fastagency import UI
from fastagency.adapters.fastapi import FastAPIProvider
from fastagency.base import CreateWorkflowUIMixin
from fastagency.exceptions import FastAgencyKeyError
from fastagency.messages import AskingMessage, IOMessage, MessageProcessorMixin
from websockets.exceptions import ConnectionClosed


class ScriptedUI(MessageProcessorMixin, CreateWorkflowUIMixin):
    """FastAgency's user interface reduced to a list of answers."""

    def __init__(self, script: list[list[str]]) -> None:
        self.script = script

    def visit_default(self, message: IOMessage) -> str | None:
        """Print the message; answer it when it asks."""
        print(json.dumps(message.model_dump()), flush=True)
        if not isinstance(message, AskingMessage):
            return None
        for entry in self.script:
            if entry[0] in (message.prompt or ""):
                self.script.remove(entry)
                return entry[1]
        print(f"no answer to {message.prompt!r}", file=sys.stderr, flush=True)
        os._exit(3)  # its mixin would swallow an exception

    def create_workflow_ui(self, workflow_uuid: str) -> UI:
        """The workflow's side of this interface."""
        return UI(uibase=self, workflow_uuid=workflow_uuid)


def hold(url: str, name: str, answers: list[list[str]], params: dict[str, Any]) -> dict[str, Any]:
    """Hold one conversation; returns how it ended."""
    provider = FastAPIProvider(fastapi_url=url)
    ui = ScriptedUI(answers).create_workflow_ui(uuid4().hex)
    outcome: dict[str, Any] = {"names": None, "raised": None, "code": None}
    with suppress(FastAgencyKeyError):
        outcome["names"] = provider.names
        provider.get_description(name)
    try:
        provider.run(name=name, ui=ui, user_id=None, **params)
    except ConnectionClosed as error:
        code = error.rcvd.code if error.rcvd is not None else 1006
        outcome |= {"raised": f"{type(error).__name__}: {error}", "code": code}
    return outcome


def main() -> None:
    """Hold all conversations."""
    url, talks = sys.argv[1:]
    for name, answers, params in json.loads(talks):
        print(json.dumps(hold(url, name, answers, params)), flush=True)


if __name__ == "__main__":
    main()
