#include "analyzer/package/package.h"

#include "analyzer/package/cabinet.h"
#include "analyzer/package/differential.h"
#include "analyzer/package/image_file.h"
#include "analyzer/package/psf_index.h"
#include "analyzer/package/wim.h"
#include "support/mapped_file.h"

#include <algorithm>
#include <llvm/ADT/StringRef.h>
#include <map>
#include <memory>
#include <set>

namespace hotgate::analyzer {

namespace {

namespace fs = std::filesystem;

std::string lower(llvm::StringRef text) { return text.lower(); }

std::string joined(const std::string &folder, const std::string &name) {
  return folder.empty() ? name : folder + "/" + name;
}

bool endsWith(const std::string &name, std::string_view end) {
  return llvm::StringRef(name).ends_with_insensitive(end);
}

// The package file that a folder was expanded from.
struct Origin {
  fs::path folder;  // where the file lies
  std::string stem; // its name without the extension: its .psf has the same
};

// A folder that is being read.
struct Place {
  fs::path folder;
  std::string display;
  std::string below; // its path below the package that it came in: "" or "system32/"
  unsigned depth = 0;
  std::shared_ptr<Expansion> expansion; // of the outermost package; none in a folder of the user
  std::shared_ptr<const Origin> origin; // none there, too

  [[nodiscard]] Place subfolder(const std::string &name) const {
    Place place = *this;
    place.folder /= name;
    place.display = joined(display, name);
    place.below += name + "/";
    return place;
  }
};

// A file before it is known which component it belongs to: the manifest may come later.
struct FoundImage {
  fs::path path;
  std::string display;
  std::string below;
  bool isUsers = false; // not expanded by us
  std::string machine;
};

class Reader {
public:
  Reader(fs::path scratch, const ExpansionBudget &budget) : scratch_(std::move(scratch)), budget_(budget) {}

  Result<> readFolder(const Place &place) {
    std::vector<fs::directory_entry> entries;
    std::error_code error;
    for (auto entry = fs::directory_iterator(place.folder, error); !error && entry != fs::directory_iterator();
         entry.increment(error))
      entries.push_back(*entry);
    if (error)
      return failInput(place.folder.string(), "", error.message(), "check the folder and its permissions");
    std::ranges::sort(entries);
    for (const fs::directory_entry &entry : entries) {
      const std::string name = entry.path().filename().string();
      if (!entry.is_directory(error))
        HOTGATE_CHECK(readFile(entry.path(), name, place));
      else if (!entry.is_symlink(error))
        HOTGATE_CHECK(readFolder(place.subfolder(name)));
    }
    return {};
  }

  Result<> readFile(const fs::path &path, const std::string &name, const Place &place) {
    const std::string display = joined(place.display, name);
    auto file = MappedFile::open(path);
    if (!file) {
      // An empty file, or a link that leads nowhere, counts when its name says so: opening it tells what is wrong.
      if (hasImageName(name))
        images_.push_back({path, display, place.below + name, place.origin == nullptr, {}});
      return {};
    }
    const std::span<const uint8_t> bytes = file->bytes();
    const bool isSymbolFile = endsWith(name, ".pd_"); // a compressed PDB, for whoever looks for symbols
    if ((isCabinet(bytes) || isWim(bytes)) && !isSymbolFile)
      return expand(*file, name, display, place);
    if (const auto kind = differentialKind(bytes)) {
      package_.unexpanded.push_back({display, *kind});
      return {};
    }
    if (endsWith(name, ".psf.cix.xml"))
      return readPsf(bytes, name, display, place);
    if (endsWith(name, ".mum") || endsWith(name, ".manifest"))
      return readManifest(bytes, name, display, place);
    if (hasImageName(name) || beginsLikeAnImage(bytes))
      images_.push_back({path, display, place.below + name, place.origin == nullptr, machineOf(bytes)});
    return {};
  }

