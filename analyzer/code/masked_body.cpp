#include "analyzer/code/masked_body.h"

#include <algorithm>
#include <llvm/Support/Endian.h>
#include <llvm/Support/xxhash.h>
#include <tbb/enumerable_thread_specific.h>
#include <tbb/parallel_for.h>

namespace hotgate::analyzer {

using llvm::support::endian::read32le;
using llvm::support::endian::write32le;

namespace {

void appendValue(std::vector<uint8_t> &buffer, const auto &value) {
  const auto *bytes = reinterpret_cast<const uint8_t *>(&value);
  buffer.insert(buffer.end(), bytes, bytes + sizeof(value));
}

void appendRange(std::vector<uint8_t> &buffer, const Program &program, const Function &function,
                 const CodeRange &range) {
  appendValue(buffer, range.size);
  const auto bytes = program.bytesOf(range);
  const size_t begin = buffer.size();
  buffer.insert(buffer.end(), bytes.begin(), bytes.end());
  for (const Reference &reference : function.referencesIn(range)) {
    const uint32_t offset = reference.field - range.rva;
    if (uint64_t{offset} + reference.size <= bytes.size())
      maskField(&buffer[begin + offset], reference);
    appendValue(buffer, offset);
    appendValue(buffer, reference.kind);
    appendValue(buffer, reference.form);
  }
}

bool sameRange(const Program &pre, const Function &preFunction, const CodeRange &preRange, const Program &post,
               const Function &postFunction, const CodeRange &postRange) {
  const auto preBytes = pre.bytesOf(preRange);
  const auto postBytes = post.bytesOf(postRange);
  const auto preReferences = preFunction.referencesIn(preRange);
  const auto postReferences = postFunction.referencesIn(postRange);
  if (preBytes.size() != postBytes.size() || preReferences.size() != postReferences.size())
    return false;
  size_t at = 0; // bytes before it are compared
  for (size_t i = 0; i < preReferences.size(); ++i) {
    const Reference &a = preReferences[i];
    const Reference &b = postReferences[i];
    const size_t field = a.field - preRange.rva;
    if (field != b.field - postRange.rva || a.size != b.size || a.kind != b.kind || a.form != b.form || field < at ||
        field + a.size > preBytes.size() ||
        !std::equal(preBytes.begin() + at, preBytes.begin() + field, postBytes.begin() + at))
      return false;
    if (a.form != FieldForm::bytes) {
      std::array<uint8_t, 4> preWord{}, postWord{};
      std::copy_n(preBytes.begin() + field, preWord.size(), preWord.begin());
      std::copy_n(postBytes.begin() + field, postWord.size(), postWord.begin());
      maskField(preWord.data(), a);
      maskField(postWord.data(), b);
      if (preWord != postWord)
        return false;
    }
    at = field + a.size;
  }
  return std::equal(preBytes.begin() + at, preBytes.end(), postBytes.begin() + at);
}

} // namespace

void maskField(uint8_t *field, const Reference &reference) {
  if (reference.form == FieldForm::bytes)
    std::fill_n(field, reference.size, uint8_t{0});
  else
    write32le(field, read32le(field) & ~fieldBits(reference.form));
}

bool sameMasked(const Program &pre, const Function &preFunction, const Program &post, const Function &postFunction) {
  if (preFunction.fragments.size() != postFunction.fragments.size())
    return false;
  for (int part = -1; part < preFunction.rangeCount(); ++part)
    if (!sameRange(pre, preFunction, preFunction.range(part), post, postFunction, postFunction.range(part)))
      return false;
  return true;
}

std::vector<uint64_t> maskedBodyHashes(const Program &program) {
  std::vector<uint64_t> hashes(program.functions().size());
  tbb::enumerable_thread_specific<std::vector<uint8_t>> buffers;
  tbb::parallel_for(tbb::blocked_range<size_t>(0, hashes.size(), 256), [&](const tbb::blocked_range<size_t> &range) {
    std::vector<uint8_t> &buffer = buffers.local();
    for (size_t i = range.begin(); i != range.end(); ++i) {
      const Function &function = program.functions()[i];
      if (function.undecodableAt)
        continue;
      buffer.clear();
      for (int part = -1; part < function.rangeCount(); ++part)
        appendRange(buffer, program, function, function.range(part));
      hashes[i] = std::max<uint64_t>(1, llvm::xxh3_64bits(buffer));
    }
  });
  return hashes;
}

} // namespace hotgate::analyzer
