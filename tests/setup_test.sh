#!/usr/bin/env bash
# install_packages of setup.sh, with dpkg-query, apt-get and sudo that only write down what they are asked for.
set -euo pipefail
setup=$(realpath "$(dirname "$0")/../setup.sh")
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
mkdir bin
printf '# build\nhere\n\nmissing\n' >packages.txt

program() {
  printf '#!/bin/sh\n%s\n' "$2" >"bin/$1"
  chmod +x "bin/$1"
}
# As the real one: what is unknown is an error, and the known ones are said all the same.
program dpkg-query 'echo "here install ok installed"; echo "removed deinstall ok config-files"; exit 1'
program apt-get "echo \"\$*\" >>'$folder/asked'"
program sudo 'exec "$@"'

expect() {
  [ "$2" = "$3" ] && return
  printf '%s: expected "%s", got "%s"\n' "$1" "$3" "$2" >&2
  exit 1
}

PATH="$folder/bin:$PATH" bash -euo pipefail -c '. "$0"; install_packages removed' "$setup" >said ||
  expect "its exit code" "$?" 0
expect "what is installed" "$(tail -n 1 asked)" "install -y -q --no-install-recommends missing removed"
expect "what it says" "$(cat said)" "== installing 2 Debian packages: missing removed"

program dpkg-query 'echo "here install ok installed"; echo "missing install ok installed"'
: >asked
PATH="$folder/bin:$PATH" bash -euo pipefail -c '. "$0"; install_packages' "$setup" ||
  expect "its exit code when nothing is missing" "$?" 0
expect "what is installed when nothing is missing" "$(cat asked)" ""
