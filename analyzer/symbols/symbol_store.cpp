#include "analyzer/symbols/symbol_store.h"

#include "analyzer/package/cabinet.h"
#include "analyzer/symbols/pdb_reader.h"
#include "support/mapped_file.h"
#include "support/printable_text.h"

#include <algorithm>
#include <llvm/ADT/StringExtras.h>
#include <llvm/ADT/StringRef.h>

namespace hotgate::analyzer {

namespace {

namespace fs = std::filesystem;

// What stands in a folder under a name, whatever its case.
std::optional<fs::path> entryOf(const fs::path &folder, const std::string &name) {
  std::error_code error;
  if (fs::exists(folder / name, error))
    return folder / name;
  std::vector<fs::path> same;
  for (auto entry = fs::directory_iterator(folder, error); !error && entry != fs::directory_iterator();
       entry.increment(error))
    if (llvm::StringRef(entry->path().filename().string()).equals_insensitive(name))
      same.push_back(entry->path());
  if (same.empty())
    return std::nullopt;
  return *std::ranges::min_element(same);
}

std::optional<fs::path> fileOf(const fs::path &folder, const std::string &name) {
  std::error_code error;
  const auto entry = entryOf(folder, name);
  return entry && fs::is_regular_file(*entry, error) ? entry : std::nullopt;
}

class Search {
public:
  explicit Search(const Image &image) : image_(image) {}

  Result<> look(const fs::path &folder) {
    for (const std::string &name : pdbNames(image_)) {
      HOTGATE_CHECK(lookInPlace(folder, name));
      HOTGATE_CHECK(lookInStore(folder, name));
      std::error_code error;
      if (fs::exists(folder / "index2.txt", error))
        if (const auto tier = entryOf(folder, name.substr(0, 2)))
          HOTGATE_CHECK(lookInStore(*tier, name));
    }
    return {};
  }

  // One found is the one to read; among several those of this build come first, and of those the private one.
  Result<std::optional<SymbolFile>> best() const {
    if (found_.empty() && unreachable_)
      return Failure(*unreachable_);
    if (found_.size() <= 1)
      return found_.empty() ? std::nullopt : std::optional(found_.front());
    const SymbolFile *matching = nullptr;
    for (const SymbolFile &candidate : found_) {
      const auto head = readPdbHead(candidate.pdb);
      if (!head || head->identity.guid != image_.pdb()->guid || head->identity.age != image_.pdb()->age)
        continue;
      if (!head->isStripped)
        return std::optional(candidate);
      if (matching == nullptr)
        matching = &candidate;
    }
    return std::optional(matching != nullptr ? *matching : found_.front());
  }

private:
  Result<> lookInStore(const fs::path &store, const std::string &name) {
    const auto folder = entryOf(store, name);
    if (!folder)
      return {};
    const std::string key = image_.pdb()->guidText() + llvm::utohexstr(image_.pdb()->age, /*LowerCase=*/true);
    const auto build = entryOf(*folder, key);
    if (!build)
      return {};
    HOTGATE_CHECK(lookInPlace(*build, name));
    if (const auto pointer = fileOf(*build, "file.ptr"))
      HOTGATE_CHECK(follow(*pointer));
    return {};
  }

  // The PDB, and the same compressed: "dhcpssvc.pd_".
  Result<> lookInPlace(const fs::path &folder, const std::string &name) {
    if (const auto pdb = fileOf(folder, name))
      found_.push_back({*pdb, *pdb, nullptr});
    if (const auto compressed = fileOf(folder, name.substr(0, name.size() - 1) + "_"))
      return expand(*compressed);
    return {};
  }

  Result<> expand(const fs::path &compressed) {
    HOTGATE_TRY(const MappedFile file, MappedFile::open(compressed));
    const std::string entity = compressed.string();
    if (!isCabinet(file.bytes()))
      return failInput(entity, "offset 0x0", "is no cabinet, as a compressed PDB has to be",
                       "compress the store again, or give the PDB as it is");
    HOTGATE_TRY(ScratchFolder made, ScratchFolder::makeTemporary());
    const auto folder = std::make_shared<const ScratchFolder>(std::move(made));
    Expansion expansion(entity, file.bytes().size(), {});
    HOTGATE_CHECK(expandCabinet(file.bytes(), entity, folder->path(), expansion));
    std::vector<fs::path> files;
    std::error_code error;
    for (auto entry = fs::recursive_directory_iterator(folder->path(), error);
         !error && entry != fs::recursive_directory_iterator(); entry.increment(error))
      if (entry->is_regular_file(error))
        files.push_back(entry->path());
    if (files.size() != 1)
      return failInput(entity, "", fmt::format("has {} files, where one compressed PDB is due", files.size()),
                       "compress the store again, or give the PDB as it is");
    found_.push_back({files.front(), compressed, folder});
    return {};
  }

  Result<> follow(const fs::path &pointer) {
    constexpr size_t longest = 4096;
    const auto file = MappedFile::open(pointer);
    if (!file) {
      unreachable_ = file.error();
      return {};
    }
    std::string text(file->bytes().begin(), file->bytes().begin() + std::min(file->bytes().size(), longest));
    llvm::StringRef target = llvm::StringRef(text).split('\n').first.trim();
    target.consume_front_insensitive("PATH:");
    const bool isWindowsPath = target.starts_with("\\\\") || (target.size() > 1 && target[1] == ':');
    std::string path = target.str();
    std::ranges::replace(path, '\\', '/');
    const fs::path pdb = pointer.parent_path() / path; // an absolute one stays as it is
    std::error_code error;
    if (!target.starts_with_insensitive("MSG:") && !isWindowsPath && fs::is_regular_file(pdb, error))
      found_.push_back({pdb, pdb, nullptr});
    else
      unreachable_ = Error{ErrorKind::input, pointer.string(), "",
                           fmt::format("says '{}', which cannot be reached from here", printable(target)),
                           "copy the PDB into the store, beside file.ptr"};
    return {};
  }

  const Image &image_;
  std::vector<SymbolFile> found_;
  std::optional<Error> unreachable_;
};

} // namespace

Result<std::optional<SymbolFile>> findSymbols(const Image &image, std::span<const fs::path> folders) {
  Search search(image);
  for (const fs::path &folder : folders)
    HOTGATE_CHECK(search.look(folder));
  return search.best();
}

} // namespace hotgate::analyzer
