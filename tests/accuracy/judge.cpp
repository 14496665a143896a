#include "tests/accuracy/judge.h"

#include "analyzer/symbols/pdb_reader.h"

#include <algorithm>
#include <fmt/ranges.h>
#include <optional>

namespace hotgate::accuracy {

using analyzer::ChangeStatus;
using analyzer::FunctionDifference;
using analyzer::FunctionIndex;
using analyzer::Program;
using corpus::FunctionKey;
using Keys = std::set<FunctionKey>;

namespace {

double ratio(size_t part, size_t whole) {
  return whole == 0 ? 1.0 : static_cast<double>(part) / static_cast<double>(whole);
}

const Keys &keysAt(const NamesByRva &names, uint32_t rva) {
  static const Keys none;
  const auto found = names.find(rva);
  return found == names.end() ? none : found->second;
}

Keys keysOf(const NamesByRva &names, const Program &program, const std::optional<FunctionIndex> &function) {
  return function ? keysAt(names, program.functions()[*function].body.rva) : Keys{};
}

Keys allKeys(const NamesByRva &names) {
  Keys all;
  for (const auto &[rva, keys] : names)
    all.insert(keys.begin(), keys.end());
  return all;
}

Keys common(const Keys &left, const Keys &right) {
  Keys both;
  std::ranges::set_intersection(left, right, std::inserter(both, both.end()));
  return both;
}

std::string text(const FunctionKey &key) { return key.object.empty() ? key.name : key.name + " " + key.object; }

std::map<FunctionKey, uint32_t> places(const NamesByRva &names) {
  std::map<FunctionKey, uint32_t> result;
  for (const auto &[rva, keys] : names)
    for (const FunctionKey &key : keys)
      result.emplace(key, rva);
  return result;
}

class Judge {
public:
  Judge(const JudgedPair &images, const analyzer::ImageDiff &diff, const corpus::FunctionTruth &truth)
      : images_(images), diff_(diff), prePlaces_(places(images.preNames)), postPlaces_(places(images.postNames)) {
    const Keys pre = allKeys(images.preNames), post = allKeys(images.postNames);
    both_ = common(pre, post);
    for (const FunctionKey &key : pre)
      if (!both_.contains(key))
        truth_.emplace(key, "removed");
    for (const FunctionKey &key : post)
      if (!both_.contains(key))
        truth_.emplace(key, "added");
    for (const FunctionKey &key : common(truth.changed, both_))
      truth_.emplace(key, "changed");
  }

  Judgement judge() {
    for (const FunctionDifference &difference : diff_.functions) {
      if (difference.status != ChangeStatus::identical)
        judgeReported(difference);
      if (difference.pre && difference.post)
        judgePair(difference);
    }
    for (const auto &[key, status] : truth_)
      if (!reported_.contains(key))
        result_.missed.push_back(fmt::format("{} {}: {}", status, text(key), answerFor(key)));
    for (const FunctionKey &key : both_)
      if (!rightlyPaired_.contains(key) && !key.object.empty())
        result_.unpaired.push_back(fmt::format("{}: {}", text(key), answerFor(key)));
    result_.functions = std::ranges::count_if(both_, [](const FunctionKey &key) { return !key.object.empty(); });
    result_.truth = truth_.size();
    result_.found = truth_.size() - result_.missed.size();
    for (auto *list : {&result_.wrong, &result_.mispaired})
      std::ranges::sort(*list);
    return std::move(result_);
  }

private:
  // A body that was folded from several functions is reported rightly when one of them changed.
  void judgeReported(const FunctionDifference &difference) {
    const Keys pre = keysOf(images_.preNames, images_.pre, difference.pre);
    const Keys post = keysOf(images_.postNames, images_.post, difference.post);
    Keys reported = common(pre, post);
    if (reported.empty()) {
      reported = pre;
      reported.insert(post.begin(), post.end());
    }
    Keys right;
    for (const FunctionKey &key : reported)
      if (truth_.contains(key))
        right.insert(key);
    if (right.empty()) {
      ++result_.reported;
      result_.wrong.push_back(explain(difference));
      return;
    }
    for (const FunctionKey &key : right)
      if (reported_.insert(key).second) {
        ++result_.reported;
        ++result_.right;
      }
  }

