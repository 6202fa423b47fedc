#!/usr/bin/env bash
# Makes a Python environment in the folder named first, with the packages named after it, unless it has them.
set -euo pipefail

folder=$1
shift
stamp="$folder/installed"
[ "$(cat "$stamp" 2>/dev/null)" != "$*" ] || exit 0
echo "==> installing $* into $folder"
python3 -m venv --clear "$folder"
"$folder/bin/pip" install --quiet --disable-pip-version-check "$@"
echo "$*" >"$stamp"
