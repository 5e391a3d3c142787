"""Print, as one JSON line, what this environment holds and which requirements of it are not met.

Runs in `.venv-upstream`: {"versions": {…}, "unmet": ["package needs requirement, has version", …]}. The slim
SDK's own requirements are read from its pyproject.toml, since only the whole project is installed there.
"""

from __future__ import annotations

import json
import tomllib
from importlib.metadata import PackageNotFoundError, distributions, version
from pathlib import Path

from packaging.requirements import Requirement

SDK = Path(__file__).resolve().parents[3] / "sdk-python" / "pyproject.toml"


def unmet(owner: str, requirements: list[str]) -> list[str]:
    """Those of the requirements that hold here and are not met; `owner` is named in the text."""
    faults = []
    for line in requirements:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            found = version(requirement.name)
        except PackageNotFoundError:
            faults.append(f"{owner} needs {line}, which is missing")
            continue
        if not requirement.specifier.contains(found, prereleases=True):
            faults.append(f"{owner} needs {line}, has {found}")
    return faults


def main() -> None:
    """Look at every installed distribution."""
    faults = unmet("fastagency-sdk", tomllib.loads(SDK.read_text())["project"]["dependencies"])
    versions = {}
    for distribution in distributions():
        name = distribution.metadata["Name"]
        versions[name] = distribution.version
        faults += unmet(name, distribution.requires or [])
    print(json.dumps({"versions": versions, "unmet": sorted(faults)}))


if __name__ == "__main__":
    main()
