#include "cli/inspect_audit.h"

#include "analyzer/symbols/coff_symbols.h"
#include "analyzer/symbols/pdb_reader.h"
#include "analyzer/symbols/symbol_store.h"

namespace hotgate::cli {

namespace {

using analyzer::Image;

Result<analyzer::Symbols> symbolsOf(const Image &image, const std::vector<std::filesystem::path> &symbolFolders) {
  std::vector<std::filesystem::path> folders = {image.path().parent_path()};
  folders.insert(folders.end(), symbolFolders.begin(), symbolFolders.end());
  HOTGATE_TRY(const auto file, analyzer::findSymbols(image, folders));
  return file ? analyzer::readPdb(file->pdb, image) : analyzer::readCoffSymbols(image);
}

} // namespace

Result<InspectedBase> auditAgainst(const std::filesystem::path &base, const Image &hotpatch,
                                   const analyzer::HotpatchReading &reading,
                                   const std::vector<std::filesystem::path> &symbolFolders) {
  HOTGATE_TRY(Image image, Image::open(base));
  HOTGATE_TRY(const analyzer::Symbols baseSymbols, symbolsOf(image, symbolFolders));
  HOTGATE_TRY(const analyzer::Symbols hotpatchSymbols, symbolsOf(hotpatch, symbolFolders));
  const analyzer::PlaceNames baseNames(image, baseSymbols);
  const analyzer::PlaceNames hotpatchNames(hotpatch, hotpatchSymbols);
  auto audit = auditHotpatch({image, baseNames}, {hotpatch, hotpatchNames}, reading);
  return InspectedBase{std::move(image), std::move(audit)};
}

} // namespace hotgate::cli
