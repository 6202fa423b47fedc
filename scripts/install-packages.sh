#!/usr/bin/env bash
# Installs the Debian packages named, as far as they are missing. Asks nothing: without root or a sudo that needs no
# password it names them and stops.
set -euo pipefail

command -v swift >/dev/null || {
    echo "a Swift 6.2 or later toolchain must be on the PATH: https://www.swift.org/install/linux/" >&2
    exit 69
}

missing=()
for package in "$@"; do
    dpkg-query --show --showformat='${Status}' "$package" 2>/dev/null | grep -q 'install ok installed' ||
        missing+=("$package")
done
[ ${#missing[@]} -gt 0 ] || exit 0

as_root=()
if [ "$(id -u)" -ne 0 ]; then
    if sudo -n true 2>/dev/null; then
        as_root=(sudo -n)
    else
        echo "these Debian packages are missing; install them and try again:" >&2
        echo "    apt-get install ${missing[*]}" >&2
        exit 69
    fi
fi

echo "==> installing ${missing[*]}"
"${as_root[@]}" apt-get update -qq
# No service is started by what we install: the tests start their own.
"${as_root[@]}" env DEBIAN_FRONTEND=noninteractive RUNLEVEL=1 \
    apt-get install -y -qq --no-install-recommends "${missing[@]}" >/dev/null
