#!/usr/bin/env bash
# build.sh PRESET [TARGET...]: installs missing packages, configures a preset once, builds; the release with its dashboard.
. "$(dirname "$0")/common.sh"
preset=${1:?usage: build.sh PRESET [TARGET...]}; shift
dir=$(preset_dir "$preset")
scripts/deps.sh --check build || scripts/deps.sh build
[ "$preset" != release ] || scripts/build_web.sh # before CMake, which takes what is there
[ -f "$dir/build.ninja" ] && [ -f "$dir/CMakeCache.txt" ] || cmake --preset "$preset" -B "$dir" ${OTTLA_CMAKE_ARGS:-}
cmake --build "$dir" ${1:+--target "$@"}
