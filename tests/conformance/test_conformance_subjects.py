"""Every client and every server of the repository, put to the suite; the support matrix is proven current."""

from __future__ import annotations

import asyncio
import copy

import pytest
from language_tools import need

from conformance.cases import load_cases
from conformance.pages import differences, digest, read_digest
from conformance.registry import ROOT, Entry, build, entries, run_entry

MATRIX = ROOT / "docs" / "conformance.json"


@pytest.mark.timeout(600)
@pytest.mark.parametrize("entry", entries(), ids=lambda entry: entry.name)
def test_subject(entry: Entry) -> None:
    if entry.language:
        need(entry.language)
    assert asyncio.run(build(entry)) == ""
    run = asyncio.run(run_entry(entry, load_cases()))
    assert run.red == []
    # A case that is skipped is not red, so a driver that offers less than before is found here.
    found = digest([run.as_json()])[entry.name]
    stale = differences(found, read_digest(MATRIX).get(entry.name, {}))
    assert not stale, "\n".join(["docs/conformance.json is not current: run make conformance", *stale])


def test_what_the_matrix_does_not_say_is_found() -> None:
    committed = read_digest(MATRIX)["python"]
    assert differences(committed, committed) == []
    assert differences(committed | {"version": "9"}, committed) == []
    assert differences(committed, {}) != []

    skipping = copy.deepcopy(committed)
    passed = skipping["themes"]["vectors"].pop("passed")
    skipping["themes"]["vectors"]["skipped"] = passed
    assert differences(skipping, committed) == [
        f"themes, vectors: {{'skipped': {passed}}}, in the matrix {{'passed': {passed}}}"
    ]

    another_reason = copy.deepcopy(committed)
    another_reason["not_passed"]["order/hello"] = "It says nothing."
    assert differences(another_reason, committed) == [
        "not_passed, order/hello: It says nothing., in the matrix None"
    ]

    fewer = copy.deepcopy(committed)
    del fewer["themes"]["order"]
    assert len(differences(fewer, committed)) == 1
