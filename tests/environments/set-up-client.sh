#!/usr/bin/env bash
# Sets one client's language up:  set-up-client.sh go|java|ruby|rust
# Finds or installs the language, then fetches what the lock files name: from then on everything builds offline.
set -euo pipefail
cd "$(dirname "$0")/../.."

"$(dirname "$0")/need-language.sh" "$1" 2>&1 || { [ $? -eq 3 ] && exit 0; exit 1; }
mkdir -p build
case "$1" in
  go)
    echo "setup: fetching the Go modules"
    go -C sdk-go mod download
    go -C sdk-go build -modfile=tools/go.mod -o /dev/null honnef.co/go/tools/cmd/staticcheck
    ;;
  java)
    echo "setup: fetching the Maven artifacts"
    # One real test: Maven fetches what runs tests only when it runs one.
    mvn -q -B -Dstyle.color=never -f sdk-java/pom.xml -Prelease -Dtest=UnitsTest spotless:check verify
    ;;
  ruby) ;;
  rust)
    echo "setup: fetching the crates"
    cargo fetch --quiet --locked --manifest-path sdk-rust/Cargo.toml
    ;;
esac
touch "build/$1.stamp"
