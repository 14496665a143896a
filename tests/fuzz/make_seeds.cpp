// hotgate_fuzz_seeds DIR: the first inputs of every fuzz target, made from the built sample images. Nothing binary is
// kept in the repository.
//
// Each target gets its intact inputs, and damaged ones: a field of four bytes made to lie, in places that are the same
// in every build of the same samples.
#include "analyzer/image/hotpatch_format.h"
#include "support/output_file.h"
#include "tests/fuzz/fuzzed_sample.h"

#include <cstdio>
#include <fstream>
#include <iterator>
#include <random>

namespace {

using namespace hotgate;
using namespace hotgate::analyzer;
using Bytes = std::vector<uint8_t>;

class SeedFolder {
public:
  explicit SeedFolder(std::filesystem::path folder) : folder_(std::move(folder)) {
    std::filesystem::create_directories(folder_);
  }

  void add(const std::string &name, const Bytes &bytes) {
    write(name, bytes);
    constexpr int damagedOnes = 12;
    constexpr uint32_t lies[] = {0, 0xFFFFFFFF, 0x7FFFFFF0, 0x1000};
    std::minstd_rand random(2026);
    for (int index = 0; index < damagedOnes && bytes.size() > 8; ++index) {
      Bytes damaged = bytes;
      const size_t range = std::min<size_t>(index % 2 == 0 ? 0x400 : damaged.size(), damaged.size()) - 4;
      const size_t offset = random() % range / 4 * 4;
      for (size_t byte = 0; byte < 4; ++byte)
        damaged[offset + byte] = static_cast<uint8_t>(lies[random() % 4] >> (8 * byte));
      write(fmt::format("{}-damaged-{}", name, index), damaged);
    }
    write(name + "-half", {bytes.begin(), bytes.begin() + static_cast<ptrdiff_t>(bytes.size() / 2)});
  }

private:
  void write(const std::string &name, const Bytes &bytes) const {
    const std::string_view text(reinterpret_cast<const char *>(bytes.data()), bytes.size());
    if (const auto written = writeFile(folder_ / name, text); !written) {
      std::fprintf(stderr, "error: %s\n", written.error().message().c_str());
      std::exit(5);
    }
  }

  std::filesystem::path folder_;
};

Bytes withMachine(uint8_t machine, const Bytes &input) {
  Bytes seed{machine};
  seed.insert(seed.end(), input.begin(), input.end());
  return seed;
}

// Version 4, one base, one extra value a record; chunks: FUNCTION with 2 records, ABSOLUTE inverse, CALL_TARGET
// inverse, DYNAMIC_VALUE (analyzer/image/hotpatch_format.h).
Bytes hotpatchTable() {
  constexpr uint32_t code = 0x1000;
  constexpr uint32_t words[] = {
      4,       0xB0,   7,    0x24,        1,           0,      1,       5,      hotpatch::infoFlagPatchOrderCritical,
      0x40,    0,      0,    0,           0,           0,      0,       6,      hotpatch::baseFlagMachineAmd64,
      1,       2,      0,    0,           0x60,        0,      0x1C002, 0x1100, code,
      0x90909, 0x1200, code, 0xCCCCCCCC,  0x8002C001U, 0x3000, 0x3000,  0,      0x80044001U,
      code,    0x1100, 0,    0x80078001U, 0x3000,      1,      0,       0};
  Bytes table;
  for (const uint32_t word : words)
    for (int byte = 0; byte < 4; ++byte)
      table.push_back(static_cast<uint8_t>(word >> (8 * byte)));
  return table;
}

Bytes contentOf(const std::filesystem::path &path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

} // namespace

int main(int count, char **arguments) {
  if (count != 2) {
    std::fprintf(stderr, "usage: hotgate_fuzz_seeds DIR\n");
    return 4;
  }
  const std::filesystem::path folder = arguments[1];
  SeedFolder images(folder / "image");
  for (const char *machine : {"x64", "arm64", "x86"})
    images.add(machine, fuzz::FuzzedSample(machine).intact());

  SeedFolder exceptions(folder / "exception_directory");
  exceptions.add("x64", withMachine(0, fuzz::exceptionSample("x64").intactInput()));
  exceptions.add("arm64", withMachine(1, fuzz::exceptionSample("arm64").intactInput()));

  SeedFolder configurations(folder / "load_configuration");
  configurations.add("x64", withMachine(0, fuzz::loadConfigurationSample("x64").intactInput()));

  SeedFolder(folder / "hotpatch_table").add("version-4", hotpatchTable());
  SeedFolder(folder / "pdb").add("typed", contentOf(HOTGATE_TYPED_PROGRAM ".pdb"));
  return 0;
}
