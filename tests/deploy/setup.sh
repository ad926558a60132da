#!/bin/sh
# Installs the linters of deploy/, pinned, into target/deploy/python. Quick when nothing changed.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
state=$(cd "$here/../.." && pwd)/target/deploy
mark="$state/installed"
mkdir -p "$state"
wanted=$(sha256sum <"$here/requirements.txt")
if [ ! -x "$state/python/bin/python" ] || [ "$(cat "$mark" 2>/dev/null)" != "$wanted" ]; then
    echo "setup: installing for deploy/: $(grep -E '^(hadolint|kubernetes|pytest)' "$here/requirements.txt" | tr '\n' ' ')"
    python3 -m venv --clear "$state/python"
    "$state/python/bin/python" -m pip install --quiet --disable-pip-version-check -r "$here/requirements.txt"
    echo "$wanted" >"$mark"
fi
