#include "analyzer/diff/operation_alignment.h"

#include <algorithm>
#include <unordered_set>
#include <utility>

namespace hotgate::analyzer {

namespace {

constexpr size_t mostCells = 250'000; // of the table; past it lines pair only while operations agree

// What two lines are compared by; the table asks for millions of pairs.
struct Key {
  uint32_t operation = 0; // 0: no instruction, and like nothing
  uint32_t registers = 0;
  uint32_t opcode = 0;
  uint64_t numbers = 0; // a hash
  bool operator==(const Key &) const = default;
};

Key keyOf(const OperationLine &line) {
  constexpr unsigned familyShift = 8, countShift = 4;
  constexpr uint64_t factor = 0x9E3779B97F4A7C15;
  Key key;
  const Operands &operands = line.operands;
  if (operands.family == 0)
    return key;
  key.operation = uint32_t{operands.family} << familyShift | static_cast<uint32_t>(line.references.size())
                                                                 << countShift;
  if (!line.references.empty())
    key.operation |= static_cast<uint32_t>(line.references[0].kind);
  key.registers = operands.registers;
  key.opcode = line.instruction.opcode;
  key.numbers = static_cast<uint64_t>(operands.displacement) * factor + operands.scale;
  key.numbers = (key.numbers + static_cast<uint64_t>(operands.immediate.value_or(0))) * factor;
  return key;
}

std::vector<Key> keysOf(std::span<const OperationLine> lines) {
  std::vector<Key> keys;
  keys.reserve(lines.size());
  for (const OperationLine &line : lines)
    keys.push_back(keyOf(line));
  return keys;
}

bool isSame(const Key &pre, const Key &post) { return pre.operation != 0 && pre == post; }

// 0: no pair.
uint32_t likeness(const Key &pre, const Key &post) {
  // Two loads that a compiler put in another order pair once, as what they are, and not crosswise.
  constexpr uint32_t forOperation = 3, forRegisters = 4, forWidth = 1, forNumbers = 3;
  if (pre.operation != post.operation || pre.operation == 0)
    return 0;
  return forOperation + (pre.registers == post.registers ? forRegisters : 0) +
         (pre.opcode == post.opcode ? forWidth : 0) + (pre.numbers == post.numbers ? forNumbers : 0);
}

class Alignment {
public:
  Alignment(std::vector<Key> pre, std::vector<Key> post) : pre_(std::move(pre)), post_(std::move(post)) {}

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
    std::unordered_set<uint32_t> known;
    for (size_t j = postBegin; j < postEnd; ++j)
      known.insert(post_[j].operation);
    for (size_t i = rows; i-- > 0;) {
      if (const uint32_t operation = pre_[preBegin + i].operation; !known.contains(operation)) {
        std::copy_n(&best[(i + 1) * width], width, &best[i * width]); // like none: the row is the one below it
        continue;
      }
      for (size_t j = columns; j-- > 0;) {
        const uint32_t together = likeness(pre_[preBegin + i], post_[postBegin + j]);
        uint32_t &cell = best[i * width + j];
        cell = std::max(best[(i + 1) * width + j], best[i * width + j + 1]);
        if (together != 0)
          cell = std::max(cell, together + best[(i + 1) * width + j + 1]);
      }
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
    while (preBegin < preEnd && postBegin < postEnd && likeness(pre_[preBegin], post_[postBegin]) != 0)
      add(preBegin++, postBegin++);
  }

  std::vector<Key> pre_;
  std::vector<Key> post_;
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
  return Alignment(keysOf(pre.lines), keysOf(post.lines)).align();
}

} // namespace hotgate::analyzer
