#!/usr/bin/env bash
# run.sh [pytest arguments]: runs the client tests against build/ottla in a virtual environment of their own.
#   tests/clients/run.sh -m ci                    what CI runs
#   tests/clients/run.sh --broker=kafka -k codec  the same expectations asked of Apache Kafka
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
root=$(cd "$here/../.." && pwd)
venv=$root/build/tools/clients
if [ ! -f "$venv/.done" ] || ! cmp -s "$here/requirements.txt" "$venv/.done"; then
  echo "+ python3 -m venv $venv; pip install -r tests/clients/requirements.txt"
  python3 -m venv "$venv"
  "$venv/bin/pip" install -q -r "$here/requirements.txt"
  cp "$here/requirements.txt" "$venv/.done"
fi
cd "$here"
export PYTHONDONTWRITEBYTECODE=1 TMPDIR=$root/build/tmp # on a real disk, and gone with make clean
mkdir -p "$TMPDIR"
exec "$venv/bin/python" -m pytest -p no:cacheprovider "$@"
