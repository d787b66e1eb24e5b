#!/usr/bin/env bash
# test.sh [all|asan|tsan|PART...]: runs parts of the test plan in order, each under its own deadline, and stops at the first
# one that fails or hangs. Without an argument: what CI runs. The last line is the sum: "N passed, N failed".
. "$(dirname "$0")/common.sh"
ci_parts="deps build unit asan clients"
all_parts="$ci_parts tsan clients-all systems package"
logs=$root/build/test-logs
passed=0
failed=0
started=$SECONDS
times=""

# The deadline of a part in seconds: about three times what it takes cold on two quiet cores.
deadline_of() {
  case $1 in
    deps) echo 900 ;;
    build) echo 1800 ;;
    unit) echo 600 ;;
    asan) echo 2400 ;;
    tsan) echo 3600 ;;
    clients) echo 1800 ;;
    clients-all) echo 7200 ;;
    systems) echo 5400 ;;
    package) echo 1800 ;;
    *) echo "test.sh: no such part: $1" >&2; return 1 ;;
  esac
}

run_part() {
  case $1 in
    deps) scripts/deps.sh --check build test || scripts/deps.sh build test ;;
    build) scripts/build.sh release all ;;
    unit) ctest --test-dir build --output-on-failure --no-tests=error -j "$cores" ;;
    # Actors that a test leaves on CAF's test scheduler are not freed: leaks are looked for elsewhere.
    asan) scripts/build.sh asan unit_tests && ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:detect_leaks=0 \
      UBSAN_OPTIONS=print_stacktrace=1 ctest --test-dir build-asan --output-on-failure --no-tests=error -j "$cores" -LE tidy \
      -E '^test_(gateway|sim|zookeeper_store)$' ;; # these have not been tried under ASan yet
    tsan) scripts/build.sh tsan unit_tests && TSAN_OPTIONS=suppressions=$root/tests/support/tsan.supp:second_deadlock_stack=1:history_size=7 \
      ctest --test-dir build-tsan --output-on-failure --no-tests=error -j "$cores" -LE tidy ;;
    clients) tests/clients/run.sh -m ci ;;
    clients-all) tests/clients/run.sh -m "not system" --units=1 && tests/clients/run.sh -m "not system" --units=3 ;;
    systems) tests/clients/run.sh -m system --units=1 && tests/clients/run.sh -m system --units=3 ;;
    package) scripts/deps.sh --check package || scripts/deps.sh package; packaging/try-package.sh ;;
  esac
}

# Adds what a part reports: pytest's and Catch2's summaries (ctest keeps the latter in its own log); else the part counts as one.
# Parts that test nothing count only when they fail.
count() {
  local part=$1 status=$2 log=$logs/$1.log sums
  case $part in
    deps | build) [ "$status" = 0 ] || failed=$((failed + 1)); return 0 ;;
    unit) log=build/Testing/Temporary/LastTest.log ;;
    asan) log=build-asan/Testing/Temporary/LastTest.log ;;
    tsan) log=build-tsan/Testing/Temporary/LastTest.log ;;
  esac
  sums=$(python3 scripts/count_results.py "$log" "$status")
  passed=$((passed + ${sums% *}))
  failed=$((failed + ${sums#* }))
}

finish() {
  printf '\n%s' "$times"
  printf 'total %d s\n%d passed, %d failed\n' $((SECONDS - started)) "$passed" "$failed"
  [ "$failed" = 0 ] || exit 1
  exit 0
}

part() {
  local name=$1 began=$SECONDS status=0 limit
  limit=$(deadline_of "$name")
  say "$name (at most $limit s)"
  mkdir -p "$logs"
  timeout -k 20 "$limit" "$root/scripts/test.sh" --part "$name" < /dev/null > >(tee "$logs/$name.log") 2>&1 || status=$?
  wait # for tee
  count "$name" "$status"
  times+=$(printf '%-12s %4d s  %s' "$name" $((SECONDS - began)) "$([ $status = 0 ] && echo ok || echo "FAILED ($status)")")$'\n'
  [ "$status" = 124 ] && echo "$name did not end within $limit s"
  [ "$status" = 0 ] || finish
}

case ${1:-} in
  --part) run_part "$2"; exit ;;
  "") parts=$ci_parts ;;
  all) parts=$all_parts ;;
  asan | tsan) parts="deps $1" ;;
  *) parts=$* ;;
esac
for name in $parts; do part "$name"; done
finish
