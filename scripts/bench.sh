#!/usr/bin/env bash
# bench.sh [FILTER]: the micro benchmarks that match FILTER (without one: all), then the comparison with Apache Kafka.
# `bench.sh micro [FILTER]` and `bench.sh compare [arguments of compare.py]` run one of the two.
. "$(dirname "$0")/common.sh"
scripts/deps.sh --check build bench || scripts/deps.sh build bench
scripts/build.sh bench all

micro() { build-bench/bench_micro --benchmark_filter="${1:-.}"; }
compare() { python3 bench/compare/compare.py "$@"; }

case ${1:-} in
  micro | compare) "$@" ;;
  *) micro "$@"; compare ;;
esac
