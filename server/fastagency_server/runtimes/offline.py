"""A stand-in for the OpenAI endpoint, in this process: AutoGen workflows run without a key and without a
network.

`llm_config_from_environment()` gives agents the real endpoint when `OPENAI_API_KEY` is set, and this one
otherwise. The agents' code is the same either way: chat completions, tools and streaming go over HTTP as
they would outside.
"""

from __future__ import annotations

import atexit
import json
import os
import socket
import threading
from collections.abc import AsyncIterator
from functools import cache
from types import TracebackType
from typing import Any

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from .http_client import shared_http_client
from .offline_replies import Reply, reply_to

__all__ = ["MODEL", "OfflineModel", "app", "llm_config_from_environment", "offline_llm_config"]

MODEL = "gpt-4o-mini"
"""The model's name when nothing else is said. The offline endpoint takes any."""

_CREATED = 1_700_000_000
"""Seconds since 1970 in every answer: the offline endpoint is deterministic."""


class OfflineModel:
    """The offline endpoint, served on a free loopback port by a thread of its own.

    `with OfflineModel() as model:` starts and stops it; or call `start()` and `stop()`.
    """

    def __init__(self) -> None:
        self._server: uvicorn.Server | None = None
        self._thread: threading.Thread | None = None
        self._socket: socket.socket | None = None

    @property
    def base_url(self) -> str:
        """What goes into `base_url` of a `config_list` entry. Raises RuntimeError when the endpoint is not
        running.
        """
        if self._socket is None:
            raise RuntimeError("the offline model is not running: call start()")
        return f"http://127.0.0.1:{self._socket.getsockname()[1]}/v1"

    def start(self) -> OfflineModel:
        """Start serving. Returns when requests can come; starting twice is no fault."""
        if self._thread is not None:
            return self
        # Listening from here on: a request that comes before the server's loop runs waits; it is not refused.
        self._socket = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(
            app, log_config=None, access_log=False, lifespan="off", ws="none", timeout_graceful_shutdown=1
        )
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, args=([self._socket],), name="fastagency-offline-model", daemon=True
        )
        self._thread.start()
        return self

    def stop(self) -> None:
        """Stop serving and wait for the thread to end. Stopping twice is no fault."""
        if self._server is None or self._thread is None or self._socket is None:
            return
        self._server.should_exit = True
        self._thread.join()
        self._socket.close()
        self._server = self._thread = self._socket = None

    def __enter__(self) -> OfflineModel:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        self.stop()


@cache
def offline_model() -> OfflineModel:
    """The offline endpoint of this process: started at the first call, stopped at exit."""
    model = OfflineModel().start()
    atexit.register(model.stop)
    return model


def offline_llm_config(*, stream: bool = False, **options: Any) -> dict[str, Any]:
    """An `llm_config` for AutoGen's agents that talks to the offline endpoint.

    `stream` lets the replies come in chunks (not in pyautogen 0.9); `options` are added beside
    `config_list`, for example `temperature=0.8`. All agents share one HTTP client.
    """
    # The price of nothing keeps AutoGen from warning about a model that it knows no price of.
    entry = {"model": MODEL, "api_key": "offline", "base_url": offline_model().base_url, "price": [0, 0]}
    return _llm_config(entry, stream, options)


def llm_config_from_environment(*, stream: bool = False, **options: Any) -> dict[str, Any]:
    """An `llm_config` for AutoGen's agents: the real endpoint when `OPENAI_API_KEY` is set, the offline one
    otherwise.

    `OPENAI_BASE_URL` and `OPENAI_MODEL` (default `gpt-4o-mini`) are honoured with the key.
    `stream` and `options` are as for `offline_llm_config`.
    """
    key = os.environ.get("OPENAI_API_KEY")
    if not key:
        return offline_llm_config(stream=stream, **options)
    entry: dict[str, Any] = {"model": os.environ.get("OPENAI_MODEL") or MODEL, "api_key": key}
    if base_url := os.environ.get("OPENAI_BASE_URL"):
        entry["base_url"] = base_url
    return _llm_config(entry, stream, options)


