"""The golden specs as Rust: compared, formatted, linted, compiled, and fed vectors.

`UPDATE_GOLDEN=1` writes the output anew; look at the difference before committing it.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from copied_spec import PROJECT
from fastagency_generators.emit import Source, walk
from fastagency_generators.emitters.rust import RustEmitter
from fastagency_generators.emitters.rust_layout import doc, field_name, literal, type_name, variant_name
from fastagency_generators.emitters.vectors import VectorsTarget
from fastagency_generators.ir.build import build
from fastagency_generators.spec.load import load_spec
from fastagency_generators.writer import Writer
from language_tools import need
from rust_sdk.rust_tools import SDK, TARGET, cargo
from vector_judge import Codec, judge, vectors

GOLDEN = PROJECT / "tests" / "golden"
CASES = sorted(path.parent.name for path in GOLDEN.glob("*/input"))
RUNTIME = ("finite", "json", "operation", "wire")
"""The modules of the SDK that generated code uses."""


def source_of(case: str, folder: Path) -> Source:
    """The base spec with the case's own schemas, built."""
    shutil.copytree(GOLDEN / "base", folder)
    shutil.copytree(GOLDEN / case / "input", folder, dirs_exist_ok=True)
    spec = load_spec(folder)
    return Source(spec, build(spec))


def files_of(source: Source) -> dict[str, str]:
    """The generated files by name."""
    files = walk(source.protocol, RustEmitter(source.protocol))
    return {Path(file.path).name: file.text for file in files}


@pytest.mark.parametrize("case", CASES)
def test_output_is_as_it_was(case: str, tmp_path: Path) -> None:
    files = files_of(source_of(case, tmp_path / "spec"))
    output = GOLDEN / case / "rust"
    if os.environ.get("UPDATE_GOLDEN") == "1":
        shutil.rmtree(output, ignore_errors=True)
        output.mkdir()
        for name, text in files.items():
            (output / name).write_text(text, encoding="utf-8")
    assert files == {path.name: path.read_text(encoding="utf-8") for path in sorted(output.iterdir())}


MANIFEST = """
[package]
name = "golden"
edition = "2021"

[dependencies]
regex = { version = "1", default-features = false, features = ["perf", "std"] }
serde = { version = "1", default-features = false, features = ["std"] }
serde_json = { version = "1", features = ["raw_value"] }

[profile.dev]
debug = "line-tables-only"
"""

MAIN = """
use std::io::BufRead;

fn main() {{
    for line in std::io::stdin().lock().lines() {{
        let [case, frame]: [String; 2] = serde_json::from_str(&line.unwrap()).unwrap();
        let read = match case.as_str() {{
{arms}
            other => panic!("no case {{other}}"),
        }};
        println!("{{}}", serde_json::to_string(&read.map_err(|error| error.to_string())).unwrap());
    }}
}}
"""

ARM = """            "{name}" => frame.parse().map(|message: {module}::messages::NoteMessage| {{
                let shown = format!("{{message:?}}");
                let kind = shown.split('(').next().unwrap_or_default().to_owned();
                (kind, serde_json::to_string(&message).unwrap(), shown)
            }}),"""


