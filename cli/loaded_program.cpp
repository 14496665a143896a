#include "cli/loaded_program.h"

#include "analyzer/symbols/coff_symbols.h"
#include "analyzer/symbols/pdb_reader.h"
#include "analyzer/symbols/symbol_store.h"

namespace hotgate::cli {

namespace {

Result<std::optional<analyzer::SymbolFile>> chooseSymbols(const analyzer::Image &image, const SymbolSource &source) {
  if (source.ignore)
    return std::nullopt;
  if (source.pdb)
    return analyzer::SymbolFile{*source.pdb, *source.pdb, nullptr};
  std::vector<std::filesystem::path> folders = {image.path().parent_path()};
  folders.insert(folders.end(), source.folders.begin(), source.folders.end());
  return analyzer::findSymbols(image, folders);
}

} // namespace

Result<LoadedProgram> loadProgram(const std::filesystem::path &path, const SymbolSource &source, const Budget &budget,
                                  const analyzer::Program *earlier) {
  HOTGATE_TRY(analyzer::Image image, analyzer::Image::open(path));
  HOTGATE_TRY(const auto file, chooseSymbols(image, source));
  analyzer::Symbols symbols;
  if (file) {
    HOTGATE_TRY(symbols, analyzer::readPdb(file->pdb, image));
  } else if (!source.ignore) {
    HOTGATE_TRY(symbols, analyzer::readCoffSymbols(image));
  }
  HOTGATE_TRY(auto program, analyzer::Program::build(std::move(image), std::move(symbols), earlier, budget));
  return LoadedProgram{std::move(program), file ? std::optional(file->origin) : std::nullopt};
}

} // namespace hotgate::cli
