#!/usr/bin/env bash
# From a fresh Debian 12 to verdicts: installs what is missing, builds Hotgate, and gates the six KBs of the DHCP corpus.
# The first run also builds the guest image and its snapshot (about four minutes, cached in ~/.cache/hotgate).
set -euo pipefail
cd "$(dirname "$0")"
. ./setup.sh
install_packages
build release hotgate hotgate_agent corpus gate_cases
say "gating the KBs of corpus/incidents/dhcp"
build/release/bin/gate_cases --hotgate build/release/bin/hotgate --cases build/release/corpus/dhcp --out out/dhcp
