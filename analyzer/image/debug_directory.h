// The debug directory: the PDB's identity (CodeView, RSDS) and the extended DLL characteristics.
#pragma once

#include "analyzer/image/image_layout.h"

namespace hotgate::analyzer {

struct DebugDirectory {
  std::optional<PdbIdentity> pdb;
  uint32_t extendedCharacteristics = 0; // IMAGE_DLLCHARACTERISTICS_EX_*
};

Result<DebugDirectory> readDebugDirectory(const ImageLayout &layout);

} // namespace hotgate::analyzer
