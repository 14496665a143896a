#!/usr/bin/env bash
# Everything that must hold before a change lands: formatting, lint, and every test, those in the virtual machine too.
set -euo pipefail
cd "$(dirname "$0")"
. ./setup.sh
# npm fetches public images; where one is installed by other means, Debian's would replace it.
mapfile -t npm < <(command -v npm >/dev/null || echo npm)
mapfile -t servers < <(grep -v '^#' tests/packages.txt)
install_packages "${npm[@]}" "${servers[@]}"

sources() { git ls-files '*.cpp' '*.h'; }

say "clang-format"
sources | xargs clang-format-19 --dry-run --Werror

build release

say "clang-tidy"
# Only what is compiled for this machine: the corpus and the agent are Windows programs with other headers.
grep -o '"file": "[^"]*"' build/release/compile_commands.json | cut -d'"' -f4 | grep -v '/build/' | sort -u |
  xargs -P "$(nproc)" -n 4 clang-tidy-19 --quiet -p build/release 2>/dev/null

say "fuzzing: every target for a minute"
build fuzz
ctest --preset fuzz

# Before the other tests: it keeps all processors busy, and the tests in the virtual machine measure time.
say "accuracy, on public images"
ctest --preset release -j "$(nproc)" -L accuracy

say "tests"
# A command of its own: speed, which wants a quiet machine (docs/performance.md).
ctest --preset release -j "$(nproc)" -LE "accuracy|benchmark"
