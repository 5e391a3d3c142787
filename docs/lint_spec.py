"""Lints spec/ with three readers that share nothing, because each alone misses faults that the others find.

    redocly   Redocly's strictest rules for both documents, examples included
    schemas   every schema against the metaschemas of 2020-12 and draft-07, every example and default
              against its own schema, every field described
    asyncapi  the reference parser of AsyncAPI, without a single diagnostic

Usage: .venv/bin/python docs/lint_spec.py [redocly] [schemas] [asyncapi]
All three without an argument. Exit status 1 for any fault or warning. Node packages: `npm ci` in docs/.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from spec_lint import schemas

DOCS = Path(__file__).resolve().parent


def redocly(root: Path) -> list[str]:
    """The problems that Redocly has with `root`/spec, under the rules of `root`/docs/redocly.yaml."""
    command: list[str | Path] = [
        "node",
        DOCS / "node_modules/@redocly/cli/bin/cli.js",
        "lint",
        "--config",
        "docs/redocly.yaml",
    ]
    result = _run([*command, "--format=json", "--max-problems=1000", "openapi", "asyncapi"], root)
    reports = _json_documents(result.stdout)
    if len(reports) != 2:  # one a document: it stops without a report when it cannot read one
        return [f"redocly did not report on both documents: {result.stdout}{result.stderr}".strip()]
    faults = [_redocly_problem(problem) for report in reports for problem in report["problems"]]
    if result.returncode != 0 and not faults:
        return [f"redocly ended with {result.returncode}: {result.stderr}".strip()]
    return faults


def asyncapi(root: Path) -> list[str]:
    """The diagnostics of AsyncAPI's reference parser."""
    result = _run(["node", DOCS / "spec_lint/asyncapi.mjs", "spec/asyncapi.yaml"], root)
    if result.returncode not in (0, 1) or result.stderr:
        return [f"the parser ended with {result.returncode}: {result.stderr}".strip()]
    return result.stdout.splitlines()


LINTERS: dict[str, Callable[[Path], list[str]]] = {
    "redocly": redocly,
    "schemas": schemas.lint,
    "asyncapi": asyncapi,
}


def main(arguments: list[str] | None = None) -> int:
    """Run the linters that are named, all without a name. Returns the exit status."""
    parser = argparse.ArgumentParser(description="Lint spec/ with three independent readers.")
    parser.add_argument("linters", nargs="*", metavar="LINTER", help=f"of {', '.join(LINTERS)}; default: all")
    parser.add_argument(
        "--root", type=Path, default=DOCS.parent, help="the folder that holds spec/ and docs/"
    )
    options = parser.parse_args(arguments)
    if unknown := set(options.linters) - LINTERS.keys():
        parser.error(f"no such linter: {', '.join(sorted(unknown))}")
    total = 0
    for name in options.linters or LINTERS:
        faults = LINTERS[name](options.root)
        total += len(faults)
        print(f"lint-spec: {name}: {len(faults) or 'no'} fault{'' if len(faults) == 1 else 's'}")
        for fault in faults:
            print(f"  {fault}")
    return 1 if total else 0


def _run(command: list[str | Path], root: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "REDOCLY_TELEMETRY": "off", "REDOCLY_SUPPRESS_UPDATE_NOTICE": "true"}
    return subprocess.run(command, cwd=root, env=environment, capture_output=True, text=True, check=False)


def _json_documents(text: str) -> list[Any]:
    """The JSON documents that stand one after the other in `text`."""
    decoder, documents, place = json.JSONDecoder(), [], 0
    text = text.strip()
    while place < len(text):
        document, place = decoder.raw_decode(text, place)
        documents.append(document)
    return documents


def _redocly_problem(problem: dict[str, Any]) -> str:
    location = problem["location"][0]
    line = location.get("start", {}).get("line", "?")
    where = f"{location['source']['ref']}:{line} at {location.get('pointer', '#/')}"
    return f"{where}: {problem['message']} ({problem['ruleId']})"


if __name__ == "__main__":
    sys.exit(main())
