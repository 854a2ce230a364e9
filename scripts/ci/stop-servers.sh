#!/usr/bin/env bash
# Stops what `start-servers.sh FILE` started.
set -euo pipefail
# shellcheck disable=SC1090
. "${1:?usage: stop-servers.sh FILE}"
stop_servers
rm -f "$1"
