#!/usr/bin/env bash
# Sees to it that there is a Chromium for the stories told in a browser, and writes where it is to the file
# named by $1. Where TEST_CHROMIUM is set already, that one is taken and none is installed.
set -euo pipefail
out=${1:?usage: start-browser.sh FILE}
: > "$out"

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

if [ -z "${TEST_CHROMIUM:-}" ]; then
  TEST_CHROMIUM=$(command -v chromium || true)
  if [ -z "$TEST_CHROMIUM" ]; then
    [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] || fail "Installing Chromium here needs Debian and root. Set TEST_CHROMIUM to one that is there instead."
    say "Installing chromium…"
    # Without a font of its own it shows boxes.
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 400 apt-get install -y -qq --no-install-recommends chromium fonts-dejavu-core >/dev/null
    TEST_CHROMIUM=$(command -v chromium) || fail "apt installed no chromium."
  fi
fi
version=$(timeout 30 "$TEST_CHROMIUM" --version --no-sandbox 2>/dev/null) || fail "$TEST_CHROMIUM does not start."
say "The browser is $version at $TEST_CHROMIUM"
printf "export TEST_CHROMIUM='%s'\n" "$TEST_CHROMIUM" > "$out"
