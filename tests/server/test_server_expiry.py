"""Credentials that expire under an open socket: 4201, and the client may come back (spec FA-CLS)."""

from __future__ import annotations

import asyncio

from fastagency_server import FastAPIAdapter
from fastapi import Request
from live_server import serve
from raw_client import RawConversation
from raw_session import RawSession
from server.serving import application, make_workflows


def user_of(request: Request) -> str:
    return request.headers["x-user"]


def test_the_sockets_of_one_user_are_closed_and_may_resume() -> None:
    adapter = FastAPIAdapter(provider=make_workflows(), get_user_id=user_of)
    ann, bob = {"x-user": "ann"}, {"x-user": "bob"}
    with (
        serve(application(adapter)) as live,
        RawSession(live.url, additional_headers=ann) as hers,
        RawConversation(live.url, additional_headers=ann) as classic,
        RawSession(live.url, additional_headers=bob) as his,
    ):
        ready = hers.start_v1("ask")
        question = hers.receive_until()[-1]
        classic.start("aask")
        classic.receive_until()
        his.start_v1("ask")
        his_question = his.receive_until()[-1]
        assert live.loop is not None
        asyncio.run_coroutine_threadsafe(adapter.expire_credentials("ann"), live.loop).result(20)
        assert hers.drain() == ([], (4201, "Your credentials have expired."))
        told, close = classic.drain()
        assert ([it["type"] for it in told], close[0]) == (["error"], 4201)
        with RawSession(live.url, additional_headers=ann) as again:
            assert again.resume(ready, question["seq"])["mode"] == "replay"
            again.answer(question, "42")
            assert again.drain()[1][0] == 1000
        his.answer(his_question, "43")
        assert his.drain()[1][0] == 1000
