#!/usr/bin/env bash
# build_web.sh: builds the dashboard into admin-ui/web/dist, from where CMake takes it into the program; nothing to do, nothing done.
# build_web.sh test: its types and its units as well. build_web.sh packages: only what the tests in tests/clients need.
# OTTLA_WEB: auto (default) goes on without a new dashboard where Node or its packages cannot be had, and says so;
# require fails there; off builds none and removes what is there.
. "$(dirname "$0")/common.sh"
web=$root/admin-ui/web
stamp=$root/build/tools/web.stamp
mode=${OTTLA_WEB:-auto}

fingerprint() { (cd "$web" && find index.html package-lock.json package.json vite.config.ts tsconfig.json public scripts src ../client -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum); }

# Node and the packages of package-lock.json.
tools() {
  local bin
  bin=$(scripts/node.sh) || return 1
  PATH=$bin:$PATH
  cmp -s "$web/package-lock.json" "$web/node_modules/.done" && return
  echo "+ npm ci (in admin-ui/web)"
  (cd "$web" && timeout 600 npm ci --silent --fetch-retries=1 --fetch-retry-mintimeout=2000) || { echo "npm ci failed" >&2; return 1; }
  cp "$web/package-lock.json" "$web/node_modules/.done"
}

case $mode in
  auto | require) ;;
  off) rm -rf "$web/dist" "$stamp"; exit ;;
  *) echo "build_web.sh: OTTLA_WEB is auto, require or off, not $mode" >&2; exit 1 ;;
esac
if [ "${1:-}" = packages ]; then tools; exit; fi
is_built=0
[ -f "$web/dist/index.html" ] && [ "$(fingerprint)" = "$(cat "$stamp" 2> /dev/null)" ] && is_built=1
[ "$is_built" = 1 ] && [ "${1:-}" != test ] && exit

if ! tools; then
  [ "$mode" = auto ] && [ "${1:-}" != test ] || exit 1
  has=$([ -f "$web/dist/index.html" ] && echo "the dashboard built earlier" || echo "no dashboard")
  echo "warning: Node 20.19 or its packages cannot be had here (pip, npm): the program will have $has" >&2
  exit 0
fi
cd "$web"
if [ "$is_built" = 0 ]; then
  echo "+ npm run build (in admin-ui/web)"
  rm -f "$stamp"
  npm run --silent build
  mkdir -p "$(dirname "$stamp")"
  fingerprint > "$stamp"
fi
if [ "${1:-}" = test ]; then
  npm run --silent check
  NO_COLOR=1 npm run --silent test
fi
