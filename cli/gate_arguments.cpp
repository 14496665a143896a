#include "cli/gate_arguments.h"

#include <CLI/CLI.hpp>

namespace hotgate::cli {

Result<ExitCode> done(const Result<> &result) {
  HOTGATE_CHECK(result);
  return ExitCode::approve;
}

void addBudget(CLI::App &command, BudgetLimits &limits) {
  command
      .add_option_function<double>(
          "--budget",
          [&limits](double seconds) {
            limits.time = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::duration<double>(seconds));
          },
          "Seconds that a pair of images may take; default: 300")
      ->check(CLI::Range(0.001, 1e6));
  command
      .add_option_function<uint64_t>(
          "--memory-budget", [&limits](uint64_t mebibytes) { limits.memory = mebibytes << 20; },
          "MiB that it may take; default: 4096")
      ->check(CLI::Range(uint64_t{1}, uint64_t{1} << 40));
}

void addProvider(CLI::App &command, GateOptions &options) {
  std::map<std::string, harness::Provider> providers;
  for (const harness::Provider provider : harness::allProviders)
    providers[std::string(harness::providerName(provider))] = provider;
  command
      .add_option("--provider", options.provider,
                  "Where the lab runs: qemu, wine-host, ssh or libvirt; default: lab.yaml's, which also says which "
                  "machine ssh and libvirt reach")
      ->transform(CLI::CheckedTransformer(providers));
}

void addQuarantine(CLI::App &command, GateOptions &options) {
  command.add_option("--quarantine", options.quarantine, "List of flaky exchanges that are not judged for some days");
}

void addRulesFolder(CLI::App &command, GateOptions &options) {
  command.add_option("--rules", options.rules, "Folder with rules; default: the installed catalogue");
}

namespace {

void addParts(CLI::App &parent, Command &chosen, const char *name, const char *help, GateOptions::Parts parts) {
  auto options = std::make_shared<GateOptions>();
  options->parts = parts;
  CLI::App *command = parent.add_subcommand(name, help);
  command->add_option("KB", options->kb, "KB.yaml")->required();
  command->add_option("--out", options->out, "Folder for verdict, report and facts")->required();
  addRulesFolder(*command, *options);
  if (parts != GateOptions::Parts::staticHalf) {
    addProvider(*command, *options);
    addQuarantine(*command, *options);
  }
  addBudget(*command, options->budget);
  command->callback([&chosen, options] { chosen = [options] { return gateCommand(*options); }; });
}

} // namespace

void addGate(CLI::App &parent, Command &chosen) {
  addParts(parent, chosen, "gate", "The whole way: analyze, rules, lab, verdict, reports", GateOptions::Parts::whole);
}

void addCheck(CLI::App &parent, Command &chosen) {
  addParts(parent, chosen, "check", "The static half: analyze, rules, verdict, reports",
           GateOptions::Parts::staticHalf);
}

} // namespace hotgate::cli
