#include "analyzer/hotpatch/reference_slots.h"

#include <algorithm>
#include <set>

namespace hotgate::analyzer {

namespace {

// What a reference symbol refers to: "g_leases" of "__ref_g_leases", and of "___ref_g_leases" on x86.
std::optional<std::string_view> referredName(std::string_view symbol, Machine machine) {
  if (machine == Machine::x86 && symbol.starts_with('_') && symbol.substr(1).starts_with(hotpatch::referencePrefix))
    symbol.remove_prefix(1);
  if (!symbol.starts_with(hotpatch::referencePrefix))
    return std::nullopt;
  return symbol.substr(hotpatch::referencePrefix.size());
}

struct Expected {
  std::vector<std::string> names; // plain; any of them
  uint32_t offset = 0;            // from the variable's first byte
  uint32_t size = 0;              // of the variable in the hotpatch image, 0 when not known
};

std::vector<std::string> plainNames(const PlaceNames &names, uint32_t rva, Machine machine) {
  std::vector<std::string> plain;
  for (const NamedPlace &place : names.at(rva))
    plain.push_back(plainName(place.name, machine));
  return plain;
}

// nullopt: nothing names it.
std::optional<Expected> expectedOf(const AuditedImage &hotpatch, uint32_t slot) {
  const Machine machine = hotpatch.image.machine();
  Expected expected;
  if (const auto own = hotpatch.image.pointerAt(slot); own && hotpatch.image.isRelocated(slot))
    if (const NamedPlace *place = hotpatch.names.containing(*own)) {
      expected.names = plainNames(hotpatch.names, place->rva, machine);
      expected.offset = *own - place->rva;
      expected.size = place->size;
    }
  for (const NamedPlace &place : hotpatch.names.at(slot))
    if (const auto name = referredName(place.name, machine)) {
      expected.names = {plainName(*name, machine)};
      expected.offset = 0;
    }
  return expected.names.empty() ? std::nullopt : std::optional(std::move(expected));
}

} // namespace

std::vector<HotpatchOddity> auditReferenceSlot(const AuditedImage &base, const AuditedImage &hotpatch,
                                               const HotpatchRecord &record) {
  const auto expected = expectedOf(hotpatch, record.writtenRva);
  const NamedPlace *found = base.names.containing(record.targetRva);
  if (!expected || found == nullptr)
    return {};
  const std::string slot = hotpatch.names.describe(record.writtenRva);
  const std::string target = base.names.describe(record.targetRva);
  const auto actual = plainNames(base.names, found->rva, base.image.machine());
  const auto isExpected = [&](const std::string &name) {
    return std::ranges::find(expected->names, name) != expected->names.end();
  };
  const std::string &wanted = expected->names.front();
  if (std::ranges::none_of(actual, isExpected))
    return {{std::nullopt, OddityKind::otherVariable, slot,
             fmt::format("{} (hotpatch RVA {:#x}) stands for {} and is made to lead to the base's {} (RVA {:#x})", slot,
                         record.writtenRva, wanted, target, record.targetRva)}};
  std::vector<HotpatchOddity> oddities;
  if (record.targetRva - found->rva != expected->offset)
    oddities.push_back({std::nullopt, OddityKind::insideVariable, slot,
                        fmt::format("{} (hotpatch RVA {:#x}) is made to lead to {} (RVA {:#x}), {} bytes into {} and "
                                    "not {}",
                                    slot, record.writtenRva, target, record.targetRva, record.targetRva - found->rva,
                                    wanted, expected->offset)});
  if (expected->size != 0 && found->size != 0 && expected->size != found->size)
    oddities.push_back({std::nullopt, OddityKind::otherSize, slot,
                        fmt::format("{} has {} bytes in the hotpatch image and {} in the base, and {} (hotpatch RVA "
                                    "{:#x}) gives patched code the base's",
                                    wanted, expected->size, found->size, slot, record.writtenRva)});
  return oddities;
}

std::vector<UnboundReference> unboundReferences(const AuditedImage &hotpatch, const HotpatchTable &table,
                                                uint32_t baseIndex) {
  std::set<uint32_t> bound;
  for (const HotpatchRecord &record : table.records)
    if (record.base == baseIndex && record.type == hotpatch::ChunkType::absolute)
      bound.insert(record.writtenRva);
  std::vector<UnboundReference> unbound;
  for (const NamedPlace &place : hotpatch.names.all())
    if (referredName(place.name, hotpatch.image.machine()) && !bound.contains(place.rva) &&
        (unbound.empty() || unbound.back().rva != place.rva))
      unbound.push_back({std::string(place.name), place.rva});
  return unbound;
}

} // namespace hotgate::analyzer
