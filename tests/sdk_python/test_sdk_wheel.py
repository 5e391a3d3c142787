"""The wheel is slim: what is in it, and what it asks for."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from email.parser import Parser
from pathlib import Path

import pytest

SDK = Path(__file__).parents[2] / "sdk-python"
LARGEST = 150_000
"""Bytes. A wheel that grows past this has something in it that does not belong there."""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    # hatchling is in the lock of every environment that runs these tests.
    done = subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "--target", "wheel", "--directory", str(folder)],
        cwd=SDK,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    (built,) = folder.glob("*.whl")
    return built


def test_what_is_in_it(wheel: Path) -> None:
    sources = {str(path.relative_to(SDK)) for path in (SDK / "fastagency_sdk").rglob("*.py")}
    with zipfile.ZipFile(wheel) as archive:
        names = {name for name in archive.namelist() if ".dist-info/" not in name}
    assert names == sources | {"fastagency_sdk/py.typed"}
    assert wheel.stat().st_size < LARGEST


def test_what_it_asks_for(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = [name for name in archive.namelist() if name.endswith("METADATA")]
        metadata = Parser().parsestr(archive.read(name).decode())
    needed = {
        requirement.split(">")[0].split("!")[0] for requirement in metadata.get_all("Requires-Dist", [])
    }
    assert needed == {"httpx", "pydantic", "websockets"}
    assert metadata["Requires-Python"] == ">=3.11"


def test_it_imports_without_the_server(wheel: Path) -> None:
    """Imported from the wheel itself, it loads nothing of the server and the generators."""
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); import fastagency_sdk as sdk\n"
        "assert sdk.__file__.startswith(sys.argv[1]), sdk.__file__\n"
        "assert all(hasattr(sdk, name) for name in sdk.__all__)\n"
        "foreign = {'fastapi', 'starlette', 'uvicorn', 'fastagency_server', 'fastagency_generators'}\n"
        "sys.exit(' '.join(foreign & set(sys.modules)) or 0)"
    )
    command = [sys.executable, "-W", "error", "-c", program, str(wheel)]
    run = subprocess.run(command, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