  void judgePair(const FunctionDifference &difference) {
    const Keys pre = keysOf(images_.preNames, images_.pre, difference.pre);
    const Keys post = keysOf(images_.postNames, images_.post, difference.post);
    // A function that was removed and one that was added are no mistake of the pairing: neither has a partner to lose.
    if (common(pre, both_).empty() && common(post, both_).empty())
      return;
    ++result_.paired;
    const Keys right = common(pre, post);
    if (right.empty()) {
      result_.mispaired.push_back(explain(difference));
      return;
    }
    ++result_.pairedRight;
    rightlyPaired_.insert(right.begin(), right.end());
  }

  std::string explain(const FunctionDifference &difference) const {
    return fmt::format("{} {} -> {} (paired by '{}'; {})", analyzer::changeStatusName(difference.status),
                       describe(images_.preNames, images_.pre, difference.pre),
                       describe(images_.postNames, images_.post, difference.post), difference.matchedBy,
                       fmt::join(difference.reasons, ", "));
  }

  // What the analyzer says about the RVAs of a function, on both sides.
  std::string answerFor(const FunctionKey &key) const {
    std::string answer = fmt::format("{} -> {};", rvaText(prePlaces_, key), rvaText(postPlaces_, key));
    for (const FunctionDifference &difference : diff_.functions)
      if (isAt(images_.pre, difference.pre, prePlaces_, key) || isAt(images_.post, difference.post, postPlaces_, key))
        answer += " " + explain(difference);
    if (answer.ends_with(';'))
      answer += " no function begins there";
    return answer;
  }

  static std::string rvaText(const std::map<FunctionKey, uint32_t> &places, const FunctionKey &key) {
    const auto found = places.find(key);
    return found == places.end() ? "none" : fmt::format("{:#x}", found->second);
  }

  static bool isAt(const Program &program, const std::optional<FunctionIndex> &function,
                   const std::map<FunctionKey, uint32_t> &places, const FunctionKey &key) {
    const auto place = places.find(key);
    return function && place != places.end() && program.functions()[*function].body.rva == place->second;
  }

  const JudgedPair &images_;
  const analyzer::ImageDiff &diff_;
  std::map<FunctionKey, uint32_t> prePlaces_, postPlaces_;
  Keys both_;
  std::map<FunctionKey, const char *> truth_;
  Keys reported_, rightlyPaired_;
  Judgement result_;
};

} // namespace

Judgement &Judgement::operator+=(const Judgement &other) {
  functions += other.functions;
  truth += other.truth;
  found += other.found;
  reported += other.reported;
  right += other.right;
  paired += other.paired;
  pairedRight += other.pairedRight;
  missed.insert(missed.end(), other.missed.begin(), other.missed.end());
  wrong.insert(wrong.end(), other.wrong.begin(), other.wrong.end());
  mispaired.insert(mispaired.end(), other.mispaired.begin(), other.mispaired.end());
  unpaired.insert(unpaired.end(), other.unpaired.begin(), other.unpaired.end());
  return *this;
}

double Judgement::recall() const { return ratio(found, truth); }
double Judgement::precision() const { return ratio(right, reported); }
double Judgement::pairingRecall() const { return ratio(functions - unpaired.size(), functions); }
double Judgement::pairingPrecision() const { return ratio(pairedRight, paired); }

Result<NamesByRva> readNames(const std::filesystem::path &path) {
  HOTGATE_TRY(const analyzer::Image image, analyzer::Image::open(path));
  const auto pdb = analyzer::findPdb(image, path.parent_path());
  if (!pdb)
    return failInput(path.string(), "", "has no PDB beside it", "build the images again");
  HOTGATE_TRY(const analyzer::Symbols symbols, analyzer::readPdb(*pdb, image));
  NamesByRva names;
  for (const analyzer::FunctionSymbol &symbol : symbols.functions)
    if (!symbol.object.empty())
      names[symbol.rva].insert({symbol.name, std::filesystem::path(symbol.object).filename().string()});
  for (const analyzer::FunctionSymbol &symbol : symbols.functions)
    if (!names.contains(symbol.rva))
      names[symbol.rva].insert({symbol.name, ""});
  return names;
}

std::string describe(const NamesByRva &names, const Program &program, const std::optional<FunctionIndex> &function) {
  if (!function)
    return "nothing";
  const uint32_t rva = program.functions()[*function].body.rva;
  std::vector<std::string> texts;
  for (const FunctionKey &key : keysAt(names, rva))
    texts.push_back(text(key));
  return fmt::format("{} at {:#x}", texts.empty() ? "no function" : fmt::format("{}", fmt::join(texts, " = ")), rva);
}

Judgement judge(const JudgedPair &images, const analyzer::ImageDiff &diff, const corpus::FunctionTruth &truth) {
  return Judge(images, diff, truth).judge();
}

} // namespace hotgate::accuracy
