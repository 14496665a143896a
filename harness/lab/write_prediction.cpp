#include "harness/lab/write_prediction.h"

#include <algorithm>
#include <array>

namespace hotgate::harness {
namespace {

constexpr uint32_t padding = 6; // bytes in front of a function's entry that a redirect writes

std::array<uint8_t, 8> littleEndian(uint64_t value) {
  std::array<uint8_t, 8> bytes{};
  for (uint8_t &byte : bytes) {
    byte = static_cast<uint8_t>(value);
    value >>= 8U;
  }
  return bytes;
}

// The ?? of `pattern`, which are one run, replaced by as many of the bytes.
std::string filled(std::string pattern, std::span<const uint8_t> bytes) {
  const size_t at = pattern.find('?');
  const size_t length = at == std::string::npos ? 0 : std::count(pattern.begin(), pattern.end(), '?');
  if (length != 0 && bytes.size() * 2 >= length)
    pattern.replace(at, length, hexOf(bytes.first(length / 2)));
  return pattern;
}

std::optional<PredictedWrite::Value> valueOf(const std::string &name) {
  if (name == "redirect")
    return PredictedWrite::Value::redirect;
  if (name == "pointer")
    return PredictedWrite::Value::pointer;
  if (name == "copied")
    return PredictedWrite::Value::copied;
  return std::nullopt;
}

} // namespace

std::string hexOf(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes)
    text += fmt::format("{:02x}", byte);
  return text;
}

uint32_t PredictedWrite::place() const { return value == Value::redirect ? rva + padding : rva; }

std::string PredictedWrite::hexAfterApply(const AppliedPatch &patch, std::span<const uint8_t> copied) const {
  switch (value) {
  case Value::pointer:
    return filled(after, littleEndian(patch.moduleBase + targetRva));
  case Value::copied:
    return filled(after, copied);
  case Value::redirect:
    break;
  }
  const auto found = std::find_if(patch.redirected.begin(), patch.redirected.end(),
                                  [this](const Redirection &candidate) { return candidate.rva == place(); });
  if (found == patch.redirected.end())
    return after;
  // Relative to the end of the jump, which is the function's entry.
  const auto distance = static_cast<int64_t>(found->thunk - (patch.moduleBase + place()));
  if (distance < INT32_MIN || distance > INT32_MAX)
    return after;
  return filled(after, littleEndian(static_cast<uint64_t>(distance)));
}

Result<std::vector<PredictedWrite>> predictedWrites(facts::Database &facts, const std::string &module) {
  HOTGATE_TRY(
      facts::Statement rows,
      facts.prepare("SELECT w.image = 'hotpatch', w.rva, w.size, w.name, w.value, w.target_rva, w.bytes_before, "
                    "w.bytes_after FROM predicted_write w "
                    "JOIN image h ON h.image_id = w.image_id AND h.image = 'hotpatch' AND h.module = ?1 "
                    "ORDER BY 1, w.rva, w.record"));
  HOTGATE_CHECK(rows.bindAll(module));
  std::vector<PredictedWrite> writes;
  for (;;) {
    HOTGATE_TRY(const bool more, rows.step());
    if (!more)
      break;
    const auto value = valueOf(rows.text(4));
    if (!value)
      continue;
    PredictedWrite write{.inHotpatch = rows.integer(0) != 0,
                         .rva = static_cast<uint32_t>(rows.integer(1)),
                         .size = static_cast<uint32_t>(rows.integer(2)),
                         .name = rows.text(3),
                         .value = *value,
                         .targetRva = static_cast<uint32_t>(rows.integer(5)),
                         .before = rows.text(6),
                         .after = rows.text(7)};
    if (!write.inHotpatch && write.before.find('?') != std::string::npos)
      return failInput(module, fmt::format("RVA {:#x}", write.rva),
                       "a base relocation lies in the bytes that a redirect writes, so what undo restores is not known",
                       "check that the hotpatch image was made for this base");
    writes.push_back(std::move(write));
  }
  if (writes.empty() || writes.front().inHotpatch)
    return failInput(module, "facts", "no function is redirected by a hotpatch image of this module",
                     "give the KB a hotpatch image for this base; the lab patches a running process with it");
  return writes;
}

} // namespace hotgate::harness
