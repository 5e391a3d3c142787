"""uvicorn closes a socket whose client answers no ping, and refuses whatever the adapter still sends."""

from __future__ import annotations

import logging
import time

import pytest
from fastagency_server import FastAPIAdapter
from live_server import serve
from raw_client import RawSocket
from server.serving import application, eventually, make_workflows, workflow_threads


@pytest.mark.parametrize("workflow", ["talk", "atalk"])
def test_a_client_that_answers_no_ping_leaves_no_traceback(
    workflow: str, caplog: pytest.LogCaptureFixture
) -> None:
    """It reads nothing, so that a frame waits for room; when it reads again, uvicorn has closed long ago."""
    app = application(FastAPIAdapter(make_workflows()))
    with (
        caplog.at_level(logging.ERROR, "fastagency_server"),
        serve(app, ws_ping_interval=0.1, ws_ping_timeout=0.1) as live,
        RawSocket(live.url) as client,
    ):
        client.start(workflow, {"count": 400, "size": 100_000})
        time.sleep(1.0)  # several times the ping's timeout, which starts within the first ping
        client.expect_close()
        eventually(lambda: not workflow_threads(), "the workflow was told")
    assert caplog.records == []
