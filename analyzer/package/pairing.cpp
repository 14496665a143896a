#include "analyzer/package/pairing.h"

#include <algorithm>
#include <array>
#include <fmt/format.h>
#include <llvm/ADT/StringRef.h>
#include <map>
#include <optional>

namespace hotgate::analyzer {

namespace {

using Images = std::span<const PackageImage>;
// Texts of a key are told apart by a character that no path has.
using Key = std::string;

std::string lower(llvm::StringRef text) { return text.lower(); }

std::optional<Key> byComponent(const PackageImage &image) {
  if (!image.component)
    return std::nullopt;
  const ComponentIdentity &component = *image.component;
  return fmt::format("{}\n{}\n{}\n{}", component.name, component.language, component.architecture, lower(image.place));
}

std::optional<Key> byPath(const PackageImage &image) {
  return image.component ? std::nullopt : std::optional(lower(image.place));
}

std::optional<Key> byFileName(const PackageImage &image) {
  return fmt::format("{}\n{}\n{}", lower(std::filesystem::path(image.place).filename().string()), image.machine,
                     image.language);
}

bool areOfDifferentComponents(const PackageImage &a, const PackageImage &b) {
  return a.component && b.component &&
         (a.component->name != b.component->name || a.component->language != b.component->language ||
          a.component->architecture != b.component->architecture);
}

struct Candidates {
  std::vector<size_t> pre;
  std::vector<size_t> post;
};

class Pairing {
public:
  Pairing(Images pre, Images post)
      : pre_(pre), post_(post), preState_(pre.size(), State::open), postState_(post.size(), State::open) {}

  template <class KeyOf> void pass(KeyOf keyOf) {
    std::map<Key, Candidates> candidates;
    for (size_t i = 0; i < pre_.size(); ++i)
      if (const auto key = preState_[i] == State::paired ? std::nullopt : keyOf(pre_[i]))
        candidates[*key].pre.push_back(i);
    for (size_t i = 0; i < post_.size(); ++i)
      if (const auto key = postState_[i] == State::paired ? std::nullopt : keyOf(post_[i]))
        candidates[*key].post.push_back(i);
    for (const auto &[key, found] : candidates)
      decide(found);
  }

  ImagePairs finish() {
    std::ranges::sort(pairs_.pairs, {}, &ImagePairs::Pair::pre);
    pairs_.preOnly = left(preState_);
    pairs_.postOnly = left(postState_);
    return std::move(pairs_);
  }

private:
  enum class State : uint8_t { open, ambiguous, paired };

  void decide(const Candidates &found) {
    if (found.pre.empty() || found.post.empty())
      return;
    if (found.pre.size() == 1 && found.post.size() == 1) {
      const size_t pre = found.pre.front();
      const size_t post = found.post.front();
      // Once ambiguous by a surer key, a weaker one does not help.
      if (preState_[pre] != State::open || postState_[post] != State::open ||
          areOfDifferentComponents(pre_[pre], post_[post]))
        return;
      preState_[pre] = postState_[post] = State::paired;
      pairs_.pairs.push_back({pre, post});
      return;
    }
    for (const size_t pre : found.pre)
      preState_[pre] = State::ambiguous;
    for (const size_t post : found.post)
      postState_[post] = State::ambiguous;
  }

  static std::vector<ImagePairs::Single> left(const std::vector<State> &states) {
    std::vector<ImagePairs::Single> singles;
    for (size_t i = 0; i < states.size(); ++i)
      if (states[i] != State::paired)
        singles.push_back({i, states[i] == State::ambiguous});
    return singles;
  }

  Images pre_;
  Images post_;
  std::vector<State> preState_, postState_;
  ImagePairs pairs_;
};

} // namespace

ImagePairs pairImages(Images pre, Images post) {
  Pairing pairing(pre, post);
  pairing.pass(byComponent);
  pairing.pass(byPath);
  pairing.pass(byFileName);
  return pairing.finish();
}

} // namespace hotgate::analyzer
