"""A language that is missing or too old: named by the set-up, skipped by name by the tests, red in CI."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

import language_tools
import pytest

SCRIPT = Path(__file__).parent / "environments" / "need-language.sh"
LANGUAGES = ("go", "java", "ruby", "rust")
TOOLS = ("bash", "env", "cut", "head", "id", "sed", "sort")
"""What the script itself needs. Neither a language nor apt-get is among them."""


@pytest.fixture
def bare(tmp_path: Path) -> Path:
    """A folder of programs without any language and without Debian's installer."""
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found is not None
        (tmp_path / tool).symlink_to(found)
    return tmp_path


def run(path: Path, *words: str, ci: str = "") -> subprocess.CompletedProcess[str]:
    environment = {"PATH": str(path), "CI": ci}
    return subprocess.run([SCRIPT, *words], env=environment, capture_output=True, text=True, check=False)


def pretend(path: Path, program: str, says: str) -> None:
    """Put a program there that prints one line, whatever it is asked."""
    (path / program).write_text(f"#!{path}/bash\necho '{says}'\n")
    (path / program).chmod(0o755)


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_set_up_names_what_it_skips(language: str, bare: Path) -> None:
    done = run(bare, language)
    assert done.returncode == 3
    assert f"SKIPPED: the {language.capitalize()} client is neither built nor tested" in done.stderr
    assert "(found: none)" in done.stderr


@pytest.mark.parametrize("language", LANGUAGES)
def test_in_ci_what_is_missing_is_an_error(language: str, bare: Path) -> None:
    done = run(bare, language, ci="true")
    assert done.returncode == 1
    assert "With CI=true that is an error." in done.stderr


def test_a_version_that_is_too_old_is_missing(bare: Path) -> None:
    pretend(bare, "go", "go1.19.8")
    done = run(bare, "--check", "go")
    assert (done.returncode, done.stdout) == (3, "Go 1.24 or newer (found: 1.19.8)\n")


def test_what_is_there_is_not_missing(bare: Path) -> None:
    pretend(bare, "go", "go1.24.0")
    for program in ("gofmt", "gcc"):
        pretend(bare, program, "")
    done = run(bare, "--check", "go")
    assert (done.returncode, done.stdout) == (0, "")


@pytest.mark.parametrize(
    ("ci", "outcome"), [("", pytest.skip.Exception), ("true", pytest.fail.Exception)], ids=["here", "in CI"]
)
def test_its_tests_are_skipped_by_name_and_fail_in_ci(
    ci: str, outcome: type[BaseException], bare: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(bare))
    monkeypatch.setenv("CI", ci)
    language_tools.lack.cache_clear()
    try:
        with pytest.raises(outcome, match=r"the tests of go need Go 1\.24 or newer"):
            language_tools.need("go")
    finally:
        language_tools.lack.cache_clear()


def test_there_is_no_other_language(bare: Path) -> None:
    assert os.access(SCRIPT, os.X_OK)
    assert run(bare, "cobol").returncode == 2
