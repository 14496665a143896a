// What hotgate inspect prints: readable, complete, the same each time, and harmless to a terminal.
#include "cli/inspect_command.h"
#include "tests/analyzer/image/sample_image.h"

#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <sstream>

namespace hotgate::cli {
namespace {

using analyzer::Image;
using analyzer::test::SampleImage;
using testing::HasSubstr;

std::filesystem::path samplePath(const std::string &machine) {
  return std::filesystem::path(HOTGATE_SAMPLE_IMAGES) / ("sample_" + machine + ".dll");
}

std::string inspected(const std::filesystem::path &path, const InspectOptions &options) {
  const auto image = Image::open(path);
  if (!image)
    return "REFUSED " + image.error().message();
  const auto inspection = inspect(*image, options);
  if (!inspection)
    return "REFUSED " + inspection.error().message();
  return options.format == InspectOptions::Format::json ? renderInspectJson(*inspection)
                                                        : renderInspectText(*inspection);
}

std::string textOf(const std::filesystem::path &path) { return inspected(path, {.verbose = true}); }
nlohmann::json jsonOf(const std::filesystem::path &path) {
  return nlohmann::json::parse(inspected(path, {.format = InspectOptions::Format::json}));
}

TEST(InspectText, ShowsEveryPartOfTheImage) {
  const std::string text = textOf(samplePath("x64"));
  for (const auto *part :
       {"sample_x64.dll\n", "machine              x64", "sha256", "PDB                  sample.pdb", "Sections (6)",
        ".text", "Load configuration (0x140 bytes", "security cookie", "guard functions      3 at",
        "2 of them fragments", "primary", "Exports (12)", "forwarded -> OTHER.realName", "FAKE.dll (2)",
        "LAZY.dll (1, delayed)", "#7", "Base relocations (9)", "Hotpatch table: none"})
    EXPECT_THAT(text, HasSubstr(part));
}

TEST(InspectText, ListsOnlyWhenVerbose) {
  const std::string text = inspected(samplePath("x64"), {});
  EXPECT_THAT(text, HasSubstr("Exports (12)"));
  EXPECT_THAT(text, testing::Not(HasSubstr("OTHER.realName")));
}

TEST(InspectText, FitsIn80ColumnsOfPrintableText) {
  // A hostile export name: an escape sequence, a byte that is no ASCII, and 200 letters.
  SampleImage sample("x64");
  const std::string name = "\x1B[2J\x9B" + std::string(200, 'A');
  const uint32_t space = analyzer::test::exportRva(sample.open().value(), "hotpatchSpace");
  std::copy(name.begin(), name.end(), sample.bytes.begin() + static_cast<ptrdiff_t>(sample.offsetOf(space)));
  sample.bytes[sample.offsetOf(space) + name.size()] = 0;
  sample.put32(sample.offsetOf(sample.get32(sample.directory(analyzer::Directory::exportTable) + 32)), space);
  const auto path = sample.write();
  const std::string text = textOf(path);
  const auto json = jsonOf(path);
  std::filesystem::remove(path);

  EXPECT_THAT(text, HasSubstr("\\x1B[2J\\x9BAAAA"));
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    EXPECT_LE(line.size(), 80U) << line;
    for (const char character : line)
      EXPECT_TRUE(character >= 0x20 && character < 0x7F) << line;
  }
  bool isInJson = false;
  for (const auto &entry : json["exports"])
    isInJson = isInJson || entry["name"].get<std::string>() == "\x1B[2J\\x9B" + std::string(200, 'A');
  EXPECT_TRUE(isInJson);
}

TEST(InspectJson, IsCompleteAndDeterministic) {
  for (const auto *machine : {"x64", "arm64", "x86"}) {
    const auto json = jsonOf(samplePath(machine));
    EXPECT_EQ(json["schema"], "hotgate/inspect/1");
    EXPECT_EQ(json["image"]["machine"], machine);
    EXPECT_EQ(json["image"]["name"], std::string("sample_") + machine + ".dll");
    EXPECT_EQ(json["image"]["sha256"].get<std::string>().size(), 64U);
    EXPECT_EQ(json["imports"].size(), 3U);
    EXPECT_EQ(json["hotpatch"], nullptr);
    EXPECT_EQ(json["extras"]["authenticode"], false);
    EXPECT_FALSE(json["functions"].empty());
    const InspectOptions options{.format = InspectOptions::Format::json};
    EXPECT_EQ(inspected(samplePath(machine), options), inspected(samplePath(machine), options));
    EXPECT_THAT(inspected(samplePath(machine), options), testing::Not(HasSubstr(HOTGATE_SAMPLE_IMAGES)));
  }
}

TEST(InspectJson, FunctionsCountTheirFragments) {
  const auto json = jsonOf(samplePath("x64"));
  for (const auto &function : json["functions"])
    EXPECT_EQ(function["fragments"], function["name"] == "primary" ? 2 : 0) << function;
}

TEST(Inspect, NamesOfTheCallerGoBeforeExports) {
  InspectOptions options{.verbose = true};
  options.functionName = [](uint32_t) { return std::string("fromSymbols"); };
  EXPECT_THAT(inspected(samplePath("x64"), options), HasSubstr("fromSymbols"));
}

TEST(Inspect, HotpatchRecordsShowBothSidesAndTheirImages) {
  SampleImage sample("x64");
  const auto image = sample.open().value();
  const uint32_t code = analyzer::test::exportRva(image, "work");
  const uint32_t info = analyzer::test::exportRva(image, "hotpatchSpace");
  const uint32_t slot = analyzer::test::exportRva(image, "relocatedPointer");
  sample.put32(sample.directory(analyzer::Directory::loadConfiguration) + 0xF0, info);
  const uint32_t words[] = {1,       0x60,       9,          0x14,       1,    0x18,   1,
                            0x10,    0xAABBCCDD, 0x01020304, 0,          0,    0x38,   0, // INFO, list, BASE
                            0x1C001, 0x1234,     code,       0x8002C001, slot, 0x5678, 0};
  for (size_t index = 0; index < std::size(words); ++index)
    sample.put32(sample.offsetOf(info) + 4 * index, words[index]);
  const auto path = sample.write();
  const std::string text = textOf(path);
  const auto json = jsonOf(path);
  std::filesystem::remove(path);

  EXPECT_THAT(text, HasSubstr(fmt::format("0  function       base     00001234 -> hotpatch {:08x}  work", code)));
  EXPECT_THAT(text, HasSubstr(fmt::format("1  absolute       hotpatch {:08x} -> base     00005678", slot)));
  EXPECT_THAT(text, HasSubstr("timestamp 0xaabbccdd, checksum 0x01020304"));
  ASSERT_EQ(json["hotpatch"]["records"].size(), 2U);
  EXPECT_EQ(json["hotpatch"]["records"][0]["kind"], "function");
  EXPECT_EQ(json["hotpatch"]["records"][0]["target"], code);
  EXPECT_EQ(json["hotpatch"]["records"][1]["inverse"], true);
  EXPECT_EQ(json["hotpatch"]["sequence"], 9);
}

TEST(InspectCommand, WritesTheFileWholeOrNotAtAll) {
  const auto out = std::filesystem::path(testing::TempDir()) / fmt::format("hotgate-inspect-{}.json", ::getpid());
  const auto written = inspectCommand({.image = samplePath("x64"), .format = InspectOptions::Format::json, .out = out});
  ASSERT_TRUE(written) << written.error().message();
  std::ifstream file(out);
  EXPECT_EQ(nlohmann::json::parse(file)["schema"], "hotgate/inspect/1");
  EXPECT_FALSE(std::filesystem::exists(out.string() + ".part"));
  std::filesystem::remove(out);

  const auto refused = inspectCommand({.image = samplePath("x64"), .out = "/hotgate-no-such-folder/out.txt"});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::input);
  EXPECT_FALSE(inspectCommand({.image = __FILE__, .out = out}));
  EXPECT_FALSE(std::filesystem::exists(out));
}

