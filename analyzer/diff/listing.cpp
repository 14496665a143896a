#include "analyzer/diff/listing.h"

#include "analyzer/code/masked_body.h"
#include "analyzer/diff/referent_text.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace hotgate::analyzer {

namespace {

constexpr size_t contextRows = 6;          // in front of the first difference
constexpr size_t mostRows = 64;            // of a listing
constexpr size_t mostCells = 4'000'000;    // of the alignment table; past it lines pair only while operations agree
constexpr uint32_t largestBody = 1U << 18; // bytes; a larger one is named as changed, and not aligned

struct Line {
  Instruction instruction;
  std::string text;
  std::string masked; // bytes with reference fields zeroed
  std::vector<Reference> references;
};

struct Body {
  const Function &function;
  const Program &program;
  std::vector<Line> lines;
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

// An entry of a jump table between instructions: "-> +0x40".
Line tableEntry(const Reference &entry) {
  Line line;
  line.instruction.rva = entry.field;
  line.instruction.size = entry.size;
  line.text = fmt::format("-> 0x{:x}", entry.target);
  return line;
}

Line decoded(Decoder &decoder, std::span<const uint8_t> bytes, uint32_t rva) {
  Line line;
  if (!decoder.decodeWithText(bytes, rva, line.instruction, line.text)) {
    line.instruction.rva = rva;
    line.instruction.size = 1;
    line.text = fmt::format("db 0x{:02x}", bytes[0]);
  }
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
    Line line = isEntry ? tableEntry(*reference) : decoded(decoder, bytes.subspan(at), range.rva + at);
    line.masked.assign(reinterpret_cast<const char *>(&bytes[at]),
                       std::min<size_t>(line.instruction.size, bytes.size() - at));
    for (auto own = reference; own != references.end() && own->field < line.instruction.end(); ++own) {
      const uint32_t offset = own->field - line.instruction.rva;
      if (offset + size_t{own->size} <= line.masked.size())
        maskField(reinterpret_cast<uint8_t *>(&line.masked[offset]), *own);
      line.references.push_back(*own);
    }
    line.text = withNames(std::move(line.text), line, body.function, body.program);
    at += line.instruction.size;
    body.indexes.emplace(line.instruction.rva, body.lines.size());
    body.lines.push_back(std::move(line));
  }
}

Body disassemble(Decoder &decoder, const Program &program, const Function &function) {
  Body body{function, program, {}};
  appendRange(body, decoder, function.body);
  for (const CodeRange &fragment : function.fragments)
    appendRange(body, decoder, fragment);
  return body;
}

class Aligner {
public:
  Aligner(const Referents &referents, const Body &pre, const Body &post)
      : referents_(referents), pre_(pre), post_(post) {}

  BodyAlignment align() {
    alignRows();
    BodyAlignment result;
    for (const Row &row : rows_)
      for (const RowDifference &difference : differencesOf(row))
        result.reasons.insert(difference.reason);
    result.listing = listing();
    return result;
  }

  std::vector<ExplainedRow> explain() {
    alignRows();
    std::vector<ExplainedRow> result;
    for (const Row &row : rows_)
      result.push_back({listingRow(row), differencesOf(row)});
    return result;
  }

private:
  struct Row {
    std::optional<size_t> pre, post;
    bool differs = false;
  };

