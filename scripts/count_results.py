"""count_results.py LOG STATUS: prints "PASSED FAILED" summed over the test summaries of a log.

Knows the last lines of Catch2 (versions 2 and 3), pytest, unittest and Vitest. A log without any counts as one test that passed or
failed by its exit STATUS; a failing status always counts at least one failure.
"""
import re
import sys


def count(text):
    passed = failed = found = 0
    for cases in re.findall(r"All tests passed \(\d+ assertions? in (\d+) test cases?\)", text):
        passed, found = passed + int(cases), 1
    for line in re.findall(r"^(?:\d+: )?test cases:.*$", text, re.M):
        bad = re.search(r"(\d+) failed", line)
        good = re.search(r"(\d+) passed", line)
        passed, found = passed + int(good[1] if good else 0), 1
        failed += int(bad[1]) if bad else 0
    for line in re.findall(r"^(?:=+ )?(\d+ (?:passed|failed|skipped|deselected|error).*) in [\d.]+s", text, re.M):
        for number, word in re.findall(r"(\d+) (passed|failed|errors?)", line):
            passed, failed, found = passed + int(number) * (word == "passed"), failed + int(number) * (word != "passed"), 1
    for number, rest in re.findall(r"^Ran (\d+) tests? in .*\n\n(OK|FAILED.*)$", text, re.M):
        bad = sum(int(n) for n in re.findall(r"(?:failures|errors)=(\d+)", rest))
        passed, failed, found = passed + int(number) - bad, failed + bad, 1
    for line in re.findall(r"^ +Tests  (.*\d+ (?:passed|failed).*)$", text, re.M):
        for number, word in re.findall(r"(\d+) (passed|failed)", line):
            passed, failed, found = passed + int(number) * (word == "passed"), failed + int(number) * (word == "failed"), 1
    return passed, failed, bool(found)


def main():
    path, status = sys.argv[1], int(sys.argv[2])
    try:
        with open(path, errors="replace") as log:
            passed, failed, found = count(log.read())
    except FileNotFoundError:
        passed, failed, found = 0, 0, False
    if not found and status == 0:
        passed = 1
    if status != 0 and failed == 0:
        failed = 1
    print(passed, failed)


if __name__ == "__main__":
    main()
