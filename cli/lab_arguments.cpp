#include "cli/lab_arguments.h"

#include "cli/lab_image_command.h"
#include "cli/lab_jobs_command.h"
#include "cli/lab_role_command.h"
#include "cli/lab_shell_command.h"
#include "harness/jobs/guest_count.h"

#include <CLI/CLI.hpp>

namespace hotgate::cli {
namespace {

void addLabRun(CLI::App &lab, Command &chosen, const bool &quiet) {
  auto options = std::make_shared<LabRunOptions>();
  options->gate.parts = GateOptions::Parts::dynamicHalf;
  CLI::App *command = lab.add_subcommand("run", "Run the lab even when the static half would block");
  command->add_option("FILE", options->gate.kb, "KB.yaml, or LAB.yaml with many of them as jobs")->required();
  command->add_option("--out", options->gate.out, "Folder for the results; jobs that are done in it stay done")
      ->required();
  command->add_option("--guests", options->guests, "Guests at once, for LAB.yaml; default: by free memory and cores")
      ->check(CLI::Range(1, harness::mostGuests));
  addRulesFolder(*command, options->gate);
  addProvider(*command, options->gate);
  addQuarantine(*command, options->gate);
  addBudget(*command, options->gate.budget);
  command->add_option("--keep", options->keep, "Failing guests to keep, at most; default: 8")
      ->check(CLI::Range(0, 1000));
  command->add_flag("--keep-dump", options->gate.keepMemoryDump, "Keep a dump of their memory, too");
  command->callback([&chosen, &quiet, options] {
    options->quiet = quiet;
    chosen = [options] { return labRunCommand(*options); };
  });
}

// Started by `lab run LAB.yaml`, never by people.
void addLabJob(CLI::App &lab, Command &chosen) {
  auto options = std::make_shared<LabJobOptions>();
  options->gate.parts = GateOptions::Parts::dynamicHalf;
  CLI::App *command = lab.add_subcommand("job", "One attempt of one job");
  command->group(""); // not in the help
  command->add_option("KB", options->gate.kb)->required();
  command->add_option("--folder", options->folder)->required();
  command->add_option("--role", options->gate.onlyRole)->required();
  command->add_option("--attempt", options->attempt)->required();
  command->add_option("--input", options->input)->required();
  command->add_option("--reports", options->reports)->required();
  command->add_flag("--keep", options->gate.keepGuest);
  command->add_flag("--keep-dump", options->gate.keepMemoryDump);
  addRulesFolder(*command, options->gate);
  addProvider(*command, options->gate);
  addQuarantine(*command, options->gate);
  addBudget(*command, options->gate.budget);
  command->callback([&chosen, options] { chosen = [options] { return labJobCommand(*options); }; });
}

// `lab run --role NAME` in place of a KB: the role's own server. `lab` asks after its command `run` has chosen the KB.
void addLabRole(CLI::App &lab, Command &chosen) {
  auto options = std::make_shared<LabRoleOptions>();
  CLI::App *run = lab.get_subcommand("run");
  CLI::Option *role = run->add_option("--role", options->role,
                                      "In place of a KB: run this role's own server, sound and broken on purpose, and "
                                      "say whether the lab tells");
  CLI::Option *file = run->get_options([](const CLI::Option *option) { return option->get_positional(); }).front();
  file->required(false)->excludes(role);
  lab.callback([&chosen, run, options, role, file] {
    if (run->parsed() && role->empty() && file->empty())
      throw CLI::RequiredError(file->get_name(true) + " or --role");
    if (role->empty())
      return;
    options->out = run->get_option("--out")->as<std::string>();
    if (const CLI::Option *rules = run->get_option("--rules"); !rules->empty())
      options->rules = rules->as<std::string>();
    chosen = [options] { return labRoleCommand(*options); };
  });
}

void addLabImage(CLI::App &lab, Command &chosen) {
  auto options = std::make_shared<LabImageOptions>();
  CLI::App *image = lab.add_subcommand("image", "The guests' images and saved states in the cache");
  image->require_subcommand(1);
  CLI::App *build = image->add_subcommand("build", "Build the base image, and the servers of roles over it");
  build->add_option("ROLE", options->roles, "Roles whose servers are installed; default: none");
  build->callback([&chosen, options] { chosen = [options] { return done(labImageBuild(*options)); }; });
  image->add_subcommand("list", "What is there, how large, when used last")->callback([&chosen] {
    chosen = [] { return done(labImageList()); };
  });
  CLI::App *prune = image->add_subcommand("prune", "Remove what was not used for some days");
  CLI::Option *days = prune->add_option("--days", options->days, "Days; default: 14")->check(CLI::Range(0, 36500));
  prune->add_flag("--all", options->all, "Everything")->excludes(days);
  prune->callback([&chosen, options] { chosen = [options] { return done(labImagePrune(*options)); }; });
}

void addLabShell(CLI::App &lab, Command &chosen) {
  auto guest = std::make_shared<std::filesystem::path>();
  CLI::App *command = lab.add_subcommand("shell", "A console into a guest that a failing run kept");
  command->add_option("GUEST", *guest, "Its folder: DIR/jobs/NAME/attempt-N/guest-ROLE")->required();
  command->callback([&chosen, guest] { chosen = [guest] { return labShellCommand(*guest); }; });
}

} // namespace

void addLab(CLI::App &app, Command &chosen, const bool &quiet) {
  CLI::App *command = app.add_subcommand("lab", "The dynamic half");
  command->require_subcommand(1);
  addLabRun(*command, chosen, quiet);
  addLabRole(*command, chosen);
  addLabJob(*command, chosen);
  addLabImage(*command, chosen);
  addLabShell(*command, chosen);
}

} // namespace hotgate::cli
