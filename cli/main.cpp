// hotgate: the command line. One command a file; this one and the *_arguments files only know their words, and a result
// becomes an exit code.
#include "cli/diff_command.h"
#include "cli/exit_code.h"
#include "cli/explain_command.h"
#include "cli/gate_arguments.h"
#include "cli/inspect_command.h"
#include "cli/lab_arguments.h"
#include "cli/report_command.h"
#include "cli/rules_command.h"
#include "support/log.h"

#include <CLI/CLI.hpp>
#include <iostream>
#include <map>
#include <tbb/global_control.h>
#include <thread>

namespace {

using namespace hotgate;
using namespace hotgate::cli;

template <class Format> using Formats = std::map<std::string, Format>;

void addDiff(CLI::App &app, Command &chosen) {
  auto options = std::make_shared<DiffOptions>();
  CLI::App *command = app.add_subcommand(
      "diff", "Compare two images: functions, data, types, and every byte; or two folders or packages, image by image");
  command->add_option("PRE", options->pre, "The image, folder or package (.msu, .cab) before the patch")->required();
  command->add_option("POST", options->post, "The one after it")->required();
  command->add_option("--pre-pdb", options->prePdb, "PDB of PRE; else the one beside it");
  command->add_option("--post-pdb", options->postPdb, "PDB of POST; else the one beside it");
  command->add_option("--symbols", options->symbols, "Folder with PDBs or symbol store, besides the images' own");
  command->add_flag("--no-symbols", options->noSymbols, "Use no names but exports");
  command->add_flag("--all", options->all, "List everything: identical functions too, and lists uncut");
  command->add_option("--format", options->format, "text or json")
      ->transform(CLI::CheckedTransformer(
          Formats<DiffOptions::Format>{{"text", DiffOptions::Format::text}, {"json", DiffOptions::Format::json}}));
  command->add_option("--out", options->out, "Write to this file");
  addBudget(*command, options->budget);
  command->callback([&chosen, options] { chosen = [options] { return diffCommand(*options); }; });
}

void addExplain(CLI::App &app, Command &chosen) {
  auto options = std::make_shared<ExplainOptions>();
  CLI::App *command = app.add_subcommand("explain", "One function of two images: its pairing, and why it changed");
  command->add_option("PRE", options->pre, "The image before the patch")->required();
  command->add_option("POST", options->post, "The image after it")->required();
  command->add_option("FUNCTION", options->function, "A name, an RVA (0x1400), or an RVA of one side (pre:0x1400)")
      ->required();
  command->add_option("--pre-pdb", options->prePdb, "PDB of PRE; else the one beside it");
  command->add_option("--post-pdb", options->postPdb, "PDB of POST; else the one beside it");
  command->add_option("--symbols", options->symbols, "Folder with PDBs or symbol store, besides the images' own");
  command->add_flag("--no-symbols", options->noSymbols, "Use no names but exports");
  command->add_flag("--all", options->all, "Show long runs of equal instructions too");
  command->add_option("--out", options->out, "Write to this file");
  addBudget(*command, options->budget);
  command->callback([&chosen, options] { chosen = [options] { return done(explainCommand(*options)); }; });
}

void addInspect(CLI::App &app, Command &chosen) {
  auto options = std::make_shared<InspectOptions>();
  CLI::App *command = app.add_subcommand("inspect", "Show headers, load configuration, functions, hotpatch table");
  command->add_option("IMAGE", options->image, "A PE image")->required();
  command->add_option("--format", options->format, "text or json")
      ->transform(CLI::CheckedTransformer(Formats<InspectOptions::Format>{{"text", InspectOptions::Format::text},
                                                                          {"json", InspectOptions::Format::json}}));
  command->add_option("--out", options->out, "Write to this file");
  command->add_option("--base", options->base, "Audit the hotpatch table against this base image");
  command->add_option("--symbols", options->symbols, "Folder with PDBs or symbol store, besides the images' own");
  command->add_flag("--list", options->verbose, "List functions, exports and imports one by one");
  command->callback([&chosen, options] { chosen = [options] { return done(inspectCommand(*options)); }; });
}

void addRules(CLI::App &app, Command &chosen) {
  auto options = std::make_shared<RulesOptions>();
  CLI::App *command = app.add_subcommand("rules", "Show the rule catalogue");
  command->require_subcommand(1);
  command->add_option("--rules", options->rules, "Folder with rules; default: the installed catalogue");
  const auto run = [&chosen, options] { chosen = [options] { return done(rulesCommand(*options)); }; };
  command->add_subcommand("list", "One line a rule")->callback(run);
  CLI::App *show = command->add_subcommand("show", "All of one rule");
  show->add_option("ID", options->show, "HGnnn")->required();
  show->callback(run);
}

void addReport(CLI::App &app, Command &chosen) {
  using Format = ReportOptions::Format;
  auto options = std::make_shared<ReportOptions>();
  CLI::App *command = app.add_subcommand("report", "Show the result of an earlier run in another format");
  command->add_option("DIR", options->folder, "The folder that gate or check wrote")->required();
  command->add_option("--format", options->format, "html, sarif, junit, json or text")
      ->transform(CLI::CheckedTransformer(Formats<Format>{{"html", Format::html},
                                                          {"json", Format::json},
                                                          {"junit", Format::junit},
                                                          {"sarif", Format::sarif},
                                                          {"text", Format::text}}));
  command->add_option("--rules", options->rules, "Folder with rules; default: the installed catalogue");
  command->add_option("--out", options->out, "Write to this file");
  command->callback([&chosen, options] { chosen = [options] { return done(reportCommand(*options)); }; });
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
  addGate(app, chosen);
  addCheck(app, chosen);
  addLab(app, chosen, quiet);
  addDiff(app, chosen);
  addExplain(app, chosen);
  addInspect(app, chosen);
  addRules(app, chosen);
  addReport(app, chosen);
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
