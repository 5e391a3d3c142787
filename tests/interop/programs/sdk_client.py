"""Hold conversations with our Python SDK:  python -m interop.programs.sdk_client async|blocking URL TALKS

TALKS is a JSON list of [workflow, answers, params], held one after the other; `answers` is a list of [part of
a prompt, answer], and a question gets the first one that fits, once; an answer is a text or a list of texts.
Prints every message as one JSON line, and an empty object after each conversation.
"""

from __future__ import annotations

import asyncio
import json
import sys
from typing import Any

from fastagency_sdk import AsyncClient, Client, Message, MultipleChoice, TextInput, Unknown

Answers = list[tuple[str, str | list[str]]]
Talk = tuple[str, Answers, dict[str, Any]]


def answer_to(message: Message, answers: Answers) -> str | list[str] | None:
    """Print the message; return the answer to it, None when it asks nothing."""
    assert not isinstance(message, Unknown), message
    print(json.dumps(message.model_dump(mode="json")), flush=True)
    if not isinstance(message, TextInput | MultipleChoice):
        return None
    for entry in answers:
        if entry[0] in (message.content.prompt or ""):
            answers.remove(entry)
            return entry[1]
    raise LookupError(f"no answer to {message.content.prompt!r}")


async def hold(url: str, talks: list[Talk]) -> None:
    """Hold all conversations with the async client."""
    async with AsyncClient(url) as client:
        for name, answers, params in talks:
            assert name in [workflow.name for workflow in await client.discovery()]
            async with client.start(name, params) as conversation:
                async for message in conversation:
                    answer = answer_to(message, answers)
                    if answer is not None:
                        await conversation.answer(answer)
            print("{}", flush=True)


def hold_blocking(url: str, talks: list[Talk]) -> None:
    """Hold all conversations with the blocking client."""
    with Client(url) as client:
        for name, answers, params in talks:
            assert name in [workflow.name for workflow in client.discovery()]
            with client.start(name, params) as conversation:
                for message in conversation:
                    answer = answer_to(message, answers)
                    if answer is not None:
                        conversation.answer(answer)
            print("{}", flush=True)


def main() -> None:
    """Hold them."""
    mode, url, talks = sys.argv[1:]
    if mode == "async":
        asyncio.run(hold(url, json.loads(talks)))
    else:
        hold_blocking(url, json.loads(talks))


if __name__ == "__main__":
    main()