  Result<Package> finish() {
    HOTGATE_CHECK(checkCase());
    for (FoundImage &image : images_)
      package_.images.push_back(identified(std::move(image)));
    std::ranges::sort(package_.images, {}, &PackageImage::display);
    std::ranges::sort(package_.unexpanded, {}, &UnexpandedFile::display);
    std::ranges::sort(package_.identities, {}, &PackageIdentity::display);
    return std::move(package_);
  }

private:
  fs::path newFolder() { return scratch_ / std::to_string(++folders_); }

  std::shared_ptr<Expansion> expansionFor(const Place &place, const std::string &display, uint64_t size) const {
    return place.expansion ? place.expansion : std::make_shared<Expansion>(display, size, budget_);
  }

  Result<> expand(const MappedFile &file, const std::string &name, const std::string &display, const Place &place) {
    const fs::path &path = file.path();
    const auto expansion = expansionFor(place, display, file.bytes().size());
    HOTGATE_CHECK(expansion->checkNesting(place.depth));
    const Place inside{newFolder(), display,
                       "",          place.depth + 1,
                       expansion,   std::make_shared<Origin>(path.parent_path(), fs::path(name).stem().string())};
    std::error_code error;
    fs::create_directories(inside.folder, error);
    if (error)
      return failFault(inside.folder.string(), "", fmt::format("cannot be made: {}", error.message()),
                       "check the free space and the permissions of the folder");
    if (isCabinet(file.bytes()))
      HOTGATE_CHECK(expandCabinet(file.bytes(), display, inside.folder, *expansion));
    else
      HOTGATE_CHECK(expandWim(path, display, inside.folder, *expansion));
    if (place.expansion)
      fs::remove(path, error); // ours, and of no use any more; if it stays, it takes room and nothing else
    return readFolder(inside);
  }

  // Beside the index, or beside the package that the index came in.
  static std::optional<fs::path> findPsf(const PsfIndex &index, const std::string &name, const Place &place) {
    constexpr size_t suffix = std::string_view(".cix.xml").size();
    std::vector<fs::path> candidates = {place.folder / name.substr(0, name.size() - suffix)};
    // Only the last part of what the index says: it must not lead anywhere.
    const std::string container = index.container.substr(index.container.find_last_of("/\\") + 1);
    if (!container.empty() && container != "..")
      candidates.push_back(place.folder / container);
    if (place.origin) {
      candidates.push_back(place.origin->folder / (place.origin->stem + ".psf"));
      if (!container.empty() && container != "..")
        candidates.push_back(place.origin->folder / container);
    }
    std::error_code error;
    for (const fs::path &candidate : candidates)
      if (fs::is_regular_file(candidate, error))
        return candidate;
    return std::nullopt;
  }

  Result<> readPsf(std::span<const uint8_t> bytes, const std::string &name, const std::string &display,
                   const Place &place) {
    HOTGATE_TRY(const PsfIndex index, readPsfIndex(bytes, display));
    const auto path = findPsf(index, name, place);
    if (!path) {
      for (const PsfFile &file : index.files) {
        HOTGATE_TRY(const std::string inside, safeName(file.name, display, "index"));
        package_.unexpanded.push_back({joined(place.display, inside), "in a .psf file that is not beside the package"});
      }
      return {};
    }
    HOTGATE_TRY(const MappedFile psf, MappedFile::open(*path));
    Place inside = place;
    inside.folder = newFolder();
    inside.expansion = expansionFor(place, display, psf.bytes().size());
    inside.origin = std::make_shared<Origin>(path->parent_path(), path->stem().string());
    for (const PsfFile &file : index.files)
      HOTGATE_CHECK(expandPsfFile(file, psf.bytes(), display, inside));
    std::error_code error;
    return fs::is_directory(inside.folder, error) ? readFolder(inside) : Result<>();
  }

