#include "cli/kb_images.h"

#include "analyzer/package/pairing.h"
#include "cli/input_fact.h"
#include "support/mapped_file.h"
#include "support/sha256.h"

#include <map>

namespace hotgate::cli {

namespace {

using analyzer::Package;
using analyzer::PackageImage;

ImageSource sourceOf(const KbFile &kb, const std::filesystem::path &path) {
  std::string label = kb.display(path);
  while (label.ends_with('/'))
    label.pop_back();
  return {path, label == "." ? "" : label};
}

ModuleFile fileOf(const PackageImage &image) { return {image.path, image.display}; }

class KbImages {
public:
  KbImages(const KbFile &kb, facts::Database &facts) : kb_(kb), facts_(facts) {}

  Result<std::vector<Module>> read(const std::filesystem::path &scratch) {
    const ImageSource preSource = sourceOf(kb_, kb_.pre);
    const ImageSource postSource = sourceOf(kb_, kb_.post);
    HOTGATE_TRY(set_, readImageSet(preSource, postSource, scratch));
    HOTGATE_CHECK(writePackage(preSource, set_.pre));
    HOTGATE_CHECK(writePackage(postSource, set_.post));
    HOTGATE_TRY(patches_, readPatches(kb_.hotpatch, scratch / "hotpatch", IfAlone::notEvaluated));
    HOTGATE_TRY(previous_, readPatches(kb_.previous, scratch / "previous", IfAlone::ignored));
    for (const ImagePair &pair : set_.pairs)
      HOTGATE_CHECK(add(pair));
    HOTGATE_CHECK(writeSingles());
    if (set_.pairs.empty() && set_.pre.unexpanded.empty() && set_.post.unexpanded.empty())
      return failInput(kb_.fileName, "", "pre and post have no image of the same name",
                       "give two folders with the same .exe and .dll names, or two single images with one name");
    return std::move(modules_);
  }

private:
  // Of a package file: its own identity. Its images have theirs where they are paired.
  Result<> writePackage(const ImageSource &source, const Package &package) {
    if (analyzer::isPackageFile(source.path)) {
      HOTGATE_TRY(const MappedFile file, MappedFile::open(source.path));
      HOTGATE_CHECK(writeInput(facts_, source.label, sha256Hex(file.bytes())));
    }
    HOTGATE_TRY(auto identity, facts_.prepare("INSERT OR IGNORE INTO package VALUES (?,?,?,?,?)"));
    for (const auto &[display, component] : package.identities)
      HOTGATE_CHECK(
          identity.run(display, component.name, component.version, component.architecture, component.language));
    HOTGATE_TRY(auto unexpanded, facts_.prepare("INSERT OR IGNORE INTO unexpanded_file VALUES (?,?)"));
    for (const analyzer::UnexpandedFile &file : package.unexpanded)
      HOTGATE_CHECK(unexpanded.run(file.display, file.reason));
    return package.unexpanded.empty() ? Result<>() : notEvaluated(source.label, summaryOf(package));
  }

  // All of them are in the table; here as many as a person reads.
  static std::string summaryOf(const Package &package) {
    constexpr size_t mostNamed = 10;
    const size_t count = package.unexpanded.size();
    std::string text = fmt::format("{} {} not be expanded: ", count, count == 1 ? "file could" : "files could");
    for (size_t i = 0; i < std::min(count, mostNamed); ++i)
      text += fmt::format("{}{} ({})", i == 0 ? "" : ", ", package.unexpanded[i].display, package.unexpanded[i].reason);
    if (count > mostNamed)
      text += fmt::format(", and {} more (facts.sqlite, table unexpanded_file)", count - mostNamed);
    return text;
  }

  using Patches = std::map<std::string, ModuleFile>; // by module
  enum class IfAlone { notEvaluated, ignored };

