#!/usr/bin/env bash
# fuzz.sh [TARGET...]: runs the fuzz targets (all, or those named) FUZZ_SECONDS each with libFuzzer, ASan and UBSan, one on each core.
# New inputs go to build-fuzz/corpus; a finding ends the run and its file is kept there.
. "$(dirname "$0")/common.sh"
seconds=${FUZZ_SECONDS:-60}

# What one target said is shown when it has ended. 255 makes xargs start no other one.
if [ "${1:-}" = --one ]; then
  corpus=build-fuzz/corpus/$2 log=$root/build-fuzz/$2.log
  mkdir -p "$corpus"
  (cd "$corpus" && "$root/build-fuzz/${2}_fuzz" -max_total_time="$seconds" -rss_limit_mb=2048 -timeout=10 \
    -print_final_stats=1 . "$root/tests/fuzz/corpus/$2") > "$log" 2>&1 && status=0 || status=255
  say "fuzz $2 for $seconds s"
  tail -n $([ $status = 0 ] && echo 8 || echo 200) "$log"
  exit $status
fi
scripts/deps.sh --check build lint || scripts/deps.sh build lint
if [ $# -gt 0 ]; then targets=("$@")
else mapfile -t targets < <(find tests/fuzz -maxdepth 1 -name '*_fuzz.cpp' -printf '%f\n' | sed 's/_fuzz\.cpp$//' | sort); fi
[ ${#targets[@]} -gt 0 ] || { echo "no fuzz target in tests/fuzz"; exit 1; }
scripts/build.sh fuzz "${targets[@]/%/_fuzz}"
printf '%s\n' "${targets[@]}" | FUZZ_SECONDS=$seconds xargs -P "$cores" -I{} "$root/scripts/fuzz.sh" --one {} ||
  exit 1 # xargs says 124, which is what timeout says when time is up
