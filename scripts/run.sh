#!/usr/bin/env bash
# run.sh [ARGUMENTS of ottla serve]: builds, then one node in the foreground; Ctrl-C ends it cleanly.
. "$(dirname "$0")/common.sh"
scripts/build.sh release ottla
cat <<'TEXT'

In another terminal, to write and to read:
  echo hello | build/ottla produce demo
  build/ottla consume demo

TEXT
exec build/ottla serve "$@"
