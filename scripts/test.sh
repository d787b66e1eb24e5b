#!/usr/bin/env bash
# test.sh [all|asan|tsan|PART...]: runs parts of the test plan in order, each under its own deadline, and stops at the first
# one that fails or hangs. Without an argument: what CI runs. The last line is the sum: "N passed, N failed".
. "$(dirname "$0")/common.sh"
ci_parts="deps build web unit asan clients"
all_parts="$ci_parts sim fuzz tsan clients-all systems package"
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
    web) echo 600 ;;
    unit) echo 600 ;;
    asan) echo 2400 ;;
    sim) echo 1800 ;;
    fuzz) echo 7200 ;;
    tsan) echo 7200 ;;
    clients) echo 1800 ;;
    clients-all) echo 7200 ;;
    systems) echo 5400 ;;
    package) echo 1800 ;;
    *) echo "test.sh: no such part: $1" >&2; return 1 ;;
  esac
}

# Leaks are looked for with OTTLA_LEAKS=1: not every test program has been tried so.
export ASAN_OPTIONS=detect_stack_use_after_return=1:strict_string_checks=1:detect_leaks=${OTTLA_LEAKS:-0}
export LSAN_OPTIONS=suppressions=$root/tests/support/lsan.supp:print_suppressions=0
export UBSAN_OPTIONS=print_stacktrace=1
export TSAN_OPTIONS=suppressions=$root/tests/support/tsan.supp:second_deadlock_stack=1:history_size=7

# Where threads are, or actors on them. The rest runs on one thread, and much of it for minutes under ThreadSanitizer.
threaded="test_runtime test_gateway test_actors_storage test_partition test_actors_broker test_actors_cluster test_actors_group
  test_handlers test_metadata_store"

# The unit tests of a sanitizer's build.
sanitized() { ctest --test-dir "build-$1" --output-on-failure --no-tests=error -j "$cores" -LE tidy "${@:2}"; }

# The program under ThreadSanitizer, on three units, with clients. Left out: what counts memory (the sanitizer multiplies it), or
# runs our own client, whose library the sanitizer does not survive.
program_under_tsan() {
  OTTLA=$root/build-tsan/ottla tests/clients/run.sh --units=3 --timeout=600 test_protocol_{connection,fetch,groups,metadata,produce}.py \
    test_bad_input.py test_confluent.py test_disk_faults.py test_crash.py \
    --deselect=test_bad_input.py::test_a_thousand_half_sent_frames_fit_into_a_small_budget
}

run_part() {
  case $1 in
    deps) scripts/deps.sh --check build test || scripts/deps.sh build test ;;
    build) OTTLA_WEB=require scripts/build.sh release all ;;
    web) OTTLA_WEB=require scripts/build_web.sh test ;; # types and units of the dashboard
    unit) ctest --test-dir build --output-on-failure --no-tests=error -j "$cores" ;;
    # A fifth of the simulation's seeds: it is some ten times slower here.
    asan) scripts/build.sh asan unit_tests && OTTLA_SIM_SEEDS=40 sanitized asan ;;
    # shellcheck disable=SC2086
    tsan) scripts/build.sh tsan $threaded ottla && sanitized tsan -R "^($(echo $threaded | tr ' ' '|'))\$" && program_under_tsan ;;
    sim) OTTLA_SIM_SEEDS=${SIM_SEEDS:-20000} build/test_sim && OTTLA_CLUSTER_SIM_SEEDS=${SIM_SEEDS:-2000} build/test_cluster_sim ;;
    fuzz) FUZZ_SECONDS=${FUZZ_SECONDS:-300} scripts/fuzz.sh ;;
    clients) tests/clients/run.sh -m ci ;;
    clients-all)
      scripts/deps.sh --check browser || scripts/deps.sh browser
      tests/clients/run.sh -m "not system" --units=1 && tests/clients/run.sh -m "not system" --units=3
      ;;
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
