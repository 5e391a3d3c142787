"""Every received message keeps its frame's own text, and nothing else of it changes."""

from __future__ import annotations

import copy
import gc
import json
import subprocess
import sys

import pytest
from fastagency_sdk import AsyncClient, Message, TextMessage, TextMessageContent, Unknown, raw_text
from fastagency_sdk import codec as codec_module
from fastagency_sdk._generated.tables import MESSAGE_CLASSES
from fastagency_sdk.codec import decode, encode
from sdk_python.scripted import COMPLETED, HEX, STARTED, ScriptedServer, message, read

MADE = TextMessage(workflow_uuid=HEX, uuid="1", content=TextMessageContent(body="Hello"))


def with_later_fields(kind: str) -> str:
    """Return a frame of a later version, which says more than this one knows."""
    frame = json.loads(message(kind))
    frame.get("content", {})["x_inner"] = 2**60 + 1
    return json.dumps({**frame, "x_later": {"ü": None}}, ensure_ascii=False, indent=1)


@pytest.mark.parametrize("kind", [*MESSAGE_CLASSES, "later_type"])
def test_fields_that_nobody_knows_survive(kind: str) -> None:
    frame = with_later_fields(kind)
    assert raw_text(decode(frame)) == frame


def test_a_frame_that_is_read_the_slow_way_has_its_text_too() -> None:
    frame = message("text_message", body="NaN")  # the word sends it there
    received = decode(frame)
    assert isinstance(received, TextMessage)
    assert raw_text(received) == frame


def test_equal_messages_keep_their_own_texts() -> None:
    one, other = message("keep_alive"), f" {message('keep_alive')}"
    first, second = decode(one), decode(other)
    assert first == second
    assert (raw_text(first), raw_text(second)) == (one, other)


def test_a_message_that_was_not_received_has_none() -> None:
    received = decode(message("text_message", body="Hello"))
    assert isinstance(received, TextMessage)
    for own in (MADE, received.model_copy(), copy.copy(received), copy.deepcopy(received)):
        assert raw_text(own) is None


def test_the_message_itself_shows_nothing_of_it() -> None:
    received = decode(encode(MADE))
    assert isinstance(received, TextMessage)
    assert received == MADE
    assert repr(received) == repr(MADE)
    assert hash(received) == hash(MADE)
    assert received.model_dump() == MADE.model_dump()
    assert received.model_dump_json() == MADE.model_dump_json()
    assert vars(received) == vars(MADE)
    assert encode(received) == encode(MADE)


def test_texts_go_with_their_messages() -> None:
    gc.collect()
    before = len(codec_module._TEXTS)
    held: list[Message] = [decode(with_later_fields("error")) for _ in range(1000)]
    assert len(codec_module._TEXTS) == before + 1000
    del held
    gc.collect()
    assert len(codec_module._TEXTS) == before


def test_a_program_that_ends_with_a_message_in_hand_ends_quietly() -> None:
    program = (
        "import sys; from fastagency_sdk.codec import decode\nkept = [decode(sys.argv[1])]; kept.append(kept)"
    )
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", program, message("keep_alive")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (run.returncode, run.stderr) == (0, "")


async def test_a_conversation_yields_messages_with_their_texts(server: ScriptedServer) -> None:
    frames = [STARTED, with_later_fields("text_message"), '{"type":"later"}', COMPLETED]
    server.says(*frames)
    seen: list[Message] = []
    async with (
        AsyncClient(server.url, transport=server.transport()) as client,
        client.start("quiz") as conversation,
    ):
        await read(conversation, seen)
    assert [raw_text(received) for received in seen] == frames
    assert isinstance(seen[2], Unknown)
