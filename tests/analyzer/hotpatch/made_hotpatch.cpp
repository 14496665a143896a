#include "tests/analyzer/hotpatch/made_hotpatch.h"

#include "analyzer/symbols/pdb_reader.h"
#include "corpus/tools/linker_map.h"
#include "corpus/tools/make_hotpatch.h"

#include <algorithm>
#include <llvm/Support/Endian.h>

namespace hotgate::analyzer::test {

namespace {

std::string sourceOf(const char *value) {
  return std::string(
             "extern \"C\" { int g_count = 3; int g_other = 5; int g_table[4] = {1};\n"
             "extern int *const __ref_g_count; extern int *const __ref_g_other;\n"
             "int *const __ref_g_count = &g_count; int *const __ref_g_other = &g_other;\n"
             "__declspec(dllimport) int Known(int); __declspec(dllimport) int Unknown(int); }\n"
             "#define THROUGH(slot) (**(int *const volatile *)&slot)\n"
             "EXPORT extern const unsigned Space[64] = {0x48475053};\n"
             "EXPORT NOINLINE int Fix(int x) { volatile int y = x; return y * 3 + ++THROUGH(__ref_g_count) + ") +
         value +
         "; }\n"
         "EXPORT NOINLINE int Other(int x) { volatile int y = x; return y * 5 + ++THROUGH(__ref_g_other) + " +
         value + "; }\nEXPORT NOINLINE int Calls(int x) { return Known(x) + Unknown(x) * " + value +
         "; }\nEXPORT NOINLINE void Tiny() {}\nEXPORT int *Table(int x) { return &g_table[x] + g_count + g_other; }\n";
}

uint32_t rvaIn(const std::filesystem::path &image, const std::string &symbol) {
  const auto map = corpus::LinkerMap::read(std::filesystem::path(image).replace_extension(".map"));
  EXPECT_TRUE(map) << map.error().message();
  const auto found = map->find(symbol);
  EXPECT_TRUE(found) << found.error().message();
  return found->rva;
}

Image openBytes(const std::filesystem::path &besides, const std::vector<char> &bytes) {
  auto image = Image::open(writeMutant(besides, bytes));
  EXPECT_TRUE(image) << image.error().message();
  return *std::move(image);
}

} // namespace

MadeHotpatch::MadeHotpatch(const Options &options) {
  BuildOptions build{{}, options.link, {{"first.dll", {"Known", "Unknown"}}}, true, options.machine};
  baseFile_ = buildImage(sourceOf("7"), build);
  postFile_ = buildImage(sourceOf("8") + options.postSource, build);
  base = readFile(baseFile_);
  const auto made = corpus::makeHotpatch({.base = baseFile_,
                                          .baseMap = std::filesystem::path(baseFile_).replace_extension(".map"),
                                          .post = postFile_,
                                          .postMap = std::filesystem::path(postFile_).replace_extension(".map"),
                                          .functions = options.functions,
                                          .version = options.version,
                                          .sequence = 1,
                                          .extraPatchSize = options.extraPatchSize});
  EXPECT_TRUE(made) << made.error().message();
  hotpatch.assign(made->begin(), made->end());
  const Image image = openHotpatch();
  auto reading = readHotpatch(image);
  EXPECT_TRUE(reading.refusals.empty()) << reading.refusals.front().reason;
  table_ = std::move(reading.table).value();
  blob_ = image.fileOffset(table_.rva).value();
}

uint32_t MadeHotpatch::get(uint32_t offset) const {
  return llvm::support::endian::read32le(&hotpatch.at(blob_ + offset));
}

void MadeHotpatch::put(uint32_t offset, uint32_t value) {
  llvm::support::endian::write32le(&hotpatch.at(blob_ + offset), value);
}

void MadeHotpatch::putAt(std::vector<char> &file, const Image &image, uint32_t rva, uint32_t value) {
  llvm::support::endian::write32le(&file.at(image.fileOffset(rva).value()), value);
}

uint32_t MadeHotpatch::record(hotpatch::ChunkType type, size_t index) const {
  for (const HotpatchRecord &record : table_.records)
    if (record.type == type && index-- == 0)
      return record.offset;
  ADD_FAILURE() << "no such record of " << hotpatch::chunkTypeName(type);
  return 0;
}

uint32_t MadeHotpatch::baseRva(const std::string &symbol) const { return rvaIn(baseFile_, symbol); }
uint32_t MadeHotpatch::hotpatchRva(const std::string &symbol) const { return rvaIn(postFile_, symbol); }

Image MadeHotpatch::openBase() const { return openBytes(baseFile_, base); }
Image MadeHotpatch::openHotpatch() const { return openBytes(postFile_, hotpatch); }

HotpatchAudit MadeHotpatch::audit() const {
  const Image baseImage = openBase();
  const Image patchImage = openHotpatch();
  const Symbols baseSymbols = readPdb(baseFile_.parent_path() / "code.pdb", baseImage).value();
  const Symbols patchSymbols = readPdb(postFile_.parent_path() / "code.pdb", patchImage).value();
  const PlaceNames baseNames(baseImage, baseSymbols);
  const PlaceNames patchNames(patchImage, patchSymbols);
  return auditHotpatch({baseImage, baseNames}, {patchImage, patchNames}, readHotpatch(patchImage));
}

LoaderPrediction MadeHotpatch::prediction() const {
  const Image patchImage = openHotpatch();
  return predictLoader(openBase(), patchImage, readHotpatch(patchImage));
}

} // namespace hotgate::analyzer::test
