#include "analyzer/diff/operation_alignment.h"

#include <algorithm>

namespace hotgate::analyzer {

namespace {

constexpr size_t mostCells = 1'000'000; // of the table; past it lines pair only while operations agree

bool sameOperation(const OperationLine &pre, const OperationLine &post) {
  return pre.operands.family == post.operands.family && pre.operands.family != 0 &&
         pre.references.size() == post.references.size() &&
         (pre.references.empty() || pre.references[0].kind == post.references[0].kind);
}

bool sameNumbers(const Operands &pre, const Operands &post) {
  return pre.displacement == post.displacement && pre.immediate == post.immediate && pre.scale == post.scale;
}

bool isSame(const OperationLine &pre, const OperationLine &post) {
  return sameOperation(pre, post) && pre.operands.registers == post.operands.registers &&
         pre.instruction.opcode == post.instruction.opcode && sameNumbers(pre.operands, post.operands);
}

// 0: no pair.
uint32_t likeness(const OperationLine &pre, const OperationLine &post) {
  // Two loads that a compiler put in another order pair once, as what they are, and not crosswise.
  constexpr uint32_t forOperation = 3, forRegisters = 4, forWidth = 1, forNumbers = 3;
  if (!sameOperation(pre, post))
    return 0;
  return forOperation + (pre.operands.registers == post.operands.registers ? forRegisters : 0) +
         (pre.instruction.opcode == post.instruction.opcode ? forWidth : 0) +
         (sameNumbers(pre.operands, post.operands) ? forNumbers : 0);
}

class Alignment {
public:
  Alignment(std::span<const OperationLine> pre, std::span<const OperationLine> post) : pre_(pre), post_(post) {}

  OperationAlignment align() {
    const size_t shorter = std::min(pre_.size(), post_.size());
    size_t head = 0;
    while (head < shorter && isSame(pre_[head], post_[head]))
      add(head, head), ++head;
    size_t tail = 0;
    while (tail < shorter - head && isSame(pre_[pre_.size() - 1 - tail], post_[post_.size() - 1 - tail]))
      ++tail;
    alignMiddle(head, pre_.size() - tail, head, post_.size() - tail);
    for (size_t left = tail; left > 0; --left)
      add(pre_.size() - left, post_.size() - left);
    result_.isWhole = result_.pairs.size() == pre_.size() && result_.pairs.size() == post_.size();
    return std::move(result_);
  }

private:
  void add(size_t pre, size_t post) {
    result_.pairs.push_back({static_cast<uint32_t>(pre), static_cast<uint32_t>(post)});
  }

  void alignMiddle(size_t preBegin, size_t preEnd, size_t postBegin, size_t postEnd) {
    const size_t rows = preEnd - preBegin;
    const size_t columns = postEnd - postBegin;
    if (rows == 0 || columns == 0)
      return;
    if (rows > mostCells / columns)
      return alignInStep(preBegin, preEnd, postBegin, postEnd);
    const size_t width = columns + 1;
    std::vector<uint32_t> best((rows + 1) * width, 0);
    for (size_t i = rows; i-- > 0;)
      for (size_t j = columns; j-- > 0;) {
        const uint32_t together = likeness(pre_[preBegin + i], post_[postBegin + j]);
        uint32_t &cell = best[i * width + j];
        cell = std::max(best[(i + 1) * width + j], best[i * width + j + 1]);
        if (together != 0)
          cell = std::max(cell, together + best[(i + 1) * width + j + 1]);
      }
    for (size_t i = 0, j = 0; i < rows && j < columns;) {
      const uint32_t together = likeness(pre_[preBegin + i], post_[postBegin + j]);
      if (together != 0 && best[i * width + j] == together + best[(i + 1) * width + j + 1])
        add(preBegin + i++, postBegin + j++);
      else if (best[i * width + j] == best[(i + 1) * width + j])
        ++i;
      else
        ++j;
    }
  }

  void alignInStep(size_t preBegin, size_t preEnd, size_t postBegin, size_t postEnd) {
    while (preBegin < preEnd && postBegin < postEnd && sameOperation(pre_[preBegin], post_[postBegin]))
      add(preBegin++, postBegin++);
  }

  std::span<const OperationLine> pre_;
  std::span<const OperationLine> post_;
  OperationAlignment result_;
};

void appendRange(OperationBody &body, Decoder &decoder, const CodeRange &range) {
  const auto bytes = body.program.bytesOf(range);
  const auto references = body.function.referencesIn(range);
  auto reference = references.begin();
  for (uint32_t at = 0; at < bytes.size();) {
    const uint32_t rva = range.rva + at;
    const auto table =
        std::ranges::find_if(body.function.jumpTables, [&](const CodeRange &t) { return t.contains(rva); });
    if (table != body.function.jumpTables.end()) {
      at = std::max(at + 1, table->end() - range.rva);
      continue;
    }
    OperationLine line;
    if (!decoder.decodeWithOperands(bytes.subspan(at), rva, line.instruction, line.operands)) {
      line = {};
      line.instruction.rva = rva;
      line.instruction.size = 1;
    }
    while (reference != references.end() && reference->field < rva)
      ++reference;
    auto end = reference;
    while (end != references.end() && end->field < line.instruction.end())
      ++end;
    line.references = {reference, end};
    at += line.instruction.size;
    body.lines.push_back(line);
  }
}

} // namespace

OperationBody readOperations(Decoder &decoder, const Program &program, const Function &function) {
  OperationBody body{program, function, {}};
  appendRange(body, decoder, function.body);
  for (const CodeRange &fragment : function.fragments)
    appendRange(body, decoder, fragment);
  return body;
}

OperationAlignment alignOperations(const OperationBody &pre, const OperationBody &post) {
  return Alignment(pre.lines, post.lines).align();
}

} // namespace hotgate::analyzer