  Result<> expandPsfFile(const PsfFile &file, std::span<const uint8_t> psf, const std::string &display,
                         const Place &inside) {
    HOTGATE_TRY(const std::string name, safeName(file.name, display, "index"));
    if (file.type != "RAW") {
      package_.unexpanded.push_back({joined(inside.display, name), file.type + " differential"});
      return {};
    }
    HOTGATE_TRY(const std::span<const uint8_t> bytes, psfBytes(file, psf, display));
    if (const auto kind = differentialKind(bytes)) {
      package_.unexpanded.push_back({joined(inside.display, name), *kind});
      return {};
    }
    HOTGATE_CHECK(inside.expansion->charge(bytes.size(), 1));
    return writeExpanded(inside.folder, name, {reinterpret_cast<const char *>(bytes.data()), bytes.size()}, display);
  }

  // Only those of the servicing stack: a manifest beside a program is about something else.
  Result<> readManifest(std::span<const uint8_t> bytes, const std::string &name, const std::string &display,
                        const Place &place) {
    const std::string stem = fs::path(name).stem().string();
    const bool isUpdate = lower(name) == "update.mum";
    if (!isUpdate && !componentOfFolder(stem))
      return {};
    HOTGATE_TRY(const auto identity, componentOfManifest(bytes, display));
    if (identity && isUpdate)
      package_.identities.push_back({display, *identity});
    else if (identity)
      components_.emplace(lower(joined(place.display, stem)), *identity);
    return {};
  }

  // Windows has one name for "a.dll" and "A.DLL".
  Result<> checkCase() const {
    std::set<std::string> names;
    for (const FoundImage &image : images_)
      if (image.isUsers && !names.insert(lower(image.below)).second)
        return failInput(image.path.string(), "", "there is a second file whose name differs in case only",
                         "leave one of them out");
    return {};
  }

  PackageImage identified(FoundImage image) const {
    PackageImage result{std::move(image.path), std::move(image.display), image.below,
                        std::nullopt,          std::move(image.machine), languageOfPath(image.below)};
    // The nearest folder that is a component's. `end` walks up the folders of the shown path, which ends as `below`.
    const size_t above = result.display.size() - image.below.size();
    for (size_t end = image.below.rfind('/'); end != std::string::npos && end > 0;
         end = image.below.rfind('/', end - 1)) {
      const auto component = componentOf(result.display.substr(0, above + end));
      if (!component)
        continue;
      result.component = component;
      result.language = component->language;
      result.place = image.below.substr(end + 1);
      break;
    }
    return result;
  }

  // By its manifest, else by its name.
  std::optional<ComponentIdentity> componentOf(const std::string &folder) const {
    const auto manifest = components_.find(lower(folder));
    return manifest != components_.end() ? manifest->second : componentOfFolder(fs::path(folder).filename().string());
  }

  fs::path scratch_;
  ExpansionBudget budget_;
  size_t folders_ = 0;
  Package package_;
  std::vector<FoundImage> images_;
  std::map<std::string, ComponentIdentity> components_; // by the shown path of the component's folder, lower case
};

} // namespace

bool isPackageFile(const fs::path &path) {
  const auto file = MappedFile::open(path);
  return file && (isCabinet(file->bytes()) || isWim(file->bytes()));
}

Result<Package> readPackage(const fs::path &path, const std::string &label, const fs::path &scratch,
                            const ExpansionBudget &budget) {
  Reader reader(scratch, budget);
  std::error_code error;
  if (fs::is_directory(path, error)) {
    HOTGATE_CHECK(reader.readFolder({path, label, "", 0, nullptr, nullptr}));
    return reader.finish();
  }
  if (isPackageFile(path)) {
    HOTGATE_CHECK(reader.readFile(path, label, {path.parent_path(), "", "", 0, nullptr, nullptr}));
    return reader.finish();
  }
  const auto file = MappedFile::open(path); // what is wrong with it is told by whoever opens it as an image
  const std::string name = path.filename().string();
  Package single;
  single.images.push_back(
      {path, label, name, std::nullopt, file ? machineOf(file->bytes()) : std::string(), languageOfPath(name)});
  return single;
}

} // namespace hotgate::analyzer
