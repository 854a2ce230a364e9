#!/usr/bin/env bash
# Starts a real Redis and a real Postgres with pgvector for the integration tests, on 127.0.0.1 and on
# ports of their own, and writes how to reach and how to stop them to the file named by $1.
# Where TEST_DATABASE_URL or TEST_REDIS_URL is set already, that server is taken and none is started.
# `scripts/ci/stop-servers.sh FILE` stops what was started.
set -euo pipefail
out=${1:?usage: start-servers.sh FILE}
cache=${SIGNALBOX_CI_CACHE:-/var/tmp/signalbox-ci}
run=$(mktemp -d /tmp/signalbox-servers.XXXXXX)
: > "$out"

say() { printf '%s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }
# Nothing that was started outlives a start that failed.
give_up() {
  local status=$?
  [ "$status" = 0 ] && return
  [ -f "$run/redis.pid" ] && kill -KILL "$(cat "$run/redis.pid")" 2>/dev/null
  [ -n "${postgres_pid:-}" ] && kill -QUIT "$postgres_pid" 2>/dev/null
  [ -n "${data:-}" ] && sleep 0.5 && rm -rf "${root:?}$data"
  rm -rf "$run"
  exit "$status"
}
trap give_up EXIT
free_port() { node -e 'const s=require("node:net").createServer().listen(0,"127.0.0.1",()=>{console.log(s.address().port);s.close()})'; }
wait_for() { # what, seconds, command…
  local what=$1 until=$((SECONDS + $2)); shift 2
  until "$@" >/dev/null 2>&1; do [ $SECONDS -lt $until ] || fail "$what did not start in time"; sleep 0.1; done
}
needs_debian() {
  [ "$(id -u)" = 0 ] && [ -f /etc/debian_version ] || fail "Starting $1 here needs Debian and root. Set $2 to one that runs instead."
}

if [ -z "${TEST_REDIS_URL:-}" ]; then
  if ! command -v redis-server >/dev/null; then
    needs_debian Redis TEST_REDIS_URL
    say "Installing redis-server…"
    apt-get update -qq && DEBIAN_FRONTEND=noninteractive timeout 180 apt-get install -y -qq --no-install-recommends redis-server >/dev/null
  fi
  port=$(free_port)
  mkdir -p "$run/redis"
  redis-server --port "$port" --bind 127.0.0.1 --dir "$run/redis" --appendonly yes --maxmemory-policy noeviction --daemonize yes --pidfile "$run/redis.pid" --logfile "$run/redis.log" >/dev/null
  wait_for Redis 20 redis-cli -p "$port" ping
  TEST_REDIS_URL="redis://127.0.0.1:$port"
  say "Redis is at $TEST_REDIS_URL"
fi

# Debian 12 has no pgvector; Debian 13 has Postgres 17 with it. Its packages are unpacked into a root of
# their own, and run from there without being installed: nothing of the host is changed.
unpack_postgres() {
  local apt="$cache/apt" root="$cache/root" mirror keyring
  # The host's own mirror and keyring, in either of the two forms that apt's sources are written in.
  mirror=$(awk '/^URIs:/ && !/security/ {print $2; exit} /^deb / && !/security/ {for (i = 2; i <= NF; i++) if ($i ~ /:\//) {print $i; exit}}' /etc/apt/sources.list.d/*.sources /etc/apt/sources.list 2>/dev/null || true)
  [ -n "$mirror" ] || fail "No package mirror is configured for apt. Set TEST_DATABASE_URL to a Postgres with pgvector instead."
  keyring=/usr/share/keyrings/debian-archive-keyring.gpg
  [ -f "$keyring" ] || fail "There is no $keyring: install debian-archive-keyring."
  rm -rf "$apt" "$root"
  mkdir -p "$apt"/{lists/partial,archives/partial,etc} "$root"
  # A package database of nothing: every package that is needed is fetched, whatever the host has.
  : > "$apt/status"
  printf 'deb [signed-by=%s] %s trixie main\n' "$keyring" "$mirror" > "$apt/etc/sources.list"
  local options=(-o "Dir::Etc::sourcelist=$apt/etc/sources.list" -o Dir::Etc::sourceparts=- -o "Dir::State::lists=$apt/lists" -o "Dir::State::status=$apt/status" -o "Dir::Cache::archives=$apt/archives" -o "Dir::Cache::pkgcache=" -o "Dir::Cache::srcpkgcache=" -o APT::Sandbox::User=root)
  say "Fetching Postgres 17 with pgvector…"
  timeout 180 apt-get "${options[@]}" update -qq
  DEBIAN_FRONTEND=noninteractive timeout 300 apt-get "${options[@]}" install -y -qq --no-install-recommends --download-only postgresql-17 postgresql-17-pgvector coreutils dash libc-bin >/dev/null
  local deb
  for deb in "$apt"/archives/*.deb; do
    case $(basename "$deb") in libllvm*|perl_*|libperl*|perl-modules*|systemd_*|udev_*) continue ;; esac
    dpkg -x "$deb" "$root"
  done
  local folder
  for folder in bin sbin lib lib64; do [ -e "$root/$folder" ] || { mkdir -p "$root/usr/$folder"; ln -s "usr/$folder" "$root/$folder"; }; done
  [ -e "$root/bin/sh" ] || ln -s dash "$root/bin/sh"
  rm -rf "$apt"
  touch "$cache/unpacked"
}

if [ -z "${TEST_DATABASE_URL:-}" ]; then
  needs_debian Postgres TEST_DATABASE_URL
  mkdir -p "$cache"
  # One at a time: a second run on the same machine waits, and then finds it done.
  exec 9> "$cache/lock"
  flock -w 600 9 || fail "Another run holds $cache/lock."
  [ -f "$cache/unpacked" ] || unpack_postgres
  root="$cache/root"
  # A chroot, because Postgres looks for its files where Debian puts them.
  mkdir -p "$root/dev" "$root/tmp" "$root/pg"
  chmod 1777 "$root/tmp"
  for device in null:3 zero:5 urandom:9; do [ -e "$root/dev/${device%:*}" ] || mknod -m 666 "$root/dev/${device%:*}" c 1 "${device#*:}"; done
  grep -q '^pg:' "$root/etc/passwd" 2>/dev/null || { mkdir -p "$root/etc"; echo 'pg:x:5433:5433::/pg:/bin/sh' >> "$root/etc/passwd"; echo 'pg:x:5433:' >> "$root/etc/group"; }
  data="/pg/data-$$"
  chown 5433:5433 "$root/pg"
  exec 9>&-
  exec_in_root() { exec chroot --userspec=5433:5433 "$root" /usr/bin/env -i PATH=/usr/lib/postgresql/17/bin:/usr/bin:/bin LC_ALL=C.UTF-8 HOME=/pg "$@"; }
  in_root() { (exec_in_root "$@"); }
  port=$(free_port)
  in_root initdb -D "$data" -A trust -U postgres --no-sync --locale=C.UTF-8 -c dynamic_shared_memory_type=mmap >"$run/initdb.log" 2>&1 || { cat "$run/initdb.log" >&2; fail "initdb failed"; }
  (exec_in_root postgres -D "$data" -p "$port" -c listen_addresses=127.0.0.1 -c unix_socket_directories=/tmp -c jit=off -c fsync=off -c dynamic_shared_memory_type=mmap) >"$run/postgres.log" 2>&1 &
  postgres_pid=$!
  wait_for Postgres 60 in_root pg_isready -h 127.0.0.1 -p "$port"
  in_root psql -q -h 127.0.0.1 -p "$port" -U postgres -c 'CREATE EXTENSION IF NOT EXISTS vector' >/dev/null || { tail -n 20 "$run/postgres.log" >&2; fail "pgvector cannot be loaded"; }
  TEST_DATABASE_URL="postgres://postgres@127.0.0.1:$port/postgres"
  say "Postgres with pgvector is at $TEST_DATABASE_URL"
fi

{
  echo "export TEST_REDIS_URL='$TEST_REDIS_URL'"
  echo "export TEST_DATABASE_URL='$TEST_DATABASE_URL'"
  echo "stop_servers() {"
  [ -f "$run/redis.pid" ] && echo "  kill -KILL \$(cat '$run/redis.pid') 2>/dev/null || true"
  [ -n "${postgres_pid:-}" ] && echo "  kill -INT $postgres_pid 2>/dev/null || true; for _ in {1..100}; do kill -0 $postgres_pid 2>/dev/null || break; sleep 0.1; done; rm -rf '$cache/root$data'"
  echo "  rm -rf '$run'"
  echo "}"
} > "$out"
