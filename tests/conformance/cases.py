"""The session cases as data: read from `spec/vectors/sessions`, judged by their schema on load."""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator
from wire_spec import SPEC, load_yaml

__all__ = ["SESSIONS", "BadCases", "Case", "Clause", "load_cases", "load_clauses", "matching", "why_skipped"]

SESSIONS = SPEC / "vectors" / "sessions"
_NOT_CASES = {"schema.yaml", "clauses.yaml"}
_SHARED = {"discover", "start", "started", "say", "answer", "echo", "return", "raise", "leave", "end"}
_CLIENT_ONLY = {"frame", "binary", "raw", "ping", "close", "drop", "wait", "together"}
_SERVER_ONLY = {"request", "open", "send", "receive", "closed", "break", "script", "quiet", "crowd"}
_SERVER_ONLY |= {"announce", "begin", "rejoin", "ready", "replay", "respond", "refused", "pause"}
_SERVER_ONLY |= {"stall", "catch_up"}
_CLIENT_ONLY |= {"resume", "welcome", "resumed", "reconnects", "stays_away", "refuses", "arrives", "accept"}
_CLIENT_ONLY |= {"reject", "answered_elsewhere", "expire", "chunk", "beats", "repeat", "cancel", "cursor"}
_CLIENT_ONLY |= {"connection", "read", "tries"}
VERBS = _SHARED | _CLIENT_ONLY | _SERVER_ONLY

Step = dict[str, Any]


class BadCases(Exception):
    """Case files that cannot be used. The text has one line a fault: file, line, place, what is wrong."""


@dataclass(frozen=True)
class Clause:
    """One numbered clause of the protocol: its key, for example "FA-CLA-3", and what it says."""

    key: str
    text: str
    judged: str


@dataclass(frozen=True)
class Case:
    """One case: `name` is FILE/ID, `place` where it stands, `needs` features without which it is skipped."""

    name: str
    title: str
    clauses: tuple[str, ...]
    roles: frozenset[str]
    needs: frozenset[str]
    steps: tuple[Step, ...]
    place: str
    prefix: str = ""
    compression: bool = False
    dialect: str = "classic"


_MISSING = {
    "discover": "The driver does not offer discovery.",
    "converse": "The driver does not offer conversations.",
    "timeout": "The driver cannot wait for a message for a limited time.",
    "decode": "The driver does not decode frames that are put to it.",
    "raw_text": "The client does not keep the text of a frame.",
    "exact_integers": "The client does not keep integers beyond 2^53 exactly.",
    "compression": "The client offers no compression.",
    "users": "Not judged: the suite has no set-up of this server that tells users apart.",
    "limit": "Not judged: the suite has no set-up of this server that holds two conversations at most.",
    "brief": "Not judged: the suite has no set-up of this server with short times and a short log.",
    "drain": "Not judged: the suite has no set-up of this server that may be stopped.",
    "sessions": "It does not speak fastagency.v1.",
}


def why_skipped(missing: Iterable[str]) -> str:
    """Why a case is skipped whose needs are not met, as a sentence for people."""
    return " ".join(_MISSING[need] for need in sorted(missing))


def verb_of(step: Step) -> str:
    """The verb of a step that the schema has taken."""
    return next(key for key in step if key in VERBS)


def load_clauses(folder: Path = SESSIONS) -> dict[str, Clause]:
    """Every clause of the classic dialect, by key. Raises BadCases."""
    file = folder / "clauses.yaml"
    document = load_yaml(file)
    if not isinstance(document, dict):
        raise BadCases(f"{file}: must be an object of clauses")
    text = file.read_text(encoding="utf-8")
    if twice := list(_twice(yaml.compose(text, Loader=yaml.SafeLoader), file.name)):
        raise BadCases("\n".join(twice))
    return {key: Clause(key, " ".join(it["says"].split()), it["judged"]) for key, it in document.items()}


