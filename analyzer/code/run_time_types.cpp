#include "analyzer/code/run_time_types.h"

#include "support/printable_text.h"

#include <algorithm>
#include <llvm/Support/Endian.h>
#include <unordered_set>

namespace hotgate::analyzer {

using llvm::support::endian::read32le;

namespace {

constexpr uint32_t locatorSize = 24;
constexpr uint32_t hierarchySize = 16;
constexpr uint32_t baseClassSize = 28;
constexpr uint32_t throwInformationSize = 16;
constexpr uint32_t catchableTypeSize = 28;
constexpr uint32_t mostCatchableTypes = 256;
constexpr uint32_t mostBaseClasses = 4096; // far beyond any real hierarchy
constexpr size_t longestName = 4096;       // what the compiler allows a decorated name

class Finder {
public:
  explicit Finder(const Image &image) : image_(image) {}

  RunTimeTypes find(const std::vector<uint32_t> &places) {
    for (const BaseRelocation &slot : image_.relocations())
      addLocatorSlot(slot.rva);
    for (const uint32_t place : places)
      addThrowInformation(place);
    std::sort(found_.parts.begin(), found_.parts.end(), [](const auto &a, const auto &b) { return a.rva < b.rva; });
    std::sort(found_.imageRelativeFields.begin(), found_.imageRelativeFields.end());
    return std::move(found_);
  }

private:
  void addLocatorSlot(uint32_t slot) {
    const auto locator = image_.pointerAt(slot);
    if (!locator)
      return;
    const auto fields = image_.bytesFrom(*locator);
    if (fields.size() < locatorSize || read32le(fields.data()) != 1 || read32le(&fields[20]) != *locator)
      return;
    add(slot, 8);
    if (!add(*locator, locatorSize))
      return;
    addField(*locator + 20);
    addTypeDescriptor(*locator + 12);
    addHierarchy(*locator + 16);
  }

  // False when it is known already.
  bool add(uint32_t rva, uint32_t size, std::string name = {}) {
    if (!seen_.insert(rva).second)
      return false;
    found_.parts.push_back({rva, size, std::move(name)});
    return true;
  }

  // The RVA in a field, which is noted; 0 when the field is not in the file.
  uint32_t addField(uint32_t field) {
    found_.imageRelativeFields.push_back(field);
    const auto bytes = image_.bytesFrom(field);
    return bytes.size() < 4 ? 0 : read32le(bytes.data());
  }

  // The decorated type name of what may be a type descriptor; "" when it is none.
  std::string_view typeNameAt(uint32_t rva) const {
    constexpr uint32_t nameAt = 16;
    const auto bytes = image_.bytesFrom(rva);
    if (rva == 0 || bytes.size() <= nameAt || !image_.isRelocated(rva))
      return {};
    const auto text = bytes.subspan(nameAt, std::min(bytes.size() - nameAt, longestName));
    const auto end = std::find(text.begin(), text.end(), 0);
    if (end == text.end() || end == text.begin() || text.front() != '.')
      return {};
    return {reinterpret_cast<const char *>(text.data()), static_cast<size_t>(end - text.begin())};
  }

  void addTypeDescriptor(uint32_t field) {
    const uint32_t rva = addField(field);
    if (const std::string_view name = typeNameAt(rva); !name.empty())
      add(rva, static_cast<uint32_t>(16 + name.size() + 1), "type descriptor " + printable(name));
  }

  // Nothing is noted before all of it is seen to hold.
  void addThrowInformation(uint32_t rva) {
    const auto fields = image_.bytesFrom(rva);
    if (rva % 4 != 0 || fields.size() < throwInformationSize || read32le(&fields[8]) != 0)
      return;
    const uint32_t array = read32le(&fields[12]);
    const auto elements = image_.bytesFrom(array);
    const uint32_t count = elements.size() < 8 ? 0 : read32le(elements.data());
    if (array == 0 || count == 0 || count > mostCatchableTypes || elements.size() < 4 + uint64_t{count} * 4)
      return;
    for (uint32_t i = 0; i < count; ++i) {
      const auto type = image_.bytesFrom(read32le(&elements[4 + 4 * i]));
      if (type.size() < catchableTypeSize || typeNameAt(read32le(&type[4])).empty())
        return;
    }
    if (!add(rva, throwInformationSize))
      return;
    addOptionalField(rva + 4);
    addField(rva + 12);
    if (!add(array, 4 + count * 4))
      return;
    for (uint32_t i = 0; i < count; ++i) {
      const uint32_t type = addField(array + 4 + 4 * i);
      if (!add(type, catchableTypeSize))
        continue;
      addTypeDescriptor(type + 4);
      addOptionalField(type + 24);
    }
  }

  // 0 is "none", not the image's first byte.
  void addOptionalField(uint32_t field) {
    if (const auto bytes = image_.bytesFrom(field); bytes.size() >= 4 && read32le(bytes.data()) != 0)
      addField(field);
  }

  void addHierarchy(uint32_t field) {
    const uint32_t rva = addField(field);
    const auto bytes = image_.bytesFrom(rva);
    if (rva == 0 || bytes.size() < hierarchySize || read32le(bytes.data()) != 0 || !add(rva, hierarchySize))
      return;
    const uint32_t count = read32le(&bytes[8]);
    const uint32_t array = addField(rva + 12);
    const auto elements = image_.bytesFrom(array);
    if (array == 0 || count > mostBaseClasses || elements.size() < uint64_t{count} * 4 || !add(array, count * 4))
      return;
    for (uint32_t i = 0; i < count; ++i)
      addBaseClass(array + 4 * i);
  }

  void addBaseClass(uint32_t field) {
    const uint32_t rva = addField(field);
    if (rva == 0 || image_.bytesFrom(rva).size() < baseClassSize || !add(rva, baseClassSize))
      return;
    addTypeDescriptor(rva);
    pending_.push_back(rva + 24);
    if (isFollowing_)
      return;
    isFollowing_ = true; // a loop instead of a recursion as deep as the classes
    while (!pending_.empty()) {
      const uint32_t next = pending_.back();
      pending_.pop_back();
      addHierarchy(next);
    }
    isFollowing_ = false;
  }

  const Image &image_;
  RunTimeTypes found_;
  std::unordered_set<uint32_t> seen_; // RVAs of parts
  std::vector<uint32_t> pending_;     // fields that lead to hierarchies
  bool isFollowing_ = false;
};

} // namespace

RunTimeTypes findRunTimeTypes(const Image &image, const std::vector<uint32_t> &places) {
  return image.is64() ? Finder(image).find(places) : RunTimeTypes{};
}

} // namespace hotgate::analyzer
