"""Bundling TypeScript of the tests, so that Node can run it beside the SDK's sources."""

from __future__ import annotations

from pathlib import Path

from node_tools import SDK, run

__all__ = ["HERE", "bundle"]

HERE = Path(__file__).parent


def bundle(folder: Path, *sources: Path) -> list[Path]:
    """Bundle each source, with what it imports, to an ES module in `folder`; return the modules."""
    run(
        SDK / "node_modules" / ".bin" / "esbuild",
        *sources,
        "--bundle",
        "--platform=node",
        "--format=esm",
        "--target=node20",
        f"--outdir={folder}",
        "--out-extension:.js=.mjs",
        "--sourcemap=inline",
        "--log-level=warning",
    )
    return [folder / f"{source.stem}.mjs" for source in sources]
