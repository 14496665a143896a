#include "cli/loaded_program.h"

#include "analyzer/symbols/coff_symbols.h"
#include "analyzer/symbols/pdb_reader.h"
#include "support/phase.h"

namespace hotgate::cli {

namespace {

std::optional<std::filesystem::path> choosePdb(const analyzer::Image &image, const SymbolSource &source) {
  if (source.ignore)
    return std::nullopt;
  if (source.pdb)
    return source.pdb;
  if (auto beside = analyzer::findPdb(image, image.path().parent_path()))
    return beside;
  for (const std::filesystem::path &folder : source.folders)
    if (auto found = analyzer::findPdb(image, folder))
      return found;
  return std::nullopt;
}

} // namespace

Result<LoadedProgram> loadProgram(const std::filesystem::path &path, const SymbolSource &source, const Budget &budget,
                                  const analyzer::Program *earlier) {
  log::Phase phase("open");
  HOTGATE_TRY(analyzer::Image image, analyzer::Image::open(path));
  phase.next("build");
  std::optional<std::filesystem::path> pdb = choosePdb(image, source);
  analyzer::Symbols symbols;
  if (pdb) {
    HOTGATE_TRY(symbols, analyzer::readPdb(*pdb, image));
  } else if (!source.ignore) {
    HOTGATE_TRY(symbols, analyzer::readCoffSymbols(image));
  }
  HOTGATE_TRY(auto program, analyzer::Program::build(std::move(image), std::move(symbols), earlier, budget));
  return LoadedProgram{std::move(program), std::move(pdb)};
}

} // namespace hotgate::cli
