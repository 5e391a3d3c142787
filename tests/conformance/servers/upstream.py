"""FastAgency's own server, run with the Python of .venv-upstream:  python upstream.py"""

# FastAgency has no types, and is not there at all where mypy runs.
# mypy: disable-error-code="import-not-found,import-untyped,untyped-decorator,unused-ignore"

from __future__ import annotations

import sys
from importlib.metadata import version
from pathlib import Path
from typing import Any

from fastagency.adapters.fastapi import FastAPIAdapter
from fastagency.runtimes.ag2 import Workflow
from fastapi import FastAPI

sys.path.insert(0, str(Path(__file__).parents[2]))  # it is run by its path, in several environments

from conformance.servers import script, serving


def main() -> None:
    """Serve the workflow `conformance`."""
    workflows = Workflow()

    @workflows.register(name="conformance", description="Does as it is told")
    def blocking(ui: Any, params: dict[str, Any]) -> Any:
        return script.run(ui, params)

    app = FastAPI()
    app.include_router(FastAPIAdapter(provider=workflows).router)
    serving.serve(app, "FastAgency", version("fastagency"))


if __name__ == "__main__":
    main()
