#include "cli/function_choice.h"

#include "support/printable_text.h"

#include <algorithm>
#include <charconv>
#include <llvm/ADT/StringRef.h>
#include <optional>
#include <set>

namespace hotgate::cli {

namespace {

using analyzer::Function;
using analyzer::FunctionDifference;

constexpr size_t mostListed = 10;

struct Address {
  std::string_view side; // "pre", "post", or "" for both
  uint32_t rva = 0;
};

std::optional<Address> addressIn(std::string_view text) {
  Address address;
  for (const std::string_view side : {"pre", "post"})
    if (text.starts_with(side) && text.substr(side.size()).starts_with(":0x")) {
      address.side = side;
      text.remove_prefix(side.size() + 1);
      break;
    }
  if (!text.starts_with("0x"))
    return std::nullopt;
  text.remove_prefix(2);
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), address.rva, 16);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return address;
}

class Chooser {
public:
  Chooser(const analyzer::Program &pre, const analyzer::Program &post, const std::vector<FunctionDifference> &functions)
      : pre_(pre), post_(post), functions_(functions) {}

  std::vector<const FunctionDifference *> at(const Address &address) const {
    const auto inPre = address.side == "post" ? std::nullopt : pre_.functionContaining(address.rva);
    const auto inPost = address.side == "pre" ? std::nullopt : post_.functionContaining(address.rva);
    return where([&](const FunctionDifference &difference) {
      return (inPre && difference.pre == inPre) || (inPost && difference.post == inPost);
    });
  }

  std::vector<const FunctionDifference *> named(const std::string &name) const {
    return where([&](const FunctionDifference &difference) {
      return anySide(difference, [&](const Function &function) {
        return function.name == name || function.linkageName == name ||
               std::ranges::find(function.allNames(), name) != function.allNames().end();
      });
    });
  }

  // Names that contain the text, whatever their case; else those that are a typing error away.
  std::vector<const FunctionDifference *> like(const std::string &name) const {
    auto found = where([&](const FunctionDifference &difference) {
      return anySide(difference, [&](const Function &function) {
        return llvm::StringRef(function.name).contains_insensitive(name);
      });
    });
    if (!found.empty())
      return found;
    const unsigned mostErrors = std::max<unsigned>(1, static_cast<unsigned>(name.size()) / 4);
    return where([&](const FunctionDifference &difference) {
      return anySide(difference, [&](const Function &function) {
        return llvm::StringRef(function.name).edit_distance(name, true, mostErrors) <= mostErrors;
      });
    });
  }

  std::string listed(const std::vector<const FunctionDifference *> &found) const {
    std::string text;
    for (size_t i = 0; i < std::min(found.size(), mostListed); ++i)
      text += (i == 0 ? "" : "; ") + described(*found[i]);
    if (found.size() > mostListed)
      text += fmt::format("; and {} more", found.size() - mostListed);
    return text;
  }

private:
  template <class Predicate> std::vector<const FunctionDifference *> where(Predicate predicate) const {
    std::vector<const FunctionDifference *> result;
    for (const FunctionDifference &difference : functions_)
      if (predicate(difference))
        result.push_back(&difference);
    return result;
  }

  template <class Predicate> bool anySide(const FunctionDifference &difference, Predicate predicate) const {
    return (difference.pre && predicate(pre_.functions()[*difference.pre])) ||
           (difference.post && predicate(post_.functions()[*difference.post]));
  }

  // "ParseOptions (pre:0x1400, post:0x1420, changed)"
  std::string described(const FunctionDifference &difference) const {
    constexpr size_t nameWidth = 60;
    const Function &named = difference.pre ? pre_.functions()[*difference.pre] : post_.functions()[*difference.post];
    std::string text = shortened(printable(named.name), nameWidth) + " (";
    if (difference.pre)
      text += fmt::format("pre:0x{:x}, ", named.body.rva);
    if (difference.post)
      text += fmt::format("post:0x{:x}, ", post_.functions()[*difference.post].body.rva);
    return text + std::string(analyzer::changeStatusName(difference.status)) + ")";
  }

  const analyzer::Program &pre_;
  const analyzer::Program &post_;
  const std::vector<FunctionDifference> &functions_;
};

} // namespace

Result<const FunctionDifference *> chooseFunction(const std::string &text, const analyzer::Program &pre,
                                                  const analyzer::Program &post,
                                                  const std::vector<FunctionDifference> &functions) {
  const Chooser chooser(pre, post, functions);
  const auto address = addressIn(text);
  const auto found = address ? chooser.at(*address) : chooser.named(text);
  if (found.size() == 1)
    return found.front();
  const std::string shown = shortened(printable(text), 80);
  if (!found.empty())
    return failUsage("function", shown, fmt::format("means {} functions: {}", found.size(), chooser.listed(found)),
                     "name one by its address, as it stands there");
  if (address)
    return failUsage("function", shown, "lies in no function of either image", "give an RVA of `hotgate diff`'s list");
  const auto similar = chooser.like(text);
  return failUsage("function", shown, "neither image has a function of this name",
                   similar.empty() ? "give a name or an RVA of `hotgate diff`'s list"
                                   : "did you mean: " + chooser.listed(similar));
}

} // namespace hotgate::cli