TEST(Lief, ReadsTheVersionResource) {
  for (const auto *machine : {"x64", "arm64", "x86"}) {
    const auto image = Image::open(samplePath(machine)).value();
    const auto facts = analyzer::readWithLief(image);
    ASSERT_TRUE(facts) << facts.error().message();
    ASSERT_TRUE(facts->version);
    EXPECT_EQ(facts->version->fileVersion, "10.0.20348.1");
    EXPECT_EQ(facts->version->productVersion, "10.0.20348.7");
    EXPECT_THAT(facts->version->strings,
                testing::ElementsAre(testing::Pair("CompanyName", "Sample Company"),
                                     testing::Pair("FileDescription", "Sample for the image reader")));
    EXPECT_FALSE(facts->hasAuthenticode);
  }
}

// Appends to the last section a resource tree of so many directories, each within the one before.
void nestResources(SampleImage &sample, uint32_t depth) {
  const size_t header = sample.sectionHeader(sample.sectionCount() - 1);
  const uint32_t rva = sample.get32(header + 12);
  const uint32_t before = sample.get32(header + 16);
  const auto directory = sample.bytes.size();
  sample.bytes.resize(directory + size_t{24} * depth + 16);
  for (uint32_t level = 0; level < depth; ++level) {
    const size_t at = directory + size_t{24} * level;
    sample.put16(at + 14, 1); // one entry, by id
    sample.put32(at + 16, 1);
    sample.put32(at + 20, 0x80000000U | (24 * (level + 1)));
  }
  const auto size = static_cast<uint32_t>(sample.bytes.size() - sample.get32(header + 20));
  sample.put32(header + 8, size);
  sample.put32(header + 16, size);
  sample.put32(sample.optionalHeader() + 56, (rva + size + 0xFFF) & ~0xFFFU);
  sample.put32(sample.directoryEntry(analyzer::Directory::resources), rva + before);
}

