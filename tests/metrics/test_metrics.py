"""metrics.py: what OpenTelemetry sees of a server."""

from __future__ import annotations

from typing import Any

from fastagency_server import FastAPIAdapter
from fastagency_server.metrics import measure
from live_server import serve
from opentelemetry.sdk.metrics import MeterProvider
from opentelemetry.sdk.metrics.export import InMemoryMetricReader
from raw_client import RawConversation
from raw_session import RawSession
from server.serving import application, eventually, make_workflows

Seen = dict[str, dict[tuple[tuple[str, Any], ...], Any]]


def seen(reader: InMemoryMetricReader) -> Seen:
    """Every instrument's values by their attributes; a histogram's is how often it was recorded."""
    data = reader.get_metrics_data()
    assert data is not None
    found: Seen = {}
    for resource in data.resource_metrics:
        for scope in resource.scope_metrics:
            for metric in scope.metrics:
                points: Any = metric.data.data_points
                found[metric.name] = {
                    tuple(sorted(dict(point.attributes or {}).items())): getattr(point, "value", None)
                    if hasattr(point, "value")
                    else point.count
                    for point in points
                }
    return found


def test_everything_that_goes_on_is_counted() -> None:
    adapter = FastAPIAdapter(provider=make_workflows())
    reader = InMemoryMetricReader()
    measure(adapter, MeterProvider([reader]))
    with serve(application(adapter)) as live:
        with RawConversation(live.url) as classic:
            classic.start("ask")
            classic.receive_until()
            classic.send_text("x")
            classic.drain()
        with RawSession(live.url) as first:
            ready = first.start_v1("aask")
            (_, question) = first.receive_until()
            first.drop()
            with RawSession(live.url) as second:
                second.resume(ready, 1)
                second.receive_until("replay_completed")
                waiting = seen(reader)
                second.answer(question, "42")
                second.drain()
        with RawSession(live.url) as failing:
            failing.start_v1("fail")
            failing.drain()
        eventually(lambda: adapter.running == 0, "the workflows end")
        after = seen(reader)
    assert waiting["fastagency.conversations"][("state", "awaiting_answer"),] == 1
    assert after["fastagency.conversations"] == {
        (("state", "running"),): 0,
        (("state", "awaiting_answer"),): 0,
    }
    assert after["fastagency.conversations.started"] == {
        (("dialect", "classic"),): 1,
        (("dialect", "fastagency.v1"),): 2,
    }
    assert after["fastagency.conversations.ended"] == {
        (("outcome", "completed"),): 2,
        (("outcome", "failed"),): 1,
    }
    assert after["fastagency.conversations.retained"] == {(): 2}
    assert after["fastagency.resumes"] == {(("mode", "replay"),): 1}
    assert after["fastagency.closes"][("by", "server"), ("code", 1000)] == 3
    # uvicorn says 1005 of a connection that broke, or 1006, as its WebSocket library knows it
    assert sum(number for key, number in after["fastagency.closes"].items() if ("by", "client") in key) == 1
    assert after["fastagency.answer.duration"] == {(): 2}
    # classic: started, question, completed; resumed: ready, started, question, then ready, question,
    # replay_completed, accepted, completed; failing: ready, started, error, completed
    assert after["fastagency.messages"] == {(): 3 + 3 + 5 + 4}