@pytest.fixture(scope="module")
def crate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One crate with the output of every case, and a program that decodes frames with it."""
    need("rust")
    root = tmp_path_factory.mktemp("golden")
    (root / "src").mkdir()
    (root / "Cargo.toml").write_text(MANIFEST, encoding="utf-8")
    (root / "Cargo.lock").write_bytes((SDK / "Cargo.lock").read_bytes())
    modules = []
    for case in CASES:
        folder = root / "src" / case.replace("-", "_")
        folder.mkdir()
        for name, text in files_of(source_of(case, root / case)).items():
            (folder / name).write_text(text, encoding="utf-8")
        modules.append(folder.name)
    for name in RUNTIME:
        shutil.copy(SDK / "src" / f"{name}.rs", root / "src")
    lines = [f"#[allow(dead_code)]\nmod {name};" for name in sorted([*modules, *RUNTIME])]
    arms = "\n".join(
        ARM.format(name=case, module=module) for case, module in zip(CASES, modules, strict=True)
    )
    program = "\n".join([*lines, MAIN.format(arms=arms)])
    (root / "src" / "main.rs").write_text(program, encoding="utf-8")
    return root


def test_rustfmt_and_clippy_find_nothing(crate: Path) -> None:
    formatted = [str(path) for path in sorted((crate / "src").glob("*/mod.rs"))]
    assert len(formatted) == len(CASES)
    checked = subprocess.run(
        ["rustfmt", "--edition", "2021", "--check", *formatted], capture_output=True, text=True, check=False
    )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    cargo("clippy", "--quiet", "--offline", "--", "-D", "warnings", cwd=crate)


def test_compiled_output_takes_and_refuses_the_vectors(crate: Path) -> None:
    cargo("build", "--quiet", "--offline", cwd=crate)
    faults = []
    for case in CASES:
        source = source_of(case, crate / "vectors" / case)
        for file in VectorsTarget().generate(source):
            path = crate / "vectors" / f"{case}-out" / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(file.text, encoding="utf-8")
        found = vectors("messages", crate / "vectors" / f"{case}-out" / "spec" / "vectors")
        assert len(found) > 30
        read = _read(case, [vector.case["frame"] for vector in found])
        for vector, answer in zip(found, read, strict=True):
            fault = judge(vector, _codec(answer))
            faults += [] if fault is None else [f"{case}: {fault}"]
    assert faults == []


def test_debug_shows_no_secret(crate: Path) -> None:
    cargo("build", "--quiet", "--offline", cwd=crate)
    frame = (GOLDEN / "secrets" / "frame.json").read_text(encoding="utf-8")
    (answer,) = _read("secrets", [frame])
    _, text, shown = answer["Ok"]
    assert json.loads(text) == json.loads(frame)
    assert "hush" not in shown
    assert shown.count("seen") == 4
    assert "token: …, hint: …, value: …" in shown


def _read(case: str, frames: list[str]) -> list[Any]:
    done = subprocess.run(
        [TARGET / "debug" / "golden"],
        input="".join(json.dumps([case, frame]) + "\n" for frame in frames),
        capture_output=True,
        text=True,
        encoding="utf-8",
        timeout=60,
        check=True,
    )
    return [json.loads(line) for line in done.stdout.split("\n") if line]  # not splitlines: U+2028


def _codec(answer: dict[str, Any]) -> Codec:
    def codec(_: str) -> tuple[str, Any]:
        if "Err" in answer:
            raise ValueError(answer["Err"])
        kind, text, _ = answer["Ok"]
        return kind, json.loads(text)

    return codec


def test_names() -> None:
    assert [type_name(name) for name in ("Option", "text_part", "Json")] == [
        "OptionType",
        "TextPart",
        "JsonType",
    ]
    assert [field_name(name) for name in ("type", "self", "2nd", "camelCase", "kebab-case")] == [
        "r#type",
        "self_",
        "_2nd",
        "camel_case",
        "kebab_case",
    ]
    assert [variant_name(name) for name in ("in-between", "1", "self", "")] == [
        "InBetween",
        "Value1",
        "ValueSelf",
        "Empty",
    ]


def test_texts_stay_what_they_are() -> None:
    assert literal('a"b\\c\n\x00é\u2028') == '"a\\"b\\\\c\\n\\u{0}é\\u{2028}"'
    out = Writer()
    doc(out, "See [this](x) and `a[0]`, <T> at https://example.org/a. Odd ` tick.")
    assert out.text() == (
        "/// See \\[this\\](x) and `a[0]`, \\<T> at <https://example.org/a>. Odd \\` tick.\n"
    )
