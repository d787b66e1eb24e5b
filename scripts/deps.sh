#!/usr/bin/env bash
# deps.sh SET...: installs the Debian packages of the named sets that are missing.
# deps.sh --check SET...: says nothing and succeeds if none is missing.
#   build  compiler, libraries, unit tests     test  client tests (kcat, Java, Python), ZooKeeper's server
#   cluster  ZooKeeper's server    browser  Chromium, for the tests of the dashboard
#   lint   clang 19: format, tidy, fuzzers      bench Google Benchmark
#   package  a clean root to try the Debian package in
# Prints what it is about to install. Runs apt only as root or where `sudo -n` works.
. "$(dirname "$0")/common.sh"

release=unknown
[ -r /etc/os-release ] && release=$(. /etc/os-release && echo "${ID:-}-${VERSION_ID:-}")
case $release in
  debian-12) boost="libboost1.81-dev libboost-json1.81-dev" java=openjdk-17-jre-headless ;;
  *) boost="libboost-dev libboost-json-dev" java=openjdk-21-jre-headless ;;
esac

packages_of() {
  case $1 in
    build) echo "git python3 python3-venv g++ cmake ninja-build pkgconf ccache mold libcaf-dev $boost libssl-dev libisal-dev
      libsnappy-dev liblz4-dev libzstd-dev zlib1g-dev libsqlite3-dev libzookeeper-mt-dev libcli11-dev libspdlog-dev libfmt-dev
      librdkafka-dev prometheus-cpp-dev catch2 librapidcheck-dev" ;;
    test) echo "git procps python3 python3-venv kcat maven $(packages_of cluster)" ;;
    cluster) echo "$java libzookeeper-java libslf4j-java" ;;
    browser) echo "chromium" ;;
    lint) echo "git python3 clang-19 libclang-rt-19-dev clang-format-19 clang-tidy-19" ;;
    bench) echo "libbenchmark-dev" ;;
    package) echo "dpkg-dev debootstrap" ;;
    *) echo "deps.sh: no such set: $1" >&2; return 1 ;;
  esac
}

missing_of() {
  local set wanted=""
  for set in "$@"; do wanted+=" $(packages_of "$set")"; done
  # A JDK brings the JRE along, and a Maven brought by hand is as good as Debian's.
  command -v java > /dev/null && wanted=${wanted//$java/}
  command -v mvn > /dev/null && wanted=${wanted//maven/}
  local installed
  installed=$(dpkg-query -W -f='${db:Status-Status} ${Package}\n' 2> /dev/null | sed -n 's/^installed //p')
  tr -s ' \n' '\n\n' <<< "$wanted" | sed '/^$/d' | sort -u | grep -vxF -f <(printf '%s\n' "$installed") || true
}

check_only=0
if [ "${1:-}" = --check ]; then check_only=1; shift; fi
if ! command -v dpkg-query > /dev/null; then
  [ "$check_only" = 1 ] && exit 0 # another system: CMake says what it misses
  echo "This is not Debian: install by hand what CMake asks for; on Debian 12 it would be"
  for set in "$@"; do echo "  $set: $(packages_of "$set" | tr -s ' \n' ' ')"; done
  exit 1
fi

missing=$(missing_of "$@" | tr '\n' ' ')
[ -z "${missing// /}" ] && { [ "$check_only" = 1 ] || echo "nothing is missing"; exit 0; }
[ "$check_only" = 1 ] && exit 1

echo "Debian packages that are missing: $missing"
apt=(apt-get)
if [ "$(id -u)" != 0 ]; then
  if sudo -n true 2> /dev/null; then apt=(sudo -n apt-get)
  else
    echo "Not root, and sudo asks for a password. Install them by hand:"
    echo "  sudo apt-get update && sudo apt-get install -y --no-install-recommends $missing"
    exit 1
  fi
fi
export DEBIAN_FRONTEND=noninteractive
"${apt[@]}" update -q < /dev/null
# Two sets of Boost headers exclude each other, and apt would silently remove the one that is there.
# shellcheck disable=SC2086
removed=$("${apt[@]}" -s install --no-install-recommends $missing < /dev/null | sed -n 's/^Remv \([^ ]*\).*/\1/p' | tr '\n' ' ')
if [ -n "${removed// /}" ]; then
  echo "This would remove installed packages: $removed"
  echo "Nothing was changed. Decide by hand: apt-get install --no-install-recommends $missing"
  exit 1
fi
# shellcheck disable=SC2086
"${apt[@]}" install -y -q --no-install-recommends $missing < /dev/null
