"""Every client and every server of the repository, put to the suite."""

from __future__ import annotations

import asyncio

import pytest
from language_tools import need

from conformance.cases import load_cases
from conformance.registry import Entry, build, entries, run_entry


@pytest.mark.timeout(600)
@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_subject(entry: Entry) -> None:
    if entry.language:
        need(entry.language)
    assert asyncio.run(build(entry)) == ""
    run = asyncio.run(run_entry(entry, load_cases()))
    assert run.red == []
    assert run.count("passed") >= 40
