# Shared by quickstart.sh and check.sh (sourced, not run): installs what is missing and builds. Idempotent, and quick
# when there is nothing to do.

say() { printf '== %s\n' "$*"; }

# install_packages [package ...]: those of packages.txt, and these
install_packages() {
  local wanted missing=() as_root=()
  mapfile -t wanted < <(grep -v -e '^#' -e '^$' packages.txt)
  wanted+=("$@")
  local installed
  # It fails when one of them is a package that this machine has never heard of: all that it says of the others holds.
  installed=$({ dpkg-query -W -f '${Package} ${Status}\n' "${wanted[@]}" 2>/dev/null || true; } |
    awk '$NF == "installed" {print $1}')
  local package
  for package in "${wanted[@]}"; do
    grep -qx -- "$package" <<<"$installed" || missing+=("$package")
  done
  [ ${#missing[@]} -eq 0 ] && return
  if [ "$(id -u)" -ne 0 ]; then
    command -v sudo >/dev/null || { echo "error: need root or sudo to install: ${missing[*]}" >&2; return 5; }
    as_root=(sudo)
  fi
  say "installing ${#missing[@]} Debian packages: ${missing[*]}"
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get update -q >/dev/null
  "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -q --no-install-recommends "${missing[@]}" >/dev/null
}

# build PRESET [target ...]; without targets everything, the tests too
build() {
  local preset=$1
  shift
  say "building ($preset)"
  cmake --preset "$preset" >/dev/null
  cmake --build --preset "$preset" ${1:+--target "$@"} >"build/$preset/build.log" 2>&1 || {
    grep -E -A 5 'error|FAILED' "build/$preset/build.log" | head -n 60 >&2
    return 6
  }
}
