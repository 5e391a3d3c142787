#!/usr/bin/env bash
# Makes sure that Node 20 or newer and npm are there.
set -euo pipefail
major() { node --version 2>/dev/null | sed -E 's/^v([0-9]+).*/\1/'; }
if [ "$(major || true)" ] && [ "$(major)" -ge 20 ] && command -v npm >/dev/null; then exit 0; fi
echo "setup: this project needs Node 20 or newer with npm (found: $(node --version 2>/dev/null || echo none))." >&2
echo "       Install it (https://nodejs.org/en/download, or your distribution's package) and run make again." >&2
exit 1
