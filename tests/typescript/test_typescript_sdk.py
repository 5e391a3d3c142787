"""The TypeScript SDK by itself: its unit tests, its types, its layout, its size, its package."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest
from node_tools import ROOT, SDK, TSC, built_sdk, run
from typescript_tools import HERE, bundle

LIMIT = 10_500
"""Bytes, gzipped: what a page has to load of the SDK."""

PRETTIER = SDK / "node_modules" / ".bin" / "prettier"


def test_units(tmp_path: Path) -> None:
    """The rules, the protocol, the shell, the frames and Node's WebSocket, each by itself."""
    sources = sorted((HERE / "unit").glob("*.test.ts"))
    modules = bundle(tmp_path, *sources)
    done = run("node", "--enable-source-maps", "--test", *modules, check=False)
    assert done.returncode == 0, done.stdout
    counted = re.search(r"^# pass (\d+)", done.stdout, re.MULTILINE)
    assert counted is not None
    assert int(counted[1]) >= 50


def test_sources_are_clean() -> None:
    """`tsc --strict` takes the SDK and its tests; prettier takes the layout, the generated files' too."""
    built_sdk()
    run(TSC, "--noEmit", "-p", SDK / "tsconfig.json")
    run(TSC, "-p", HERE / "tsconfig.json")
    folders = [SDK, HERE, ROOT / "tests" / "browser", ROOT / "examples" / "web"]
    run(PRETTIER, "--config", SDK / ".prettierrc.json", "--check", *folders, cwd=SDK)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "missing_case.ts",
            ["TS1360: Type 'KeepAlive' does not satisfy the expected type 'never'", "TS2322"],
        ),
        (
            "wrong_field.ts",
            ["TS2540: Cannot assign to 'sender'", "TS2551.*'contents'", "TS2531|TS18047|TS18049"],
        ),
    ],
)
def test_wrong_code_does_not_compile(source: str, expected: list[str], tmp_path: Path) -> None:
    """A switch that forgets a type, a field that is not there, and a text that may be null are errors."""
    project = tmp_path / "tsconfig.json"
    base = json.loads((HERE / "tsconfig.json").read_text())
    base["extends"] = str(HERE / "tsconfig.json")
    base["include"] = [str(HERE / "types" / source)]
    base["compilerOptions"] = {"rootDir": "/"}
    project.write_text(json.dumps(base))
    built_sdk()
    done = run(TSC, "-p", project, check=False)
    faults = done.stdout.splitlines()
    assert done.returncode != 0
    assert len([line for line in faults if "error TS" in line]) == len(expected), done.stdout
    for pattern in expected:
        assert re.search(pattern, done.stdout), f"{pattern}: {done.stdout}"


def test_core_is_small() -> None:
    """The browsers' bundle, as the build measures it too."""
    core = (built_sdk() / "index.js").read_bytes()
    assert len(gzip.compress(core, 9)) <= LIMIT


def test_core_is_for_browsers() -> None:
    """Nothing of Node is in the browsers' bundle, and nothing but Node's own modules in Node's."""
    dist = built_sdk()
    assert not re.search(r"""\bfrom\s*["']|\bimport\b|\brequire\b""", (dist / "index.js").read_text())
    imports = re.findall(r"""^import .* from "([^"]+)";$""", (dist / "node.js").read_text(), re.MULTILINE)
    assert imports
    assert all(name.startswith("node:") for name in imports)


def test_package_has_no_dependencies_and_no_mirror() -> None:
    """What is installed with it is nothing; the lock names no host."""
    package = json.loads((SDK / "package.json").read_text())
    assert "dependencies" not in package
    for lock in (SDK / "package-lock.json", ROOT / "tests" / "package-lock.json"):
        assert "resolved" not in lock.read_text()


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("a browser's project", {"lib": ["es2022", "dom"], "types": [], "customConditions": []}),
        ("Node's", {"lib": ["es2022"], "types": ["node"]}),
    ],
)
def test_installed_package_type_checks(name: str, options: dict[str, list[str]], tmp_path: Path) -> None:
    """A project that installs the packed package compiles, with the package's own types checked too."""
    built_sdk()
    run("npm", "pack", "--silent", "--pack-destination", tmp_path, cwd=SDK)
    (archive,) = tmp_path.glob("*.tgz")
    module = tmp_path / "node_modules" / "fastagency-sdk"
    module.mkdir(parents=True)
    run("tar", "xzf", archive, "-C", module, "--strip-components=1")
    compiler = {
        "strict": True,
        "noEmit": True,
        "target": "es2022",
        "module": "esnext",
        "moduleResolution": "bundler",
        "skipLibCheck": False,
        "typeRoots": [str(SDK / "node_modules" / "@types")],
        **options,
    }
    (tmp_path / "tsconfig.json").write_text(json.dumps({"compilerOptions": compiler, "files": ["main.ts"]}))
    (tmp_path / "package.json").write_text('{"type": "module"}')
    (tmp_path / "main.ts").write_text((HERE / "types" / "exhaustive.ts").read_text() + f"// {name}\n")
    run(TSC, "-p", tmp_path)
