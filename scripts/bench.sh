#!/usr/bin/env bash
# bench.sh [FILTER]: builds with benchmarks and runs the micro benchmarks (those that match FILTER).
. "$(dirname "$0")/common.sh"
scripts/deps.sh --check build bench || scripts/deps.sh build bench
scripts/build.sh bench all
found=0
for program in build-bench/bench_*; do
  [ -x "$program" ] || continue
  found=1
  say "$(basename "$program")"
  "$program" --benchmark_filter="${1:-.}"
done
[ "$found" = 1 ] || { echo "no benchmark was built"; exit 1; }
