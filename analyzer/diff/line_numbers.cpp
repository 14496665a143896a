#include "analyzer/diff/line_numbers.h"

#include "analyzer/code/masked_body.h"
#include "analyzer/diff/merged_statements.h"

#include <algorithm>
#include <charconv>

namespace hotgate::analyzer {

namespace {

// Hostile tables: the lines of a differing instruction are searched among all those of the function.
constexpr size_t mostLines = 1U << 16;
constexpr size_t mostDifferences = 1U << 12;
constexpr size_t mostNestedCopies = 256; // of inlined functions around one instruction

constexpr uint64_t mostLinesOfStatement = 16;

// "mov edx, 123", taken apart: everything in front of the last operand, and that operand when it is a number.
struct MovedNumber {
  std::string_view head;
  std::optional<uint64_t> number;
};

MovedNumber takeApart(std::string_view text) {
  const std::string_view operation = text.substr(0, text.find_first_of(" \t"));
  const size_t last = text.find_last_of(" \t");
  if ((operation != "mov" && operation != "push") || last == std::string_view::npos)
    return {};
  MovedNumber result{text.substr(0, last), {}};
  std::string_view digits = text.substr(last + 1);
  if (digits.starts_with('#'))
    digits.remove_prefix(1);
  const bool isHex = digits.starts_with("0x");
  if (isHex)
    digits.remove_prefix(2);
  uint64_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, isHex ? 16 : 10);
  if (error == std::errc() && end == digits.data() + digits.size())
    result.number = number;
  return result;
}

class BodyComparison {
public:
  BodyComparison(const Referents &referents, Decoder &decoder, const Function &pre, const Function &post)
      : referents_(referents), decoder_(decoder), pre_(pre), post_(post) {}

  bool differOnlyInLines() {
    if (pre_.fragments.size() != post_.fragments.size())
      return false;
    for (int part = -1; part < pre_.rangeCount(); ++part)
      if (!differOnlyInLines(pre_.range(part), post_.range(part)))
        return false;
    return differences_ != 0;
  }

private:
  // One instruction of both sides, at the same offset of one range; references are masked.
  struct Place {
    CodeRange preRange;
    CodeRange postRange;
    uint32_t offset;
    std::span<const uint8_t> preBytes;
    std::span<const uint8_t> postBytes;
  };

  bool differOnlyInLines(const CodeRange &preRange, const CodeRange &postRange) {
    const auto preOriginal = referents_.pre().bytesOf(preRange);
    const auto postOriginal = referents_.post().bytesOf(postRange);
    std::vector<uint8_t> preBytes(preOriginal.begin(), preOriginal.end());
    std::vector<uint8_t> postBytes(postOriginal.begin(), postOriginal.end());
    if (preBytes.size() != postBytes.size() || !maskSameReferences(preRange, preBytes, postRange, postBytes))
      return false;
    merged_.reset();
    Instruction instruction;
    for (uint32_t at = 0, size = 0; at < preBytes.size(); at += size) {
      const uint32_t table = jumpTableSize(preRange.rva + at);
      if (table == 0 && !decoder_.decode(std::span(preBytes).subspan(at), preRange.rva + at, instruction))
        return false;
      size = std::min(table != 0 ? table : instruction.size, static_cast<uint32_t>(preBytes.size()) - at);
      const Place place{preRange, postRange, at, std::span(preBytes).subspan(at, size),
                        std::span(postBytes).subspan(at, size)};
      if (std::ranges::equal(place.preBytes, place.postBytes))
        continue;
      if (table != 0 || ++differences_ > mostDifferences || !differsInLine(place))
        return false;
    }
    return true;
  }

  // Of the table that begins here, 0 when none does.
  uint32_t jumpTableSize(uint32_t rva) const {
    const auto table = std::ranges::lower_bound(pre_.jumpTables, rva, {}, &CodeRange::rva);
    return table != pre_.jumpTables.end() && table->rva == rva ? table->size : 0;
  }

  // False when the two refer to different things.
  bool maskSameReferences(const CodeRange &preRange, std::vector<uint8_t> &preBytes, const CodeRange &postRange,
                          std::vector<uint8_t> &postBytes) const {
    const auto pre = pre_.referencesIn(preRange);
    const auto post = post_.referencesIn(postRange);
    if (pre.size() != post.size())
      return false;
    for (size_t i = 0; i < pre.size(); ++i) {
      constexpr uint32_t word = 4; // in which a field of bits is masked
      const uint32_t offset = pre[i].field - preRange.rva;
      const uint32_t size = pre[i].form == FieldForm::bytes ? pre[i].size : word;
      if (offset != post[i].field - postRange.rva || pre[i].size != post[i].size || pre[i].kind != post[i].kind ||
          pre[i].form != post[i].form || uint64_t{offset} + size > preBytes.size() || !referents_.same(pre[i], post[i]))
        return false;
      maskField(&preBytes[offset], pre[i]);
      maskField(&postBytes[offset], post[i]);
    }
    return true;
  }

