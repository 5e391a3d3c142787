"""The Ruby SDK by itself: its unit tests, its layout, its signatures, its gem."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from language_tools import need
from ruby_tools import HERE, ROOT, SDK, rubocop, run

UNITS = sorted((HERE / "unit").glob("*_test.rb"))

SIGNED = [path for path in UNITS if path.stem not in {"signatures_test", "strict_json_test"}]
"""The unit tests that give no argument of a wrong type on purpose."""


@pytest.fixture(autouse=True)
def ruby() -> None:
    need("ruby")


def passed(output: str) -> int:
    """How many unit tests there were, by minitest's summary. Raises AssertionError when one did not pass."""
    summary = re.search(r"^(\d+) runs, \d+ assertions, 0 failures, 0 errors, 0 skips$", output, re.MULTILINE)
    assert summary is not None, output
    return int(summary[1])


def suite(paths: list[Path], *options: str) -> list[str]:
    """The arguments that make Ruby run several files of tests as one suite, with options of minitest."""
    return [*(f"-r{path}" for path in paths), "-e", "", "--", *options]


def test_units() -> None:
    """Everything, from the vectors to whole conversations with a fake server; without a warning of ours."""
    done = run("ruby", "-w", *suite(UNITS))
    assert passed(done.stdout) > 1150
    assert [line for line in done.stderr.splitlines() if "sdk-ruby/" in line or "ruby_sdk/" in line] == []


def test_what_runs_is_what_the_signatures_say() -> None:
    """The unit tests again, with every call checked against its signature.

    Not the calls of `Conversation`: to look into an Enumerator, the check would read its messages away.
    """
    environment = {
        "RBS_TEST_TARGET": "FastAgency,FastAgency::*",
        "RBS_TEST_SKIP": "::FastAgency::Conversation",
        "RBS_TEST_OPT": f"-I {SDK / 'sig'} -r uri -r openssl -r socket",
        "RBS_TEST_LOGLEVEL": "error",
        "RBS_TEST_RAISE": "true",
    }
    done = run(
        "ruby",
        "-r",
        "rbs/test/setup",
        *suite(SIGNED, "--exclude", "/canary|every_frame/"),
        environment=environment,
    )
    assert passed(done.stdout) > 1100


def test_sources_are_clean() -> None:
    """Rubocop takes the SDK, the generated files too, and its tests."""
    rubocop(SDK)
    rubocop(HERE, config=HERE / ".rubocop.yml")


def test_gem_builds_installs_and_loads_without_a_network(tmp_path: Path) -> None:
    """The gem holds what it needs, and nothing of the tests."""
    archive = tmp_path / "it.gem"
    run("gem", "build", "fastagency-sdk.gemspec", "--strict", "--output", archive, cwd=SDK)
    home = tmp_path / "home"
    # What Debian installed stays visible: that is where the one dependency is.
    paths = [str(home), *run("gem", "env", "path").stdout.strip().split(":")]
    environment = {"GEM_HOME": str(home), "GEM_PATH": os.pathsep.join(paths)}
    run("gem", "install", "--local", "--no-document", archive, environment=environment, cwd=tmp_path)
    program = """
        require "fastagency_sdk"
        print FastAgency::VERSION, " ", FastAgency::Client.instance_method(:start).source_location.first
    """
    version, place = run("ruby", "-e", program, environment=environment, cwd=tmp_path).stdout.split(" ")
    assert place.startswith(str(home))
    (installed,) = (home / "gems").iterdir()
    assert installed.name == f"fastagency-sdk-{version}"
    held = {path.relative_to(installed).parts[0] for path in installed.rglob("*") if path.is_file()}
    assert held == {"lib", "sig", "README.md", "LICENSE"}
    assert (installed / "LICENSE").read_text() == (ROOT / "LICENSE").read_text()
    # RBS finds the signatures of an installed gem by its name.
    listed = run(
        "ruby", HERE / "rbs.rb", "-r", "fastagency-sdk", "-r", "uri", "methods", "FastAgency::TextMessage",
        environment=environment, cwd=tmp_path,
    )  # fmt: skip
    assert "auto_reply (public)" in listed.stdout


def test_bench_prints_its_figures() -> None:
    done = run("ruby", SDK / "bench" / "codec.rb", ROOT / "spec" / "vectors" / "messages", "0.2")
    for figure in (
        "decode_per_second",
        "bare_decode_per_second",
        "encode_per_second",
        "bare_encode_per_second",
    ):
        assert re.search(rf'"{figure}":[1-9]', done.stdout), done.stdout
