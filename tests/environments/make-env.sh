#!/usr/bin/env bash
# Builds one virtual environment from its lock file:  make-env.sh FOLDER NAME
# NAME.txt beside this script is the lock; the three packages of the project are installed editable on top.
set -euo pipefail
folder=$1 name=$2
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
uv_version=0.13.9

sudo=""
[ "$(id -u)" = 0 ] || sudo=sudo

if ! python3 -c 'import ensurepip, venv' 2>/dev/null; then
  echo "setup: installing python3-venv (Debian package)"
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq python3-venv >/dev/null
fi
echo "setup: building $folder from $name.txt"
python3 -m venv --clear "$folder"
"$folder/bin/pip" install -q --disable-pip-version-check "uv==$uv_version"
export VIRTUAL_ENV=$folder
"$folder/bin/uv" pip install -q -r "$here/$name.txt"
if [ "$name" != foreign ]; then
  "$folder/bin/uv" pip install -q --no-deps --no-build-isolation -e "$root"
fi
touch "$folder/.stamp"
