"""The numbers of an adapter for OpenTelemetry. Needs the extra `metrics` (opentelemetry-api).

    measure(adapter)                       # the global meter provider
    measure(adapter, meter_provider)       # or one of yours

| instrument | kind | attributes |
|---|---|---|
| `fastagency.conversations` | gauge | `state`: of the lifecycle |
| `fastagency.conversations.retained` | gauge | |
| `fastagency.conversations.started` | counter | `dialect` |
| `fastagency.conversations.ended` | counter | `outcome` |
| `fastagency.messages` | counter | |
| `fastagency.resumes` | counter | `mode`: replay or reset |
| `fastagency.closes` | counter | `by`: server or client, `code` |
| `fastagency.answer.duration` | histogram, seconds | |
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING

from fastagency_sdk._generated.tables import ConversationState
from opentelemetry.metrics import CallbackOptions, MeterProvider, Observation, get_meter

if TYPE_CHECKING:
    from .adapter import FastAPIAdapter

__all__ = ["measure"]

_ALIVE = (ConversationState.RUNNING, ConversationState.AWAITING_ANSWER)
"""States that are shown with 0 too: a gauge that vanishes looks like a server that is gone."""


def measure(adapter: FastAPIAdapter, meter_provider: MeterProvider | None = None) -> None:
    """Show an adapter's numbers to a meter provider (None: the global one). Call it once an adapter.

    They are read when an exporter asks for them; only an answer's duration is recorded when it comes.
    """
    meter = get_meter("fastagency_server", meter_provider=meter_provider)
    monitor = adapter.monitor

    def by(name: str, counted: Mapping[str, int]) -> Iterable[Observation]:
        return [Observation(number, {name: str(key)}) for key, number in tuple(counted.items())]

    def conversations(_: CallbackOptions) -> Iterable[Observation]:
        counted = monitor.states()
        return by("state", {str(state): counted[state] for state in {*_ALIVE, *counted}})

    def retained(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(adapter.retained)]

    def started(_: CallbackOptions) -> Iterable[Observation]:
        return by("dialect", monitor.started)

    def ended(_: CallbackOptions) -> Iterable[Observation]:
        return by("outcome", monitor.ended)

    def messages(_: CallbackOptions) -> Iterable[Observation]:
        return [Observation(monitor.messages)]

    def resumes(_: CallbackOptions) -> Iterable[Observation]:
        return by("mode", monitor.resumes)

    def closes(_: CallbackOptions) -> Iterable[Observation]:
        counted = tuple(monitor.closes.items())
        return [Observation(number, {"by": who, "code": code}) for (who, code), number in counted]

    meter.create_observable_gauge(
        "fastagency.conversations", [conversations], "{conversation}", "Conversations by state"
    )
    meter.create_observable_gauge(
        "fastagency.conversations.retained",
        [retained],
        "{conversation}",
        "Conversations that are over and can still be read",
    )
    meter.create_observable_counter(
        "fastagency.conversations.started", [started], "{conversation}", "Started conversations"
    )
    meter.create_observable_counter(
        "fastagency.conversations.ended", [ended], "{conversation}", "Ended conversations by outcome"
    )
    meter.create_observable_counter("fastagency.messages", [messages], "{message}", "Frames sent to clients")
    meter.create_observable_counter("fastagency.resumes", [resumes], "{resume}", "Sockets that came back")
    meter.create_observable_counter(
        "fastagency.closes", [closes], "{connection}", "Connections by close code"
    )
    answers = meter.create_histogram("fastagency.answer.duration", "s", "From a question to its answer")
    monitor.answer_seconds.append(answers.record)
