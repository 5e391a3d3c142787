"""Holds many conversations with the workflow `faults`, and counts what went wrong:

python faults.py URL --conversations N --at-once K

Prints one JSON line. The exit status is 0 when every conversation finished and nothing was lost, repeated,
out of order or answered wrongly.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections import Counter

from fastagency_sdk import (
    AsyncClient,
    AsyncConversation,
    ConnectionState,
    FastAgencyError,
    Reconnect,
    Retry,
    ServerUnreachable,
    TextInput,
    TextMessage,
)

MESSAGES = 20
QUESTIONS = 5
COUNTED = ("finished", "lost", "repeated", "out_of_order", "answers_lost", "answers_doubled", "reconnects")


def judge(bodies: list[str], uuid: str, count: Counter[str]) -> None:
    """Compare what a conversation showed with what it must have said."""
    expected: list[str] = []
    for number in range(MESSAGES):
        expected.append(f"m{number}")
        if (number + 1) % (MESSAGES // QUESTIONS) == 0:
            question = (number + 1) // (MESSAGES // QUESTIONS) - 1
            expected.append(f"a{question}:{uuid}-{question}")
    if bodies == expected:
        return
    seen = Counter(bodies)
    for body in expected:
        what = "answers" if body.startswith("a") else ""
        if seen[body] == 0:
            count["answers_lost" if what else "lost"] += 1
        elif seen[body] > 1:
            count["answers_doubled" if what else "repeated"] += 1
    if [body for body in expected if body in seen] != list(dict.fromkeys(bodies)):
        count["out_of_order"] += 1


async def converse(client: AsyncClient, count: Counter[str]) -> None:
    """Hold one conversation to its end. What cannot be announced yet is announced again: nothing has
    started."""
    while True:
        conversation = client.start("faults", {"messages": MESSAGES, "questions": QUESTIONS})
        try:
            await conversation.__aenter__()
            break
        except ServerUnreachable:
            await asyncio.sleep(0.05)
    try:
        await read(conversation, count)
    except FastAgencyError as error:
        print(f"{conversation.workflow_uuid}: {type(error).__name__}: {error}", file=sys.stderr)
    finally:
        await conversation.close()


async def read(conversation: AsyncConversation, count: Counter[str]) -> None:
    """Answer every question, and judge what was said."""
    uuid = conversation.workflow_uuid or ""
    bodies: list[str] = []
    async for message in conversation:
        if isinstance(message, TextMessage):
            bodies.append(str(message.content.body))
        elif isinstance(message, TextInput) and conversation.is_open(message):
            await conversation.answer(f"{uuid}-{(message.content.prompt or '')[1:]}", message)
    judge(bodies, uuid, count)
    count["finished"] += conversation.outcome == "completed"


async def main() -> int:
    """Hold them all; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("--conversations", type=int, default=500)
    parser.add_argument("--at-once", type=int, default=100)
    options = parser.parse_args()
    count: Counter[str] = Counter()
    gate = asyncio.Semaphore(options.at_once)

    def told(state: ConnectionState) -> None:
        count["reconnects"] += state is ConnectionState.RECONNECTING

    async def one(client: AsyncClient) -> None:
        async with gate:
            await converse(client, count)

    reconnect = Reconnect(first_delay=0.05, longest_delay=0.5)
    retry = Retry(attempts=10)
    async with AsyncClient(options.url, reconnect=reconnect, retry=retry, on_connection=told) as client:
        await asyncio.gather(*(one(client) for _ in range(options.conversations)))
    found = {name: count[name] for name in COUNTED}
    print(json.dumps({"conversations": options.conversations, **found}))
    wrong = sum(found[name] for name in COUNTED if name not in ("finished", "reconnects"))
    return 0 if found["finished"] == options.conversations and not wrong else 1


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
