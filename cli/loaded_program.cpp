#include "cli/loaded_program.h"

#include "analyzer/symbols/coff_symbols.h"
#include "analyzer/symbols/pdb_reader.h"
#include "analyzer/symbols/symbol_store.h"
#include "support/phase.h"

#include <tbb/parallel_invoke.h>

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

// An image and its symbols, before anything is made of them.
struct Opened {
  analyzer::Image image;
  analyzer::Symbols symbols;
  std::optional<std::filesystem::path> pdb;
};

Result<Opened> open(const std::filesystem::path &path, const SymbolSource &source) {
  HOTGATE_TRY(analyzer::Image image, analyzer::Image::open(path));
  HOTGATE_TRY(const auto file, chooseSymbols(image, source));
  analyzer::Symbols symbols;
  if (file) {
    HOTGATE_TRY(symbols, analyzer::readPdb(file->pdb, image));
  } else if (!source.ignore) {
    HOTGATE_TRY(symbols, analyzer::readCoffSymbols(image));
  }
  return Opened{std::move(image), std::move(symbols), file ? std::optional(file->origin) : std::nullopt};
}

} // namespace

Result<LoadedProgram> loadProgram(const std::filesystem::path &path, const SymbolSource &source, const Budget &budget) {
  HOTGATE_TRY(Opened opened, open(path, source));
  HOTGATE_TRY(auto program,
              analyzer::Program::build(std::move(opened.image), std::move(opened.symbols), nullptr, budget));
  return LoadedProgram{std::move(program), std::move(opened.pdb)};
}

Result<LoadedPair> loadPair(const std::filesystem::path &pre, const SymbolSource &preSymbols,
                            const std::filesystem::path &post, const SymbolSource &postSymbols, const Budget &budget) {
  log::Phase phase("opening both images");
  std::optional<Result<Opened>> preOpening, postOpening;
  tbb::parallel_invoke([&] { preOpening = open(pre, preSymbols); }, [&] { postOpening = open(post, postSymbols); });
  HOTGATE_TRY(Opened preOpened, *std::move(preOpening));
  HOTGATE_TRY(Opened postOpened, *std::move(postOpening));
  phase.next("both programs");
  HOTGATE_TRY(auto programs,
              analyzer::Program::buildPair(std::move(preOpened.image), std::move(preOpened.symbols),
                                           std::move(postOpened.image), std::move(postOpened.symbols), budget));
  return LoadedPair{{std::move(programs.first), std::move(preOpened.pdb)},
                    {std::move(programs.second), std::move(postOpened.pdb)}};
}

} // namespace hotgate::cli
