"""Say the version that the package and every client has, or give all of them a new one.

    python docs/set_version.py            print it; fails when a file says another one
    python docs/set_version.py 0.2.0      set it everywhere

Each manifest, or the version file that it reads, is the one place of its client; two lock files repeat it.
The version of the protocol is another: `info.version` in `spec/`.
"""

from __future__ import annotations

import argparse
import re
import sys
from pathlib import Path

__all__ = ["PLACES", "main", "set_version", "versions"]

ROOT = Path(__file__).resolve().parents[1]

PLACES = (
    ("pyproject.toml", r'^version = "(.+)"$'),
    ("sdk-python/pyproject.toml", r'^version = "(.+)"$'),
    ("sdk-typescript/package.json", r'^  "version": "(.+)",$'),
    ("sdk-typescript/package-lock.json", r'^  "version": "(.+)",$'),
    ("sdk-typescript/package-lock.json", r'^      "name": "fastagency-sdk",\n      "version": "(.+)",$'),
    ("sdk-go/version.go", r'^const Version = "(.+)"$'),
    ("sdk-java/pom.xml", r"^  <version>(.+)</version>$"),
    ("sdk-ruby/lib/fastagency_sdk/version.rb", r'^  VERSION = "(.+)"$'),
    ("sdk-rust/Cargo.toml", r'^version = "(.+)"$'),
    ("sdk-rust/Cargo.lock", r'^name = "fastagency-sdk"\nversion = "(.+)"$'),
)
"""Each file that holds the version, and the pattern of the one line (or two) where it does."""

_VERSION = re.compile(r"\d+\.\d+\.\d+")  # what all six registries order alike


def versions(root: Path) -> dict[str, str]:
    """Return the version that each file says. Raises ValueError where one does not say it exactly once."""
    found: dict[str, str] = {}
    for path, pattern in PLACES:
        version = _match(root, path, pattern)[1]
        if found.setdefault(path, version) != version:
            raise ValueError(f"{path} holds two versions: {found[path]} and {version}")
    return found


def set_version(root: Path, version: str) -> list[str]:
    """Write `version` into every file, and return those that changed.

    Raises ValueError for what is no version, and where a file does not hold one exactly once; nothing is
    written then.
    """
    if not _VERSION.fullmatch(version):
        raise ValueError(f"{version!r} is no version: three numbers with dots between, such as 0.2.0")
    versions(root)
    changed = []
    for path, pattern in PLACES:
        match = _match(root, path, pattern)
        text = match.string[: match.start(1)] + version + match.string[match.end(1) :]
        if text != match.string:
            (root / path).write_text(text, encoding="utf-8")
            changed.append(path)
    return list(dict.fromkeys(changed))


def _match(root: Path, path: str, pattern: str) -> re.Match[str]:
    file = root / path
    if not file.is_file():
        raise ValueError(f"{path} is missing")
    matches = list(re.finditer(pattern, file.read_text(encoding="utf-8"), re.MULTILINE))
    if len(matches) != 1:
        raise ValueError(f"{path} holds {len(matches)} lines of a version like {pattern}, not one")
    return matches[0]


def main() -> int:
    """Print the version or set it; returns the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("version", nargs="?", help="the new one, such as 0.2.0")
    options = parser.parse_args()
    try:
        if options.version is not None:
            for path in set_version(ROOT, options.version):
                print(f"wrote {path}")
            return 0
        found = versions(ROOT)
    except ValueError as error:
        print(f"set_version: {error}", file=sys.stderr)
        return 1
    for path, version in found.items():
        print(f"{version}  {path}")
    return 0 if len(set(found.values())) == 1 else 1


if __name__ == "__main__":
    sys.exit(main())