// LIEF descends without limit: so deep a tree takes its stack, and its process with it.
TEST(Lief, ADeathOfItsProcessIsAnError) {
  SampleImage sample("x64");
  nestResources(sample, 200'000);
  const auto path = sample.write();
  const auto image = Image::open(path);
  ASSERT_TRUE(image) << image.error().message();
  const auto facts = analyzer::readWithLief(*image);
  const std::string text = textOf(path);
  std::filesystem::remove(path);
  ASSERT_FALSE(facts);
  EXPECT_EQ(facts.error().kind, ErrorKind::input);
#if __has_feature(address_sanitizer) // which turns the death into an exit
  EXPECT_THAT(facts.error().reason, HasSubstr("LIEF fails on this image"));
#else
  EXPECT_THAT(facts.error().reason, HasSubstr("LIEF was ended by signal"));
#endif
  EXPECT_THAT(text, HasSubstr("version              not read: LIEF"));
  EXPECT_THAT(text, HasSubstr("Exports (12)"));
}

TEST(Lief, AnExceptionIsAnError) {
  SampleImage sample("x64");
  sample.put32(sample.directory(analyzer::Directory::resources) + 20, 0x80000000U); // the root leads to itself
  const auto path = sample.write();
  const auto image = Image::open(path);
  ASSERT_TRUE(image) << image.error().message();
  const auto facts = analyzer::readWithLief(*image);
  std::filesystem::remove(path);
  ASSERT_FALSE(facts);
  EXPECT_THAT(facts.error().reason, HasSubstr("LIEF fails on this image: 0 is out of bound"));
}

} // namespace
} // namespace hotgate::cli
