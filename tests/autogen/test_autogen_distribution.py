"""The check at start-up: one distribution of the autogen module, no more and no less."""

from __future__ import annotations

import subprocess
import sys
from importlib import metadata

import pytest
from fastagency_server.runtimes.distribution import DISTRIBUTIONS, AutoGenUnusable, check


def test_this_environment_has_exactly_one() -> None:
    owners = check()
    assert len(owners) == 1
    assert set(owners) <= set(DISTRIBUTIONS)


def test_two_of_them_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", {"autogen": "0.14.1", "pyautogen": "0.9"}.__getitem__)

    def files_of(name: str) -> list[str]:
        if name == "ag2":
            raise metadata.PackageNotFoundError(name)
        return ["autogen/__init__.py", f"{name}.dist-info/METADATA"]

    with pytest.raises(AutoGenUnusable) as raised:
        check(files_of)
    assert "autogen 0.14.1 and pyautogen 0.9 are installed together" in str(raised.value)
    assert 'pip uninstall -y autogen pyautogen && pip install "autogen[openai]>=0.14.1,<0.15"' in str(
        raised.value
    )


def test_an_alias_without_files_of_its_own_is_no_clash(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metadata, "version", lambda _: "1")
    assert check(
        lambda name: ["autogen/__init__.py"] if name == "ag2" else [f"{name}.dist-info/METADATA"]
    ) == {"ag2": "1"}


def test_none_of_them_is_told_with_the_remedy() -> None:
    code = (
        "import sys; sys.modules['autogen'] = None\n"
        "try: import fastagency_server.runtimes.autogen\n"
        "except ImportError as error: print(error)"
    )
    told = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout
    assert told.strip() == 'AutoGen is not installed. Remedy: pip install "autogen[openai]>=0.14.1,<0.15"'
