"""The Go SDK by itself: its tests under the race detector, its layout, its linters, its one dependency."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path

import pytest
from go_sdk.go_tools import SDK, STATICCHECK, go
from language_tools import need


@pytest.fixture(autouse=True)
def _go() -> None:
    need("go")


def test_units() -> None:
    """Its own tests pass, and none of them skips."""
    said = [json.loads(line) for line in go("test", "-race", "-json", "./...").splitlines()]
    outcomes = {(line["Package"], line["Test"]): line["Action"] for line in said if "Test" in line}
    assert len(outcomes) > 60
    assert {test for test, outcome in outcomes.items() if outcome != "pass"} == set()


def test_sources_are_clean() -> None:
    """gofmt would change nothing, the generated files included; vet and staticcheck have no complaint."""
    done = subprocess.run(["gofmt", "-l", "-s", "."], cwd=SDK, capture_output=True, text=True, check=True)
    assert done.stdout == ""
    assert go("vet", "./...") == ""
    assert go(*STATICCHECK, "./...") == ""


def test_module_has_one_dependency() -> None:
    """Who uses the SDK gets coder/websocket with it, and nothing else."""
    listed = go("list", "-deps", "-f", "{{with .Module}}{{.Path}} {{.Version}}{{end}}", ".").split("\n")
    modules = {line.split(" ")[0] for line in listed if line}
    assert modules == {"github.com/fastagency-protocol/sdk-go", "github.com/coder/websocket"}
    assert "go 1.23\n" in (SDK / "go.mod").read_text(encoding="utf-8")
    assert (SDK / "go.sum").read_text(encoding="utf-8").count("\n") == 2


def test_every_exported_name_has_a_comment() -> None:
    """A declaration without a doc comment is found by the line before it."""
    bare = []
    for path in sorted(SDK.glob("*.go")):
        if path.name.endswith("_test.go"):
            continue
        before = ""
        for line in path.read_text(encoding="utf-8").splitlines():
            declared = re.match(
                r"(?:func (?:\(\w+ \*?[A-Z]\w*(?:\[T\])?\) )?|type |const |var )([A-Z]\w*)", line
            )
            # What the interface error asks for says nothing new.
            if declared and declared[1] != "Error" and not before.startswith("//"):
                bare.append(f"{path.name}: {declared[1]}")
            before = line
    assert bare == []


def test_generated_files_say_so_to_go_too() -> None:
    """Go's own tools know a generated file by a line of this form."""
    found = sorted(SDK.glob("*_generated.go"))
    assert [path.name.removesuffix("_generated.go") for path in found] == [
        "codec",
        "messages",
        "operations",
        "tables",
    ]
    for path in found:
        first = path.read_text(encoding="utf-8").splitlines()[0]
        assert re.fullmatch(r"// Code generated .* DO NOT EDIT\.", first)


def test_bench_measures_both_codecs() -> None:
    vectors = Path("..") / "spec" / "vectors" / "messages"
    report = json.loads(go("run", "./bench", vectors, "0.2"))
    rates = [f"{bare}{way}_per_second" for way in ("decode", "encode") for bare in ("", "bare_")]
    assert report.keys() == {"language", "bare", *rates}
    assert all(report[rate] > 0 for rate in rates)
