# Sourced by ./run, ./test and cmake/check_style: the Debian packages we need, and how to build.
# shellcheck shell=bash

packages_build=(
  g++ cmake ninja-build ccache pkg-config
  libcaf-dev libboost1.81-dev libsqlite3-dev rapidjson-dev libspdlog-dev libyaml-cpp-dev
  libcli11-dev prometheus-cpp-dev libssl-dev zlib1g-dev libmimalloc-dev catch2
  librapidcheck-dev
)
packages_test=(
  python3 python3-yaml python3-websockets python3-pytest python3-matplotlib
  curl sqlite3 clang-format
)

# Installs those of the named packages that are missing, and says which.
install_packages() {
  if ! command -v dpkg-query > /dev/null; then
    echo "intermute: not a Debian system; these Debian 12 packages are taken as given: $*" >&2
    return
  fi
  local package missing=()
  for package in "$@"; do
    if [[ $(dpkg-query -W -f '${db:Status-Status}' "$package" 2> /dev/null) != installed ]]; then
      missing+=("$package")
    fi
  done
  if ((${#missing[@]} == 0)); then
    return
  fi
  echo "intermute: installing missing packages: ${missing[*]}" >&2
  local as_root=()
  if ((EUID != 0)); then
    if ! command -v sudo > /dev/null; then
      echo "intermute: neither root nor sudo; as root, run: apt-get install ${missing[*]}" >&2
      return 1
    fi
    as_root=(sudo)
  fi
  "${as_root[@]}" apt-get update -q >&2
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive \
    apt-get install -q -y --no-install-recommends "${missing[@]}" >&2
}

# How many compilers may run at once: one per core, and 1.5 GB of memory for each, unless
# CMAKE_BUILD_PARALLEL_LEVEL says.
build_jobs() {
  if [[ -n ${CMAKE_BUILD_PARALLEL_LEVEL:-} ]]; then
    echo "$CMAKE_BUILD_PARALLEL_LEVEL"
    return
  fi
  local cores memory_kb by_memory
  cores=$(nproc)
  memory_kb=$(awk '$1 == "MemAvailable:" {print $2}' /proc/meminfo)
  by_memory=$((memory_kb / 1500000))
  ((by_memory >= 1)) || by_memory=1
  echo $((cores < by_memory ? cores : by_memory))
}

# build <root> <preset> [build argument...]: configures and builds. Says everything on stderr, so
# that stdout is left to the program that runs afterwards.
build() {
  local root=$1 preset=$2
  shift 2
  (
    cd "$root"
    cmake --preset "$preset"
    cmake --build --preset "$preset" --parallel "$(build_jobs)" "$@"
  ) >&2
}
