#include "cli/image_set.h"

#include "analyzer/package/pairing.h"
#include "support/log.h"
#include "support/mapped_file.h"
#include "support/sha256.h"

#include <algorithm>
#include <atomic>
#include <cstring>
#include <llvm/ADT/StringRef.h>
#include <map>
#include <optional>
#include <tbb/parallel_for.h>

namespace hotgate::cli {

namespace {

using analyzer::PackageImage;

std::string fileName(const PackageImage &image) { return std::filesystem::path(image.place).filename().string(); }

std::string fullName(const PackageImage &image) {
  const analyzer::ComponentIdentity &component = *image.component;
  return fmt::format("{}/{}/{}/{}", component.name, component.architecture, component.language, image.place);
}

// The path for an image of a folder, the file's name for one of a component unless there are two of it.
void nameModules(std::vector<ImagePair> &pairs) {
  std::map<std::string, size_t> uses;
  for (ImagePair &pair : pairs) {
    pair.module = pair.pre.component ? fileName(pair.pre) : pair.pre.place;
    ++uses[llvm::StringRef(pair.module).lower()];
  }
  for (ImagePair &pair : pairs)
    if (uses[llvm::StringRef(pair.module).lower()] > 1)
      pair.module = pair.pre.component ? fullName(pair.pre) : pair.pre.display;
  std::ranges::sort(pairs, {}, &ImagePair::module);
}

// Unchanged files are the most of a package: they are told from the others by their bytes, and hashed once.
Result<> hash(ImagePair &pair) {
  HOTGATE_TRY(const MappedFile pre, MappedFile::open(pair.pre.path));
  HOTGATE_TRY(const MappedFile post, MappedFile::open(pair.post.path));
  pair.preSha256 = sha256Hex(pre.bytes());
  const bool isSame = pre.bytes().size() == post.bytes().size() &&
                      std::memcmp(pre.bytes().data(), post.bytes().data(), pre.bytes().size()) == 0;
  pair.postSha256 = isSame ? pair.preSha256 : sha256Hex(post.bytes());
  return {};
}

Result<> hashAll(std::vector<ImagePair> &pairs) {
  std::vector<Result<>> results(pairs.size());
  std::atomic<size_t> done = 0;
  tbb::parallel_for(size_t{0}, pairs.size(), [&](size_t i) {
    results[i] = hash(pairs[i]);
    if (const size_t count = ++done; count % 64 == 0)
      log::progress(fmt::format("compare files, {} of {}", count, pairs.size()));
  });
  for (Result<> &result : results)
    HOTGATE_CHECK(std::move(result));
  return {};
}

std::vector<SingleImage> singles(const std::vector<PackageImage> &images,
                                 const std::vector<analyzer::ImagePairs::Single> &left, const char *otherSide) {
  std::vector<SingleImage> result;
  for (const auto &single : left)
    result.push_back({images[single.index], single.isAmbiguous,
                      single.isAmbiguous
                          ? fmt::format("several images of pre and post could be the same one: {} is not paired",
                                        images[single.index].display)
                          : fmt::format("{} has no partner in {}", images[single.index].display, otherSide)});
  return result;
}

} // namespace

std::string ImagePair::obstacle() const {
  for (const PackageImage *image : {&pre, &post})
    if (image->machine.starts_with("machine "))
      return fmt::format("{} is for {}, which is none of x64, ARM64 and x86", image->display, image->machine);
  return {};
}

Error shownAs(Error error, const std::filesystem::path &path, const std::string &display) {
  if (error.entity == path.string())
    error.entity = display;
  return error;
}

size_t ImageSet::unchanged() const {
  return static_cast<size_t>(std::ranges::count_if(pairs, &ImagePair::isUnchanged));
}

Result<ImageSet> readImageSet(const ImageSource &pre, const ImageSource &post, const std::filesystem::path &scratch) {
  ImageSet set;
  HOTGATE_TRY(set.pre, analyzer::readPackage(pre.path, pre.label, scratch / "pre"));
  HOTGATE_TRY(set.post, analyzer::readPackage(post.path, post.label, scratch / "post"));
  const analyzer::ImagePairs pairs = analyzer::pairImages(set.pre.images, set.post.images);
  for (const auto &[preIndex, postIndex] : pairs.pairs)
    set.pairs.push_back({{}, set.pre.images[preIndex], set.post.images[postIndex], {}, {}});
  nameModules(set.pairs);
  HOTGATE_CHECK(hashAll(set.pairs));
  set.preOnly = singles(set.pre.images, pairs.preOnly, "post");
  set.postOnly = singles(set.post.images, pairs.postOnly, "pre");
  return set;
}

std::string componentText(const ImagePair &pair) {
  if (!pair.pre.component || !pair.post.component)
    return {};
  return fmt::format("{} {} -> {}, {}", pair.pre.component->architecture, pair.pre.component->version,
                     pair.post.component->version, pair.pre.component->name);
}

} // namespace hotgate::cli
