"""Python: the REST client, made in a process of its own: the bundled document comes in, the files go out.

openapi-python-client reads the document and picks the types; our templates print them over the shared
pydantic models, where its own would print an attrs class beside each. Nothing is written to disk and no
formatter is called.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from openapi_python_client import Project, strings
from openapi_python_client.config import Config, ConfigFile, MetaType
from openapi_python_client.parser import GeneratorData
from openapi_python_client.parser.errors import GeneratorError
from openapi_python_client.parser.openapi import Endpoint

from ..emit import MARK

__all__ = ["main", "rest_client"]

TEMPLATES = Path(__file__).parent / "rest_templates"


def rest_client(document: dict[str, Any]) -> tuple[dict[str, str], list[str]]:
    """Return the files of the package `rest` by path, and what openapi-python-client complained of.

    Any complaint, a warning too, means that something of the document is not in the files.
    """
    config = Config.from_sources(
        ConfigFile(post_hooks=[], use_path_prefixes_for_title_model_names=False),
        MetaType.NONE,
        document_source="",
        file_encoding="utf-8",
        overwrite=False,
        output_path=Path(),
    )
    parsed = GeneratorData.from_dict(document, config=config)
    if isinstance(parsed, GeneratorError):
        return {}, [_line(parsed)]
    collections = parsed.endpoint_collections_by_tag.values()
    complaints = [_line(error) for error in parsed.errors]
    complaints += [_line(error) for collection in collections for error in collection.parse_errors]
    environment = Project(openapi=parsed, config=config, custom_template_path=TEMPLATES).env
    environment.globals.update(mark=MARK, model_names=_model_names)
    files = {}
    modules = []
    for endpoint in (endpoint for collection in collections for endpoint in collection.endpoints):
        module = str(strings.PythonIdentifier(endpoint.name, config.field_prefix))
        modules.append(module)
        text = environment.get_template("endpoint_module.py.jinja").render(endpoint=endpoint)
        files[f"rest/{module}.py"] = text
    files["rest/response.py"] = environment.get_template("types.py.jinja").render()
    files["rest/__init__.py"] = environment.get_template("package_init.py.jinja").render(
        modules=sorted(modules)
    )
    return files, complaints


def _model_names(endpoint: Endpoint) -> list[str]:
    """The models that an operation refers to, from the imports that the tool has for its own twins."""
    return sorted({line.rsplit(" import ", 1)[1] for line in endpoint.relative_imports if "models." in line})


def _line(error: GeneratorError) -> str:
    return " ".join(f"{error.header}: {error.detail}".split())


def main() -> int:
    """Read the document from standard input, and write the files to standard output as JSON."""
    files, complaints = rest_client(json.load(sys.stdin))
    for complaint in complaints:
        print(complaint, file=sys.stderr)
    json.dump(files, sys.stdout)
    return 1 if complaints else 0
