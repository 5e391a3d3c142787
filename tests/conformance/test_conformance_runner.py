"""The runner with drivers that break down, known failures that lie, and a newcomer's client."""

from __future__ import annotations

import asyncio
import json
import re
import shlex
import sys
from pathlib import Path
from xml.etree import ElementTree

import pytest

from conformance.cases import load_cases
from conformance.cli import main
from conformance.known import BadKnown, Known
from conformance.results import Run
from conformance.run_clients import run_client
from conformance.run_servers import BadServer, served
from conformance.subject import Subject

HERE = Path(__file__).parent
REFERENCE = f"{sys.executable} -m conformance.reference.client"
READY = {
    "saw": "ready",
    "subject": "bad",
    "language": "python",
    "version": "0",
    "features": ["converse", "decode"],
}
CASES = [case for case in load_cases() if case.name in ("order/hello", "order/failure", "reading/no-type")]


def driver(*lines: str) -> str:
    """The command of a driver that says that it is ready, and then runs `lines` for each command."""
    body = "\n".join(f"    {line}" for line in lines)
    hello = f"import json, sys, time, os\nprint({json.dumps(READY)!r}, flush=True)\n"
    text = f"{hello}for line in sys.stdin:\n{body}\n"
    return shlex.join([sys.executable, "-c", text])


def judge(command: str, known: Known | None = None, only: str = "") -> Run:
    """Run the few cases of these tests."""
    subject = Subject(command=command, answer_seconds=1.5)
    return asyncio.run(
        run_client(
            "bad",
            subject,
            CASES,
            known=known or Known(),
            only=lambda name: only in name and "vectors" not in name,
        )
    )


