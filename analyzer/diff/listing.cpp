#include "analyzer/diff/listing.h"

#include "analyzer/code/masked_body.h"
#include "analyzer/diff/referent_text.h"

#include <algorithm>
#include <array>
#include <llvm/Support/Endian.h>
#include <unordered_map>
#include <unordered_set>
#include <utility>

namespace hotgate::analyzer {

using llvm::support::endian::read64le;

namespace {

constexpr size_t contextRows = 6;          // in front of the first difference
constexpr size_t mostRows = 64;            // of a listing
constexpr size_t mostCells = 4'000'000;    // of the alignment table; past it lines pair only while operations agree
constexpr uint32_t largestBody = 1U << 18; // bytes; a larger one is named as changed, and not aligned

// An instruction's bytes with reference fields zeroed; compared more often than anything else here.
struct MaskedBytes {
  std::array<uint8_t, 16> bytes{}; // zero behind the end
  uint8_t size = 0;

  MaskedBytes() = default;
  explicit MaskedBytes(std::span<const uint8_t> from)
      : size(static_cast<uint8_t>(std::min(from.size(), bytes.size()))) {
    std::copy_n(from.begin(), size, bytes.begin());
  }
  [[nodiscard]] uint64_t hash() const {
    constexpr uint64_t goldenRatio = 0x9E3779B97F4A7C15;
    return (read64le(bytes.data()) * goldenRatio + read64le(&bytes[8])) * goldenRatio + size;
  }
  bool operator==(const MaskedBytes &other) const {
    return read64le(bytes.data()) == read64le(other.bytes.data()) && read64le(&bytes[8]) == read64le(&other.bytes[8]) &&
           size == other.size;
  }
};

struct Line {
  enum class Kind : uint8_t { instruction, tableEntry, undecodable };
  Instruction instruction;
  Kind kind = Kind::instruction;
  std::span<const Reference> references;
};

struct Body {
  const Function &function;
  const Program &program;
  std::vector<Line> lines;
  std::vector<MaskedBytes> masked = {};              // of the lines
  std::unordered_map<uint32_t, size_t> indexes = {}; // of lines, by RVA

