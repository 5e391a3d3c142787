"""What a run yields for people and machines: the summary, JUnit's XML, results as JSON."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from pathlib import Path
from typing import TextIO
from xml.etree import ElementTree

from .results import Outcome, Run

__all__ = ["Printer", "print_summary", "write_junit", "write_results"]


_NO_XML = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\U0010ffff]")


class Printer:
    """Prints one line for each case that did not pass, and what explains it. `verbose`: the others too."""

    def __init__(self, stream: TextIO, *, verbose: bool = False, name: str = "") -> None:
        self._stream = stream
        self._verbose = verbose
        self._name = f"{name}: " if name else ""
        self._dots = 0

    def __call__(self, outcome: Outcome) -> None:
        """Print one outcome."""
        if outcome.red:
            print(f"{self._name}✗ {outcome.case}: {_why(outcome)}", file=self._stream)
            for line in outcome.trace[-12:]:
                print(f"      {line}", file=self._stream)
        elif self._verbose:
            sign = {"passed": "✓", "failed": "~", "skipped": "-"}[outcome.verdict]
            print(
                f"{self._name}{sign} {outcome.case}{': ' + outcome.why if outcome.why else ''}",
                file=self._stream,
            )
        elif not outcome.case.startswith("vectors/"):
            self._dots += 1
            if self._stream.isatty():
                print(f"\r{self._name}{self._dots} cases", end="", file=self._stream)
        self._stream.flush()


def _why(outcome: Outcome) -> str:
    if outcome.verdict == "passed":
        return f"passes, though it is a known failure ({outcome.expected})"
    return outcome.why


def print_summary(runs: Sequence[Run], stream: TextIO, *, seconds: float) -> None:
    """Print one line a subject, then every fault that is about no single case, then the verdict."""
    print(file=stream)
    for run in runs:
        known = sum(it.verdict == "failed" and bool(it.expected) for it in [*run.outcomes, *run.vectors])
        words = [f"{run.count('passed')} of {len(run.outcomes)} cases passed"]
        if skipped := [it for it in run.outcomes if it.verdict == "skipped"]:
            words.append(f"{len(skipped)} skipped")
        if run.vectors:
            words.append(f"{run.count('passed', vectors=True)} of {len(run.vectors)} vectors")
        if known:
            words.append(f"{known} known failures")
        print(
            f"{run.subject:<18} {run.role:<7} {'red  ' if run.red else 'green'}  {', '.join(words)}",
            end="",
            file=stream,
        )
        print(f"  ({run.seconds:.1f} s)", file=stream)
        reasons: dict[str, list[str]] = {}
        for it in skipped:
            reasons.setdefault(it.why, []).append(it.case)
        for why, names in reasons.items():
            print(f"    skipped, {why}: {', '.join(names)}", file=stream)
        for fault in run.faults:
            print(f"    {fault}", file=stream)
    red = sum(len(run.red) for run in runs)
    print(f"{'red: ' + str(red) + ' to look at' if red else 'green'}, {seconds:.0f} s", file=stream)


def write_junit(runs: Sequence[Run], path: Path) -> None:
    """Write JUnit's XML: one suite a subject, one case a case; a known failure counts as skipped."""
    root = ElementTree.Element("testsuites")
    for run in runs:
        everything = [*run.outcomes, *run.vectors]
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=run.subject,
            tests=str(len(everything) + len(run.faults)),
            failures=str(len(run.red)),
            time=f"{run.seconds:.3f}",
        )
        for it in everything:
            case = ElementTree.SubElement(
                suite, "testcase", classname=run.subject, name=it.case, time=f"{it.seconds:.3f}"
            )
            if it.red:
                failure = ElementTree.SubElement(case, "failure", message=_xml(_why(it)))
                failure.text = _xml("\n".join(it.trace))
            elif it.verdict != "passed":
                ElementTree.SubElement(case, "skipped", message=_xml(it.expected or it.why))
        for fault in run.faults:
            case = ElementTree.SubElement(suite, "testcase", classname=run.subject, name="the run itself")
            ElementTree.SubElement(case, "failure", message=_xml(fault))
    path.parent.mkdir(parents=True, exist_ok=True)
    ElementTree.ElementTree(root).write(path, encoding="utf-8", xml_declaration=True)


def _xml(text: str) -> str:
    """XML 1.0 has no control characters, and no surrogates."""
    return _NO_XML.sub("?", text)


def write_results(runs: Sequence[Run], path: Path) -> None:
    """Write what became of every case as JSON."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(
        json.dumps([run.as_json() for run in runs], indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
