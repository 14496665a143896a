#include "analyzer/hotpatch/place_names.h"

#include <algorithm>
#include <cstdlib>
#include <llvm/Demangle/Demangle.h>
#include <memory>

namespace hotgate::analyzer {

namespace {

// A name stands in the text of every record that has to do with it, and there may be 100,000 of these.
std::string shown(std::string_view name) {
  constexpr size_t most = 512;
  return name.size() <= most ? std::string(name) : std::string(name.substr(0, most)) + "...";
}

} // namespace

PlaceNames::PlaceNames(const Image &image, const Symbols &symbols) : image_(image) {
  places_.reserve(symbols.functions.size() + symbols.data.size() + image.exports().size());
  for (const FunctionSymbol &function : symbols.functions)
    places_.push_back({function.rva, function.size, function.name});
  for (const DataSymbol &datum : symbols.data)
    places_.push_back({datum.rva, datum.size, datum.name});
  for (const Export &entry : image.exports())
    if (entry.forwarder.empty() && !entry.name.empty())
      places_.push_back({entry.rva, 0, entry.name});
  std::ranges::sort(places_, [](const NamedPlace &a, const NamedPlace &b) {
    return std::tuple(a.rva, a.size == 0, a.name) < std::tuple(b.rva, b.size == 0, b.name);
  });
}

std::span<const NamedPlace> PlaceNames::at(uint32_t rva) const {
  const auto range = std::ranges::equal_range(places_, rva, {}, &NamedPlace::rva);
  return {range.begin(), range.end()};
}

const NamedPlace *PlaceNames::containing(uint32_t rva) const {
  const auto next = std::ranges::upper_bound(places_, rva, {}, &NamedPlace::rva);
  const Section *section = image_.sectionAt(rva);
  if (next == places_.begin() || section == nullptr)
    return nullptr;
  const NamedPlace &nearest = at(std::prev(next)->rva).front();
  const bool ends = nearest.size != 0 && rva - nearest.rva >= nearest.size;
  return nearest.rva < section->rva || ends ? nullptr : &nearest;
}

std::string PlaceNames::describe(uint32_t rva) const {
  if (const Import *import = image_.importAtSlot(rva))
    return fmt::format("{}!{}", shown(import->dll), shown(import->name));
  if (const NamedPlace *place = containing(rva))
    return place->rva == rva ? shown(place->name) : fmt::format("{}+{:#x}", shown(place->name), rva - place->rva);
  if (const Section *section = image_.sectionAt(rva))
    return fmt::format("{}+{:#x}", section->name, rva - section->rva);
  return fmt::format("{:#x}", rva);
}

std::string plainName(std::string_view name, Machine machine) {
  constexpr size_t longest = 4096; // what the Microsoft compiler writes; the demangler recurses
  if (!name.starts_with('?') || name.size() > longest)
    return std::string(machine == Machine::x86 && name.starts_with('_') ? name.substr(1) : name);
  constexpr auto nameOnly =
      llvm::MSDemangleFlags(llvm::MSDF_NoAccessSpecifier | llvm::MSDF_NoCallingConvention | llvm::MSDF_NoReturnType |
                            llvm::MSDF_NoMemberType | llvm::MSDF_NoVariableType);
  const std::unique_ptr<char, decltype(&std::free)> demangled(llvm::microsoftDemangle(name, nullptr, nullptr, nameOnly),
                                                              &std::free);
  if (!demangled)
    return std::string(name);
  const std::string text(demangled.get());
  return text.substr(0, text.find('('));
}

} // namespace hotgate::analyzer
