#!/usr/bin/env bash
# Makes sure that a client's language is there:  need-language.sh [--check] go|java|ruby|rust
# Installs what Debian has, and says so. Where that does not do, it says what is skipped and how to get it
# (status 3); with CI=true that is an error. With --check it only prints what is missing (status 3).
set -euo pipefail

at_least() { # at_least WANTED FOUND: compares dotted versions
  [ -n "$2" ] && [ "$(printf '%s\n' "$1" "$2" | sort -V | head -n 1)" = "$1" ]
}
go_version() { go env GOVERSION 2>/dev/null | sed 's/^go//'; }
java_version() { javac -version 2>&1 | sed -nE 's/^javac ([0-9.]+).*/\1/p'; }
ruby_version() { ruby -e 'print RUBY_VERSION' 2>/dev/null; }
rust_version() { cargo --version 2>/dev/null | cut -d' ' -f2; }

check=no
if [ "${1:-}" = --check ]; then check=yes; shift; fi
case "${1:-}" in
  go)   title=Go   wanted=1.24 programs="gofmt gcc"                 packages="golang-go gcc"                   site=https://go.dev/dl/ ;;
  java) title=Java wanted=17   programs="mvn"                   packages="openjdk-17-jdk-headless maven" site=https://adoptium.net ;;
  ruby) title=Ruby wanted=3.1  programs="rubocop rake"          packages="ruby rubocop rake ruby-minitest ruby-websocket-driver" site=https://www.ruby-lang.org ;;
  rust) title=Rust wanted=1.89 programs="rustfmt cargo-clippy"  packages="cargo rustfmt rust-clippy"     site=https://rustup.rs ;;
  *) echo "usage: need-language.sh [--check] go|java|ruby|rust" >&2; exit 2 ;;
esac

missing() { # prints what is missing, nothing when all is there
  local found program
  found=$("$1_version" || true)
  if ! at_least "$wanted" "$found"; then echo "$title $wanted or newer (found: ${found:-none})"; return; fi
  for program in $programs; do
    command -v "$program" >/dev/null || { echo "$program"; return; }
  done
  if [ "$1" = ruby ] && ! ruby -e 'require "websocket/driver"; require "minitest"' 2>/dev/null; then
    echo "the gems websocket-driver and minitest"
  fi
}

lack=$(missing "$1")
[ -n "$lack" ] || exit 0
if [ $check = yes ]; then echo "$lack"; exit 3; fi
if command -v apt-get >/dev/null; then
  sudo=""
  [ "$(id -u)" = 0 ] || sudo=sudo
  echo "setup: $title needs $lack; installing $packages (Debian packages)"
  # shellcheck disable=SC2086
  { $sudo apt-get update -qq && $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq $packages >/dev/null; } || true
  lack=$(missing "$1")
  [ -n "$lack" ] || exit 0
fi
echo "SKIPPED: the $title client is neither built nor tested: it needs $lack. See $site, then run make again." >&2
if [ "${CI:-}" = true ]; then
  echo "         With CI=true that is an error." >&2
  exit 1
fi
exit 3
