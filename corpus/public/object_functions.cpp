#include "corpus/public/object_functions.h"

#include <llvm/Object/COFF.h>
#include <llvm/Support/MemoryBuffer.h>

#include <algorithm>
#include <optional>
#include <vector>

namespace hotgate::corpus {

namespace {

namespace fs = std::filesystem;
using llvm::object::COFFObjectFile;

struct Relocation {
  uint32_t offset = 0;
  uint16_t type = 0;
  uint32_t symbol = 0;
};

struct Section {
  std::string name;
  std::string bytes;
  std::vector<Relocation> relocations;    // by offset
  std::vector<uint32_t> starts;           // offsets where symbols stand, sorted
  std::map<uint32_t, uint32_t> functions; // function symbols by offset
  bool isCode = false;
  bool isWritable = false;
};

struct Symbol {
  std::string name;
  int section = 0; // 1-based; 0 and below: not in this object
  uint32_t value = 0;
  bool isExternal = false;
};

struct Object {
  std::string name;
  bool isX86 = false;
  uint32_t unwindEntrySize = 0;
  std::vector<Section> sections;      // [0] is section 1
  std::map<uint32_t, Symbol> symbols; // by index in the symbol table

  [[nodiscard]] const Section *sectionOf(const Symbol &symbol) const {
    return symbol.section > 0 ? &sections[symbol.section - 1] : nullptr;
  }
};

// "_f@8" of an x86 object is f.
std::string sourceName(const Object &object, std::string name) {
  if (!object.isX86)
    return name;
  if (name.starts_with('_') || name.starts_with('@'))
    name.erase(0, 1);
  if (const size_t at = name.find('@'); at != std::string::npos && at > 0)
    name.erase(at);
  return name;
}

Failure badObject(const fs::path &path, llvm::Error error) {
  return failInput(path.string(), "", llvm::toString(std::move(error)), "build the object again");
}

Result<Section> readSection(const fs::path &path, const COFFObjectFile &file,
                            const llvm::object::SectionRef &reference) {
  const llvm::object::coff_section *header = file.getCOFFSection(reference);
  Section section;
  auto name = file.getSectionName(header);
  if (!name)
    return badObject(path, name.takeError());
  section.name = name->str();
  llvm::ArrayRef<uint8_t> contents;
  if (auto error = file.getSectionContents(header, contents))
    return badObject(path, std::move(error));
  section.bytes.assign(contents.begin(), contents.end());
  section.isCode = (header->Characteristics & llvm::COFF::IMAGE_SCN_MEM_EXECUTE) != 0;
  section.isWritable = (header->Characteristics & llvm::COFF::IMAGE_SCN_MEM_WRITE) != 0;
  for (const llvm::object::coff_relocation &each : file.getRelocations(header))
    section.relocations.push_back({each.VirtualAddress, each.Type, each.SymbolTableIndex});
  std::ranges::stable_sort(section.relocations, {}, &Relocation::offset);
  return section;
}

Result<> readSymbols(const fs::path &path, const COFFObjectFile &file, Object &object) {
  for (const llvm::object::SymbolRef &reference : file.symbols()) {
    const llvm::object::COFFSymbolRef each = file.getCOFFSymbol(reference);
    auto name = file.getSymbolName(each);
    if (!name)
      return badObject(path, name.takeError());
    const uint32_t index = file.getSymbolIndex(each);
    Symbol symbol{name->str(), each.getSectionNumber(), each.getValue(), each.isExternal()};
    if (symbol.section > static_cast<int>(object.sections.size()))
      return failInput(path.string(), "symbol " + symbol.name, "its section does not exist", "build the object again");
    if (symbol.section > 0) {
      Section &section = object.sections[symbol.section - 1];
      section.starts.push_back(symbol.value);
      if (section.isCode && each.getComplexType() == llvm::COFF::IMAGE_SYM_DTYPE_FUNCTION)
        section.functions.emplace(symbol.value, index);
    }
    object.symbols.emplace(index, std::move(symbol));
  }
  for (Section &section : object.sections)
    std::ranges::sort(section.starts);
  return {};
}

Result<Object> readObject(const fs::path &path) {
  auto buffer = llvm::MemoryBuffer::getFile(path.string());
  if (!buffer)
    return failInput(path.string(), "", buffer.getError().message(), "build the object again");
  auto file = COFFObjectFile::create((*buffer)->getMemBufferRef());
  if (!file)
    return badObject(path, file.takeError());
  Object object;
  object.name = path.filename().string();
  object.isX86 = (*file)->getMachine() == llvm::COFF::IMAGE_FILE_MACHINE_I386;
  object.unwindEntrySize = (*file)->getMachine() == llvm::COFF::IMAGE_FILE_MACHINE_ARM64 ? 8 : 12;
  for (const llvm::object::SectionRef &reference : (*file)->sections()) {
    HOTGATE_TRY(Section section, readSection(path, **file, reference));
    object.sections.push_back(std::move(section));
  }
  HOTGATE_CHECK(readSymbols(path, **file, object));
  return object;
}

// Forms of one build: all objects, for a constant may be defined in another object than its user.
class FormReader {
public:
  explicit FormReader(std::vector<Object> objects) : objects_(std::move(objects)) {
    for (const Object &object : objects_)
      for (const auto &[index, symbol] : object.symbols)
        if (symbol.isExternal && symbol.section > 0)
          definitions_.emplace(symbol.name, Place{&object, index});
  }