  // Index of the line at this RVA, or nullopt.
  [[nodiscard]] std::optional<size_t> lineAt(uint32_t rva) const {
    const auto found = indexes.find(rva);
    return found == indexes.end() ? std::nullopt : std::optional(found->second);
  }
};

// What stands in a jump table is a reference without an instruction.
bool isTableEntry(const Reference &reference, const Function &function) {
  return std::ranges::any_of(function.jumpTables,
                             [&](const CodeRange &table) { return table.contains(reference.field); });
}

// A jump in the function, or its table's entry.
bool isInside(const Reference &reference, const Function &function) {
  return (reference.kind == ReferenceKind::branch || isTableEntry(reference, function)) &&
         function.contains(reference.target);
}

// "[rip + 0x1f3a]" and "0x1400" become what they are: "[g_statistics+0x8]", "ParseOptions".
std::string withNames(std::string text, const Line &line, const Function &function, const Program &program) {
  const auto replace = [&](uint64_t number, const std::string &with) {
    const std::string what = fmt::format("0x{:x}", number);
    const size_t at = text.rfind(what);
    if (at != std::string::npos)
      text.replace(at, what.size(), with);
    return at != std::string::npos;
  };
  for (const Reference &reference : line.references) {
    const bool inside = reference.kind == ReferenceKind::branch && function.contains(reference.target);
    const std::string name =
        inside ? fmt::format("+0x{:x}", reference.target - function.body.rva) : referentText(program, reference.target);
    const size_t begin = text.find("[rip");
    const size_t end = text.find(']', begin);
    if (reference.kind == ReferenceKind::data && begin != std::string::npos && end != std::string::npos)
      text.replace(begin, end - begin + 1, "[" + name + "]");
    else if (!replace(reference.target, name))
      replace(program.image().imageBase() + reference.target, name);
  }
  return text;
}

// What a line says: "mov ecx, dword ptr [g_statistics+0x8]"; for an entry of a jump table between instructions where it
// leads, "-> +0x40".
std::string textOf(Decoder &decoder, const Body &body, const Line &line) {
  const auto bytes = body.program.image().bytesFrom(line.instruction.rva);
  std::string text;
  Instruction ignored;
  switch (line.kind) {
  case Line::Kind::instruction:
    decoder.decodeWithText(bytes.first(line.instruction.size), line.instruction.rva, ignored, text);
    break;
  case Line::Kind::tableEntry:
    text = fmt::format("-> 0x{:x}", line.references.front().target);
    break;
  case Line::Kind::undecodable:
    text = fmt::format("db 0x{:02x}", bytes[0]);
    break;
  }
  return withNames(std::move(text), line, body.function, body.program);
}

Line lineAt(Decoder &decoder, std::span<const uint8_t> bytes, uint32_t rva) {
  Line line;
  if (!decoder.decode(bytes, rva, line.instruction)) {
    line.kind = Line::Kind::undecodable;
    line.instruction = {};
    line.instruction.rva = rva;
    line.instruction.size = 1;
  }
  return line;
}

Line tableEntry(const Reference &entry) {
  Line line;
  line.kind = Line::Kind::tableEntry;
  line.instruction.rva = entry.field;
  line.instruction.size = entry.size;
  return line;
}

void appendRange(Body &body, Decoder &decoder, const CodeRange &range) {
  const auto bytes = body.program.bytesOf(range);
  const auto references = body.function.referencesIn(range);
  auto reference = references.begin();
  for (uint32_t at = 0; at < bytes.size();) {
    while (reference != references.end() && reference->field < range.rva + at)
      ++reference;
    const bool isEntry =
        reference != references.end() && reference->field == range.rva + at && isTableEntry(*reference, body.function);
    Line line = isEntry ? tableEntry(*reference) : lineAt(decoder, bytes.subspan(at), range.rva + at);
    MaskedBytes masked(bytes.subspan(at, std::min<size_t>(line.instruction.size, bytes.size() - at)));
    auto own = reference;
    for (; own != references.end() && own->field < line.instruction.end(); ++own)
      if (const uint32_t offset = own->field - line.instruction.rva; offset + size_t{own->size} <= masked.size)
        maskField(&masked.bytes[offset], *own);
    line.references = {reference, own};
    at += line.instruction.size;
    body.indexes.emplace(line.instruction.rva, body.lines.size());
    body.lines.push_back(line);
    body.masked.push_back(masked);
  }
}

Body disassemble(Decoder &decoder, const Program &program, const Function &function) {
  Body body{function, program, {}};
  constexpr size_t usualSize = 4; // bytes of an instruction
  body.lines.reserve(function.totalSize() / usualSize);
  body.masked.reserve(function.totalSize() / usualSize);
  appendRange(body, decoder, function.body);
  for (const CodeRange &fragment : function.fragments)
    appendRange(body, decoder, fragment);
  return body;
}

class Aligner {
public:
  Aligner(const Referents &referents, Decoder &decoder, const Body &pre, const Body &post)
      : referents_(referents), decoder_(decoder), pre_(pre), post_(post) {}

  BodyAlignment align() {
    alignRows();
    BodyAlignment result;
    for (const Row &row : rows_)
      forEachDifference(row, [&](const char *reason, const auto &) { result.reasons.insert(reason); });
    result.listing = listing();
    return result;
  }

  std::vector<ExplainedRow> explain() {
    alignRows();
    std::vector<ExplainedRow> result;
    for (const Row &row : rows_) {
      ExplainedRow &explained = result.emplace_back(listingRow(row));
      forEachDifference(row, [&](const char *reason, const auto &shown) {
        auto [pre, post] = shown();
        explained.differences.push_back({reason, std::move(pre), std::move(post)});
      });
    }
    return result;
  }

private:
  struct Row {
    std::optional<size_t> pre, post;
    bool differs = false;
  };

