#include "analyzer/diff/image_diff.h"

namespace hotgate::analyzer {

Result<ImageDiff> diffPrograms(const Program &pre, const Program &post) {
  if (pre.image().machine() != post.image().machine())
    return failInput(post.image().path().string(), "file header",
                     fmt::format("is for {}, but {} is for {}", machineName(post.image().machine()),
                                 pre.image().path().filename().string(), machineName(pre.image().machine())),
                     "compare two images for one machine");
  const Pairing pairing = pairPrograms(pre, post);
  const Referents referents(pre, post, pairing);
  ImageDiff diff;
  HOTGATE_TRY(diff.functions, diffFunctions(referents));
  const SymbolLevel level = std::min(pre.symbols().level, post.symbols().level);
  if (level == SymbolLevel::privateLevel)
    diff.types = diffTypes(pre.symbols(), post.symbols());
  if (level != SymbolLevel::none)
    diff.globals = diffGlobals(referents);
  diff.image = diffImageTables(pre.image(), post.image());
  HOTGATE_TRY(diff.ledger, makeLedger(referents, diff.functions));
  return diff;
}

} // namespace hotgate::analyzer
