// Which image is which: a pair for each rule, and none where there is more than one candidate.
#include "analyzer/package/pairing.h"

#include <gmock/gmock.h>

namespace hotgate::analyzer::test {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PackageImage plain(const std::string &place, const std::string &machine = "x64",
                   const std::string &language = "neutral") {
  return {place, place, place, std::nullopt, machine, language};
}

PackageImage inComponent(const std::string &place, const std::string &name, const std::string &version,
                         const std::string &architecture = "amd64", const std::string &language = "neutral") {
  return {place, name + "/" + place, place, ComponentIdentity{name, version, language, architecture}, "x64", language};
}

// "pre-post" of every pair, then what is left: "pre:index", with a '?' where it is ambiguous.
std::vector<std::string> paired(const std::vector<PackageImage> &pre, const std::vector<PackageImage> &post) {
  const ImagePairs pairs = pairImages(pre, post);
  std::vector<std::string> text;
  for (const auto &pair : pairs.pairs)
    text.push_back(std::to_string(pair.pre) + "-" + std::to_string(pair.post));
  const auto add = [&](const char *side, const std::vector<ImagePairs::Single> &singles) {
    for (const auto &single : singles)
      text.push_back(side + std::to_string(single.index) + (single.isAmbiguous ? "?" : ""));
  };
  add("pre:", pairs.preOnly);
  add("post:", pairs.postOnly);
  return text;
}

TEST(PairImages, ByComponentWhateverItsVersion) {
  EXPECT_THAT(paired({inComponent("a.dll", "one", "1.0.0.1"), inComponent("a.dll", "two", "1.0.0.1")},
                     {inComponent("A.DLL", "two", "1.0.0.2"), inComponent("a.dll", "one", "1.0.0.2")}),
              ElementsAre("0-1", "1-0"));
}

TEST(PairImages, AnotherArchitectureLanguageOrPlaceIsAnotherImage) {
  const PackageImage image = inComponent("a.dll", "one", "1.0.0.1");
  for (const PackageImage &other :
       {inComponent("a.dll", "one", "1.0.0.1", "wow64"), inComponent("a.dll", "one", "1.0.0.1", "amd64", "de-de"),
        inComponent("a.dll", "two", "1.0.0.1"), inComponent("b.dll", "one", "1.0.0.1")})
    EXPECT_THAT(paired({image}, {other}), ElementsAre("pre:0", "post:0")) << other.display;
}

TEST(PairImages, ArchitecturesAndLanguagesOfOneComponentPairEachWithItsOwn) {
  const std::vector<PackageImage> images = {inComponent("a.dll", "one", "1.0.0.1"),
                                            inComponent("a.dll", "one", "1.0.0.1", "wow64"),
                                            inComponent("a.dll", "one", "1.0.0.1", "amd64", "de-de")};
  EXPECT_THAT(paired(images, {images[2], images[0], images[1]}), ElementsAre("0-1", "1-2", "2-0"));
}

TEST(PairImages, TwoVersionsOfAComponentAreNoPairAndSaidToBeSo) {
  EXPECT_THAT(paired({inComponent("a.dll", "one", "1.0.0.1"), inComponent("b.dll", "one", "1.0.0.1")},
                     {inComponent("a.dll", "one", "1.0.0.2"), inComponent("a.dll", "one", "1.0.0.3"),
                      inComponent("b.dll", "one", "1.0.0.3")}),
              ElementsAre("1-2", "pre:0?", "post:0?", "post:1?"));
}

TEST(PairImages, ByPathInFolders) {
  EXPECT_THAT(paired({plain("wow64/a.dll", "x86"), plain("a.dll")}, {plain("A.dll"), plain("WOW64/a.dll", "x86")}),
              ElementsAre("0-1", "1-0"));
}

TEST(PairImages, ByNameMachineAndLanguageWhenTheRestIsUnknown) {
  const std::vector<PackageImage> package = {inComponent("a.dll", "one", "1.0.0.1"),
                                             inComponent("b.dll", "one", "1.0.0.1")};
  EXPECT_THAT(paired(package, {plain("bin/a.dll")}), ElementsAre("0-0", "pre:1"));
  EXPECT_THAT(paired(package, {plain("bin/a.dll", "arm64")}), ElementsAre("pre:0", "pre:1", "post:0"));
  EXPECT_THAT(paired(package, {plain("de-de/a.dll", "x64", "de-de")}), ElementsAre("pre:0", "pre:1", "post:0"));
}

TEST(PairImages, TwoCandidatesByNameAreNone) {
  EXPECT_THAT(paired({plain("one/a.dll"), plain("two/a.dll")}, {plain("a.dll")}),
              ElementsAre("pre:0?", "pre:1?", "post:0?"));
}

TEST(PairImages, NothingWithNothing) { EXPECT_THAT(paired({}, {}), IsEmpty()); }

} // namespace
} // namespace hotgate::analyzer::test
