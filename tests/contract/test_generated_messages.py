"""Generated messages through the codec, and generated first frames at the real server.

What is right is said by the JSON Schemas of `spec/` alone.
"""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from contract.contract_apps import application
from contract.message_strategies import near_misses, valid
from fastagency_sdk.codec import Unknown, decode, encode
from fastagency_sdk.errors import MalformedMessage
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from live_server import LiveServer, serve
from raw_client import RawSocket
from wire_spec import Asyncapi, schema_faults, strict_faults

PROTOCOL = Asyncapi()
NAMES = {
    kind: file.removeprefix("schemas/").removesuffix(".yaml") for kind, file in PROTOCOL.references.items()
}

bounded = settings(
    max_examples=25,
    derandomize=True,
    database=None,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.filter_too_much,
        HealthCheck.function_scoped_fixture,
    ],
)


def same(one: Any, other: Any) -> bool:
    """The same JSON text."""
    return json.dumps(one, sort_keys=True) == json.dumps(other, sort_keys=True)


@pytest.mark.parametrize("kind", NAMES)
@bounded
@given(data=st.data())
def test_the_codec_takes_what_the_schema_takes(kind: str, data: st.DataObject) -> None:
    value = data.draw(valid(NAMES[kind]))
    message = decode(json.dumps(value))
    assert not isinstance(message, Unknown)
    assert type(message).__name__ == NAMES[kind]
    again = json.loads(encode(message))
    assert strict_faults(PROTOCOL.references[kind], again, extended=True) == []
    for name in again.keys() & value.keys() - {"content"}:
        assert same(again[name], value[name]), name
    for name in again.get("content", {}).keys() & value.get("content", {}).keys():
        assert same(again["content"][name], value["content"][name]), name


@pytest.mark.parametrize("kind", NAMES)
@bounded
@given(data=st.data())
def test_the_codec_refuses_what_the_schema_refuses(kind: str, data: st.DataObject) -> None:
    value = data.draw(near_misses(NAMES[kind]))
    if isinstance(value, bytes):
        return  # no JSON at all; the codec takes text
    claimed = value.get("type", PROTOCOL.default_type) if isinstance(value, dict) else None
    reference = PROTOCOL.references.get(claimed) if isinstance(claimed, str) else None
    text = json.dumps(value)
    if isinstance(claimed, str) and reference is None:
        message = decode(text)
        assert isinstance(message, Unknown)
        assert same(message.raw, value)
    elif reference is None or schema_faults(reference, value):
        with pytest.raises(MalformedMessage):
            decode(text)
    else:
        assert not isinstance(decode(text), Unknown)


@pytest.fixture(scope="module")
def live() -> Iterator[LiveServer]:
    """One server for all first frames."""
    with serve(application(), client_faults="ignore") as running:
        yield running


def first_frame(live: LiveServer, text: str) -> int:
    """Send one first frame, take what comes, and return the close code. The wiretap judges the rest."""
    before = len(live.wiretap.faults)
    with RawSocket(live.url) as socket:
        assert socket.status == 101
        socket.send_frame(text.encode())
        code, _ = socket.expect_close()
    assert live.wiretap.faults[before:] == []
    assert live.faults == []
    return code


@bounded
@given(value=valid("InitiateWorkflow"), known=st.booleans())
def test_a_valid_first_frame_is_taken(live: LiveServer, value: dict[str, Any], known: bool) -> None:
    value = {**value, "workflow_uuid": uuid.uuid4().hex}
    if known:
        value["name"] = "simple_learning"
    code = first_frame(live, json.dumps(value))
    assert code == (1000 if value["name"] == "simple_learning" else 4004)  # spec FA-CLA-1 and FA-CLA-2


@bounded
@given(value=valid("InitiateWorkflow"))
def test_a_uuid_in_any_form_is_the_same_uuid(live: LiveServer, value: dict[str, Any]) -> None:
    chosen = uuid.UUID(value["workflow_uuid"])
    seen = {it.conversation for it in live.wiretap.sockets}
    code = first_frame(live, json.dumps({**value, "name": "simple_learning"}))
    assert code == (4009 if chosen.hex in seen else 1000)  # spec FA-CLA-3
    assert (
        first_frame(live, json.dumps({**value, "name": "simple_learning", "workflow_uuid": str(chosen)}))
        == 4009
    )


@bounded
@given(value=near_misses("InitiateWorkflow"))
def test_a_wrong_first_frame_is_refused(live: LiveServer, value: Any) -> None:
    text = value.decode("latin-1") if isinstance(value, bytes) else json.dumps(value)
    wrong = isinstance(value, bytes) or schema_faults("schemas/InitiateWorkflow.yaml", value)
    code = first_frame(live, text)
    assert code == 4000 if wrong else code in (1000, 4004, 4009)  # spec FA-CLA-2


@bounded
@given(text=st.text(max_size=40) | st.sampled_from(["", "{", "[]", "null", "NaN", '{"a": NaN}', "1e999"]))
def test_no_text_breaks_the_server(live: LiveServer, text: str) -> None:
    assert first_frame(live, text) == 4000
