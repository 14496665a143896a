#include "analyzer/diff/handler_in_data.h"

#include <algorithm>
#include <array>

namespace hotgate::analyzer {

namespace {

constexpr uint32_t mostBytes = 4096;

std::span<const uint8_t> bytesInData(const Image &image, uint32_t rva) {
  const Section *section = image.sectionAt(rva);
  return section == nullptr || section->isExecutable() ? std::span<const uint8_t>() : image.bytesFrom(rva, mostBytes);
}

class HandlerComparison {
public:
  HandlerComparison(const Referents &referents, Decoder &decoder, uint32_t preRva, uint32_t postRva)
      : referents_(referents), decoder_(decoder), preRva_(preRva), postRva_(postRva),
        preBytes_(bytesInData(referents.pre().image(), preRva)),
        postBytes_(bytesInData(referents.post().image(), postRva)) {}

  std::optional<bool> areSame() {
    Instruction pre, post;
    const size_t size = std::min(preBytes_.size(), postBytes_.size());
    for (uint32_t at = 0; at < size; at += pre.size) {
      const bool isPreCode = decoder_.decode(preBytes_.subspan(at), preRva_ + at, pre) && at + pre.size <= size;
      const bool isPostCode = decoder_.decode(postBytes_.subspan(at), postRva_ + at, post) && at + post.size <= size;
      if (isPreCode != isPostCode)
        return false;
      if (!isPreCode || isBeyondUs(pre))
        return std::nullopt;
      if (!sameInstruction(at, pre, post))
        return false;
      const bool goesOn = pre.flow == Flow::next || pre.flow == Flow::conditionalBranch || pre.flow == Flow::call ||
                          pre.flow == Flow::indirectCall;
      if (!goesOn && at + pre.size > farthest_)
        return true;
    }
    return std::nullopt;
  }

private:
  bool isBeyondUs(const Instruction &pre) const {
    return (pre.flow == Flow::indirectBranch && pre.hasIndexRegister) ||
           !referents_.pre().relocationsIn({pre.rva, pre.size}).empty();
  }

  bool sameInstruction(uint32_t at, const Instruction &pre, const Instruction &post) {
    if (pre.size != post.size || pre.opcode != post.opcode || pre.fieldCount != post.fieldCount ||
        !referents_.post().relocationsIn({post.rva, post.size}).empty())
      return false;
    std::array<bool, UINT8_MAX> isPlace{}; // bytes of the instruction that are compared by what they refer to
    for (size_t i = 0; i < pre.fieldCount; ++i) {
      const EncodedField &a = pre.fields[i];
      const EncodedField &b = post.fields[i];
      if (a.kind != b.kind || a.offset != b.offset || a.size != b.size)
        return false;
      if (a.kind == EncodedField::Kind::number)
        continue;
      if (!samePlace(pre, static_cast<uint32_t>(a.value), static_cast<uint32_t>(b.value)))
        return false;
      std::fill_n(isPlace.begin() + a.offset, a.size, true);
    }
    for (uint32_t i = 0; i < pre.size; ++i)
      if (!isPlace[i] && preBytes_[at + i] != postBytes_[at + i])
        return false;
    return true;
  }

  // What lies ahead in the handler is read in turn.
  bool samePlace(const Instruction &from, uint32_t pre, uint32_t post) {
    const bool isAhead = pre >= preRva_ && pre - preRva_ < mostBytes;
    if (!isAhead || (from.flow != Flow::conditionalBranch && from.flow != Flow::branch))
      return referents_.same(pre, post, from.hasIndexRegister ? 0 : from.accessWidth);
    farthest_ = std::max(farthest_, pre - preRva_);
    return post - postRva_ == pre - preRva_;
  }

  const Referents &referents_;
  Decoder &decoder_;
  uint32_t preRva_, postRva_;
  std::span<const uint8_t> preBytes_, postBytes_;
  uint32_t farthest_ = 0; // offset of the last place that a branch leads to
};

} // namespace

std::optional<bool> sameHandlerInData(const Referents &referents, Decoder &decoder, uint32_t preRva, uint32_t postRva) {
  if (referents.pre().image().machine() != Machine::x64)
    return std::nullopt;
  return HandlerComparison(referents, decoder, preRva, postRva).areSame();
}

} // namespace hotgate::analyzer
