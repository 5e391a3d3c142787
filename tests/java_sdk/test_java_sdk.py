"""The Java SDK by itself: its unit tests, its layout, its comments, its jars, its dependencies."""

from __future__ import annotations

import re
import zipfile
from pathlib import PurePosixPath
from xml.etree import ElementTree

from java_tools import ROOT, SDK, maven

SPACE = {"pom": "http://maven.apache.org/POM/4.0.0"}


def test_units_and_layout() -> None:
    """JUnit's tests pass, all of them; google-java-format would change nothing, generated files included."""
    said = maven("spotless:check", "test")
    total = re.findall(r"Tests run: (\d+), Failures: 0, Errors: 0, Skipped: 0$", said, re.MULTILINE)
    assert total, said
    assert int(total[-1]) >= 180


def test_what_is_published() -> None:
    """Javadoc finds no fault; the jar has the SDK and nothing of its tests, driver and bench."""
    maven("--quiet", "-Prelease", "-DskipTests", "package")
    (version,) = {ElementTree.parse(SDK / "pom.xml").findtext("pom:version", namespaces=SPACE)}
    jars = [f"fastagency-sdk-{version}{kind}.jar" for kind in ("", "-sources", "-javadoc")]
    names = [set(zipfile.ZipFile(SDK / "target" / jar).namelist()) for jar in jars]
    package = "io/github/fastagencyprotocol/sdk"
    folders = {str(PurePosixPath(name).parent) for name in names[0] if name.endswith(".class")}
    assert folders == {".", package, f"{package}/internal", f"{package}/json", f"{package}/messages"}
    assert {"module-info.class", "META-INF/LICENSE"} <= names[0]
    assert not [name for name in names[0] if "Test" in name or "Driver" in name]
    assert f"{package}/messages/ServerMessage.java" in names[1]
    # The module keeps what generated code is made with to itself.
    documented = {str(PurePosixPath(name).parent) for name in names[2] if name.endswith(".html")}
    assert not [folder for folder in documented if folder.endswith("/internal")]


def test_jackson_is_the_only_dependency() -> None:
    """Whoever uses the SDK gets one dependency; every version is exact."""
    pom = ElementTree.parse(SDK / "pom.xml")
    scopes = {
        dependency.findtext("pom:artifactId", namespaces=SPACE): dependency.findtext(
            "pom:scope", "compile", namespaces=SPACE
        )
        for dependency in pom.findall("pom:dependencies/pom:dependency", SPACE)
    }
    assert scopes == {"jackson-databind": "compile", "jspecify": "provided", "junit-jupiter": "test"}
    properties = pom.find("pom:properties", SPACE)
    assert properties is not None
    versions = [it.text or "" for it in properties if it.tag.endswith(".version")]
    versions += [it.text or "" for it in pom.iterfind(".//pom:plugin/pom:version", SPACE)]
    assert [version for version in versions if not re.fullmatch(r"\d+\.\d+\.\d+|\$\{.*\}", version)] == []


def test_the_licence_is_the_projects() -> None:
    """It goes into the jar."""
    assert (SDK / "LICENSE").read_bytes() == (ROOT / "LICENSE").read_bytes()
