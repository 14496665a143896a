// hotgate_synthetic_pdb: `make IMAGE PROCEDURES STRUCTS pre|post FILE` writes a PDB of an image; `compare IMAGE PRE
// POST` reads two such PDBs, compares their types, and prints the seconds that it took by the wall clock and what it
// found.
#include "analyzer/diff/type_diff.h"
#include "analyzer/symbols/pdb_reader.h"
#include "tests/benchmark/synthetic_pdb.h"

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <fmt/format.h>
#include <optional>
#include <tbb/parallel_invoke.h>

namespace {

using namespace hotgate;

int fail(const Error &error) {
  fmt::print(stderr, "{}\n", error.message());
  return 1;
}

int make(const std::vector<std::string> &arguments) {
  const auto image = analyzer::Image::open(arguments[2]);
  if (!image)
    return fail(image.error());
  const benchmark::SyntheticPdb description{static_cast<uint32_t>(std::atoi(arguments[3].c_str())),
                                            static_cast<uint32_t>(std::atoi(arguments[4].c_str())),
                                            arguments[5] == "post"};
  const auto written = benchmark::writeSyntheticPdb(description, *image, arguments[6]);
  return written ? 0 : fail(written.error());
}

int compare(const std::vector<std::string> &arguments) {
  const auto image = analyzer::Image::open(arguments[2]);
  if (!image)
    return fail(image.error());
  const auto begin = std::chrono::steady_clock::now();
  std::optional<Result<analyzer::Symbols>> pre, post;
  tbb::parallel_invoke([&] { pre = analyzer::readPdb(arguments[3], *image); },
                       [&] { post = analyzer::readPdb(arguments[4], *image); });
  for (const auto *read : {&*pre, &*post})
    if (!*read)
      return fail(read->error());
  const auto types = analyzer::diffTypes(**pre, **post);
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  fmt::print("{:.3f} s: {} procedures, {} types, of which {} differ\n", seconds.count(), (*pre)->functions.size(),
             (*pre)->types.size(), types.size());
  return 0;
}

} // namespace

int main(int count, char **values) {
  const std::vector<std::string> arguments(values, values + count);
  if (count == 7 && arguments[1] == "make")
    return make(arguments);
  if (count == 5 && arguments[1] == "compare")
    return compare(arguments);
  fmt::print(stderr, "usage: {} make IMAGE PROCEDURES STRUCTS pre|post FILE | compare IMAGE PRE POST\n", arguments[0]);
  return 4;
}