  FunctionForms read() {
    FunctionForms forms;
    for (const Object &object : objects_)
      for (const Section &section : object.sections)
        for (const auto &[offset, index] : section.functions)
          forms.emplace(keyOf(object, index), rangeForm(object, section, offset, functionEnd(section, offset)));
    for (const Object &object : objects_)
      addUnwind(object, forms);
    return forms;
  }

private:
  struct Place {
    const Object *object;
    uint32_t symbol;
  };

  static FunctionKey keyOf(const Object &object, uint32_t symbol) {
    return {sourceName(object, object.symbols.at(symbol).name), object.name};
  }

  static uint32_t functionEnd(const Section &section, uint32_t start) {
    const auto next = section.functions.upper_bound(start);
    return next == section.functions.end() ? static_cast<uint32_t>(section.bytes.size()) : next->first;
  }

  // The bytes, and what every relocation in them names. The addend is among the bytes.
  std::string rangeForm(const Object &object, const Section &section, uint32_t start, uint32_t end) {
    std::string form = section.bytes.substr(start, end - start);
    if (!section.isCode) {
      const auto last = std::ranges::find_if(section.relocations.rbegin(), section.relocations.rend(),
                                             [&](const Relocation &each) { return each.offset < end; });
      const size_t keep = last != section.relocations.rend() && last->offset >= start ? last->offset + 4 - start : 0;
      while (form.size() > keep && form.back() == '\0')
        form.pop_back();
    }
    for (const Relocation &each : section.relocations)
      if (each.offset >= start && each.offset < end)
        form += fmt::format("\n@{:x} {} {}", each.offset - start, each.type,
                            targetForm(object, each.symbol, &section, start, end));
    return form;
  }

  std::string targetForm(const Object &user, uint32_t index, const Section *from, uint32_t start, uint32_t end) {
    const Symbol &used = user.symbols.at(index);
    Place place{&user, index};
    if (used.section <= 0) {
      const auto defined = definitions_.find(used.name);
      if (defined == definitions_.end())
        return "outside " + sourceName(user, used.name);
      place = defined->second;
    }
    const Symbol &symbol = place.object->symbols.at(place.symbol);
    const Section &section = *place.object->sectionOf(symbol);
    if (section.isCode)
      return &section == from && symbol.value >= start && symbol.value < end
                 ? fmt::format("self+{:x}", symbol.value - start)
                 : codeName(*place.object, section, symbol);
    if (section.isWritable)
      return fmt::format("variable {} {}", sourceName(*place.object, symbol.name),
                         symbol.isExternal ? "" : place.object->name);
    return "content {" + contentForm(*place.object, section, symbol) + "}";
  }