  // Branches inside the function are equal here and looked at once all lines are aligned: an inserted instruction
  // shifts them without changing where they lead.
  bool sameLine(const Line &pre, const Line &post) {
    if (pre.masked != post.masked || pre.references.size() != post.references.size())
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
    while (head < shorter && sameLine(pre_.lines[head], post_.lines[head]))
      ++head;
    size_t tail = 0;
    while (tail < shorter - head &&
           sameLine(pre_.lines[pre_.lines.size() - 1 - tail], post_.lines[post_.lines.size() - 1 - tail]))
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
    for (size_t i = rows; i-- > 0;)
      for (size_t j = columns; j-- > 0;) {
        equal[i * columns + j] = sameLine(pre_.lines[preBegin + i], post_.lines[postBegin + j]);
        longest[i * width + j] = equal[i * columns + j]
                                     ? longest[(i + 1) * width + j + 1] + 1
                                     : std::max(longest[(i + 1) * width + j], longest[i * width + j + 1]);
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
      if (sameLine(pre_.lines[i], post_.lines[j]))
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

  std::vector<RowDifference> differencesOf(const Row &row) const {
    if (!row.differs)
      return {};
    if (!row.pre)
      return {{"code added", {}, post_.lines[*row.post].text}};
    if (!row.post)
      return {{"code removed", pre_.lines[*row.pre].text, {}}};
    const Line &pre = pre_.lines[*row.pre];
    const Line &post = post_.lines[*row.post];
    if (pre.instruction.opcode != post.instruction.opcode)
      return {{"instruction", pre.text, post.text}};
    std::vector<RowDifference> differences;
    for (size_t i = 0; i < std::min(pre.references.size(), post.references.size()); ++i)
      if (auto difference = referenceDifference(pre.references[i], post.references[i]))
        differences.push_back(*std::move(difference));
    if (pre.masked != post.masked)
      differences.push_back(
          {differsInNumbersOnly(pre, post) ? numberReason(pre, post) : "operand", pre.text, post.text});
    else if (differences.empty())
      differences.push_back({"branch", pre.text, post.text});
    return differences;
  }

  std::optional<RowDifference> referenceDifference(const Reference &pre, const Reference &post) const {
    if ((isInside(pre, pre_.function) && isInside(post, post_.function)) || referents_.same(pre, post))
      return std::nullopt;
    const Program &program = pre_.program;
    const std::string preName = referentText(program, pre.target);
    const std::string postName = referentText(post_.program, post.target);
    if (pre.kind == ReferenceKind::call || program.image().importAtSlot(pre.target) != nullptr ||
        program.functionContaining(pre.target))
      return RowDifference{"callee", preName, postName};
    if (referents_.isMutable(program, pre.target))
      return RowDifference{"variable", preName, postName};
    return RowDifference{"constant", contentOf(program, pre.target, preName),
                         contentOf(post_.program, post.target, postName)};
  }

  // "limits = 0a 00 00 00", or the content alone where that is what people call it.
  static std::string contentOf(const Program &program, uint32_t rva, const std::string &name) {
    const std::string content = contentText(program, rva);
    return content == name || content.empty() ? name : fmt::format("{} = {}", name, content);
  }

  static bool differsInNumbersOnly(const Line &pre, const Line &post) {
    if (pre.masked.size() != post.masked.size())
      return false;
    std::string a = pre.masked;
    std::string b = post.masked;
    for (const EncodedField &field : pre.instruction.encodedFields())
      if (size_t{field.offset} + field.size <= a.size()) {
        const Reference number{0, 0, 0, field.size, ReferenceKind::data, field.form};
        maskField(reinterpret_cast<uint8_t *>(&a[field.offset]), number);
        maskField(reinterpret_cast<uint8_t *>(&b[field.offset]), number);
      }
    return a == b;
  }

  static const char *numberReason(const Line &pre, const Line &post) {
    const bool adjustsStack = (pre.text.starts_with("sub rsp,") || pre.text.starts_with("add rsp,"));
    if (adjustsStack)
      return "frame size";
    return stackSlot(pre) != stackSlot(post) ? "stack slot" : "immediate";
  }

  // "[rsp + 0x20]", or nothing.
  static std::string_view stackSlot(const Line &line) {
    const std::string_view text = line.text;
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
      row.preText = pre_.lines[*from.pre].text;
    }
    if (from.post) {
      row.postRva = post_.lines[*from.post].instruction.rva;
      row.postText = post_.lines[*from.post].text;
    }
    return row;
  }

  const Referents &referents_;
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
  return Aligner(referents, preBody, postBody).align();
}

std::vector<ExplainedRow> explainBodies(const Referents &referents, Decoder &decoder, const Function &pre,
                                        const Function &post) {
  if (isTooLarge(pre, post))
    return {};
  const Body preBody = disassemble(decoder, referents.pre(), pre);
  const Body postBody = disassemble(decoder, referents.post(), post);
  return Aligner(referents, preBody, postBody).explain();
}

} // namespace hotgate::analyzer
