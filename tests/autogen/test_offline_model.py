"""The offline endpoint: over HTTP, as an OpenAI client sees it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from fastagency_server.runtimes.http_client import shared_http_client
from fastagency_server.runtimes.offline import (
    OfflineModel,
    llm_config_from_environment,
    offline_llm_config,
    offline_model,
)
from fastagency_server.runtimes.offline_replies import MARK, reply_to

TOOL = {
    "type": "function",
    "function": {
        "name": "is_prime",
        "parameters": {
            "type": "object",
            "properties": {
                "number": {"type": "integer"},
                "how": {"enum": ["fast", "slow"]},
                "topic": {"type": "string"},
                "tags": {"type": "array", "items": {"type": "string"}},
                "ratio": {"anyOf": [{"type": "null"}, {"type": "number", "maximum": 1}]},
                "optional": {"type": "boolean"},
            },
            "required": ["number", "how", "topic", "tags", "ratio"],
        },
    },
}


@pytest.fixture(scope="module")
def client() -> Iterator[httpx.Client]:
    with OfflineModel() as model, httpx.Client(base_url=model.base_url, trust_env=False) as client:
        yield client


def ask(client: httpx.Client, *messages: dict[str, Any], **options: Any) -> Any:
    response = client.post("/chat/completions", json={"model": "any", "messages": messages, **options})
    assert response.status_code == 200, response.text
    return response.json()


def user(text: str | None) -> dict[str, Any]:
    return {"role": "user", "content": text}


def test_models(client: httpx.Client) -> None:
    assert [model["object"] for model in client.get("/models").json()["data"]] == ["model"]


def test_replies_keep_to_the_subject_and_vary(client: httpx.Client) -> None:
    system = {"role": "system", "content": "You are a teacher."}
    first = ask(client, system, user("knots"))["choices"][0]["message"]["content"]
    again = ask(client, system, user("knots"))["choices"][0]["message"]["content"]
    answer = {"role": "assistant", "content": first}
    second = ask(client, system, user("knots"), answer, user("and then?"))["choices"][0]["message"]["content"]
    assert first == again != second
    for text in (first, second):
        assert text.startswith(MARK)
        assert "knots" in text


def test_a_tool_is_called_once_with_plausible_arguments(client: httpx.Client) -> None:
    choice = ask(client, user("Is 97 prime?"), tools=[TOOL])["choices"][0]
    assert choice["finish_reason"] == "tool_calls"
    (call,) = choice["message"]["tool_calls"]
    assert json.loads(call["function"]["arguments"]) == {
        "number": 97,
        "how": "fast",
        "topic": "Is 97 prime",
        "tags": ["Is 97 prime"],
        "ratio": 1,
    }
    result = {"role": "tool", "tool_call_id": call["id"], "content": "yes"}
    after = ask(client, user("Is 97 prime?"), choice["message"], result, tools=[TOOL])["choices"][0]
    assert after["finish_reason"] == "stop"
    assert "yes" in after["message"]["content"]


def test_the_older_functions(client: httpx.Client) -> None:
    choice = ask(client, user("Is 5 prime?"), functions=[TOOL["function"]])["choices"][0]
    assert choice["finish_reason"] == "function_call"
    assert choice["message"]["function_call"]["name"] == "is_prime"


@pytest.mark.parametrize("tools", [None, [TOOL]])
def test_streaming_says_the_same(client: httpx.Client, tools: Any) -> None:
    options = {} if tools is None else {"tools": tools}
    whole = ask(client, user("knots"), **options)["choices"][0]
    body = {"messages": [user("knots")], "stream": True, "stream_options": {"include_usage": True}, **options}
    with client.stream("POST", "/chat/completions", json=body) as response:
        lines = [line.removeprefix("data: ") for line in response.iter_lines() if line]
    assert lines[-1] == "[DONE]"
    chunks = [json.loads(line) for line in lines[:-1]]
    assert chunks[-1]["usage"]["total_tokens"] > 0
    choices = [choice for chunk in chunks for choice in chunk["choices"]]
    text = "".join(choice["delta"].get("content") or "" for choice in choices)
    calls = [call for choice in choices for call in choice["delta"].get("tool_calls", [])]
    assert text == (whole["message"]["content"] or "")
    assert [call["function"] for call in calls] == [
        call["function"] for call in whole["message"].get("tool_calls", [])
    ]
    assert choices[-1]["finish_reason"] == whole["finish_reason"]


@pytest.mark.parametrize("body", [b"", b"{}", b"[]", b'{"messages": 1}', b"\xff"])
def test_a_bad_request_is_refused(client: httpx.Client, body: bytes) -> None:
    response = client.post("/chat/completions", content=body)
    assert response.status_code == 400
    assert response.json()["error"]["type"] == "invalid_request_error"


def test_speakers_take_turns() -> None:
    system = {"role": "system", "content": "Select the next role from ['A', 'B'] to play."}
    said = [{"role": "user", "name": "A", "content": "hi"}]
    assert reply_to({"messages": [system, *said]}).text == "B"


def test_nothing_to_say_twice_ends_it() -> None:
    talk = [user("knots"), {"role": "assistant", "content": "x"}, user("")]
    assert reply_to({"messages": talk}).text != "TERMINATE"
    assert (
        reply_to({"messages": [*talk, {"role": "assistant", "content": "y"}, user(None)]}).text == "TERMINATE"
    )


def test_it_stops_cleanly_and_can_start_again() -> None:
    before = set(threading.enumerate())
    model = OfflineModel()
    for _ in range(2):
        with model:
            assert httpx.get(f"{model.base_url}/models", trust_env=False).status_code == 200
        assert set(threading.enumerate()) <= before
        with pytest.raises(RuntimeError, match="not running"):
            _ = model.base_url


def test_the_environment_decides(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("OPENAI_API_KEY", "OPENAI_BASE_URL", "OPENAI_MODEL"):
        monkeypatch.delenv(name, raising=False)
    assert llm_config_from_environment(temperature=0.8) == offline_llm_config(temperature=0.8)
    (entry,) = offline_llm_config()["config_list"]
    assert entry["base_url"] == offline_model().base_url
    assert entry["http_client"] is shared_http_client()

    monkeypatch.setenv("OPENAI_API_KEY", "sk-test")
    (entry,) = llm_config_from_environment()["config_list"]
    assert entry["api_key"] == "sk-test"
    assert "base_url" not in entry
    monkeypatch.setenv("OPENAI_BASE_URL", "http://localhost:1/v1")
    monkeypatch.setenv("OPENAI_MODEL", "other")
    (entry,) = llm_config_from_environment()["config_list"]
    assert (entry["base_url"], entry["model"]) == ("http://localhost:1/v1", "other")
