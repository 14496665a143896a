#include "tests/harness/vm/image_facts.h"

#include "analyzer/image/hotpatch_table.h"

namespace hotgate::harness {
namespace {

constexpr int preId = 1;
constexpr int hotpatchId = 3;

Result<> writeImage(facts::Database &facts, int id, const char *side, const analyzer::Image &image) {
  HOTGATE_TRY(auto row, facts.prepare("INSERT INTO image VALUES (?, ?, ?, '', 'x64', 0, 0, 0, 0, '', 'none')"));
  return row.run(id, image.moduleName(), side);
}

} // namespace

Result<> writeImageFacts(facts::Database &facts, const std::filesystem::path &preImage,
                         const std::filesystem::path &hotpatchImage) {
  HOTGATE_TRY(const auto pre, analyzer::Image::open(preImage));
  HOTGATE_TRY(const auto hotpatch, analyzer::Image::open(hotpatchImage));
  HOTGATE_TRY(const auto table, analyzer::readHotpatchTable(hotpatch));
  HOTGATE_CHECK(writeImage(facts, preId, "pre", pre));
  HOTGATE_CHECK(writeImage(facts, hotpatchId, "hotpatch", hotpatch));
  HOTGATE_TRY(auto section, facts.prepare("INSERT INTO section VALUES (?, ?, ?, ?, ?, ?, ?)"));
  for (const analyzer::Section &each : pre.sections())
    HOTGATE_CHECK(section.run(preId, each.name, each.rva, each.virtualSize, each.fileOffset, each.fileSize,
                              each.characteristics));
  HOTGATE_TRY(auto record, facts.prepare("INSERT INTO hotpatch_record VALUES (?, ?, ?, ?, ?, ?, NULL, NULL)"));
  int ordinal = 0;
  for (const analyzer::HotpatchRecord &each : table->records)
    HOTGATE_CHECK(record.run(hotpatchId, ordinal++, analyzer::hotpatchRecordKindName(each.type), each.inverse ? 1 : 0,
                             each.writtenRva, each.targetRva));
  return {};
}

} // namespace hotgate::harness