def _llm_config(entry: dict[str, Any], stream: bool, options: dict[str, Any]) -> dict[str, Any]:
    entry["http_client"] = shared_http_client()
    if stream:
        entry["stream"] = True
    # cache_seed None: AutoGen would keep replies in a folder beside the program otherwise, and replay them.
    return {"config_list": [entry], "cache_seed": None, **options}


# --- the endpoint ---------------------------------------------------------------


async def _models(_: Request) -> Response:
    return JSONResponse(
        {
            "object": "list",
            "data": [{"id": MODEL, "object": "model", "created": _CREATED, "owned_by": "offline"}],
        }
    )


async def _chat_completions(request: Request) -> Response:
    try:
        body = json.loads(await request.body())
        if not isinstance(body, dict) or not isinstance(body.get("messages"), list):
            raise ValueError("messages: must be a list")
    except ValueError as error:
        fault = {"message": str(error), "type": "invalid_request_error", "param": None, "code": None}
        return JSONResponse({"error": fault}, status_code=400)
    reply = reply_to(body)
    usage = _usage(body, reply)
    if body.get("stream"):
        with_usage = bool((body.get("stream_options") or {}).get("include_usage"))
        return StreamingResponse(
            _chunks(body, reply, usage if with_usage else None), media_type="text/event-stream"
        )
    message: dict[str, Any] = {
        "role": "assistant",
        "content": reply.text,
        "refusal": None,
        **_call_fields(reply),
    }
    choice = {"index": 0, "message": message, "finish_reason": _finish(reply), "logprobs": None}
    return JSONResponse({**_head(body, "chat.completion"), "choices": [choice], "usage": usage})


async def _chunks(body: dict[str, Any], reply: Reply, usage: dict[str, int] | None) -> AsyncIterator[str]:
    """The reply as server-sent events: a word at a time, as a model would write."""
    head = _head(body, "chat.completion.chunk")
    deltas: list[dict[str, Any]] = [{"role": "assistant", "content": ""}]
    deltas += [{"content": word} for word in (reply.text or "").split(" ") if word][:1]
    deltas += [{"content": f" {word}"} for word in (reply.text or "").split(" ")[1:]]
    calls = _call_fields(reply)
    if "tool_calls" in calls:
        deltas += [
            {"tool_calls": [{"index": index, **call}]} for index, call in enumerate(calls["tool_calls"])
        ]
    elif calls:
        deltas.append(calls)
    for delta in deltas:
        yield _event({**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
    yield _event({**head, "choices": [{"index": 0, "delta": {}, "finish_reason": _finish(reply)}]})
    if usage is not None:
        yield _event({**head, "choices": [], "usage": usage})
    yield "data: [DONE]\n\n"


def _event(value: dict[str, Any]) -> str:
    return f"data: {json.dumps(value, ensure_ascii=False)}\n\n"


def _head(body: dict[str, Any], kind: str) -> dict[str, Any]:
    return {
        "id": "chatcmpl-offline",
        "object": kind,
        "created": _CREATED,
        "model": str(body.get("model") or MODEL),
    }


def _call_fields(reply: Reply) -> dict[str, Any]:
    functions = [{"name": call.name, "arguments": call.arguments} for call in reply.calls]
    if not functions:
        return {}
    if reply.legacy:
        return {"function_call": functions[0]}
    return {
        "tool_calls": [
            {"id": call.id, "type": "function", "function": function}
            for call, function in zip(reply.calls, functions, strict=True)
        ]
    }


def _finish(reply: Reply) -> str:
    if not reply.calls:
        return "stop"
    return "function_call" if reply.legacy else "tool_calls"


def _usage(body: dict[str, Any], reply: Reply) -> dict[str, int]:
    """Tokens, counted as words: nobody pays for them, but AutoGen adds them up."""
    prompt = sum(len(json.dumps(message).split()) for message in body["messages"])
    completion = len((reply.text or "").split()) + sum(len(call.arguments.split()) for call in reply.calls)
    return {"prompt_tokens": prompt, "completion_tokens": completion, "total_tokens": prompt + completion}


app = Starlette(
    routes=[
        Route("/v1/models", _models, methods=["GET"]),
        Route("/v1/chat/completions", _chat_completions, methods=["POST"]),
    ]
)
"""The endpoint as an ASGI application."""
