"""Builds the pages of the published spec. `docs/build_site.py` is its command."""