  static std::string codeName(const Object &object, const Section &section, const Symbol &symbol) {
    const auto after = section.functions.upper_bound(symbol.value);
    if (after == section.functions.begin())
      return "code " + symbol.name;
    const auto &[offset, index] = *std::prev(after);
    const Symbol &function = object.symbols.at(index);
    return fmt::format("function {} {}+{:x}", sourceName(object, function.name), function.isExternal ? "" : object.name,
                       symbol.value - offset);
  }

  // Constants that point at each other would never end: on the way back one is named, not read again.
  std::string contentForm(const Object &object, const Section &section, const Symbol &symbol) {
    const auto place = std::pair(&section, symbol.value);
    if (const auto known = contents_.find(place); known != contents_.end())
      return known->second;
    if (std::ranges::find(open_, place) != open_.end())
      return "cycle " + symbol.name;
    open_.push_back(place);
    const auto next = std::ranges::upper_bound(section.starts, symbol.value);
    const uint32_t end = next == section.starts.end() ? static_cast<uint32_t>(section.bytes.size()) : *next;
    std::string form = rangeForm(object, section, symbol.value, std::max(end, symbol.value));
    open_.pop_back();
    if (open_.empty())
      contents_.emplace(place, form);
    return form;
  }

  // An entry of .pdata names its function first; the rest of it, with what lies in .xdata, belongs to that function.
  void addUnwind(const Object &object, FunctionForms &forms) {
    for (const Section &section : object.sections)
      if (section.name.starts_with(".pdata"))
        for (uint32_t entry = 0; entry + object.unwindEntrySize <= section.bytes.size();
             entry += object.unwindEntrySize)
          addUnwindEntry(object, section, entry, forms);
  }

  void addUnwindEntry(const Object &object, const Section &section, uint32_t entry, FunctionForms &forms) {
    const auto first = std::ranges::find(section.relocations, entry, &Relocation::offset);
    if (first == section.relocations.end())
      return;
    const Symbol &begin = object.symbols.at(first->symbol);
    const Section *code = object.sectionOf(begin);
    if (code == nullptr || code->functions.empty())
      return;
    const auto after = code->functions.upper_bound(begin.value);
    if (after == code->functions.begin())
      return;
    const auto &[start, index] = *std::prev(after);
    std::string &form = forms.at(keyOf(object, index));
    form += "\nunwind " + section.bytes.substr(entry, object.unwindEntrySize);
    for (const Relocation &each : section.relocations)
      if (each.offset > entry && each.offset < entry + object.unwindEntrySize)
        form += "\n" + targetForm(object, each.symbol, code, start, functionEnd(*code, start) + 1);
  }

  std::vector<Object> objects_;
  std::map<std::string, Place> definitions_;
  std::map<std::pair<const Section *, uint32_t>, std::string> contents_;
  std::vector<std::pair<const Section *, uint32_t>> open_;
};

} // namespace

Result<FunctionForms> readObjectFunctions(const fs::path &folder) {
  std::set<fs::path> paths;
  std::error_code error;
  for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error))
    if (each->path().extension() == ".obj")
      paths.insert(each->path());
  if (paths.empty())
    return failInput(folder.string(), "", error ? error.message() : "holds no object files",
                     "build the images first: ctest -R accuracy.build");
  std::vector<Object> objects;
  for (const fs::path &path : paths) {
    HOTGATE_TRY(Object object, readObject(path));
    objects.push_back(std::move(object));
  }
  return FormReader(std::move(objects)).read();
}

FunctionTruth compareFunctions(const FunctionForms &pre, const FunctionForms &post) {
  FunctionTruth truth;
  for (const auto &[key, form] : pre) {
    const auto other = post.find(key);
    if (other == post.end())
      truth.removed.insert(key);
    else
      (other->second == form ? truth.same : truth.changed).insert(key);
  }
  for (const auto &[key, form] : post)
    if (!pre.contains(key))
      truth.added.insert(key);
  return truth;
}

} // namespace hotgate::corpus
