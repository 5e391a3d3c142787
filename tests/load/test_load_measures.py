"""`fastagency-load` against a real server, whose wiretap judges every frame that it sends."""

from __future__ import annotations

import json
import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastagency_load.__main__ import main
from live_server import LiveServer, serve
from load.load_server import SECRET, application

DIALECTS = ["classic", "fastagency.v1"]


@pytest.fixture(scope="module")
def server() -> Iterator[LiveServer]:
    with serve(application()) as running:
        yield running


class Load:
    """Runs the command and keeps what it wrote."""

    def __init__(self, url: str, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self._url = url
        self._capsys = capsys
        self.file = folder / "figures.json"

    def __call__(self, arguments: str) -> dict[str, Any]:
        """Measure, expect success, and return the figures; the table is in `table`."""
        status = main([self._url, *shlex.split(arguments), "--json", str(self.file)])
        self.table, told = self._capsys.readouterr()
        assert status == 0, told
        figures: dict[str, Any] = json.loads(self.file.read_text())
        return figures

    def fails(self, arguments: str) -> str:
        """Measure, expect failure, and return what it says of it."""
        assert main([self._url, *shlex.split(arguments), "--quiet"]) == 1
        table, told = self._capsys.readouterr()
        assert table == ""
        assert told.count("\n") == 1
        return told


@pytest.fixture
def load(server: LiveServer, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Load:
    return Load(server.url, tmp_path, capsys)


@pytest.mark.parametrize("dialect", DIALECTS)
def test_hold(load: Load, dialect: str) -> None:
    pid = os.getpid()  # the server runs in here
    found = load(f"--workflow greet --answer Ann --conversations 30 --dialect {dialect} --pid {pid}")
    assert (found["measure"], found["dialect"], found["fault"]) == ("hold", dialect, None)
    assert (found["wanted"], found["held"], found["completed"]) == (30, 30, 30)
    assert found["threads"] > 30, "each blocking workflow has a thread"
    assert "held, each waiting for an answer" in load.table
    assert "KiB" in load.table


@pytest.mark.parametrize("dialect", DIALECTS)
def test_messages_counts_each(load: Load, dialect: str) -> None:
    found = load(
        f"messages --workflow talk --conversations 3 --params '{{\"count\":40}}' --dialect {dialect}"
    )
    assert found["messages"] == 3 * (40 + 2), "with workflow_started and workflow_completed"
    assert found["cost"] is None, "no --pid"


@pytest.mark.parametrize("dialect", DIALECTS)
def test_long_frames_are_read(load: Load, dialect: str) -> None:
    params = shlex.quote(json.dumps({"count": 3, "size": 70_000}))
    found = load(f"messages --workflow talk --params {params} --conversations 2 --dialect {dialect}")
    assert found["messages"] == 2 * 5


@pytest.mark.parametrize("dialect", DIALECTS)
@pytest.mark.parametrize("stop", ["", "--stop stop"])
def test_latency(load: Load, dialect: str, stop: str) -> None:
    found = load(
        f"latency --workflow ask --answer more --conversations 10 --answers 50 --dialect {dialect} {stop}"
    )
    assert (found["open"], found["answers"], found["rate"]) == (10, 50, 400.0)
    assert 0 < found["next"]["p50"] <= found["next"]["p90"] <= found["next"]["p99"] <= found["next"]["max"]


def test_conversations_that_complete_are_replaced(load: Load) -> None:
    found = load("latency --workflow greet --answer Ann --conversations 4 --answers 20")
    assert (found["open"], found["answers"]) == (4, 20)


def test_a_stall_counts_for_every_answer_that_was_due(load: Load) -> None:
    seconds, rate, answers = 0.05, 200.0, 20
    found = load(
        "latency --workflow stall --answer go --stop stop --conversations 20 "
        f"--params '{{\"seconds\":{seconds}}}' --rate {rate} --answers {answers}"
    )
    # One answer each 5 ms, and each holds up the server for 50 ms: the last one waits for all the others. A
    # generator that waits for one before it sends the next would see 50 ms each.
    assert found["next"]["max"] > (answers - 1) * seconds - answers / rate


@pytest.mark.parametrize("dialect", DIALECTS)
def test_starts(load: Load, dialect: str) -> None:
    found = load(f"starts --workflow greet --answer Ann --conversations 12 --at-once 4 --dialect {dialect}")
    assert found["conversations"] == 12
    assert found["first"]["p50"] > 0


def test_resume(load: Load) -> None:
    found = load("resume --workflow talk --params '{\"count\":320}' --conversations 2 --resumes 5")
    assert (found["dialect"], found["missed"], found["resumes"]) == ("fastagency.v1", 300, 5)


def test_soak_tells_what_the_server_holds(load: Load) -> None:
    found = load(f"soak --workflow greet --answer Ann --seconds 0.5 --at-once 3 --pid {os.getpid()}")
    assert found["conversations"] >= 3
    assert found["samples"]
    assert found["after"]["sockets"] > 0


def test_answers_are_given_in_turn(load: Load) -> None:
    found = load("--workflow two --answer Ann --answer tea --conversations 5")
    assert found["completed"] == 5


def test_what_did_not_complete_is_told(load: Load) -> None:
    told = load.fails("messages --workflow two --answer Bob --answer tea")
    assert told == "fastagency-load: the workflow failed: The workflow failed. Bob wants tea\n"


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("--workflow none", "close code 4004: There is no workflow 'none'"),
        ("messages --workflow fail", "the workflow failed: The workflow failed. it broke"),
        ("messages --workflow fail --dialect fastagency.v1", "the workflow failed: The workflow failed."),
        ("latency --workflow talk --params '{\"count\":1}'", "'talk' completes without a question"),
        ("resume --workflow talk --params '{\"count\":3}'", "the workflow says 5 messages"),
        ("resume --workflow greet --dialect classic", "only fastagency.v1 resumes"),
        ("--workflow greet --pid 4194305", "cannot be read (No such file or directory): is --pid"),
    ],
)
def test_what_cannot_be_measured_is_told_in_one_line(load: Load, arguments: str, why: str) -> None:
    assert why in load.fails(arguments)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        ("--params [1]", "it is not a JSON object"),
        ("--params {", "it is not JSON"),
        ("--conversations 0", "it is not positive"),
        ("--header nothing", "it is not like 'Authorization: Bearer"),
    ],
)
def test_wrong_options_are_named(capsys: pytest.CaptureFixture[str], arguments: str, why: str) -> None:
    with pytest.raises(SystemExit):
        main(["http://localhost:1", "--workflow", "x", *arguments.split()])
    assert why in capsys.readouterr().err


