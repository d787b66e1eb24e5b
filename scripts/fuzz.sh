#!/usr/bin/env bash
# fuzz.sh [TARGET...]: runs the fuzz targets (all, or those named) FUZZ_SECONDS each with libFuzzer, ASan and UBSan.
# New inputs go to build-fuzz/corpus; a finding ends the run and its file is kept there.
. "$(dirname "$0")/common.sh"
seconds=${FUZZ_SECONDS:-60}
scripts/deps.sh --check build lint || scripts/deps.sh build lint
if [ $# -gt 0 ]; then targets=("$@")
else mapfile -t targets < <(find tests/fuzz -maxdepth 1 -name '*_fuzz.cpp' -printf '%f\n' | sed 's/_fuzz\.cpp$//' | sort); fi
[ ${#targets[@]} -gt 0 ] || { echo "no fuzz target in tests/fuzz"; exit 1; }
scripts/build.sh fuzz "${targets[@]/%/_fuzz}"
for target in "${targets[@]}"; do
  say "fuzz $target for $seconds s"
  mkdir -p "build-fuzz/corpus/$target"
  (cd "build-fuzz/corpus/$target" && "$root/build-fuzz/${target}_fuzz" -max_total_time="$seconds" -rss_limit_mb=2048 \
    -timeout=10 -print_final_stats=1 . "$root/tests/fuzz/corpus/$target")
done
