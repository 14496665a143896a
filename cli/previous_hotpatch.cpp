#include "cli/previous_hotpatch.h"

#include "analyzer/image/hotpatch_table.h"
#include "cli/input_fact.h"
#include "support/sha256.h"

namespace hotgate::cli {

namespace {

Result<> writeTable(const analyzer::HotpatchTable &table, const std::string &module, const std::string &path,
                    facts::Database &facts) {
  HOTGATE_TRY(auto insert, facts.prepare("INSERT INTO previous_hotpatch (module, path, sequence) VALUES (?,?,?)"));
  HOTGATE_CHECK(insert.run(module, path, table.sequence));
  const int64_t id = facts.lastInsertedId();
  HOTGATE_TRY(auto base, facts.prepare("INSERT INTO previous_base VALUES (?,?,?,?)"));
  for (size_t i = 0; i < table.bases.size(); ++i)
    HOTGATE_CHECK(base.run(id, i, table.bases[i].timestamp, table.bases[i].checksum));
  HOTGATE_TRY(auto redirect, facts.prepare("INSERT OR IGNORE INTO previous_redirect VALUES (?,?)"));
  for (const analyzer::HotpatchRecord &record : table.records)
    if (record.type == hotpatch::ChunkType::function && !record.inverse)
      HOTGATE_CHECK(redirect.run(id, record.writtenRva));
  return {};
}

} // namespace

Result<> writePreviousHotpatch(const Module &module, facts::Database &facts) {
  if (!module.previous)
    return {}; // a module that is patched for the first time, or a KB without the key
  HOTGATE_TRY(const analyzer::Image image, analyzer::Image::open(module.previous->path));
  HOTGATE_TRY(const auto table, analyzer::readHotpatchTable(image));
  if (!table)
    return failInput(module.previous->display, "", "the image has no hotpatch table",
                     "give the hotpatch images of the KB before as previous, or leave the key out");
  HOTGATE_CHECK(writeInput(facts, module.previous->display, sha256Hex(image.fileBytes())));
  return writeTable(*table, module.name, module.previous->display, facts);
}

} // namespace hotgate::cli
