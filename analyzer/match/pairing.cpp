#include "analyzer/match/pairing.h"

#include "analyzer/code/masked_body.h"
#include "analyzer/match/pass.h"
#include "support/phase.h"

#include <algorithm>

namespace hotgate::analyzer {

namespace {

struct NamedPass {
  std::string_view name;
  Pass run;
};

// Surest first. Names say the same however often they are asked.
constexpr NamedPass namePasses[] = {{"linkage-name", pairByLinkageName}, {"object-and-name", pairByObjectAndName}};

// Surest first: a pass runs only when those before it find nothing more.
constexpr NamedPass bodyPasses[] = {
    {"masked-body", pairByMaskedBody},
    {"referrers", pairByReferrers},
    {"pointers", pairByPointers},
    {"order", pairByOrder},
    {"similar-neighbours", pairBySimilarNeighbours},
    {"similarity", pairBySimilarity},
    {"twins", pairByTwins},
};

bool findsPairs(const NamedPass &pass, PassInput &input, Pairing &pairing) {
  const log::Phase phase(pass.name);
  const size_t before = pairing.functions.count() + pairing.data.count();
  pass.run(input, pairing, pass.name);
  return pairing.functions.count() + pairing.data.count() != before;
}

} // namespace

PassInput::PassInput(const Program &preProgram, const Program &postProgram)
    : pre(preProgram), post(postProgram),
      decoders([machine = preProgram.image().machine()] { return *Decoder::create(machine); }),
      pairedData(static_cast<unsigned>(preProgram.data().size())) {
  tbb::parallel_invoke([&] { preHashes = maskedBodyHashes(pre); }, [&] { postHashes = maskedBodyHashes(post); });
}

Pairing pairPrograms(const Program &pre, const Program &post, const Budget &budget) {
  log::Phase phase("masked bodies");
  PassInput input(pre, post);
  phase.next("passes");
  Pairing pairing(pre, post);
  for (const NamedPass &pass : namePasses)
    findsPairs(pass, input, pairing);
  constexpr int mostRounds = 64; // each finds a pair or is the last; hostile input could make it long
  const auto findsMore = [&](const NamedPass &pass) { return !budget.isSpent() && findsPairs(pass, input, pairing); };
  for (int round = 0; round < mostRounds; ++round)
    if (std::ranges::none_of(bodyPasses, findsMore))
      break;
  pairing.isComplete = !budget.isSpent();
  return pairing;
}

} // namespace hotgate::analyzer
