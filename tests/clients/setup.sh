#!/bin/sh
# Installs the vendors' clients, pinned, for the tests in this folder. Quick when nothing changed.
#   target/clients/python                      a virtual environment (python/requirements.txt, python/constraints.txt)
#   tests/clients/javascript/node_modules      packages (javascript/package-lock.json)
# Needs python3 (3.11 or newer, with venv) and node (20 or newer, with npm).
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
state="$root/target/clients"
mkdir -p "$state"

for tool in python3 node npm sha256sum; do
    if ! command -v "$tool" >/dev/null; then
        echo "setup: $tool is missing; on Debian: apt-get install python3-venv nodejs npm coreutils" >&2
        exit 1
    fi
done

# A mark holds the hash of everything that decides what is installed.
up_to_date() {
    mark="$state/$1.installed"
    shift
    [ -f "$mark" ] && [ "$(cat "$mark")" = "$(cat "$@" | sha256sum)" ]
}

installed() {
    mark="$state/$1.installed"
    shift
    cat "$@" | sha256sum >"$mark"
}

set -- "$here/python/requirements.txt" "$here/python/constraints.txt"
if [ ! -x "$state/python/bin/python" ] || ! up_to_date python "$@"; then
    echo "setup: installing for Python: $(tr '\n' ' ' <"$here/python/requirements.txt")"
    python3 -m venv --clear "$state/python"
    "$state/python/bin/python" -m pip install --quiet --disable-pip-version-check -r "$1" -c "$2"
    installed python "$@"
fi

set -- "$here/javascript/package.json" "$here/javascript/package-lock.json"
if [ ! -d "$here/javascript/node_modules/oidc-provider" ] || ! up_to_date javascript "$@"; then
    echo "setup: installing for JavaScript: $(cd "$here/javascript" && npm pkg get dependencies | tr -d '{}"\n')"
    (cd "$here/javascript" && npm ci --no-audit --no-fund --loglevel=error)
    installed javascript "$@"
fi
