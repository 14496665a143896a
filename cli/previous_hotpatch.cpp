#include "cli/previous_hotpatch.h"

#include "analyzer/image/hotpatch_table.h"
#include "support/sha256.h"

#include <llvm/ADT/StringRef.h>

namespace hotgate::cli {

namespace {

// "wow64/DHCPSRV.exe" is module "wow64/dhcpsrv.exe": Windows names have no case.
Result<std::optional<std::filesystem::path>> findImage(const std::filesystem::path &previous,
                                                       const std::string &module) {
  const std::string wanted = llvm::StringRef(module).lower();
  const auto isWanted = [&](const std::filesystem::path &name) {
    return llvm::StringRef(name.generic_string()).lower() == wanted;
  };
  std::error_code error;
  if (!std::filesystem::is_directory(previous, error))
    return isWanted(previous.filename()) ? std::optional(previous) : std::nullopt;
  for (auto entry = std::filesystem::recursive_directory_iterator(previous, error);
       !error && entry != std::filesystem::recursive_directory_iterator(); entry.increment(error))
    if (isWanted(entry->path().lexically_relative(previous)))
      return entry->path();
  if (error)
    return failInput(previous.string(), "", error.message(), "check the folder and its permissions");
  return std::nullopt;
}

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

Result<> writePreviousHotpatch(const KbFile &kb, const std::string &module, facts::Database &facts) {
  if (!kb.previous)
    return {};
  HOTGATE_TRY(const auto path, findImage(*kb.previous, module));
  if (!path)
    return {}; // a module that is patched for the first time
  HOTGATE_TRY(const analyzer::Image image, analyzer::Image::open(*path));
  HOTGATE_TRY(const auto table, analyzer::readHotpatchTable(image));
  if (!table)
    return failInput(kb.display(*path), "", "the image has no hotpatch table",
                     "give the hotpatch images of the KB before as previous, or leave the key out");
  HOTGATE_TRY(auto input, facts.prepare("INSERT OR REPLACE INTO input VALUES (?,?)"));
  HOTGATE_CHECK(input.run(kb.display(*path), sha256Hex(image.fileBytes())));
  return writeTable(*table, module, kb.display(*path), facts);
}

} // namespace hotgate::cli
