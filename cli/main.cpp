// hotgate: the command line. One command a file; this one only knows their words and turns a result into an exit code.
#include "cli/diff_command.h"
#include "cli/exit_code.h"
#include "cli/inspect_command.h"
#include "support/log.h"

#include <CLI/CLI.hpp>
#include <functional>
#include <iostream>
#include <map>
#include <tbb/global_control.h>
#include <thread>

namespace {

using namespace hotgate;
using namespace hotgate::cli;

using Command = std::function<Result<ExitCode>()>;

Result<ExitCode> done(const Result<> &result) {
  HOTGATE_CHECK(result);
  return ExitCode::approve;
}

const std::map<std::string, DiffOptions::Format> diffFormats{{"text", DiffOptions::Format::text},
                                                             {"json", DiffOptions::Format::json}};
const std::map<std::string, InspectOptions::Format> inspectFormats{{"text", InspectOptions::Format::text},
                                                                   {"json", InspectOptions::Format::json}};

void addDiff(CLI::App &app, Command &chosen) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App *command = app.add_subcommand("diff", "Compare two images: functions, data, types, and every byte");
  command->add_option("PRE", options->pre, "The image before the patch")->required();
  command->add_option("POST", options->post, "The image after it")->required();
  command->add_option("--pre-pdb", options->prePdb, "PDB of PRE; else the one beside it");
  command->add_option("--post-pdb", options->postPdb, "PDB of POST; else the one beside it");
  command->add_flag("--no-symbols", options->noSymbols, "Use no names but exports");
  command->add_flag("--all", options->all, "List identical functions too");
  command->add_option("--format", options->format, "text or json")->transform(CLI::CheckedTransformer(diffFormats));
  command->add_option("--out", options->out, "Write to this file");
  command->callback([&chosen, options] { chosen = [options] { return done(diffCommand(*options)); }; });
}

void addInspect(CLI::App &app, Command &chosen) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App *command = app.add_subcommand("inspect", "Show headers, load configuration, functions, hotpatch table");
  command->add_option("IMAGE", options->image, "A PE image")->required();
  command->add_option("--format", options->format, "text or json")->transform(CLI::CheckedTransformer(inspectFormats));
  command->add_option("--out", options->out, "Write to this file");
  command->add_flag("--list", options->verbose, "List functions, exports and imports one by one");
  command->callback([&chosen, options] { chosen = [options] { return done(inspectCommand(*options)); }; });
}

int exitWith(const Result<ExitCode> &result) {
  log::endProgress();
  if (result)
    return static_cast<int>(*result);
  std::cerr << "hotgate: error: " << result.error().message() << '\n';
  return static_cast<int>(exitCodeOf(result.error().kind));
}

} // namespace

int main(int argc, char **argv) {
  CLI::App app("The gate that a Windows server hotpatch passes before its KB is approved.", "hotgate");
  app.require_subcommand(1);
  app.fallthrough();
  bool quiet = false;
  bool verbose = false;
  unsigned jobs = std::max(1U, std::thread::hardware_concurrency());
  app.add_flag("--quiet", quiet, "Say nothing while working");
  app.add_flag("--verbose", verbose, "Say more while working");
  app.add_option("--jobs", jobs, "Threads to use; default: all cores")->check(CLI::Range(1U, 1024U));
  Command chosen;
  addDiff(app, chosen);
  addInspect(app, chosen);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success &help) {
    return app.exit(help);
  } catch (const CLI::ParseError &error) {
    app.exit(error);
    return static_cast<int>(ExitCode::badUsage);
  }
  log::configure(quiet ? log::Level::quiet : verbose ? log::Level::verbose : log::Level::normal);
  const tbb::global_control threads(tbb::global_control::max_allowed_parallelism, jobs);
  return exitWith(chosen());
}
