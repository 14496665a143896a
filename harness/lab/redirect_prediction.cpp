#include "harness/lab/redirect_prediction.h"

#include "support/mapped_file.h"

#include <algorithm>

namespace hotgate::harness {
namespace {

Result<PredictedRedirect> predict(const MappedFile &image, int64_t rva, std::string function, int64_t fileOffset) {
  const std::span<const uint8_t> bytes = image.bytes();
  if (rva < PredictedRedirect::before || rva > UINT32_MAX || fileOffset < PredictedRedirect::before ||
      static_cast<uint64_t>(fileOffset) - PredictedRedirect::before + PredictedRedirect::extent > bytes.size())
    return failInput(image.path().string(), fmt::format("RVA {:#x}", rva),
                     "the hotpatch table redirects a function whose bytes are not in the file",
                     "check that the hotpatch image was made for this base");
  PredictedRedirect redirect;
  redirect.rva = static_cast<uint32_t>(rva);
  redirect.function = std::move(function);
  const auto found =
      bytes.subspan(static_cast<size_t>(fileOffset) - PredictedRedirect::before, PredictedRedirect::extent);
  std::copy(found.begin(), found.end(), redirect.base.begin());
  return redirect;
}

} // namespace

std::string hexOf(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes)
    text += fmt::format("{:02x}", byte);
  return text;
}

std::string PredictedRedirect::hexAfterApply(const AppliedPatch &patch) const {
  std::string displacement = "????????";
  const auto found = std::find_if(patch.redirected.begin(), patch.redirected.end(),
                                  [this](const Redirection &candidate) { return candidate.rva == rva; });
  if (found != patch.redirected.end()) {
    // Relative to the end of the jump, which is the function's entry.
    const auto distance = static_cast<int64_t>(found->thunk - (patch.moduleBase + rva));
    if (distance >= INT32_MIN && distance <= INT32_MAX) {
      const auto low = static_cast<uint32_t>(distance);
      displacement = hexOf(std::array{static_cast<uint8_t>(low), static_cast<uint8_t>(low >> 8U),
                                      static_cast<uint8_t>(low >> 16U), static_cast<uint8_t>(low >> 24U)});
    }
  }
  return hexOf(std::span(base).first(1)) + "e9" + displacement + "ebf9";
}

std::string PredictedRedirect::hexAfterUndo() const { return hexOf(base); }

Result<std::vector<PredictedRedirect>> predictRedirects(facts::Database &facts, const std::filesystem::path &preImage) {
  HOTGATE_TRY(const MappedFile image, MappedFile::open(preImage));
  const std::string module = preImage.filename().string();
  HOTGATE_TRY(facts::Statement rows,
              facts.prepare("SELECT r.written_rva, COALESCE(f.name, ''), s.file_offset + r.written_rva - s.rva "
                            "FROM hotpatch_record r "
                            "JOIN image h ON h.image_id = r.image_id AND h.image = 'hotpatch' AND h.module = ?1 "
                            "JOIN image p ON p.module = h.module AND p.image = 'pre' "
                            "LEFT JOIN section s ON s.image_id = p.image_id AND r.written_rva >= s.rva + 6 "
                            "  AND r.written_rva + 2 <= s.rva + s.file_size "
                            "LEFT JOIN function f ON f.function_id = r.base_function "
                            "WHERE r.kind = 'function' AND r.inverse = 0 ORDER BY r.written_rva"));
  HOTGATE_CHECK(rows.bindAll(module));
  std::vector<PredictedRedirect> redirects;
  for (;;) {
    HOTGATE_TRY(const bool more, rows.step());
    if (!more)
      break;
    HOTGATE_TRY(PredictedRedirect redirect,
                predict(image, rows.integer(0), rows.text(1), rows.isNull(2) ? -1 : rows.integer(2)));
    redirects.push_back(std::move(redirect));
  }
  if (redirects.empty())
    return failInput(module, "facts", "no function is redirected by a hotpatch image of this module",
                     "give the KB a hotpatch image; the lab patches a running process with it");
  return redirects;
}

} // namespace hotgate::harness
