#include "analyzer/hotpatch/record_audit.h"

#include "analyzer/hotpatch/function_overrides.h"
#include "analyzer/hotpatch/guard_table.h"
#include "analyzer/hotpatch/reference_slots.h"

#include <algorithm>
#include <set>

namespace hotgate::analyzer {

namespace {

using hotpatch::ChunkType;
namespace redirect = hotpatch::redirect64;

class Audit {
public:
  Audit(const AuditedImage &base, const AuditedImage &hotpatch, const HotpatchTable &table, uint32_t baseIndex)
      : base_(base), hotpatch_(hotpatch), table_(table), baseIndex_(baseIndex),
        machine_(machineNumber(hotpatch.image.machine())), overridden_(overriddenFunctions(base.image)),
        guarded_(guardedFunctions(hotpatch.image)) {
    for (const HotpatchRecord &record : table.records)
      if (record.base == baseIndex && record.type == ChunkType::callTarget)
        callTargets_.insert(record.writtenRva);
      else if (record.base == baseIndex && record.type == ChunkType::noCallTarget)
        noCallTargets_.insert(record.writtenRva);
  }

  std::vector<HotpatchOddity> run() {
    findSharedSlots();
    for (size_t i = 0; i < table_.records.size(); ++i)
      if (table_.records[i].base == baseIndex_)
        auditRecord(i);
    std::ranges::stable_sort(found_, {}, [](const HotpatchOddity &oddity) { return *oddity.record; });
    auditTable();
    return std::move(found_);
  }

private:
  void add(size_t record, OddityKind kind, std::string name, std::string text) {
    found_.push_back({record, kind, std::move(name), std::move(text)});
  }
  void addOfTable(OddityKind kind, std::string name, std::string text) {
    found_.push_back({std::nullopt, kind, std::move(name), std::move(text)});
  }

  void auditRecord(size_t index) {
    const HotpatchRecord &record = table_.records[index];
    switch (record.type) {
    case ChunkType::function:
      auditRedirect(index);
      return;
    case ChunkType::absolute:
      auditSlot(index);
      for (HotpatchOddity &oddity : auditReferenceSlot(base_, hotpatch_, record))
        add(index, oddity.kind, std::move(oddity.name), std::move(oddity.text));
      return;
    case ChunkType::indirect:
      auditSlot(index);
      auditImport(index);
      return;
    case ChunkType::dynamicValue:
      auditSlot(index);
      return;
    case ChunkType::rel32:
      add(index, OddityKind::unknownEffect, hotpatch_.names.describe(record.writtenRva),
          fmt::format("no loader is known that writes the 4 bytes at RVA {:#x}", record.writtenRva));
      return;
    case ChunkType::callTarget:
    case ChunkType::noCallTarget:
      auditCallTarget(index);
      return;
    case ChunkType::none:
      return;
    }
  }

  // --- FUNCTION

  void auditRedirect(size_t index) {
    const HotpatchRecord &record = table_.records[index];
    const AuditedImage &written = record.inverse ? hotpatch_ : base_;
    const std::string name = written.names.describe(record.writtenRva);
    if (machine_ != hotpatch::machineArm64)
      auditEntry(index, written.image, name);
    auditNeighbours(index, written, name);
    if (!record.inverse && std::ranges::binary_search(overridden_, record.writtenRva))
      add(index, OddityKind::functionOverride, name,
          fmt::format("{} (RVA {:#x}) has several versions, of which the system chooses one when it loads the base",
                      name, record.writtenRva));
    if (!record.inverse)
      auditGuard(index, name);
  }

  // The shape that the redirect needs and leaves, on x64 and x86.
  void auditEntry(size_t index, const Image &image, const std::string &name) {
    const uint32_t rva = table_.records[index].writtenRva;
    if (sectionOfWrite(image, rva, *hotpatch::writeExtent(ChunkType::function, machine_)) == nullptr)
      return;
    const auto padding = image.bytesFrom(rva - redirect::padding, redirect::padding);
    const auto isFiller = [](uint8_t byte) {
      return byte == redirect::fillerBreakpoint || byte == redirect::fillerNop;
    };
    if (padding.size() < redirect::padding || !std::ranges::all_of(padding, isFiller))
      add(index, OddityKind::paddingNotFiller, name,
          fmt::format("the {} bytes in front of {} (RVA {:#x}) are not filler", redirect::padding, name, rva));
    if (redirect::stopsAllProcessors(rva))
      add(index, OddityKind::stopsAllProcessors, name,
          fmt::format("the write at {} (RVA {:#x}) crosses an 8-byte border", name, rva));
    const auto entry = image.bytesFrom(rva, 2);
    if ((!entry.empty() && entry[0] == redirect::jumpOpcode) ||
        (entry.size() == 2 && entry[0] == 0xFF && entry[1] == 0x25))
      add(index, OddityKind::beginsWithJump, name,
          fmt::format("{} (RVA {:#x}) begins with a jump: a tail call, or an inline hook that is in the file", name,
                      rva));
  }