  // Branches inside the function are equal here and looked at once all lines are aligned: an inserted instruction
  // shifts them without changing where they lead.
  bool sameLine(size_t preLine, size_t postLine) const {
    if (pre_.masked[preLine] != post_.masked[postLine])
      return false;
    const Line &pre = pre_.lines[preLine];
    const Line &post = post_.lines[postLine];
    if (pre.references.size() != post.references.size())
      return false;
    for (size_t i = 0; i < pre.references.size(); ++i) {
      const bool preInside = isInside(pre.references[i], pre_.function);
      if (preInside != isInside(post.references[i], post_.function))
        return false;
      if (!preInside && !referents_.same(pre.references[i], post.references[i]))
        return false;
    }
    return true;
  }

  void alignRows() {
    pairLines();
    isMatched_.assign(post_.lines.size(), false);
    for (const auto &partner : postOf_)
      if (partner)
        isMatched_[*partner] = true;
    collectRows();
    markMovedBranches();
  }

  void pairLines() {
    const size_t shorter = std::min(pre_.lines.size(), post_.lines.size());
    size_t head = 0;
    while (head < shorter && sameLine(head, head))
      ++head;
    size_t tail = 0;
    while (tail < shorter - head && sameLine(pre_.lines.size() - 1 - tail, post_.lines.size() - 1 - tail))
      ++tail;
    postOf_.assign(pre_.lines.size(), std::nullopt);
    for (size_t i = 0; i < head; ++i)
      postOf_[i] = i;
    for (size_t i = 0; i < tail; ++i)
      postOf_[pre_.lines.size() - 1 - i] = post_.lines.size() - 1 - i;
    pairMiddle(head, pre_.lines.size() - tail, head, post_.lines.size() - tail);
  }

  void pairMiddle(size_t preBegin, size_t preEnd, size_t postBegin, size_t postEnd) {
    const size_t rows = preEnd - preBegin;
    const size_t columns = postEnd - postBegin;
    if (rows == 0 || columns == 0)
      return;
    if (rows > mostCells / columns) {
      pairInStep(preBegin, preEnd, postBegin, postEnd);
      return;
    }
    const size_t width = columns + 1;
    std::vector<uint32_t> longest((rows + 1) * width, 0);
    std::vector<bool> equal(rows * columns, false);
    std::unordered_set<uint64_t> known;
    for (size_t j = postBegin; j < postEnd; ++j)
      known.insert(post_.masked[j].hash());
    for (size_t i = rows; i-- > 0;) {
      if (!known.contains(pre_.masked[preBegin + i].hash())) { // equal to none: the row is the one below it
        std::copy_n(&longest[(i + 1) * width], width, &longest[i * width]);
        continue;
      }
      for (size_t j = columns; j-- > 0;) {
        equal[i * columns + j] = sameLine(preBegin + i, postBegin + j);
        longest[i * width + j] = equal[i * columns + j]
                                     ? longest[(i + 1) * width + j + 1] + 1
                                     : std::max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
      }
    }
    for (size_t i = 0, j = 0; i < rows && j < columns;) {
      if (equal[i * columns + j])
        postOf_[preBegin + i++] = postBegin + j++;
      else if (longest[(i + 1) * width + j] >= longest[i * width + j + 1])
        ++i;
      else
        ++j;
    }
  }

  // Without room for a table: line by line, as far as both sides do the same from the one end and from the other.
  void pairInStep(size_t preBegin, size_t preEnd, size_t postBegin, size_t postEnd) {
    const auto sameOperation = [&](size_t i, size_t j) {
      return pre_.lines[i].instruction.opcode == post_.lines[j].instruction.opcode;
    };
    const auto pairSame = [&](size_t i, size_t j) {
      if (sameLine(i, j))
        postOf_[i] = j;
    };
    while (preBegin < preEnd && postBegin < postEnd && sameOperation(preBegin, postBegin))
      pairSame(preBegin++, postBegin++);
    while (preBegin < preEnd && postBegin < postEnd && sameOperation(preEnd - 1, postEnd - 1))
      pairSame(--preEnd, --postEnd);
  }

