"""Name, licence and version of every client agree with the root's; and the command that sets a version."""

from __future__ import annotations

import json
import re
import runpy
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest

ROOT = Path(__file__).resolve().parents[1]
SCRIPT = ROOT / "docs" / "set_version.py"
_script = runpy.run_path(str(SCRIPT))
PLACES: tuple[tuple[str, str], ...] = _script["PLACES"]
set_version: Callable[[Path, str], list[str]] = _script["set_version"]
versions: Callable[[Path], dict[str, str]] = _script["versions"]

POM = "{http://maven.apache.org/POM/4.0.0}"

Facts = dict[str, str]
"""What a manifest says of `name`, `version` and `licence`, read by a parser of its format."""


def toml_of(path: Path, table: str) -> dict[str, Any]:
    found: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))[table]
    return found


def root_of(root: Path) -> Facts:
    project = toml_of(root / "pyproject.toml", "project")
    return {"name": project["name"], "version": project["version"], "licence": project["license"]}


def python(root: Path) -> Facts:
    project = toml_of(root / "sdk-python" / "pyproject.toml", "project")
    return {"name": project["name"], "version": project["version"], "licence": project["license"]}


def typescript(root: Path) -> Facts:
    package = json.loads((root / "sdk-typescript" / "package.json").read_text())
    lock = json.loads((root / "sdk-typescript" / "package-lock.json").read_text())
    for locked in (lock, lock["packages"][""]):
        assert (locked["name"], locked["version"]) == (package["name"], package["version"])
    return {"name": package["name"], "version": package["version"], "licence": package["license"]}


def go(root: Path) -> Facts:
    """Go has no manifest for the version and the licence: the code and the LICENSE file say them."""
    (module,) = re.findall(r"^module (\S+)$", (root / "sdk-go" / "go.mod").read_text(), re.MULTILINE)
    source = (root / "sdk-go" / "version.go").read_text()
    (version,) = re.findall(r'^const Version = "(\S+)"$', source, re.MULTILINE)
    return {"name": module, "version": version, "licence": "Apache-2.0"}


def java(root: Path) -> Facts:
    project = ElementTree.parse(root / "sdk-java" / "pom.xml").getroot()

    def said(path: str) -> str:
        element = project.find("/".join(POM + step for step in path.split("/")))
        assert element is not None
        assert element.text is not None
        return element.text

    name = f"{said('groupId')}:{said('artifactId')}"
    return {"name": name, "version": said("version"), "licence": said("licenses/license/name")}


def ruby(root: Path) -> Facts:
    folder = root / "sdk-ruby"
    gemspec = (folder / "fastagency-sdk.gemspec").read_text()
    (name,) = re.findall(r'spec\.name = "(.+)"', gemspec)
    (licence,) = re.findall(r'spec\.license = "(.+)"', gemspec)
    assert "spec.version = FastAgency::VERSION" in gemspec
    source = (folder / "lib" / "fastagency_sdk" / "version.rb").read_text()
    (version,) = re.findall(r'^  VERSION = "(.+)"$', source, re.MULTILINE)
    return {"name": name, "version": version, "licence": licence}


def rust(root: Path) -> Facts:
    package = toml_of(root / "sdk-rust" / "Cargo.toml", "package")
    lock = tomllib.loads((root / "sdk-rust" / "Cargo.lock").read_text())["package"]
    (locked,) = [crate for crate in lock if crate["name"] == package["name"]]
    assert locked["version"] == package["version"]
    return {"name": package["name"], "version": package["version"], "licence": package["license"]}


CLIENTS: list[tuple[str, Callable[[Path], Facts], str]] = [
    ("sdk-python", python, "fastagency-sdk"),
    ("sdk-typescript", typescript, "fastagency-sdk"),
    ("sdk-go", go, "github.com/fastagency-protocol/sdk-go"),
    ("sdk-java", java, "io.github.fastagency-protocol:fastagency-sdk"),
    ("sdk-ruby", ruby, "fastagency-sdk"),
    ("sdk-rust", rust, "fastagency-sdk"),
]
IDS = [folder for folder, _, _ in CLIENTS]


@pytest.mark.parametrize(("read", "name"), [(read, name) for _, read, name in CLIENTS], ids=IDS)
def test_manifest_agrees_with_the_root(read: Callable[[Path], Facts], name: str) -> None:
    root = root_of(ROOT)
    assert read(ROOT) == {"name": name, "version": root["version"], "licence": root["licence"]}


@pytest.mark.parametrize("folder", IDS)
def test_client_carries_the_licence(folder: str) -> None:
    """It goes with every package that is published (Apache License 2.0, section 4)."""
    assert (ROOT / folder / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()


def test_every_client_is_known_here() -> None:
    assert {path.name for path in ROOT.glob("sdk-*")} == set(IDS)


# --- docs/set_version.py -------------------------------------------------------------------


@pytest.fixture
def copy(tmp_path: Path) -> Path:
    """The files that hold a version, and those that the tests above read besides."""
    others = ["sdk-go/go.mod", "sdk-ruby/fastagency-sdk.gemspec"]
    for path in {*(path for path, _ in PLACES), *others}:
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / path, tmp_path / path)
    return tmp_path


def test_a_new_version_is_set_everywhere_and_nothing_else_changes(copy: Path) -> None:
    old = root_of(ROOT)["version"]
    before = {path: (copy / path).read_text() for path, _ in PLACES}
    assert set_version(copy, "7.8.90") == list(dict.fromkeys(path for path, _ in PLACES))
    assert root_of(copy)["version"] == "7.8.90"
    for folder, read, _ in CLIENTS:
        assert read(copy)["version"] == "7.8.90", folder
    assert set(versions(copy).values()) == {"7.8.90"}
    assert set_version(copy, "7.8.90") == []
    set_version(copy, old)
    assert {path: (copy / path).read_text() for path, _ in PLACES} == before


@pytest.mark.parametrize("version", ["", "1.2", "v1.2.3", "1.2.3-rc.1", "1.2.3\n", "1.2.x"])
def test_what_is_no_version_is_refused(copy: Path, version: str) -> None:
    with pytest.raises(ValueError, match="is no version"):
        set_version(copy, version)


def test_nothing_is_written_when_a_file_does_not_hold_it(copy: Path) -> None:
    last = copy / "sdk-rust" / "Cargo.lock"
    text = last.read_text()
    for broken in (text.replace('"fastagency-sdk"', '"other"'), None):
        last.unlink() if broken is None else last.write_text(broken)
        with pytest.raises(ValueError, match=r"sdk-rust/Cargo\.lock"):
            set_version(copy, "7.8.9")
        assert root_of(copy) == root_of(ROOT)


def test_the_command_prints_the_version_of_each_file() -> None:
    run = subprocess.run([sys.executable, str(SCRIPT)], capture_output=True, text=True, check=False)
    assert (run.returncode, run.stderr) == (0, "")
    version = root_of(ROOT)["version"]
    assert run.stdout.splitlines() == [f"{version}  {path}" for path in versions(ROOT)]
