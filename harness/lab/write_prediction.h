// Which bytes the patch table leads to in the process, by the facts (table predicted_write): what the guest answers is
// compared with this, never believed.
//
// The facts leave open what only the process knows: where thunks and modules lie, and the pointers that are copied from
// one image to the other. Those are filled in here from what the agent says of addresses; the rest is the analyzer's.
#pragma once

#include "analyzer/facts/database.h"
#include "harness/guest/process_agent.h"

#include <span>

namespace hotgate::harness {

struct PredictedWrite {
  enum class Value { redirect, pointer, copied };

  bool inHotpatch = false; // in the hotpatch image's memory, else in the base's
  uint32_t rva = 0;        // of the first byte
  uint32_t size = 0;
  std::string name; // of the function or slot
  Value value = Value::redirect;
  uint32_t targetRva = 0; // copied, pointer: in the base
  std::string before;     // lower-case hex
  std::string after;      // the same, with ?? for what is filled in

  // What people call the place: a function's entry, behind the padding that is written too.
  [[nodiscard]] uint32_t place() const;
  // A function that the agent did not redirect has "??" where its thunk would be. `copied`: what stands at targetRva.
  [[nodiscard]] std::string hexAfterApply(const AppliedPatch &patch, std::span<const uint8_t> copied) const;
};

std::string hexOf(std::span<const uint8_t> bytes);

// The base's by RVA, then the hotpatch image's. What no loader is known to write is left out: the agent refuses it.
// Errors: input, when nothing of this module is redirected, or the bytes that are there before are not known.
Result<std::vector<PredictedWrite>> predictedWrites(facts::Database &facts, const std::string &module);

} // namespace hotgate::harness
