// hotgate_synthetic_image FUNCTIONS pre|post FILE: one synthetic image (synthetic_image.h), by hand or for the
// benchmark.
#include "tests/benchmark/synthetic_image.h"

#include <cstdio>
#include <cstdlib>
#include <string_view>

int main(int count, char **arguments) {
  if (count != 4) {
    std::fprintf(stderr, "usage: hotgate_synthetic_image FUNCTIONS pre|post FILE\n");
    return 4;
  }
  const auto functions = static_cast<uint32_t>(std::strtoul(arguments[1], nullptr, 10));
  const bool post = std::string_view(arguments[2]) == "post";
  const auto written = hotgate::benchmark::writeSyntheticImage({functions, 2026, post}, arguments[3]);
  if (!written) {
    std::fprintf(stderr, "error: %s\n", written.error().message().c_str());
    return 5;
  }
  return 0;
}
