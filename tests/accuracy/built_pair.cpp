#include "tests/accuracy/built_pair.h"

#include <algorithm>

namespace hotgate::accuracy {

namespace fs = std::filesystem;

fs::path BuiltPair::folder(const char *tree) const { return fs::path(HOTGATE_BUILT_PAIRS) / name / variant / tree; }

fs::path BuiltPair::image(const char *tree) const { return folder(tree) / (name + ".dll"); }

std::vector<BuiltPair> builtPairs() {
  std::vector<BuiltPair> pairs;
  std::error_code error;
  for (fs::directory_iterator name(HOTGATE_BUILT_PAIRS, error), end; !error && name != end; name.increment(error))
    for (fs::directory_iterator variant(name->path(), error), last; !error && variant != last;
         variant.increment(error)) {
      BuiltPair pair{name->path().filename().string(), variant->path().filename().string()};
      if (fs::exists(pair.image("pre")) && fs::exists(pair.image("post")))
        pairs.push_back(std::move(pair));
    }
  std::ranges::sort(pairs, {}, &BuiltPair::title);
  return pairs;
}

} // namespace hotgate::accuracy
