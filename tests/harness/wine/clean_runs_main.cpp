// clean_runs N OUT: N whole gates of a KB that is in order, one after the other, under this host's wine; how many of
// them were approved, and how far the statistics of clean runs spread. What the limits of the lab's rules rest on
// (docs/lab-statistics.md). Not part of the checks: 200 runs take half an hour.
#include "analyzer/facts/database.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fmt/format.h>
#include <map>
#include <sys/wait.h>
#include <vector>

namespace {

using Measured = std::map<std::string, std::vector<double>>;

void read(const std::filesystem::path &file, Measured &measured) {
  auto facts = hotgate::facts::Database::open(file);
  if (!facts)
    return;
  auto rows = facts->prepare(
      "SELECT 'latency, slower: ' || exchange, slower FROM lab_latency "
      "UNION ALL SELECT 'latency, factor: ' || exchange, patched_median_ms / control_median_ms FROM lab_latency "
      "UNION ALL SELECT 'growth, low: ' || counter, low FROM lab_growth");
  while (rows && rows->step().value_or(false))
    measured[rows->text(0)].push_back(rows->real(1));
}

void print(Measured &measured) {
  fmt::print("{:40} {:>10} {:>10} {:>10}\n", "", "least", "median", "most");
  for (auto &[name, values] : measured) {
    std::ranges::sort(values);
    fmt::print("{:40} {:10.3f} {:10.3f} {:10.3f}\n", name, values.front(), values[values.size() / 2], values.back());
  }
}

} // namespace

int main(int argc, char **argv) {
  const int runs = argc == 3 ? std::atoi(argv[1]) : 0;
  if (runs <= 0) {
    std::fputs("usage: clean_runs N OUT\n", stderr);
    return 4;
  }
  const std::filesystem::path out = argv[2];
  std::error_code error;
  std::filesystem::create_directories(out, error);
  if (error) {
    fmt::print(stderr, "clean_runs: {}: {}\n", out.string(), error.message());
    return 4;
  }
  Measured measured;
  int passed = 0;
  for (int run = 1; run <= runs; ++run) {
    const std::filesystem::path folder = out / fmt::format("{:03}", run);
    const int status = std::system(fmt::format(HOTGATE_PROGRAM " --quiet gate " HOTGATE_GOOD_KB
                                                               " --provider wine-host --out '{}' >'{}.txt' 2>&1",
                                               folder.string(), folder.string())
                                       .c_str());
    const bool isApproved = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    passed += isApproved ? 1 : 0;
    read(folder / "facts.sqlite", measured);
    if (isApproved)
      std::filesystem::remove_all(folder);
    else
      fmt::print("run {}: exit code {}, see {}\n", run, WEXITSTATUS(status), folder.string());
    std::fflush(stdout);
  }
  print(measured);
  fmt::print("{} passed, {} failed\n", passed, runs - passed);
  return passed == runs ? 0 : 1;
}
