#!/usr/bin/env bash
# run.sh [ARGUMENTS of ottla serve]: builds, then one node in the foreground; Ctrl-C ends it cleanly.
. "$(dirname "$0")/common.sh"
scripts/build.sh release ottla
exec build/ottla serve "$@"
