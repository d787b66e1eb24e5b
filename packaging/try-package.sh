#!/usr/bin/env bash
# try-package.sh: builds the Debian package, installs it in a clean root of this Debian release and uses the node in there.
# Needs root (debootstrap, chroot). The root is made once, below build/, and copied for each try.
set -euo pipefail
cd "$(dirname "$0")/.."
[ "$(id -u)" = 0 ] || { echo "try-package.sh needs root for debootstrap and chroot"; exit 1; }
codename=$(. /etc/os-release && echo "$VERSION_CODENAME")
base=$PWD/build/clean-$codename
try=$PWD/build/clean-try

echo "+ cpack -G DEB"
rm -f build/ottla_*.deb
(cd build && cpack -G DEB > cpack.log 2>&1) || { tail -20 build/cpack.log; exit 1; }
package=$(ls build/ottla_*.deb)
dpkg-deb --info "$package" | sed -n 's/^ Depends: /depends on: /p'

if [ ! -f "$base/.done" ]; then
  mirror=$(sed -nE 's/^(deb|URIs:) .*(https?:[^ ]+\/debian\/?)( .*)?$/\2/p' /etc/apt/sources.list /etc/apt/sources.list.d/* 2> /dev/null | head -1 || true) # either place may not exist
  echo "+ debootstrap --variant=minbase $codename"
  rm -rf "$base"
  debootstrap --variant=minbase "$codename" "$base" ${mirror:+"$mirror"} > build/debootstrap.log 2>&1 || { tail -20 build/debootstrap.log; exit 1; }
  touch "$base/.done"
fi
mountpoint -q "$try/proc" && umount "$try/proc" # of a try that was killed
rm -rf "$try"
cp -a "$base" "$try"
cp /etc/apt/apt.conf.d/* "$try/etc/apt/apt.conf.d/" 2> /dev/null || true
cp "$package" "$try/ottla.deb"
mount --bind /proc "$try/proc"
pid=
cleanup() {
  [ -z "$pid" ] || kill "$pid" 2> /dev/null || true
  umount "$try/proc" && rm -rf "$try" || true
}
trap cleanup EXIT

echo "+ apt-get install ./ottla.deb in the clean root"
chroot "$try" sh -c 'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends /ottla.deb' \
  > build/install.log 2>&1 < /dev/null || { tail -20 build/install.log; exit 1; }
chroot "$try" ottla --version
[ "$(stat -c '%U %a' "$try/var/lib/ottla" 2> /dev/null | cut -d' ' -f2)" = 700 ]
[ -f "$try/lib/systemd/system/ottla.service" ] || [ -f "$try/usr/lib/systemd/system/ottla.service" ]

for script in bash-completion/completions/ottla zsh/vendor-completions/_ottla fish/vendor_completions.d/ottla.fish; do
  grep -q "completion of ottla" "$try/usr/share/$script" || grep -q "^#compdef ottla" "$try/usr/share/$script"
done

# systemd is not in a minimal root, and does not run in a chroot; its judge of units needs neither.
echo "+ systemd-analyze security"
chroot "$try" sh -c 'DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends systemd' >> build/install.log 2>&1 < /dev/null
chroot "$try" systemd-analyze verify ottla.service
chroot "$try" systemd-analyze security --offline=yes --no-pager --threshold=25 ottla.service > build/unit-security.log \
  || { sed -n '/✗/p' build/unit-security.log; tail -1 build/unit-security.log; exit 1; }
tail -1 build/unit-security.log

port=$((20000 + RANDOM % 10000))
serve=(ottla serve --config /etc/ottla/server.properties --override "listeners=PLAINTEXT://127.0.0.1:$port" --override admin.listeners=)
as_ottla() { OTTLA_BOOTSTRAP=127.0.0.1:$port chroot --userspec=ottla:ottla "$try" "$@"; }
echo "+ ottla serve --check-config, as user ottla"
as_ottla "${serve[@]}" --check-config
echo "+ ottla serve, as user ottla"
chroot --userspec=ottla:ottla "$try" "${serve[@]}" > build/package-serve.log 2>&1 < /dev/null &
pid=$!
for _ in $(seq 100); do as_ottla ottla topic list > /dev/null 2>&1 && break; sleep 0.1; done
as_ottla ottla topic create packaged
echo "from the package" | as_ottla ottla produce packaged
read_back=$(as_ottla ottla consume packaged)
[ "$read_back" = "from the package" ] || { echo "read back: $read_back"; exit 1; }
kill "$pid"
wait "$pid" || { echo "serve exited with $?"; tail -20 build/package-serve.log; exit 1; }
pid=
[ -f "$try/var/lib/ottla/.kafka_cleanshutdown" ] || { echo "no clean-shutdown mark"; exit 1; }
echo "the package installs, serves and stops cleanly"
