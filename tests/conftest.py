"""What holds for every test, in each of the environments."""

from __future__ import annotations

import os
import signal

import pytest

# A proxy of the machine must not get between a test and its server.
os.environ["NO_PROXY"] = os.environ["no_proxy"] = "127.0.0.1,localhost"

# A shell ignores Ctrl-C for what it runs in the background, and programs that tests start would inherit that.
signal.signal(signal.SIGINT, signal.default_int_handler)

pytest.register_assert_rewrite("driver_play")

_SAFETY_SECONDS = 180
"""Ends a test that hangs; none is expected to come near it."""


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give every test without a timeout of its own the safety net."""
    for item in items:
        if item.get_closest_marker("timeout") is None:
            item.add_marker(pytest.mark.timeout(_SAFETY_SECONDS))
