// What the analyzer found about one module: its images and how they compare.
#pragma once

#include "analyzer/code/program.h"
#include "analyzer/diff/contract_diff.h"
#include "analyzer/diff/image_diff.h"
#include "analyzer/diff/second_opinions.h"
#include "analyzer/diff/slot_proof.h"
#include "analyzer/hotpatch/hotpatch_audit.h"

#include <optional>
#include <string>

namespace hotgate::analyzer {

// One image of the module with what was read of it. `displayPath` is relative to KB.yaml.
struct AnalyzedImage {
  const Program &program;
  std::string displayPath;
  std::string sha256; // of the file
};

struct ModuleAnalysis {
  std::string module; // "dhcpsrv.exe"
  AnalyzedImage pre;
  AnalyzedImage post;
  const ImageDiff &diff;
  std::optional<AnalyzedImage> hotpatch;
  std::optional<HotpatchTable> hotpatchTable;        // as far as it can be read
  HotpatchAudit hotpatchAudit;                       // empty without a hotpatch image
  std::vector<FunctionDifference> hotpatchFunctions; // post against the hotpatch image
  SecondOpinions preOpinions, postOpinions, hotpatchOpinions;
  std::vector<SlotProof> slotProofs;      // post against the hotpatch image
  std::optional<Pairing> hotpatchPairing; // of post and the hotpatch image
  Contracts contracts;                    // of pre and post
};

} // namespace hotgate::analyzer