@pytest.fixture(autouse=True)
def path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Subjects find the suite, in an environment where it is not installed too."""
    monkeypatch.setenv("PYTHONPATH", str(HERE.parent))


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (driver("sys.exit(7)"), "the driver ended with status 7"),
        (driver("sys.stderr.write('no luck'); sys.exit(1)"), "no luck"),
        (driver("print('Hello', flush=True)"), "what is not JSON: Hello"),
        (driver("print('[]', flush=True)"), "no JSON object"),
        (driver("print('{}', flush=True)"), "no observation"),
        (driver("""print('{"saw": "started"}', flush=True)"""), "'workflow_uuid' is a required property"),
        (driver("""print('{"saw": "timeout"}', flush=True)"""), "the client saw 'timeout', not 'started'"),
        (driver("time.sleep(60)"), "said nothing to 'start' within 1.5 s"),
        (driver("os.close(1); time.sleep(60)"), "the driver closed its output"),
        (driver("print('x' * 40_000_000, flush=True)"), "a line of more than 33554432 bytes"),
        (shlex.join([sys.executable, "-c", "print('Welcome')"]), "what is not JSON: Welcome"),
        (shlex.join([sys.executable, "-c", ""]), "the driver ended with status 0"),
        ("/no/such/program", "the driver cannot be run"),
        ("'", "the driver cannot be run"),
    ],
)
def test_a_driver_that_breaks_down_fails_each_case_by_name(command: str, said: str) -> None:
    run = judge(command)
    assert [it.case for it in run.outcomes if it.verdict == "failed"] == [case.name for case in CASES]
    assert said in run.outcomes[0].why, run.outcomes[0].why
    assert len(run.red) == len(CASES)


def test_what_is_printed_unasked_is_told() -> None:
    chatty = (
        REFERENCE.replace("-m conformance.reference.client", "")
        + " -c "
        + shlex.quote(
            "from conformance.reference.client import ReferenceClient as R\n"
            "class Chatty(R):\n"
            "    def leave(self, command):\n"
            "        seen = super().leave(command)\n"
            "        return seen\n"
            "    def end(self, closed):\n"
            "        self.say({'saw': 'timeout'})\n"
            "        return super().end(closed)\n"
            "Chatty().main()"
        )
    )
    assert [it.verdict for it in judge(chatty).outcomes] == ["failed"] * len(CASES)


def test_the_runner_goes_on_after_a_breakdown(tmp_path: Path) -> None:
    """The first process dies at its first command; the next ones are right."""
    file = tmp_path / "died"
    text = (
        "import os, sys\nfrom pathlib import Path\n"
        "from conformance.reference.client import ReferenceClient as R\n"
        f"file = Path({str(file)!r})\n"
        "class Mortal(R):\n"
        "    def obey(self, command):\n"
        "        if not file.exists():\n"
        "            file.touch(); os._exit(3)\n"
        "        return super().obey(command)\n"
        "Mortal().main()"
    )
    run = judge(shlex.join([sys.executable, "-c", text]))
    assert [it.verdict for it in run.outcomes] == ["failed", *["passed"] * (len(CASES) - 1)]
    assert "ended with status 3" in run.outcomes[0].why


def test_a_known_failure_that_passes_is_red() -> None:
    run = judge(REFERENCE, Known({"order/*": "it never worked"}))
    assert [line for line in run.red if "though it is a known failure (it never worked)" in line] == run.red
    assert len(run.red) == 2


def test_a_known_failure_that_fails_is_not_red() -> None:
    assert judge(driver("sys.exit(7)"), Known({"*": "it never worked"})).red == []


def test_a_pattern_that_fits_no_case_is_red(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    file = tmp_path / "known.yaml"
    file.write_text("[{case: order/no-such-*, reason: outdated}]")
    assert main(["client", "--cmd", REFERENCE, "--only", "order/hello", "--known", str(file)]) == 1
    assert "'order/no-such-*' fits no case" in capsys.readouterr().out


@pytest.mark.parametrize("text", ["{}", "[{case: a}]", "[{case: a, reason: ''}]", "[5]"])
def test_known_failures_need_a_reason(tmp_path: Path, text: str) -> None:
    (tmp_path / "known.yaml").write_text(text)
    with pytest.raises(BadKnown):
        Known.load(tmp_path / "known.yaml")


def test_junit_and_results_are_written(tmp_path: Path) -> None:
    junit, results = tmp_path / "junit.xml", tmp_path / "results.json"
    arguments = ["--only", "order/hello", "--junit", str(junit), "--results", str(results)]
    assert main(["client", "--cmd", driver("sys.exit(7)"), *arguments]) == 1
    (suite,) = ElementTree.parse(junit).getroot()
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    (run,) = json.loads(results.read_text())
    assert [(it["case"], it["verdict"]) for it in run["outcomes"]] == [("order/hello", "failed")]


def test_a_pattern_that_picks_nothing_is_no_success() -> None:
    assert main(["client", "--cmd", REFERENCE, "--only", "no such case"]) == 2


async def test_attaching_to_a_driver_that_listens() -> None:
    """The reference client behind a TCP port, as `--connect` finds it."""

    ended = asyncio.Event()

    async def bridge(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        process = await asyncio.create_subprocess_exec(
            *shlex.split(REFERENCE), stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE
        )
        assert process.stdin is not None
        assert process.stdout is not None

        async def there() -> None:
            while line := await process.stdout.readline():  # type: ignore[union-attr]
                writer.write(line)
            writer.close()

        back = asyncio.create_task(there())
        while line := await reader.readline():
            process.stdin.write(line)
        process.stdin.close()
        await back
        await process.wait()
        ended.set()

    async with await asyncio.start_server(bridge, "127.0.0.1", 0) as server:
        address = server.sockets[0].getsockname()[:2]
        run = await run_client(
            "attached",
            Subject(address=address),
            CASES,
            known=Known(),
            only=lambda name: "vectors" not in name,
        )
        async with asyncio.timeout(10):
            await ended.wait()
    assert [it.verdict for it in run.outcomes] == ["passed"] * len(CASES)


async def test_a_server_that_does_not_start_is_told() -> None:
    with pytest.raises(BadServer, match="printed no line with its url"):
        async with served(shlex.join([sys.executable, "-c", "print('Welcome')"])):
            pytest.fail("it did not start")


def test_the_client_of_contributing_passes_what_is_said_there(tmp_path: Path) -> None:
    text = (HERE.parents[1] / "CONTRIBUTING.md").read_text(encoding="utf-8")
    found = re.search(r"<!-- client -->\n```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    (tmp_path / "my_client.py").write_text(found.group(1))
    command = shlex.join([sys.executable, str(tmp_path / "my_client.py")])
    run = asyncio.run(
        run_client(
            "mine",
            Subject(command=command),
            load_cases(),
            known=Known(),
            only=lambda name: name.startswith("order/"),
        )
    )
    assert {it.case: it.why for it in run.outcomes if it.verdict == "failed"} == {}
    assert run.count("passed") >= 8
