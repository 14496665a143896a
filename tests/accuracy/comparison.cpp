#include "tests/accuracy/comparison.h"

#include "cli/loaded_program.h"

#include <fmt/ranges.h>

namespace hotgate::accuracy {

using analyzer::Cause;
using analyzer::ChangeStatus;
using analyzer::FunctionDifference;

namespace {

std::string side(const analyzer::Program &program, const std::optional<analyzer::FunctionIndex> &function) {
  if (!function)
    return "nothing";
  const analyzer::Function &found = program.functions()[*function];
  return fmt::format("{} at {:#x}", found.name, found.body.rva);
}

std::string sumGap(const char *which, uint64_t counted, uint64_t size) {
  return counted == size ? ""
                         : fmt::format("  {}: the causes add up to {} bytes, the file has {}\n", which, counted, size);
}

} // namespace

Result<analyzer::Program> openProgram(const std::filesystem::path &image, bool withSymbols) {
  HOTGATE_TRY(cli::LoadedProgram loaded, cli::loadProgram(image, {{}, {}, !withSymbols}, {}));
  return std::move(loaded.program);
}

Result<Comparison> Comparison::make(const std::filesystem::path &prePath, const std::filesystem::path &postPath,
                                    bool withSymbols) {
  HOTGATE_TRY(analyzer::Program pre, openProgram(prePath, withSymbols));
  HOTGATE_TRY(analyzer::Program post, openProgram(postPath, withSymbols));
  HOTGATE_TRY(analyzer::ImageDiff diff, analyzer::diffPrograms(pre, post));
  return Comparison{std::move(pre), std::move(post), std::move(diff)};
}

std::string Comparison::differences(size_t limit) const {
  std::vector<std::string> lines;
  for (const FunctionDifference &each : diff.functions)
    if (each.status != ChangeStatus::identical)
      lines.push_back(fmt::format("{} {} -> {} (paired by '{}'; {})", analyzer::changeStatusName(each.status),
                                  side(pre, each.pre), side(post, each.post), each.matchedBy,
                                  fmt::join(each.reasons, ", ")));
  for (const analyzer::GlobalDifference &each : diff.globals)
    lines.push_back(fmt::format("global {}: {}", each.name, fmt::join(each.reasons, ", ")));
  for (const analyzer::TypeDifference &each : diff.types)
    lines.push_back(fmt::format("type {}", each.name));
  for (const analyzer::ImageChange &each : diff.image)
    lines.push_back(fmt::format("image: {} {}", each.kind, each.detail));
  std::string text;
  for (size_t index = 0; index < lines.size() && index < limit; ++index)
    text += "  " + lines[index] + "\n";
  return lines.size() > limit ? text + fmt::format("  and {} more\n", lines.size() - limit) : text;
}

std::string Comparison::ledgerGaps() const {
  std::string text;
  uint64_t preSum = 0, postSum = 0;
  for (const auto &[cause, bytes] : diff.ledger.byCause) {
    preSum += bytes.pre;
    postSum += bytes.post;
    if (cause == Cause::unattributed && bytes.pre + bytes.post > 0)
      text += fmt::format("  unattributed: {} bytes before, {} after\n", bytes.pre, bytes.post);
  }
  text += sumGap("before", preSum, std::filesystem::file_size(pre.image().path()));
  text += sumGap("after", postSum, std::filesystem::file_size(post.image().path()));
  size_t listed = 0;
  for (const analyzer::UnattributedRange &range : diff.ledger.unattributed) {
    if (++listed > 20)
      return text + fmt::format("  and {} ranges more\n", diff.ledger.unattributed.size() - 20);
    text += fmt::format("  {} file offset {:#x}, {} bytes, {}\n", range.isPost ? "after" : "before", range.fileOffset,
                        range.size, range.section);
  }
  return text;
}

} // namespace hotgate::accuracy
