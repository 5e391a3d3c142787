"""The Rust SDK by itself: its own tests, its lints, its layout, its documentation, its package."""

from __future__ import annotations

import json
import re
import tomllib

import pytest
from language_tools import need
from rust_sdk.rust_tools import ROOT, SDK, cargo

OFFLINE = ("--quiet", "--locked", "--offline")


@pytest.fixture(autouse=True)
def _rust() -> None:
    need("rust")


def test_units_and_vectors_and_examples_of_the_documentation() -> None:
    said = cargo("test", *OFFLINE)
    passed = [int(count) for count in re.findall(r"^test result: ok\. (\d+) passed", said, re.MULTILINE)]
    assert sum(passed) >= 35, said


def test_sources_are_clean() -> None:
    """rustfmt finds nothing to change, in generated files either, and clippy nothing to say."""
    cargo("fmt", "--check")
    cargo("clippy", *OFFLINE, "--all-targets", "--", "-D", "warnings")


def test_documentation_has_no_broken_link() -> None:
    cargo("doc", *OFFLINE, "--no-deps", environment={"RUSTDOCFLAGS": "-D warnings"})


def test_the_package_is_ready_to_publish() -> None:
    """What it needs is in it, and nothing of the tests."""
    files = cargo("package", "--list", "--locked", "--offline", "--allow-dirty").splitlines()
    assert {"Cargo.toml", "README.md", "src/lib.rs", "src/_generated/messages.rs"} <= set(files)
    assert not [file for file in files if file.startswith(("target", "tests"))]
    manifest = tomllib.loads((SDK / "Cargo.toml").read_text(encoding="utf-8"))["package"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    assert (manifest["version"], manifest["license"]) == (project["version"], "Apache-2.0")


def test_rust_version_is_that_of_the_dependencies() -> None:
    """The manifest promises no older compiler than what it is built from takes."""
    command = ("metadata", "--format-version", "1", "--locked", "--offline")
    metadata = json.loads(cargo(*command, "--filter-platform", "x86_64-unknown-linux-gnu"))
    built = {node["id"] for node in metadata["resolve"]["nodes"]}
    packages = [package for package in metadata["packages"] if package["id"] in built]
    needed = {package["name"]: _version(package["rust_version"] or "1.0") for package in packages}
    own = needed.pop("fastagency-sdk")
    newer = {name: version for name, version in needed.items() if version > own}
    assert newer == {}


def test_the_lock_names_no_mirror() -> None:
    lock = tomllib.loads((SDK / "Cargo.lock").read_text(encoding="utf-8"))
    sources = {package.get("source") for package in lock["package"]}
    assert sources == {None, "registry+https://github.com/rust-lang/crates.io-index"}


def _version(text: str) -> tuple[int, ...]:
    return tuple(map(int, (*text.split("."), "0", "0")))[:3]