def test_a_server_that_is_not_there(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["http://127.0.0.1:1", "--workflow", "x"]) == 1
    assert "http://127.0.0.1:1 cannot be reached" in capsys.readouterr().err
    assert main(["localhost", "--workflow", "x"]) == 1
    assert "'localhost' is not the URL of a server" in capsys.readouterr().err


def test_a_path_where_nothing_is(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve(application(), allow_faults=True) as running:  # FastAPI refuses otherwise than the protocol
        told = Load(running.url, tmp_path, capsys).fails("--workflow greet --path /nowhere")
    assert "the server refused the socket: HTTP/1.1 403" in told


def test_a_full_server_is_measured_up_to_its_limit(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with serve(application(max_conversations=7), client_faults="ignore") as running:
        found = Load(running.url, tmp_path, capsys)(
            "--workflow greet --answer Ann --conversations 10 --stall 0.5"
        )
    assert (found["wanted"], found["held"], found["completed"]) == (10, 7, 7)
    assert "close code 4100" in found["fault"]


def test_headers_are_sent_along(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with serve(application(guarded=True), client_faults="ignore") as running:
        load = Load(running.url, tmp_path, capsys)
        assert "close code 4001" in load.fails("--workflow greet")
        found = load(f"--workflow greet --conversations 3 --header 'Authorization: {SECRET}'")
    assert found["completed"] == 3
