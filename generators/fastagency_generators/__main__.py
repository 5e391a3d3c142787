"""The command `fastagency-generate`: everything typed, from the spec."""

from __future__ import annotations

import argparse
import gc
import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from .emit import GenerationFailed, OutputFile, Source, Target
from .emitters import targets
from .emitters.bundle import bundle
from .ir.build import build
from .ir.dump import dump
from .manifest import Manifest
from .spec.lint import lint
from .spec.load import Spec, load_spec

__all__ = ["main"]

_COMMANDS = ("generate", "check", "dump-ir", "bundle")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line and return the exit status: 0, or 1 when something is wrong with spec or files.

    `arguments` are those after the program's name (None: the process's own).
    """
    if arguments is None:
        gc.disable()  # the tools' imports make up most of a run, and are a fifth faster without it
    words = list(sys.argv[1:] if arguments is None else arguments)
    if not words or (words[0] not in _COMMANDS and words[0] not in ("-h", "--help")):
        words.insert(0, "generate")
    options = _parser().parse_args(words)
    run: Callable[[argparse.Namespace], int] = options.run
    try:
        return run(options)
    except _Refused as refused:
        for line in refused.lines:
            print(line, file=sys.stderr)
        print(refused.summary, file=sys.stderr)
        return 1


class _Refused(Exception):
    """The run ends here: what is wrong, a line each, and the sum of it."""

    def __init__(self, lines: list[str], summary: str) -> None:
        super().__init__(summary)
        self.lines = lines
        self.summary = summary


def _generate(options: argparse.Namespace) -> int:
    started = time.monotonic()
    manifest = _manifest(options, started)
    changes = manifest.write(options.out)
    for path in changes.written:
        print(f"  wrote    {path}")
    for path in changes.removed:
        print(f"  removed  {path}")
    print(
        f"{len(manifest.files)} files: {len(changes.written)} written, {len(changes.removed)} removed, "
        f"{changes.unchanged} unchanged, in {time.monotonic() - started:.1f} s"
    )
    return 0


def _check(options: argparse.Namespace) -> int:
    started = time.monotonic()
    manifest = _manifest(options, started)
    problems = manifest.problems(options.out, whole=options.only is None)
    if problems:
        raise _Refused(problems, f"{len(problems)} generated files are not what the spec says")
    print(
        f"{len(manifest.files)} generated files are what the spec says, in {time.monotonic() - started:.1f} s"
    )
    return 0


def _dump_ir(options: argparse.Namespace) -> int:
    sys.stdout.write(dump(build(_sound_spec(options.spec))))
    return 0


def _bundle(options: argparse.Namespace) -> int:
    document = bundle(_sound_spec(options.spec), options.document)
    sys.stdout.write(json.dumps(document, indent=2, ensure_ascii=False) + "\n")
    return 0


def _manifest(options: argparse.Namespace, started: float) -> Manifest:
    spec = _sound_spec(options.spec)
    source = Source(spec, build(spec))
    print(f"read {len(spec.files)} files of {options.spec}: {len(source.protocol.types)} types")
    generated: list[tuple[Target, list[OutputFile]]] = []
    for target in targets():
        if options.only in (None, target.name):
            try:
                files = target.generate(source)
            except GenerationFailed as failure:
                raise _Refused(failure.complaints, f"{target.name} could not be generated") from failure
            print(f"  {target.name}: {len(files)} files, at {time.monotonic() - started:.1f} s")
            generated.append((target, files))
    return Manifest(generated)


def _sound_spec(root: Path) -> Spec:
    """Read and lint the spec. Raises `_Refused` with every fault in it."""
    spec = load_spec(root)
    faults = lint(spec)
    if faults:
        lines = [f"{root.as_posix()}/{fault}" for fault in faults]
        raise _Refused(
            lines, f"{len(faults)} fault{'s' if len(faults) > 1 else ''} in the spec; nothing was written"
        )
    return spec


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="fastagency-generate",
        description="Generate everything typed from the spec: clients, tables, bundled documents, vectors.",
        epilog="Without a command: generate. `fastagency-generate COMMAND --help` tells its options.",
    )
    commands = parser.add_subparsers(title="commands", required=True, metavar="COMMAND")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--spec", type=Path, default=Path("spec"), metavar="DIR", help="the spec (default: spec)"
    )
    writing = argparse.ArgumentParser(add_help=False, parents=[common])
    writing.add_argument(
        "--out",
        type=Path,
        default=Path(),
        metavar="DIR",
        help="the project's root, which holds the output (default: .)",
    )
    writing.add_argument(
        "--only", choices=[target.name for target in targets()], help="one target instead of all"
    )

    def command(name: str, run: Callable[[argparse.Namespace], int], about: str) -> argparse.ArgumentParser:
        parents = [writing] if run in (_generate, _check) else [common]
        added = commands.add_parser(name, help=about, description=about.capitalize() + ".", parents=parents)
        added.set_defaults(run=run)
        return added

    command("generate", _generate, "write every generated file that is not up to date")
    command(
        "check", _check, "write nothing; fail when a generated file differs, is orphaned or bears no mark"
    )
    command("dump-ir", _dump_ir, "print the language-neutral model as JSON")
    added = command("bundle", _bundle, "print one of the two documents as a single JSON file")
    added.add_argument("document", choices=["openapi", "asyncapi"], help="which of the two")
    return parser


if __name__ == "__main__":
    sys.exit(main())