  // The hotpatch images of a folder or package, each with the module that it patches. One of the KB before may patch
  // what this KB has not; one of this KB may not.
  Result<Patches> readPatches(const std::optional<std::filesystem::path> &path, const std::filesystem::path &scratch,
                              IfAlone alone) {
    if (!path)
      return Patches();
    const ImageSource source = sourceOf(kb_, *path);
    HOTGATE_TRY(Package package, analyzer::readPackage(source.path, source.label, scratch));
    HOTGATE_CHECK(writePackage(source, package));
    // Windows keeps hotpatch images of all modules in components of their own: those say nothing about what they patch.
    for (PackageImage &image : package.images)
      if (image.component && image.component->name.starts_with("microsoft-windows-hotpatch"))
        image.component.reset();
    std::vector<PackageImage> pre;
    for (const ImagePair &pair : set_.pairs)
      pre.push_back(pair.pre);
    const analyzer::ImagePairs pairs = analyzer::pairImages(pre, package.images);
    Patches patches;
    for (const auto &[preIndex, patchIndex] : pairs.pairs)
      patches.emplace(set_.pairs[preIndex].module, fileOf(package.images[patchIndex]));
    if (alone == IfAlone::ignored)
      return patches;
    for (const auto &single : pairs.postOnly)
      HOTGATE_CHECK(notEvaluated(package.images[single.index].display,
                                 single.isAmbiguous ? "it could patch several images of pre"
                                                    : "it patches an image that pre or post lacks"));
    return patches;
  }

  static std::optional<ModuleFile> patchOf(const Patches &patches, const std::string &module) {
    const auto found = patches.find(module);
    return found == patches.end() ? std::nullopt : std::optional(found->second);
  }

  Result<> add(const ImagePair &pair) {
    HOTGATE_CHECK(writeInput(facts_, pair.pre.display, pair.preSha256));
    HOTGATE_CHECK(writeInput(facts_, pair.post.display, pair.postSha256));
    Module module{pair.module,
                  fileOf(pair.pre),
                  fileOf(pair.post),
                  patchOf(patches_, pair.module),
                  patchOf(previous_, pair.module),
                  pair.preSha256,
                  pair.postSha256};
    const std::string obstacle = pair.obstacle();
    if (pair.isUnchanged() && !module.hotpatch && !module.previous) {
      HOTGATE_CHECK(writeUnchanged(pair.module));
      return writePair(pair.module, &pair.pre, &pair.post, "unchanged");
    }
    if (!obstacle.empty()) {
      HOTGATE_CHECK(notEvaluated(pair.module, obstacle));
      return writePair(pair.module, &pair.pre, &pair.post, "not evaluated");
    }
    modules_.push_back(std::move(module));
    return writePair(pair.module, &pair.pre, &pair.post, "compared");
  }

  // What did not change needs no symbols and no hotpatch to be judged.
  Result<> writeUnchanged(const std::string &module) {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO evidence VALUES (?,?,1,'')"));
    for (const char *kind : {"private", "public", "hotpatch"})
      HOTGATE_CHECK(insert.run(kind, module));
    return {};
  }

  Result<> writeSingles() {
    for (const SingleImage &single : set_.preOnly) {
      HOTGATE_CHECK(writePair(single.image.display, &single.image, nullptr, "removed"));
      HOTGATE_CHECK(notEvaluated(single.image.display, single.reason));
    }
    for (const SingleImage &single : set_.postOnly) {
      HOTGATE_CHECK(writePair(single.image.display, nullptr, &single.image, "added"));
      HOTGATE_CHECK(notEvaluated(single.image.display, single.reason));
    }
    return {};
  }

  Result<> writePair(const std::string &module, const PackageImage *pre, const PackageImage *post, const char *status) {
    const PackageImage &known = pre != nullptr ? *pre : *post;
    const auto path = [](const PackageImage *image) {
      return image != nullptr ? std::optional(image->display) : std::nullopt;
    };
    const auto version = [](const PackageImage *image) {
      return image != nullptr && image->component ? std::optional(image->component->version) : std::nullopt;
    };
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT INTO image_pair VALUES (?,?,?,?,?,?,?,?,?)"));
    return insert.run(module, status, path(pre), path(post), known.component ? known.component->name : "",
                      known.component ? known.component->architecture : known.machine, known.language, version(pre),
                      version(post));
  }

  Result<> notEvaluated(const std::string &subject, const std::string &reason) {
    HOTGATE_TRY(auto insert, facts_.prepare("INSERT OR IGNORE INTO not_evaluated VALUES (?,?)"));
    return insert.run(subject, reason);
  }

  const KbFile &kb_;
  facts::Database &facts_;
  ImageSet set_;
  Patches patches_;
  Patches previous_;
  std::vector<Module> modules_;
};

} // namespace

Result<std::vector<Module>> readKbImages(const KbFile &kb, const std::filesystem::path &scratch,
                                         facts::Database &facts) {
  return KbImages(kb, facts).read(scratch);
}

} // namespace hotgate::cli