  void auditNeighbours(size_t index, const AuditedImage &written, const std::string &name) {
    const uint32_t rva = table_.records[index].writtenRva;
    const auto extent = *hotpatch::writeExtent(ChunkType::function, machine_);
    const auto all = written.names.all();
    auto place = std::ranges::lower_bound(all, rva < extent.before ? 0 : rva - extent.before, {}, &NamedPlace::rva);
    for (; place != all.end() && place->rva < uint64_t{rva} + extent.after; ++place)
      if (place->rva != rva) {
        add(index, OddityKind::sharesBytes, name,
            fmt::format("{} begins at RVA {:#x}, among the bytes that the redirect of {} (RVA {:#x}) writes",
                        place->name, place->rva, name, rva));
        return;
      }
  }

  // All targets of the hotpatch image are cleared, the listed ones set: a pointer to a function that is not listed ends
  // the process when it is called.
  void auditGuard(size_t index, const std::string &name) {
    const uint32_t target = table_.records[index].targetRva;
    if (std::ranges::binary_search(guarded_, target) && !callTargets_.contains(target))
      add(index, OddityKind::callTargetMissing, name,
          fmt::format("the new {} (hotpatch RVA {:#x}) is in the guard table, but no CALL_TARGET record lets a guarded "
                      "call lead to it",
                      name, target));
  }

  void auditCallTarget(size_t index) {
    const HotpatchRecord &record = table_.records[index];
    const std::string name = hotpatch_.names.describe(record.writtenRva);
    const Section *section = hotpatch_.image.sectionAt(record.writtenRva);
    if (record.type == ChunkType::callTarget && (section == nullptr || !section->isExecutable()))
      add(index, OddityKind::callTargetNoCode, name,
          fmt::format("hotpatch RVA {:#x} becomes a target of guarded calls and is no code", record.writtenRva));
    if (record.type == ChunkType::noCallTarget && callTargets_.contains(record.writtenRva))
      add(index, OddityKind::callTargetContradicted, name,
          fmt::format("{} (hotpatch RVA {:#x}) has a CALL_TARGET and a NO_CALL_TARGET record", name,
                      record.writtenRva));
  }

  // --- slots

  // Every record that writes to the hotpatch image, by the place; a pair that overlaps is told of the second.
  void findSharedSlots() {
    std::vector<std::pair<hotpatch::WriteExtent, size_t>> writes;
    for (size_t i = 0; i < table_.records.size(); ++i)
      if (const auto extent = hotpatch::writeExtent(table_.records[i].type, machine_);
          table_.records[i].base == baseIndex_ && table_.records[i].inverse && extent)
        writes.emplace_back(*extent, i);
    const auto begin = [&](const auto &write) {
      return int64_t{table_.records[write.second].writtenRva} - write.first.before;
    };
    std::ranges::stable_sort(writes, {}, begin);
    for (size_t i = 1; i < writes.size(); ++i) {
      const auto &[extent, first] = writes[i - 1];
      if (begin(writes[i]) >= int64_t{table_.records[first].writtenRva} + extent.after)
        continue;
      const uint32_t rva = table_.records[writes[i].second].writtenRva;
      add(writes[i].second, OddityKind::slotTwice, hotpatch_.names.describe(rva),
          fmt::format("record {} writes to {} (hotpatch RVA {:#x}) too", first, hotpatch_.names.describe(rva), rva));
    }
  }

  void auditSlot(size_t index) {
    const HotpatchRecord &record = table_.records[index];
    const std::string name = hotpatch_.names.describe(record.writtenRva);
    const Section *section = hotpatch_.image.sectionAt(record.writtenRva);
    if (section != nullptr && section->isExecutable())
      add(index, OddityKind::slotExecutable, name,
          fmt::format("{} (hotpatch RVA {:#x}) lies in section {}, which is executable", name, record.writtenRva,
                      section->name));
    const bool holdsPointer =
        hotpatch_.image.isRelocated(record.writtenRva) ||
        (record.type == ChunkType::indirect && hotpatch_.image.importAtSlot(record.writtenRva) != nullptr);
    if (!holdsPointer && record.type != ChunkType::dynamicValue)
      add(index, OddityKind::slotNoPointer, name,
          fmt::format("{} (hotpatch RVA {:#x}) holds no pointer: no base relocation changes it", name,
                      record.writtenRva));
  }

