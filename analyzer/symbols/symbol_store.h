// Finds the PDB of an image by GUID and age, in plain folders and in symbol stores:
//
//   FOLDER/dhcpssvc.pdb                                  a plain folder
//   STORE/dhcpssvc.pdb/GUIDAGE/dhcpssvc.pdb              a store
//   STORE/dh/dhcpssvc.pdb/GUIDAGE/dhcpssvc.pdb           a store of two tiers: index2.txt lies in STORE
//
// GUID: 32 hex digits, AGE: hex without zeros in front. In place of the PDB there may be dhcpssvc.pd_ (a cabinet with
// it) or file.ptr ("PATH:" and where the PDB lies). Names have no case. A public PDB and the private one have the same
// GUID and age, often in two stores beside each other: the private one is taken.
//
// Limits: no servers; a file.ptr to a network share or a drive cannot be followed here.
#pragma once

#include "analyzer/image/image.h"
#include "support/result.h"
#include "support/scratch_folder.h"

#include <filesystem>
#include <memory>
#include <optional>
#include <span>

namespace hotgate::analyzer {

struct SymbolFile {
  std::filesystem::path pdb;    // to be read
  std::filesystem::path origin; // the file that was found: the PDB itself, or the .pd_ that it was expanded from
  std::shared_ptr<const ScratchFolder> expanded; // keeps `pdb` where that was expanded
};

// The best of all that `folders` have, in their order; nullopt when they have none. A PDB of another build is chosen
// only when there is no better one, so that reading it says what is wrong.
// Errors: input, for a .pd_ that is damaged, and when all there is is a file.ptr that leads nowhere.
Result<std::optional<SymbolFile>> findSymbols(const Image &image, std::span<const std::filesystem::path> folders);

} // namespace hotgate::analyzer