  // Between two aligned lines, unmatched ones of both sides with one operation stand side by side: a changed
  // immediate is one row, not a removed and an added instruction.
  void collectRows() {
    size_t i = 0;
    size_t j = 0;
    while (i < pre_.lines.size() || j < post_.lines.size()) {
      const bool preFree = i < pre_.lines.size() && !postOf_[i];
      const bool postFree = j < post_.lines.size() && !(i < pre_.lines.size() && postOf_[i] == j);
      if (preFree && postFree && pre_.lines[i].instruction.opcode == post_.lines[j].instruction.opcode &&
          !isMatched_[j])
        rows_.push_back({i++, j++, true});
      else if (preFree)
        rows_.push_back({i++, std::nullopt, true});
      else if (postFree)
        rows_.push_back({std::nullopt, j++, true});
      else
        rows_.push_back({i++, j++, false});
    }
  }

  void markMovedBranches() {
    for (Row &row : rows_) {
      if (row.differs || !row.pre || !row.post)
        continue;
      const Line &pre = pre_.lines[*row.pre];
      const Line &post = post_.lines[*row.post];
      for (size_t i = 0; i < pre.references.size(); ++i) {
        if (!isInside(pre.references[i], pre_.function))
          continue;
        const auto preTarget = pre_.lineAt(pre.references[i].target);
        const auto postTarget = post_.lineAt(post.references[i].target);
        if (preTarget && postTarget && postOf_[*preTarget] != *postTarget &&
            (postOf_[*preTarget] || isMatched_[*postTarget]))
          row.differs = true;
      }
    }
  }

  // What shows people why a row differs, of both sides.
  using Shown = std::pair<std::string, std::string>;

  // Calls add(reason, shown) for each reason why a row differs; shown() gives the texts, which cost more than the rest.
  template <class Add> void forEachDifference(const Row &row, const Add &add) const {
    if (!row.differs)
      return;
    const auto both = [&] {
      return Shown{row.pre ? textOf(decoder_, pre_, pre_.lines[*row.pre]) : std::string(),
                   row.post ? textOf(decoder_, post_, post_.lines[*row.post]) : std::string()};
    };
    if (!row.pre)
      return add("code added", both);
    if (!row.post)
      return add("code removed", both);
    const Line &pre = pre_.lines[*row.pre];
    const Line &post = post_.lines[*row.post];
    if (pre.instruction.opcode != post.instruction.opcode)
      return add("instruction", both);
    bool isExplained = false;
    for (size_t i = 0; i < std::min(pre.references.size(), post.references.size()); ++i)
      isExplained |= addReferenceDifference(pre.references[i], post.references[i], add);
    if (pre_.masked[*row.pre] != post_.masked[*row.post])
      add(differsInNumbersOnly(*row.pre, *row.post) ? numberReason(pre, post) : "operand", both);
    else if (!isExplained)
      add("branch", both);
  }

  // False when there is none.
  template <class Add> bool addReferenceDifference(const Reference &pre, const Reference &post, const Add &add) const {
    if ((isInside(pre, pre_.function) && isInside(post, post_.function)) || referents_.same(pre, post))
      return false;
    const Program &program = pre_.program;
    const auto names = [&] {
      return Shown{referentText(program, pre.target), referentText(post_.program, post.target)};
    };
    if (pre.kind == ReferenceKind::call || program.image().importAtSlot(pre.target) != nullptr ||
        program.functionContaining(pre.target))
      add("callee", names);
    else if (referents_.isMutable(program, pre.target))
      add("variable", names);
    else
      add("constant", [&] { return Shown{contentOf(program, pre.target), contentOf(post_.program, post.target)}; });
    return true;
  }

