// What the audit of a hotpatch image costs: 5,000 records, each with its names, within 0.2 seconds of processor time.
//
// The images are real: 2,500 functions that each reach a variable through a slot, compiled and linked here. Only the
// table is made from the linker's map directly, because make_hotpatch looks up names one by one.
#include "analyzer/hotpatch/hotpatch_audit.h"

#include "analyzer/symbols/pdb_reader.h"
#include "corpus/tools/hotpatch_metadata.h"
#include "corpus/tools/linker_map.h"
#include "corpus/tools/portable_executable.h"
#include "tests/analyzer/diff/built_program.h"

#include <ctime>

namespace hotgate::analyzer::test {
namespace {

constexpr int functions = 2500;
constexpr double mostSeconds = 0.2;

std::string manyFunctions() {
  std::string source = "extern \"C\" {\n";
  for (int i = 0; i < functions; ++i)
    source += fmt::format(
        "int g{0} = {0}; extern int *const __ref_g{0}; int *const __ref_g{0} = &g{0};\n"
        "__declspec(dllexport) int F{0}(int x) {{ return x * 3 + **(int *const volatile *)&__ref_g{0}; }}\n",
        i);
  return source + "}\n";
}

std::map<std::string, uint32_t> symbolsOf(const std::filesystem::path &image) {
  const auto map = corpus::LinkerMap::read(std::filesystem::path(image).replace_extension(".map"));
  EXPECT_TRUE(map) << map.error().message();
  std::map<std::string, uint32_t> symbols;
  for (const corpus::MapSymbol &symbol : map->symbols())
    symbols[symbol.decorated] = symbol.rva;
  return symbols;
}

// Of the image as its own update: what the records say is all that counts here.
std::filesystem::path withManyRecords(const std::filesystem::path &file) {
  const auto image = corpus::PortableExecutable::open(file).value();
  const auto symbols = symbolsOf(file);
  corpus::HotpatchMetadata metadata;
  metadata.machine = image.machine();
  metadata.baseTimestamp = image.timestamp();
  metadata.baseChecksum = image.checksum();
  for (int i = 0; i < functions; ++i) {
    const uint32_t function = symbols.at(fmt::format("F{}", i));
    metadata.redirects.push_back({{function, function}, {}});
    metadata.absolute.push_back({symbols.at(fmt::format("__ref_g{}", i)), symbols.at(fmt::format("g{}", i))});
  }
  const auto bytes = withHotpatchSection(image, serialize(std::move(metadata))).value();
  return writeMutant(file, {bytes.begin(), bytes.end()});
}

TEST(AuditSpeed, FiveThousandRecordsAreAuditedWithinAFifthOfASecond) {
  const auto baseFile = buildImage(manyFunctions());
  const Image base = Image::open(baseFile).value();
  const Image hotpatch = Image::open(withManyRecords(baseFile)).value();
  const Symbols symbols = readPdb(baseFile.parent_path() / "code.pdb", base).value();
  double best = 1e9;
  for (int run = 0; run < 3; ++run) {
    const std::clock_t begin = std::clock();
    const PlaceNames baseNames(base, symbols);
    const PlaceNames hotpatchNames(hotpatch, symbols);
    const HotpatchAudit audit = auditHotpatch({base, baseNames}, {hotpatch, hotpatchNames}, readHotpatch(hotpatch));
    best = std::min(best, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
    ASSERT_EQ(audit.records.size(), size_t{2} * functions);
    ASSERT_TRUE(audit.loader.refusals.empty()) << audit.loader.refusals.front().reason;
    EXPECT_EQ(audit.records.front().writtenName, audit.records.front().targetName);
  }
  RecordProperty("seconds", std::to_string(best));
  fmt::print("  audit of {} records: {:.4f} s\n", 2 * functions, best);
  EXPECT_LE(best, mostSeconds);
}

} // namespace
} // namespace hotgate::analyzer::test