def load_cases(folder: Path = SESSIONS) -> list[Case]:
    """Every case of the folder's files, in order. Raises BadCases, with all faults at once."""
    schema = load_yaml(folder / "schema.yaml")
    Draft202012Validator.check_schema(schema)
    validator = Draft202012Validator(schema)
    clauses = load_clauses(folder)
    cases: list[Case] = []
    faults: list[str] = []
    for file in sorted(folder.glob("*.yaml")):
        if file.name in _NOT_CASES:
            continue
        try:
            root = yaml.compose(file.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
            document = load_yaml(file)
        except yaml.YAMLError as error:
            faults.append(f"{file.name}: {' '.join(str(error).split())}")
            continue
        found = list(_faults(validator, document, root, file.name, clauses))
        faults += found
        if not found:
            cases += [_case(raw, place, root, file) for place, raw in enumerate(document["cases"])]
    if faults:
        raise BadCases("\n".join(faults))
    return cases


def matching(cases: Sequence[Case], pattern: str) -> list[Case]:
    """The cases whose name fits a pattern of the shell's kind ("endings/*"); a plain word fits anywhere."""
    whole = pattern if any(it in pattern for it in "*?[/") else f"*{pattern}*"
    return [case for case in cases if fnmatch.fnmatchcase(case.name, whole)]


def _faults(
    validator: Draft202012Validator,
    document: Any,
    root: yaml.Node | None,
    file: str,
    clauses: dict[str, Clause],
) -> Iterator[str]:
    errors = sorted(validator.iter_errors(document), key=lambda error: list(map(str, error.absolute_path)))
    for error in errors:
        path = list(error.absolute_path)
        yield f"{_where(file, root, path, document)}: {_message(error, path)}"
    yield from _twice(root, file)
    if errors:
        return
    seen: set[str] = set()
    for index, case in enumerate(document["cases"]):
        where = _where(file, root, ["cases", index], document)
        if case["id"] in seen:
            yield f"{where}: there is another case of that id in this file"
        seen.add(case["id"])
        for clause in case["clauses"]:
            if clause not in clauses:
                yield f"{where}: {clause} is not in clauses.yaml"
        for number, step in enumerate(case["steps"]):
            verb = verb_of(step)
            for role, others in (("client", _SERVER_ONLY), ("server", _CLIENT_ONLY)):
                if role in case["roles"] and verb in others:
                    place = _where(file, root, ["cases", index, "steps", number], document)
                    yield f"{place}: {verb!r} cannot be played where a {role} is judged"


def _message(error: Any, path: list[Any]) -> str:
    if error.validator == "oneOf" and len(path) >= 2 and path[-2] in ("steps", "together"):
        verbs = sorted(VERBS & set(error.instance)) if isinstance(error.instance, dict) else []
        return f"a step has exactly one verb, this one has {' and '.join(verbs) or 'none'}"
    return str(error.message)[:300]


def _where(file: str, root: yaml.Node | None, path: list[Any], document: Any) -> str:
    """ "endings.yaml:41 (case lost-without-close-frame) cases.3.steps.1"."""
    node, value, case = root, document, ""
    for key in path:
        if isinstance(node, yaml.MappingNode):
            node = next((it for name, it in node.value if name.value == str(key)), node)
        elif isinstance(node, yaml.SequenceNode) and isinstance(key, int):
            node = node.value[key]
        value = value[key] if isinstance(value, (dict, list)) else None
        if isinstance(value, dict) and isinstance(value.get("id"), str):
            case = f" (case {value['id']})"
    line = node.start_mark.line + 1 if node is not None else 1
    return f"{file}:{line}{case} {'.'.join(map(str, path)) or '(whole)'}"


def _twice(node: yaml.Node | None, file: str) -> Iterator[str]:
    """A key that an object holds twice: YAML readers would silently take one of them."""
    if isinstance(node, yaml.MappingNode):
        seen = set()
        for name, child in node.value:
            if name.value in seen:
                yield f"{file}:{name.start_mark.line + 1}: {name.value!r} stands twice in one object"
            seen.add(name.value)
            yield from _twice(child, file)
    elif isinstance(node, yaml.SequenceNode):
        for child in node.value:
            yield from _twice(child, file)


def _case(raw: dict[str, Any], index: int, root: yaml.Node | None, file: Path) -> Case:
    return Case(
        name=f"{file.stem}/{raw['id']}",
        title=raw["title"],
        clauses=tuple(raw["clauses"]),
        roles=frozenset(raw["roles"]),
        needs=frozenset(raw.get("needs", ())) | ({"sessions"} if "dialect" in raw else set()),
        steps=tuple(raw["steps"]),
        place=_where(file.name, root, ["cases", index], None).split(" ")[0],
        prefix=raw.get("prefix", ""),
        compression=raw.get("compression", False),
        dialect=raw.get("dialect", "classic"),
    )
