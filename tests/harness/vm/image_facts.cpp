#include "tests/harness/vm/image_facts.h"

#include "analyzer/facts/hotpatch_audit_writer.h"
#include "analyzer/hotpatch/hotpatch_audit.h"

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
  HOTGATE_CHECK(writeImage(facts, preId, "pre", pre));
  HOTGATE_CHECK(writeImage(facts, hotpatchId, "hotpatch", hotpatch));
  const analyzer::Symbols none;
  const analyzer::PlaceNames preNames(pre, none);
  const analyzer::PlaceNames hotpatchNames(hotpatch, none);
  return writeHotpatchAudit(
      facts, auditHotpatch({pre, preNames}, {hotpatch, hotpatchNames}, analyzer::readHotpatch(hotpatch)), hotpatchId);
}

} // namespace hotgate::harness
