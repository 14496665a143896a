#include "analyzer/symbols/coff_symbols.h"

#include <algorithm>
#include <llvm/Object/COFF.h>
#include <tuple>

namespace hotgate::analyzer {

namespace {

using llvm::object::COFFSymbolRef;

class CoffReader {
public:
  explicit CoffReader(const Image &image) : image_(image), coff_(image.coff()) {}

  Symbols read() {
    // An index of our own: the number of auxiliary records is the file's word, and may lead past the end.
    const uint32_t count = coff_.getNumberOfSymbols();
    for (uint64_t index = 0; index < count;) {
      auto symbol = coff_.getSymbol(static_cast<uint32_t>(index));
      if (!symbol) {
        llvm::consumeError(symbol.takeError());
        break; // past the end
      }
      const uint64_t next = index + 1 + symbol->getNumberOfAuxSymbols();
      if (next <= count)
        add(*symbol);
      index = next;
    }
    const auto byPlace = [](const auto &a, const auto &b) { return std::tie(a.rva, a.name) < std::tie(b.rva, b.name); };
    std::stable_sort(symbols_.functions.begin(), symbols_.functions.end(), byPlace);
    std::stable_sort(symbols_.data.begin(), symbols_.data.end(), byPlace);
    if (!symbols_.functions.empty() || !symbols_.data.empty())
      symbols_.level = SymbolLevel::publicOnly;
    return std::move(symbols_);
  }

private:
  void add(const COFFSymbolRef &symbol) {
    const uint8_t storage = symbol.getStorageClass();
    if (storage == llvm::COFF::IMAGE_SYM_CLASS_FILE) {
      file_ = fileName(symbol);
      return;
    }
    const bool isStatic = storage == llvm::COFF::IMAGE_SYM_CLASS_STATIC;
    if ((!isStatic && storage != llvm::COFF::IMAGE_SYM_CLASS_EXTERNAL) || symbol.getSectionNumber() <= 0)
      return; // a label, an absolute value, an undefined symbol
    const bool hasFunctionType = symbol.getComplexType() == llvm::COFF::IMAGE_SYM_DTYPE_FUNCTION;
    if (!hasFunctionType && symbol.isSectionDefinition())
      return;
    const auto address = rva(symbol);
    auto name = coff_.getSymbolName(symbol);
    if (!address || !name) {
      if (!name)
        llvm::consumeError(name.takeError());
      ++symbols_.dropped;
      return;
    }
    const Section *section = image_.sectionAt(*address);
    if (section == nullptr || name->empty())
      return;
    const std::string object = isStatic ? file_ : "";
    if (!section->isExecutable())
      symbols_.data.push_back({*address, 0, name->str(), {}, object});
    else if (hasFunctionType || beginsExceptionRange(*address))
      symbols_.functions.push_back({*address, 0, name->str(), name->str(), object, {}});
  }

  std::optional<uint32_t> rva(const COFFSymbolRef &symbol) const {
    auto section = coff_.getSection(symbol.getSectionNumber());
    if (!section) {
      llvm::consumeError(section.takeError());
      return std::nullopt;
    }
    const uint64_t address = uint64_t{(*section)->VirtualAddress} + symbol.getValue();
    return address < image_.sizeOfImage() ? std::optional(static_cast<uint32_t>(address)) : std::nullopt;
  }

  // The name fills the auxiliary records and ends at the first NUL. GNU tools write a path as it was given to them.
  std::string fileName(const COFFSymbolRef &symbol) const {
    const auto records = coff_.getSymbolAuxData(symbol);
    const llvm::StringRef text(reinterpret_cast<const char *>(records.data()), records.size());
    const llvm::StringRef path = text.split('\0').first;
    return path.substr(path.find_last_of("/\\") + 1).str();
  }

  bool beginsExceptionRange(uint32_t rva) const {
    const auto ranges = image_.functionRanges();
    const auto found = std::ranges::lower_bound(ranges, rva, {}, &FunctionRange::begin);
    return found != ranges.end() && found->begin == rva && found->primaryBegin == rva;
  }

  const Image &image_;
  const llvm::object::COFFObjectFile &coff_;
  std::string file_; // of the last .file record
  Symbols symbols_;
};

} // namespace

Result<Symbols> readCoffSymbols(const Image &image) {
  const llvm::object::COFFObjectFile &coff = image.coff();
  // LLVM shows no symbols where it refuses the string table.
  if (coff.getRawNumberOfSymbols() != 0 && (image.coffSymbolTable().size == 0 || coff.getNumberOfSymbols() == 0))
    return failInput(image.path().string(), fmt::format("offset 0x{:x}", coff.getPointerToSymbolTable()),
                     fmt::format("the headers name a COFF symbol table of {} symbols here, which is not wholly in the "
                                 "file, or whose string table is damaged",
                                 coff.getRawNumberOfSymbols()),
                     "copy the image again, or compare it with --no-symbols");
  return CoffReader(image).read();
}

} // namespace hotgate::analyzer