  void auditImport(size_t index) {
    const HotpatchRecord &record = table_.records[index];
    const Import *slot = hotpatch_.image.importAtSlot(record.writtenRva);
    const Import *bound = base_.image.importAtSlot(record.targetRva);
    if (slot == nullptr && bound == nullptr)
      return; // a pointer that is no import: the guard's dispatch function, for example
    const auto text = [](const Import *import) {
      return import == nullptr ? std::string("no import") : fmt::format("{}!{}", import->dll, import->name);
    };
    const auto sameText = [](std::string_view a, std::string_view b) {
      return std::ranges::equal(a, b,
                                [](unsigned char x, unsigned char y) { return std::tolower(x) == std::tolower(y); });
    };
    if (slot != nullptr && bound != nullptr && slot->name == bound->name && sameText(slot->dll, bound->dll))
      return;
    add(index, OddityKind::otherImport, hotpatch_.names.describe(record.writtenRva),
        fmt::format("the slot of {} (hotpatch RVA {:#x}) gets what the base has for {} (RVA {:#x})", text(slot),
                    record.writtenRva, text(bound), record.targetRva));
  }

  // --- the whole table

  void auditTable() {
    for (const UnboundReference &reference : unboundReferences(hotpatch_, table_, baseIndex_))
      addOfTable(OddityKind::unboundReference, reference.name,
                 fmt::format("{} (hotpatch RVA {:#x}) is bound by no record: it leads to the hotpatch image's own copy",
                             reference.name, reference.rva));
    for (const AuditedImage *side : {&base_, &hotpatch_})
      if (const auto &configuration = side->image.loadConfiguration();
          configuration && configuration->chpeMetadataPointer != 0)
        addOfTable(OddityKind::hybridCode, "",
                   fmt::format("the {} has CHPE metadata: code for two instruction sets",
                               side == &base_ ? "base" : "hotpatch image"));
    const auto redirects = std::ranges::count_if(table_.records, [&](const HotpatchRecord &record) {
      return record.base == baseIndex_ && record.type == ChunkType::function && !record.inverse;
    });
    if (redirects > hotpatch::addressTable::entriesPerPair)
      addOfTable(OddityKind::addressTablePairs, "",
                 fmt::format("{} functions are redirected, and a pair of address table pages holds {}", redirects,
                             hotpatch::addressTable::entriesPerPair));
    if (table_.minSequence > table_.sequence)
      addOfTable(OddityKind::minSequence, "",
                 fmt::format("MinSequenceNumber {} is higher than the image's own sequence number {}",
                             table_.minSequence, table_.sequence));
    if (hotpatch_.image.isHotpatchCompatible() && !base_.image.isHotpatchCompatible())
      addOfTable(OddityKind::baseNotMarked, "",
                 "the hotpatch image is marked as hotpatch compatible, and the base is not");
  }

  const AuditedImage &base_;
  const AuditedImage &hotpatch_;
  const HotpatchTable &table_;
  uint32_t baseIndex_;
  uint16_t machine_;
  std::vector<uint32_t> overridden_;
  std::vector<uint32_t> guarded_;
  std::set<uint32_t> callTargets_, noCallTargets_;
  std::vector<HotpatchOddity> found_;
};

} // namespace

std::string_view oddityName(OddityKind kind) {
  switch (kind) {
  case OddityKind::paddingNotFiller:
    return "padding-not-filler";
  case OddityKind::stopsAllProcessors:
    return "stops-all-processors";
  case OddityKind::beginsWithJump:
    return "begins-with-jump";
  case OddityKind::sharesBytes:
    return "shares-bytes";
  case OddityKind::slotNoPointer:
    return "slot-no-pointer";
  case OddityKind::slotExecutable:
    return "slot-executable";
  case OddityKind::slotTwice:
    return "slot-twice";
  case OddityKind::otherVariable:
    return "other-variable";
  case OddityKind::insideVariable:
    return "inside-variable";
  case OddityKind::otherSize:
    return "other-size";
  case OddityKind::otherImport:
    return "other-import";
  case OddityKind::callTargetMissing:
    return "call-target-missing";
  case OddityKind::callTargetContradicted:
    return "call-target-contradicted";
  case OddityKind::callTargetNoCode:
    return "call-target-no-code";
  case OddityKind::unboundReference:
    return "unbound-reference";
  case OddityKind::unknownEffect:
    return "unknown-effect";
  case OddityKind::functionOverride:
    return "function-override";
  case OddityKind::hybridCode:
    return "hybrid-code";
  case OddityKind::addressTablePairs:
    return "address-table-pairs";
  case OddityKind::minSequence:
    return "min-sequence";
  case OddityKind::baseNotMarked:
    return "base-not-marked";
  }
  return "";
}

std::vector<HotpatchOddity> auditRecords(const AuditedImage &base, const AuditedImage &hotpatch,
                                         const HotpatchTable &table, uint32_t baseIndex) {
  return Audit(base, hotpatch, table, baseIndex).run();
}

} // namespace hotgate::analyzer
