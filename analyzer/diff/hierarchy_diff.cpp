#include "analyzer/diff/hierarchy_diff.h"

#include "support/printable_text.h"

#include <algorithm>
#include <fmt/format.h>
#include <llvm/Support/Endian.h>
#include <map>
#include <optional>
#include <set>

namespace hotgate::analyzer {

using llvm::support::endian::read32le;

namespace {

constexpr uint32_t mostBases = 256; // of one class; real ones have few, and a hostile image repeats what it has
constexpr size_t longestName = 4096;
constexpr size_t mostText = 32U << 20; // all classes together; only an image that was made for it has more

// Structures as in run_time_types.h. In a 64-bit image they refer to each other by RVA, in a 32-bit one by relocated
// address.
class Reader {
public:
  explicit Reader(const Image &image) : image_(image), pointerSize_(image.is64() ? 8 : 4) {}

  // Bases by class, as text. A class has several locators, one for each vtable.
  std::map<std::string, std::string> read() {
    for (const BaseRelocation &slot : image_.relocations())
      if (const auto locator = image_.pointerAt(slot.rva))
        readLocator(*locator);
    return std::move(classes_);
  }

private:
  // What a field of a structure leads to.
  std::optional<uint32_t> follow(uint32_t field) const {
    if (!image_.is64())
      return image_.isRelocated(field) ? image_.pointerAt(field) : std::nullopt;
    const auto bytes = image_.bytesFrom(field);
    return bytes.size() < 4 || read32le(bytes.data()) == 0 ? std::nullopt : std::optional(read32le(bytes.data()));
  }

  // The locator's signature tells the two forms apart; a 64-bit one has its own RVA.
  void readLocator(uint32_t locator) {
    const auto fields = image_.bytesFrom(locator);
    const uint32_t size = image_.is64() ? 24 : 20;
    if (locator % 4 != 0 || fields.size() < size || read32le(fields.data()) != (image_.is64() ? 1 : 0) ||
        (image_.is64() && read32le(&fields[20]) != locator) || !locators_.insert(locator).second)
      return;
    const auto type = follow(locator + 12);
    const auto hierarchy = follow(locator + 16);
    if (!type || !hierarchy)
      return;
    std::string name = typeName(*type);
    if (name.empty() || text_ > mostText || classes_.contains(name))
      return;
    if (auto bases = basesOf(*hierarchy, name)) {
      text_ += name.size() + bases->size();
      classes_.emplace(std::move(name), *std::move(bases));
    }
  }

  std::string typeName(uint32_t descriptor) const {
    const uint32_t nameAt = 2 * pointerSize_;
    const auto bytes = image_.bytesFrom(descriptor);
    if (bytes.size() <= nameAt || !image_.isRelocated(descriptor))
      return {};
    const auto text = bytes.subspan(nameAt, std::min(bytes.size() - nameAt, longestName));
    const auto end = std::ranges::find(text, 0);
    return end == text.end() || text.front() != '.'
               ? std::string()
               : printable({reinterpret_cast<const char *>(text.data()), static_cast<size_t>(end - text.begin())});
  }

  // nullopt when it is no hierarchy of this class. The class itself is the first of its bases.
  std::optional<std::string> basesOf(uint32_t hierarchy, const std::string &name) const {
    const auto head = image_.bytesFrom(hierarchy);
    if (head.size() < 16 || read32le(head.data()) != 0)
      return std::nullopt;
    const uint32_t count = read32le(&head[8]);
    const auto array = follow(hierarchy + 12);
    if (!array || count == 0 || count > mostBases)
      return std::nullopt;
    std::string text;
    for (uint32_t i = 0; i < count; ++i) {
      const auto base = follow(*array + 4 * i);
      const auto fields = base ? image_.bytesFrom(*base) : std::span<const uint8_t>();
      const auto type = fields.size() < 24 ? std::nullopt : follow(*base);
      const std::string baseName = type ? typeName(*type) : std::string();
      if (baseName.empty() || (i == 0 && baseName != name))
        return std::nullopt;
      if (i != 0)
        text += (text.empty() ? "" : ", ") + place(baseName, fields);
    }
    return text;
  }

  static std::string place(const std::string &name, std::span<const uint8_t> fields) {
    const auto table = static_cast<int32_t>(read32le(&fields[12])); // -1: no virtual base
    const std::string at = fmt::format("{} at 0x{:x}", name, read32le(&fields[8]));
    return table < 0 ? at : fmt::format("{} of virtual base {} at 0x{:x}", at, read32le(&fields[16]), table);
  }

  const Image &image_;
  uint32_t pointerSize_;
  std::set<uint32_t> locators_;
  size_t text_ = 0; // characters in classes_
  std::map<std::string, std::string> classes_;
};

} // namespace

std::vector<HierarchyDifference> diffHierarchies(const Image &pre, const Image &post) {
  const auto before = Reader(pre).read();
  const auto after = Reader(post).read();
  std::vector<HierarchyDifference> result;
  for (const auto &[name, bases] : before)
    if (const auto same = after.find(name); same != after.end() && same->second != bases)
      result.push_back({name, bases, same->second});
  return result;
}

} // namespace hotgate::analyzer
