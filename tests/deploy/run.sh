#!/bin/sh
# Checks the files of deploy/ with linters, and runs the program as they say. CARDEA_BIN names another program.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
export CARDEA_BIN="${CARDEA_BIN:-$root/target/release/cardea}"
cd "$here"
PYTHONDONTWRITEBYTECODE=1 exec "$root/target/deploy/python/bin/python" -m pytest -q -p no:cacheprovider .
