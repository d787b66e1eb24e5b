#!/usr/bin/env bash
# lint.sh [--fix] [FILE...]: clang-format and clang-tidy over the sources (all, or those named).
. "$(dirname "$0")/common.sh"
fix=0
if [ "${1:-}" = --fix ]; then fix=1; shift; fi
scripts/deps.sh --check build lint || scripts/deps.sh build lint

if [ $# -gt 0 ]; then files=("$@"); else mapfile -t files < <(git ls-files '*.cpp' '*.hpp'); fi
if [ "$fix" = 1 ]; then
  clang-format-19 -i "${files[@]}"
  exit
fi
say "clang-format: ${#files[@]} files"
clang-format-19 --dry-run -Werror "${files[@]}"

[ -f build/compile_commands.json ] || cmake --preset release > /dev/null
mapfile -t sources < <(printf '%s\n' "${files[@]}" | grep '\.cpp$' | grep -v '^tests/fuzz/' || true)
say "clang-tidy: ${#sources[@]} sources, ${cores} at a time"
# The compile commands are g++'s: clang must not stumble over warnings it does not know.
printf '%s\0' "${sources[@]}" | xargs -0 -r -n 4 -P "$cores" \
  clang-tidy-19 -p build --quiet --extra-arg=-Wno-unknown-warning-option --extra-arg=-Wno-error
echo "lint: no findings"