  // "limits = 0a 00 00 00", or the content alone where that is what people call it.
  static std::string contentOf(const Program &program, uint32_t rva) {
    const std::string name = referentText(program, rva);
    const std::string content = contentText(program, rva);
    return content == name || content.empty() ? name : fmt::format("{} = {}", name, content);
  }

  bool differsInNumbersOnly(size_t preLine, size_t postLine) const {
    MaskedBytes a = pre_.masked[preLine];
    MaskedBytes b = post_.masked[postLine];
    if (a.size != b.size)
      return false;
    for (const EncodedField &field : pre_.lines[preLine].instruction.encodedFields())
      if (size_t{field.offset} + field.size <= a.size) {
        const Reference number{0, 0, 0, field.size, ReferenceKind::data, field.form};
        maskField(&a.bytes[field.offset], number);
        maskField(&b.bytes[field.offset], number);
      }
    return a == b;
  }

  const char *numberReason(const Line &pre, const Line &post) const {
    const std::string preText = textOf(decoder_, pre_, pre);
    const bool adjustsStack = preText.starts_with("sub rsp,") || preText.starts_with("add rsp,");
    if (adjustsStack)
      return "frame size";
    return stackSlot(preText) != stackSlot(textOf(decoder_, post_, post)) ? "stack slot" : "immediate";
  }

  // "[rsp + 0x20]", or nothing.
  static std::string stackSlot(const std::string &text) {
    const size_t begin = std::min(text.find("[rsp"), text.size());
    return text.substr(begin, text.find(']', begin) - begin);
  }

  std::vector<ListingRow> listing() const {
    std::vector<ListingRow> result;
    const auto first = std::find_if(rows_.begin(), rows_.end(), [](const Row &row) { return row.differs; });
    if (first == rows_.end())
      return result;
    const size_t begin = static_cast<size_t>(std::max<ptrdiff_t>(0, first - rows_.begin() - ptrdiff_t{contextRows}));
    for (size_t i = begin; i < rows_.size() && result.size() < mostRows; ++i)
      result.push_back(listingRow(rows_[i]));
    return result;
  }

  ListingRow listingRow(const Row &from) const {
    ListingRow row;
    row.differs = from.differs;
    if (from.pre) {
      row.preRva = pre_.lines[*from.pre].instruction.rva;
      row.preText = textOf(decoder_, pre_, pre_.lines[*from.pre]);
    }
    if (from.post) {
      row.postRva = post_.lines[*from.post].instruction.rva;
      row.postText = textOf(decoder_, post_, post_.lines[*from.post]);
    }
    return row;
  }

  const Referents &referents_;
  Decoder &decoder_;
  const Body &pre_;
  const Body &post_;
  std::vector<std::optional<size_t>> postOf_; // by pre line
  std::vector<bool> isMatched_;               // by post line
  std::vector<Row> rows_;
};

bool isTooLarge(const Function &pre, const Function &post) {
  return std::max(pre.totalSize(), post.totalSize()) > largestBody;
}

} // namespace

BodyAlignment alignBodies(const Referents &referents, Decoder &decoder, const Function &pre, const Function &post) {
  if (isTooLarge(pre, post))
    return {{"too large to align"}, {}};
  const Body preBody = disassemble(decoder, referents.pre(), pre);
  const Body postBody = disassemble(decoder, referents.post(), post);
  return Aligner(referents, decoder, preBody, postBody).align();
}

std::vector<ExplainedRow> explainBodies(const Referents &referents, Decoder &decoder, const Function &pre,
                                        const Function &post) {
  if (isTooLarge(pre, post))
    return {};
  const Body preBody = disassemble(decoder, referents.pre(), pre);
  const Body postBody = disassemble(decoder, referents.post(), post);
  return Aligner(referents, decoder, preBody, postBody).explain();
}

} // namespace hotgate::analyzer
