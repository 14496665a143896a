#include "analyzer/diff/listing.h"

#include <algorithm>
#include <limits>
#include <unordered_map>

namespace hotgate::analyzer {

namespace {

constexpr size_t contextRows = 6;          // in front of the first difference
constexpr size_t mostRows = 64;            // of a listing
constexpr size_t mostCells = 4'000'000;    // of the alignment table; past it the middle counts as replaced
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

// "[rip + 0x1f3a]" and "0x1400" become what they are: "[g_statistics+0x8]", "ParseOptions".
std::string withNames(std::string text, const Line &line, const Function &function, const Program &program) {
  const auto replace = [&](const std::string &what, const std::string &with) {
    if (const size_t at = text.rfind(what); at != std::string::npos)
      text.replace(at, what.size(), with);
  };
  for (const Reference &reference : line.references) {
    if (reference.kind == ReferenceKind::data) {
      const size_t begin = text.find("[rip");
      const size_t end = text.find(']', begin);
      if (begin != std::string::npos && end != std::string::npos)
        text.replace(begin, end - begin + 1, "[" + program.describe(reference.target) + "]");
    } else if (reference.kind != ReferenceKind::absolute) {
      const bool inside = function.contains(reference.target);
      replace(fmt::format("0x{:x}", reference.target),
              inside ? fmt::format("+0x{:x}", reference.target - function.body.rva)
                     : program.describe(reference.target));
    }
  }
  return text;
}

void appendRange(Body &body, Decoder &decoder, const CodeRange &range) {
  auto bytes = body.program.image().bytesFrom(range.rva);
  bytes = bytes.first(std::min<size_t>(bytes.size(), range.size));
  for (uint32_t at = 0; at < bytes.size();) {
    Line line;
    if (!decoder.decodeWithText(bytes.subspan(at), range.rva + at, line.instruction, line.text)) {
      line.instruction.rva = range.rva + at;
      line.instruction.size = 1;
      line.text = fmt::format("db 0x{:02x}", bytes[at]);
    }
    line.masked.assign(reinterpret_cast<const char *>(&bytes[at]), line.instruction.size);
    const auto &all = body.function.references; // by field, and a field lies in its instruction
    auto reference = std::lower_bound(all.begin(), all.end(), line.instruction.rva,
                                      [](const Reference &r, uint32_t rva) { return r.field < rva; });
    for (; reference != all.end() && reference->field < line.instruction.end(); ++reference) {
      line.references.push_back(*reference);
      for (uint32_t i = 0; i < reference->size; ++i)
        line.masked[reference->field - line.instruction.rva + i] = 0;
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
    pairLines();
    isMatched_.assign(post_.lines.size(), false);
    for (const auto &partner : postOf_)
      if (partner)
        isMatched_[*partner] = true;
    collectRows();
    markMovedBranches();
    BodyAlignment result;
    for (const Row &row : rows_)
      if (row.differs)
        addReasons(row, result.reasons);
    result.listing = listing();
    return result;
  }

private:
  struct Row {
    std::optional<size_t> pre, post;
    bool differs = false;
  };

  static bool isInside(const Reference &reference, const Function &function) {
    return reference.kind == ReferenceKind::branch && function.contains(reference.target);
  }

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
    if (rows == 0 || columns == 0 || rows > mostCells / columns)
      return;
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

  void addReasons(const Row &row, std::set<std::string> &reasons) {
    if (!row.pre || !row.post) {
      reasons.insert(row.pre ? "code removed" : "code added");
      return;
    }
    const Line &pre = pre_.lines[*row.pre];
    const Line &post = post_.lines[*row.post];
    if (pre.instruction.opcode != post.instruction.opcode) {
      reasons.insert("instruction");
      return;
    }
    bool explained = false;
    for (size_t i = 0; i < std::min(pre.references.size(), post.references.size()); ++i)
      explained |= addReferenceReason(pre.references[i], post.references[i], reasons);
    if (pre.masked != post.masked)
      reasons.insert(differsInNumbersOnly(pre, post) ? numberReason(pre) : "operand");
    else if (!explained)
      reasons.insert("branch");
  }

  bool addReferenceReason(const Reference &pre, const Reference &post, std::set<std::string> &reasons) {
    if (isInside(pre, pre_.function) && isInside(post, post_.function))
      return false;
    if (referents_.same(pre.target, post.target))
      return false;
    const Program &program = referents_.pre();
    if (pre.kind == ReferenceKind::call || program.image().importAtSlot(pre.target) != nullptr ||
        program.functionContaining(pre.target))
      reasons.insert("callee");
    else if (referents_.isMutable(program, pre.target))
      reasons.insert("variable");
    else
      reasons.insert("constant");
    return true;
  }

  static bool differsInNumbersOnly(const Line &pre, const Line &post) {
    if (pre.masked.size() != post.masked.size())
      return false;
    std::string a = pre.masked;
    std::string b = post.masked;
    for (const EncodedField &field : pre.instruction.encodedFields())
      for (size_t i = field.offset; i < size_t{field.offset} + field.size && i < a.size(); ++i)
        a[i] = b[i] = 0;
    return a == b;
  }

  static const char *numberReason(const Line &line) {
    const bool adjustsStack = (line.text.starts_with("sub rsp,") || line.text.starts_with("add rsp,"));
    if (adjustsStack)
      return "frame size";
    return line.text.find("[rsp") != std::string::npos ? "stack slot" : "immediate";
  }

  std::vector<ListingRow> listing() const {
    std::vector<ListingRow> result;
    const auto first = std::find_if(rows_.begin(), rows_.end(), [](const Row &row) { return row.differs; });
    if (first == rows_.end())
      return result;
    const size_t begin = static_cast<size_t>(std::max<ptrdiff_t>(0, first - rows_.begin() - ptrdiff_t{contextRows}));
    for (size_t i = begin; i < rows_.size() && result.size() < mostRows; ++i) {
      ListingRow row;
      row.differs = rows_[i].differs;
      if (rows_[i].pre) {
        row.preRva = pre_.lines[*rows_[i].pre].instruction.rva;
        row.preText = pre_.lines[*rows_[i].pre].text;
      }
      if (rows_[i].post) {
        row.postRva = post_.lines[*rows_[i].post].instruction.rva;
        row.postText = post_.lines[*rows_[i].post].text;
      }
      result.push_back(std::move(row));
    }
    return result;
  }

  const Referents &referents_;
  const Body &pre_;
  const Body &post_;
  std::vector<std::optional<size_t>> postOf_; // by pre line
  std::vector<bool> isMatched_;               // by post line
  std::vector<Row> rows_;
};

} // namespace

BodyAlignment alignBodies(const Referents &referents, Decoder &decoder, const Function &pre, const Function &post) {
  if (std::max(pre.totalSize(), post.totalSize()) > largestBody)
    return {{"too large to align"}, {}};
  const Body preBody = disassemble(decoder, referents.pre(), pre);
  const Body postBody = disassemble(decoder, referents.post(), post);
  return Aligner(referents, preBody, postBody).align();
}

} // namespace hotgate::analyzer
