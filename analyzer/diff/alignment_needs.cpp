#include "analyzer/diff/alignment_needs.h"

#include <algorithm>
#include <array>

namespace hotgate::analyzer {

namespace {

// Instructions that read or write 16 bytes or more at any address. All others without a `v` in front want multiples.
constexpr std::array<std::string_view, 5> anywhere = {"movups", "movupd", "movdqu", "lddqu", "movdir64b"};
// With one, only these do.
constexpr std::array<std::string_view, 4> multiples = {"vmovap", "vmovdqa", "vmovntp", "vmovntdq"};

bool wantsMultiple(std::string_view text) {
  const std::string_view mnemonic = text.substr(0, text.find_first_of(" \t"));
  const auto isPrefix = [&](std::string_view name) { return mnemonic.starts_with(name); };
  return mnemonic.starts_with('v') ? std::ranges::any_of(multiples, isPrefix)
                                   : std::ranges::find(anywhere, mnemonic) == anywhere.end();
}

void addNeeds(const Referents &referents, Decoder &decoder, FunctionIndex index, std::vector<AlignmentNeed> &needs) {
  constexpr uint8_t narrowest = 16; // bytes; narrower accesses need none
  const Program &post = referents.post();
  for (const Reference &reference : post.functions()[index].references) {
    const auto datum = reference.accessWidth >= narrowest ? post.datumContaining(reference.target) : std::nullopt;
    const auto pre = datum ? referents.pairing().data.toPre(*datum) : std::nullopt;
    if (!pre || !referents.isMutable(post, reference.target))
      continue;
    const uint32_t baseRva = referents.pre().data()[*pre].rva + (reference.target - post.data()[*datum].rva);
    Instruction instruction;
    std::string text;
    if (baseRva % reference.accessWidth != 0 &&
        decoder.decodeWithText(post.image().bytesFrom(reference.instruction), reference.instruction, instruction,
                               text) &&
        wantsMultiple(text))
      needs.push_back({*pre, index, reference.instruction, baseRva, reference.accessWidth, std::move(text)});
  }
}

} // namespace

Result<std::vector<AlignmentNeed>> alignmentNeeds(const Referents &referents,
                                                  const std::vector<FunctionDifference> &functions) {
  std::vector<AlignmentNeed> needs;
  if (referents.post().image().machine() == Machine::arm64)
    return needs;
  HOTGATE_TRY(Decoder decoder, Decoder::create(referents.post().image().machine()));
  for (const FunctionDifference &difference : functions)
    if (difference.status == ChangeStatus::changed || difference.status == ChangeStatus::added)
      addNeeds(referents, decoder, *difference.post, needs);
  std::ranges::sort(needs, {}, [](const AlignmentNeed &need) { return std::pair(need.function, need.site); });
  return needs;
}

} // namespace hotgate::analyzer
