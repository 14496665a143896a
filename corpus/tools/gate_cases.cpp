// gate_cases: gates every case of a corpus folder and compares each verdict with the case's ground truth.
//
// A case is a folder with KB.yaml and expected.yaml (corpus/incidents/dhcp/README.md). Right means: the expected
// verdict and exit code, exactly the expected rules among findings that are more than notes, no lab for what the static
// half blocks, and for a leak the bytes per request within the tolerance. Prints a table; exit 0 when all cases are
// right, 1 when one is not, 4 to 6 as hotgate itself.
#include "support/output_file.h"

#include <CLI/CLI.hpp>
#include <cerrno>
#include <chrono>
#include <cmath>
#include <cstring>
#include <fcntl.h>
#include <iostream>
#include <nlohmann/json.hpp>
#include <set>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <yaml-cpp/yaml.h>

namespace {

namespace fs = std::filesystem;
using namespace hotgate;

struct Expected {
  std::string verdict;
  bool staticallyBlocked = false;
  std::set<std::string> rules;
  std::optional<double> bytesPerRequest;
  double tolerance = 0;
};

struct Outcome {
  std::string verdict;
  int exitCode = 0;
  std::set<std::string> rules; // of findings that are more than notes
  std::string why;             // message of the first finding
  bool ranLab = false;
  std::optional<double> bytesPerRequest;
  double seconds = 0;
};

Result<Expected> readExpected(const fs::path &path) {
  try {
    const YAML::Node file = YAML::LoadFile(path.string());
    Expected expected;
    expected.verdict = file["verdict"].as<std::string>();
    expected.staticallyBlocked = file["statically_blocked"].as<bool>();
    for (const YAML::Node &rule : file["rules"])
      expected.rules.insert(rule.as<std::string>());
    if (file["bytes_per_request"]) {
      expected.bytesPerRequest = file["bytes_per_request"].as<double>();
      expected.tolerance = file["tolerance"].as<double>();
    }
    return expected;
  } catch (const YAML::Exception &error) {
    return failInput(path.string(), "", error.what(), "see corpus/incidents/dhcp/README.md");
  }
}

Result<int> runHotgate(const fs::path &hotgate, const fs::path &kb, const fs::path &out) {
  // The text report goes into the case's folder; progress stays on our stderr.
  const std::string report = (out / "report.txt").string();
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 1, report.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0644);
  std::vector<std::string> words{hotgate.string(), "gate", kb.string(), "--out", out.string()};
  std::vector<char *> arguments;
  arguments.reserve(words.size() + 1);
  for (std::string &word : words)
    arguments.push_back(word.data());
  arguments.push_back(nullptr);
  pid_t child = 0;
  const int error = posix_spawn(&child, hotgate.c_str(), &actions, nullptr, arguments.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    return failInput(hotgate.string(), "", std::strerror(error), "build Hotgate first");
  int status = 0;
  if (::waitpid(child, &status, 0) != child)
    return failFault(hotgate.string(), "", std::strerror(errno));
  return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

Result<Outcome> readOutcome(const fs::path &out, int exitCode) {
  Outcome outcome;
  outcome.exitCode = exitCode;
  HOTGATE_TRY(const std::string verdictText, readFile(out / "verdict.json"));
  HOTGATE_TRY(const std::string timingsText, readFile(out / "timings.json"));
  const auto verdict = nlohmann::json::parse(verdictText, nullptr, false);
  const auto timings = nlohmann::json::parse(timingsText, nullptr, false);
  if (!verdict.is_object() || !timings.is_object())
    return failInput(out.string(), "verdict.json", "is not JSON", "run hotgate gate again");
  outcome.verdict = verdict.value("verdict", "");
  for (const auto &[step, milliseconds] : timings.items())
    outcome.ranLab = outcome.ranLab || step.starts_with("lab");
  for (const auto &finding : verdict.value("findings", nlohmann::json::array())) {
    const std::string rule = finding.value("rule", "");
    if (finding.value("severity", "") == "note")
      continue;
    outcome.rules.insert(rule);
    if (outcome.why.empty())
      outcome.why = finding.value("message", "");
    if (rule == "HG602")
      outcome.bytesPerRequest = finding["evidence"].value("bytes_per_transaction", 0.0);
  }
  if (outcome.why.empty() && outcome.verdict != "approve" && !verdict["not_evaluated"].empty())
    outcome.why = verdict["not_evaluated"][0].value("reason", "");
  return outcome;
}

std::vector<std::string> wrongs(const Expected &expected, const Outcome &outcome) {
  const std::map<std::string, int> exitCodes{{"approve", 0}, {"review", 1}, {"block", 2}, {"incomplete", 3}};
  std::vector<std::string> result;
  if (outcome.verdict != expected.verdict)
    result.push_back(fmt::format("verdict {} instead of {}", outcome.verdict, expected.verdict));
  else if (outcome.exitCode != exitCodes.at(expected.verdict))
    result.push_back(fmt::format("exit code {}", outcome.exitCode));
  if (outcome.rules != expected.rules)
    result.push_back(
        fmt::format("findings [{}] instead of [{}]", fmt::join(outcome.rules, " "), fmt::join(expected.rules, " ")));
  if (outcome.ranLab == expected.staticallyBlocked)
    result.push_back(outcome.ranLab ? "the lab ran although the static half blocks" : "the lab did not run");
  if (expected.bytesPerRequest) {
    const double truth = *expected.bytesPerRequest;
    const double seen = outcome.bytesPerRequest.value_or(0);
    if (std::abs(seen - truth) > expected.tolerance * truth)
      result.push_back(fmt::format("{:.0f} bytes per request instead of {:.0f}", seen, truth));
  }
  return result;
}

// The text in lines of at most `width`, at most two, each behind the table's first column.
std::string firstLines(const std::string &text, size_t width) {
  constexpr std::string_view indent = "                 ";
  std::string result;
  size_t at = 0;
  for (int line = 0; line < 2 && at < text.size(); ++line) {
    size_t end = text.size();
    if (end - at > width)
      end = text.rfind(' ', at + width - 4);
    if (end <= at || end == std::string::npos)
      end = std::min(text.size(), at + width);
    const bool cut = line == 1 && end < text.size();
    result += fmt::format("{}{}{}\n", indent, text.substr(at, end - at), cut ? " ..." : "");
    at = end + 1;
  }
  return result;
}

// True when the case came out right.
Result<bool> gateCase(const fs::path &hotgate, const fs::path &folder, const fs::path &out) {
  std::error_code error;
  fs::create_directories(out, error);
  HOTGATE_TRY(const Expected expected, readExpected(folder / "expected.yaml"));
  const auto begin = std::chrono::steady_clock::now();
  HOTGATE_TRY(const int exitCode, runHotgate(hotgate, folder / "KB.yaml", out));
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  if (exitCode >= 4) {
    fmt::print("{:<16} {:<8} {:<10} exit code {}: the message is above\n", folder.filename().string(), expected.verdict,
               "none", exitCode);
    return false;
  }
  HOTGATE_TRY(const Outcome outcome, readOutcome(out, exitCode));
  const std::vector<std::string> wrong = wrongs(expected, outcome);
  fmt::print("{:<16} {:<8} {:<10} {:>5.1f} s  {}\n", folder.filename().string(), expected.verdict, outcome.verdict,
             taken.count(), fmt::join(outcome.rules, " "));
  if (!outcome.why.empty())
    fmt::print("{}", firstLines(outcome.why, 63));
  for (const std::string &text : wrong)
    fmt::print("                 WRONG: {}\n", text);
  return wrong.empty();
}

Result<std::vector<fs::path>> casesOf(const fs::path &folder, const std::vector<std::string> &chosen) {
  std::vector<fs::path> cases;
  std::error_code error;
  for (const auto &entry : fs::directory_iterator(folder, error))
    if (fs::exists(entry.path() / "expected.yaml") &&
        (chosen.empty() || std::find(chosen.begin(), chosen.end(), entry.path().filename()) != chosen.end()))
      cases.push_back(entry.path());
  std::sort(cases.begin(), cases.end());
  if (cases.empty() || (!chosen.empty() && cases.size() != chosen.size()))
    return failUsage(folder.string(), "", "has no such case", "name folders that hold KB.yaml and expected.yaml");
  return cases;
}

Result<bool> gateAll(const fs::path &hotgate, const fs::path &folder, const fs::path &out,
                     const std::vector<std::string> &chosen) {
  HOTGATE_TRY(const std::vector<fs::path> cases, casesOf(folder, chosen));
  fmt::print("{:<16} {:<8} {:<10} {:>7}  {}\n", "case", "expected", "verdict", "time", "findings");
  size_t right = 0;
  for (const fs::path &single : cases) {
    HOTGATE_TRY(const bool isRight, gateCase(hotgate, single, out / single.filename()));
    std::fflush(stdout);
    right += isRight ? 1 : 0;
  }
  fmt::print("\n{} of {} cases as expected; reports in {}\n", right, cases.size(), out.string());
  return right == cases.size();
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("Gates the cases of a corpus folder and compares them with their ground truth.", "gate_cases");
  fs::path hotgate;
  fs::path folder;
  fs::path out;
  std::vector<std::string> chosen;
  app.add_option("--hotgate", hotgate, "The program")->required();
  app.add_option("--cases", folder, "Folder of cases")->required();
  app.add_option("--out", out, "Folder for the results, one a case")->required();
  app.add_option("CASE", chosen, "Only these");
  CLI11_PARSE(app, argc, argv);
  const Result<bool> right = gateAll(hotgate, folder, out, chosen);
  if (!right) {
    std::cerr << "gate_cases: error: " << right.error().message() << '\n';
    return right.error().kind == ErrorKind::usage ? 4 : right.error().kind == ErrorKind::input ? 5 : 6;
  }
  return *right ? 0 : 1;
}
