"""Build the pages of the published spec into the server's `_site` folder.

    python docs/build_site.py [--output FOLDER]

The pages need nothing from outside: they work from a file, below any prefix, and without a network.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path

from fastagency_generators.ir.build import build
from fastagency_generators.spec.load import Spec, load_spec
from site_builder.dialects import SESSION, Dialects
from site_builder.page import environment
from site_builder.pages import documents, own_pages, references
from site_builder.redocly import RedoclyFailed, find_redocly, reference_page

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent
BUNDLES = ROOT / "server" / "fastagency_server" / "_generated"
OUTPUT = ROOT / "server" / "fastagency_server" / "_site"
BUNDLED = ("openapi.json", "asyncapi.json")


class SiteFailed(Exception):
    """The site cannot be built. The text says why and what to do."""


def main() -> int:
    """Build the site and say what was written; returns the exit status."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--output", type=Path, default=OUTPUT, help="folder to replace (default: the server's)"
    )
    output: Path = parser.parse_args().output
    began = time.monotonic()
    try:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name) / "site"
            folder.mkdir()
            write_site(folder)
            replace(output, folder)
    except (SiteFailed, RedoclyFailed, ValueError) as error:
        print(f"docs: {error}", file=sys.stderr)
        return 1
    print(f"docs: open {output / 'index.html'}  ({time.monotonic() - began:.1f} s)")
    return 0


def write_site(folder: Path) -> None:
    """Write every page and the two documents into `folder`.

    Raises `SiteFailed`, `RedoclyFailed`, or ValueError when the examples or conversations do not fit
    the spec.
    """
    spec = read_spec()
    protocol = build(spec)
    templates = environment(HERE / "site")
    templates.globals |= {"version": protocol.version, "dialect": SESSION}
    for file in BUNDLED:
        if not (BUNDLES / file).is_file():
            raise SiteFailed(f"{BUNDLES / file} is missing: run `make generate`")
        shutil.copyfile(BUNDLES / file, folder / file)
    for file, html in own_pages(protocol, Dialects(spec, protocol), templates, HERE / "site"):
        write(folder / file, html)
    for file, html in documents(templates, ROOT):
        write(folder / file, html)
    program = find_redocly(HERE / "node_modules")
    for reference in references(BUNDLES):
        template = templates.get_template(f"{Path(reference.file).stem}.html.jinja")
        write(folder / reference.file, reference_page(program, reference, template))


def read_spec() -> Spec:
    """Return the spec of `spec/`. Raises `SiteFailed` when its files cannot be read."""
    spec = load_spec(ROOT / "spec")
    if spec.faults:
        raise SiteFailed("\n".join(map(str, spec.faults)))
    return spec


def write(path: Path, html: str) -> None:
    """Write one page and say so."""
    path.write_text(html, encoding="utf-8")
    print(f"docs: {path.name:<18} {path.stat().st_size / 1024:7.0f} KiB", flush=True)


def replace(output: Path, folder: Path) -> None:
    """Put `folder` in the place of `output`, so that no page of an earlier build stays behind."""
    if output.exists():
        shutil.rmtree(output)
    output.parent.mkdir(parents=True, exist_ok=True)
    shutil.copytree(folder, output)


if __name__ == "__main__":
    sys.exit(main())
