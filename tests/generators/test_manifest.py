"""The drift gate: what differs, what is too much, what bears no mark; and that every run gives the same."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from copied_spec import PROJECT, CopiedSpec
from fastagency_generators.__main__ import main
from fastagency_generators.emit import MARK, OutputFile, Source
from fastagency_generators.emitters import targets
from fastagency_generators.manifest import Manifest


class FakeTarget:
    """A target of two small files."""

    name = "fake"
    roots = ("made",)

    def generate(self, source: Source) -> list[OutputFile]:
        raise NotImplementedError


def manifest(*files: tuple[str, str]) -> Manifest:
    return Manifest([(FakeTarget(), [OutputFile(path, text) for path, text in files])])


class PatternTarget(FakeTarget):
    """A target whose files stand beside others, and are told by their names."""

    roots = ("client/*_made.txt",)


@pytest.fixture
def made(tmp_path: Path) -> Manifest:
    """Two generated files in `made/`, written under the temporary folder."""
    both = manifest(("made/one.txt", f"# {MARK}\none\n"), ("made/two.txt", f"# {MARK}\ntwo\n"))
    both.write(tmp_path)
    return both


def test_no_problem_with_what_was_just_written(made: Manifest, tmp_path: Path) -> None:
    assert made.problems(tmp_path) == []
    assert made.write(tmp_path).written == ()


def test_difference(made: Manifest, tmp_path: Path) -> None:
    (tmp_path / "made/two.txt").write_text(f"# {MARK}\ntow\n")
    assert made.problems(tmp_path) == ["made/two.txt: differs from what the spec gives, first in line 2"]


def test_missing_file(made: Manifest, tmp_path: Path) -> None:
    (tmp_path / "made/two.txt").unlink()
    assert made.problems(tmp_path) == ["made/two.txt: missing; run `fastagency-generate`"]


def test_missing_mark(made: Manifest, tmp_path: Path) -> None:
    (tmp_path / "made/two.txt").write_text("two\n")
    assert made.problems(tmp_path) == ["made/two.txt: has no line with @generated"]


@pytest.mark.parametrize("text", ["written by hand\n", f"# {MARK}\n"])
def test_orphan_in_a_generated_folder(text: str, made: Manifest, tmp_path: Path) -> None:
    (tmp_path / "made/old.txt").write_text(text)
    assert made.problems(tmp_path) == ["made/old.txt: an orphan: the generator does not make it"]


def test_a_root_may_be_a_pattern_of_names(tmp_path: Path) -> None:
    both = Manifest([(PatternTarget(), [OutputFile("client/one_made.txt", f"# {MARK}\n")])])
    both.write(tmp_path)
    (tmp_path / "client/by_hand.txt").write_text("by hand\n")
    assert both.problems(tmp_path) == []
    (tmp_path / "client/one_made.txt").write_text(f"# {MARK}\ndrifted\n")
    (tmp_path / "client/old_made.txt").write_text(f"# {MARK}\n")
    (tmp_path / "client/strange_made.txt").write_text("by hand\n")
    (tmp_path / "client/deeper").mkdir()
    (tmp_path / "client/deeper/old_made.txt").write_text(f"# {MARK}\n")
    assert [problem.split(" ")[0] for problem in both.problems(tmp_path)] == [
        "client/deeper/old_made.txt:",
        "client/old_made.txt:",
        "client/one_made.txt:",
        "client/strange_made.txt:",
    ]
    changes = both.write(tmp_path)
    assert (changes.written, changes.removed) == (("client/one_made.txt",), ("client/old_made.txt",))
    with pytest.raises(ValueError, match="outside the folders of fake"):
        Manifest([(PatternTarget(), [OutputFile("client/deeper/one_made.txt", MARK)])])


def test_orphan_elsewhere(made: Manifest, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/old.txt").write_text(f"# {MARK}\n")
    (tmp_path / "elsewhere/ours.txt").write_text("by hand\n")
    assert [problem.split(":")[0] for problem in made.problems(tmp_path)] == ["elsewhere/old.txt"]
    assert made.problems(tmp_path, whole=False) == []


def test_builds_and_hidden_folders_are_nobodys_orphans(made: Manifest, tmp_path: Path) -> None:
    for folder in ("dist", "node_modules", ".venv", "__pycache__"):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "copy.txt").write_text(f"# {MARK}\n")
    assert made.problems(tmp_path) == []


def test_writing_removes_generated_orphans_and_nothing_else(made: Manifest, tmp_path: Path) -> None:
    (tmp_path / "made/old.txt").write_text(f"# {MARK}\n")
    (tmp_path / "made/notes.txt").write_text("by hand\n")
    assert made.write(tmp_path).removed == ("made/old.txt",)
    assert (tmp_path / "made/notes.txt").exists()


def test_faults_of_an_emitter() -> None:
    with pytest.raises(ValueError, match="outside the folders of fake"):
        manifest(("other/one.txt", MARK))
    with pytest.raises(ValueError, match="without the line"):
        manifest(("made/one.txt", "no mark"))
    with pytest.raises(ValueError, match="made by fake and by fake"):
        manifest(("made/one.txt", MARK), ("made/one.txt", MARK))


def test_every_generated_place_is_watched() -> None:
    roots = {root for target in targets() for root in target.roots}
    folders = {
        path.relative_to(PROJECT).as_posix()
        for project in ("sdk-python", "sdk-typescript", "server")
        for path in (PROJECT / project).rglob("_generated")
        if not {"node_modules", "dist", "build"} & set(path.parts)
    }
    assert {"sdk-python/fastagency_sdk/_generated", "sdk-typescript/src/_generated"} <= folders <= roots


def test_the_committed_files_are_what_the_spec_says(capsys: pytest.CaptureFixture[str]) -> None:
    status = main(["check", "--spec", str(PROJECT / "spec"), "--out", str(PROJECT)])
    captured = capsys.readouterr()
    assert status == 0, captured.err
    assert "are what the spec says" in captured.out


def test_check_names_the_file_that_drifted(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copied = CopiedSpec(tmp_path)
    assert copied.run("--only", "bundle") == 0
    copied.replace("schemas/ErrorContent.yaml", "One line to show to the user.", "One short line.")
    assert copied.run("check", "--only", "bundle") == 1
    assert "_generated/asyncapi.json: differs from what the spec gives" in capsys.readouterr().err


def test_second_run_is_identical_whatever_the_hash_seed_and_folder(tmp_path: Path) -> None:
    outputs = []
    for seed in ("1", "4242"):
        out = tmp_path / f"out{seed}"
        out.mkdir()
        words = [
            sys.executable,
            "-m",
            "fastagency_generators",
            "--spec",
            str(PROJECT / "spec"),
            "--out",
            str(out),
        ]
        environment = {**os.environ, "PYTHONHASHSEED": seed}
        subprocess.run(words, check=True, capture_output=True, cwd=out, env=environment)
        outputs.append(
            {path.relative_to(out): path.read_bytes() for path in out.rglob("*") if path.is_file()}
        )
    assert outputs[0] == outputs[1]
    committed = {path: (PROJECT / path).read_bytes() for path in outputs[0]}
    assert outputs[0] == committed
    assert all(str(PROJECT).encode() not in content for content in committed.values())
