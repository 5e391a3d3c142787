#!/usr/bin/env bash
# Makes sure that Debian's Chromium is there: the browser tests drive it.
set -euo pipefail
command -v chromium >/dev/null && exit 0
sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo
if ! command -v apt-get >/dev/null; then
  echo "setup: the browser tests need /usr/bin/chromium; install Chromium and run make again." >&2
  exit 1
fi
echo "setup: installing chromium (Debian package)"
$sudo apt-get update -qq
DEBIAN_FRONTEND=noninteractive $sudo apt-get install -y -qq chromium >/dev/null