  // Both are decoded as if they stood at one place, so that equal masked references read the same.
  bool differsInLine(const Place &place) {
    Instruction preInstruction, postInstruction;
    std::string preText, postText;
    if (!decode(place.preBytes, preInstruction, preText) || !decode(place.postBytes, postInstruction, postText) ||
        preInstruction.opcode != postInstruction.opcode || postInstruction.size != place.postBytes.size())
      return false;
    const MovedNumber pre = takeApart(preText);
    const MovedNumber post = takeApart(postText);
    return pre.number && post.number && pre.head == post.head && areLines(place, *pre.number, *post.number);
  }

  bool decode(std::span<const uint8_t> bytes, Instruction &instruction, std::string &text) {
    return decoder_.decodeWithText(bytes, 0, instruction, text);
  }

  // The number belongs to a line of the instruction, or to the statement behind the condition that it depends on.
  bool areLines(const Place &place, uint64_t preNumber, uint64_t postNumber) {
    if (linesOf(referents_.pre(), place.preRange).size() > mostLines ||
        linesOf(referents_.post(), place.postRange).size() > mostLines)
      return false;
    const auto areLinesAt = [&](uint32_t offset) { return areLinesOf(place, offset, preNumber, postNumber); };
    if (areLinesAt(place.offset))
      return true;
    if (!merged_)
      merged_.emplace(decoder_, pre_, place.preRange, referents_.pre().bytesOf(place.preRange),
                      linesOf(referents_.pre(), place.preRange));
    const auto conditions = merged_->conditionsOf(place.preRange.rva + place.offset);
    return std::ranges::any_of(conditions, [&](uint32_t rva) { return areLinesAt(rva - place.preRange.rva); });
  }

  // On both sides, in the file of the same name, the number is the line of the instruction at this offset, or a later
  // one of the same statement (for an assert over several lines, __LINE__ is the last one).
  bool areLinesOf(const Place &place, uint32_t offset, uint64_t preNumber, uint64_t postNumber) const {
    const LineTable &preTable = referents_.pre().symbols().lines;
    const LineTable &postTable = referents_.post().symbols().lines;
    const auto preAll = linesOf(referents_.pre(), place.preRange);
    const auto postAll = linesOf(referents_.post(), place.postRange);
    const auto preOwn = linesAt(preAll, place.preRange.rva + offset);
    const auto postOwn = linesAt(postAll, place.postRange.rva + offset);
    if (preOwn.size() > mostNestedCopies || postOwn.size() > mostNestedCopies)
      return false;
    for (const SourceLine &pre : preOwn)
      for (const SourceLine &post : postOwn) {
        const uint64_t distance = preNumber - pre.line; // huge when the number is smaller
        if (pre.line != 0 && post.line != 0 && distance < mostLinesOfStatement && distance == postNumber - post.line &&
            preTable.fileName(pre) == postTable.fileName(post) && !hasCodeBehind(preAll, pre, distance) &&
            !hasCodeBehind(postAll, post, distance))
          return true;
      }
    return false;
  }

  static std::span<const SourceLine> linesOf(const Program &program, const CodeRange &range) {
    return program.symbols().lines.between(range.rva, range.end());
  }

  static std::vector<SourceLine> linesAt(std::span<const SourceLine> lines, uint32_t rva) {
    std::vector<SourceLine> result;
    std::ranges::copy_if(lines, std::back_inserter(result), [&](const SourceLine &line) { return line.contains(rva); });
    return result;
  }

  // Whether another statement stands in the lines behind this one, up to that distance.
  static bool hasCodeBehind(std::span<const SourceLine> lines, const SourceLine &own, uint64_t distance) {
    return std::ranges::any_of(lines, [&](const SourceLine &line) {
      return line.file == own.file && line.line > own.line && line.line - own.line <= distance;
    });
  }

  const Referents &referents_;
  Decoder &decoder_;
  const Function &pre_;
  const Function &post_;
  size_t differences_ = 0;
  std::optional<MergedStatements> merged_; // of the range at hand
};

} // namespace

bool onlyLineNumbersDiffer(const Referents &referents, Decoder &decoder, const Function &pre, const Function &post) {
  if (referents.pre().symbols().lines.empty() || referents.post().symbols().lines.empty())
    return false;
  return BodyComparison(referents, decoder, pre, post).differOnlyInLines();
}

} // namespace hotgate::analyzer
