// Which bytes the patch table leads to in the process, predicted on the host from facts and the base image's file: what
// the guest answers is compared with this, never believed.
//
// x64 (facts on what FUNCTION does): at [f-6, f+2) the base's filler byte, E9 rel32 to the thunk at f-5, EB F9 at f.
#pragma once

#include "analyzer/facts/database.h"
#include "harness/guest/process_agent.h"

#include <array>
#include <span>

namespace hotgate::harness {

struct PredictedRedirect {
  static constexpr uint32_t before = 6; // bytes in front of the entry
  static constexpr uint32_t extent = 8;

  uint32_t rva = 0; // of the function's entry
  std::string function;
  std::array<uint8_t, extent> base{}; // of the file, from rva - before

  // Lower-case hex. A function that the agent did not redirect has "??" where its thunk would be.
  [[nodiscard]] std::string hexAfterApply(const AppliedPatch &patch) const;
  [[nodiscard]] std::string hexAfterUndo() const;
};

std::string hexOf(std::span<const uint8_t> bytes);

// By RVA. Errors: input, when the facts have no forward FUNCTION record of this module, or one lies outside the file.
Result<std::vector<PredictedRedirect>> predictRedirects(facts::Database &facts, const std::filesystem::path &preImage);

} // namespace hotgate::harness
