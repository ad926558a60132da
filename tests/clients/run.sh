#!/bin/sh
# Runs the vendors' clients against a gateway. The environment says where it is, see README.md.
set -eu
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
: "${CARDEA_GATEWAY:?where the gateway is, such as http://127.0.0.1:8080}"
: "${CARDEA_KEY_TEAM_A:?a subscription key}"
: "${SIMULATOR:?where the model simulator is, such as http://127.0.0.1:8020}"

# For tests that start gateways of their own.
export CARDEA_BIN="${CARDEA_BIN:-$root/target/release/cardea}"

# One after the other: both look at the simulator's record of what it received.
(cd "$here/python" && PYTHONDONTWRITEBYTECODE=1 "$root/target/clients/python/bin/python" -m pytest)
(cd "$here/javascript" && npm test --silent)
