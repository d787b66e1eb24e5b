# Shared by the scripts here. Sourced, never run.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cd "$root"
cores=$(nproc)
export CMAKE_BUILD_PARALLEL_LEVEL=${CMAKE_BUILD_PARALLEL_LEVEL:-$cores}

say() { printf '\n== %s\n' "$*"; }

# preset_dir PRESET: the build directory of a preset of CMakePresets.json
preset_dir() { [ "$1" = release ] && echo build || echo "build-$1"; }
