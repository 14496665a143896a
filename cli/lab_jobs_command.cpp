#include "cli/lab_jobs_command.h"

#include "cli/installation.h"
#include "cli/job_input.h"
#include "cli/kb_file.h"
#include "harness/jobs/guest_count.h"
#include "harness/jobs/job_folder.h"
#include "harness/jobs/job_summary.h"
#include "harness/jobs/lab_file.h"
#include "harness/lab/lab.h"
#include "support/log.h"
#include "support/mapped_file.h"
#include "support/output_file.h"
#include "support/sha256.h"

#include <algorithm>
#include <array>
#include <cstdio>
#include <set>
#include <thread>
#include <unistd.h>

namespace hotgate::cli {

namespace {

namespace fs = std::filesystem;
using harness::Job;
using harness::JobOutcome;

constexpr std::chrono::seconds harnessEndingTime{2};

// The jobs of a LAB.yaml, and what they need of this host.
struct Plan {
  std::vector<Job> jobs;
  std::chrono::seconds timeLimit{};
  int largestGuestMiB = 0;
};

class Planner {
public:
  Planner(const LabRunOptions &options, Installation installation)
      : options_(options), installation_(std::move(installation)) {}

  Result<Plan> plan() {
    HOTGATE_TRY(const harness::LabFile lab, harness::readLabFile(options_.gate.kb));
    plan_.timeLimit = lab.timeLimit;
    HOTGATE_TRY(quarantineHash_, quarantineHash());
    HOTGATE_TRY(installationHash_, installationHash(installation_, options_.gate.rules.value_or(installation_.rules)));
    for (const harness::LabFileEntry &entry : lab.entries)
      HOTGATE_CHECK(add(entry));
    return std::move(plan_);
  }

private:
  Result<> add(const harness::LabFileEntry &entry) {
    HOTGATE_TRY(const KbFile kb, readKbFile(entry.kb));
    if (!kb.lab)
      return failUsage(entry.kb.string(), "key 'lab'", "is missing, so that there is nothing to run",
                       "name the KB's lab.yaml");
    HOTGATE_TRY(const harness::LabConfig config,
                harness::readLabConfig(*kb.lab, options_.gate.provider ? options_.gate.provider : entry.provider));
    HOTGATE_CHECK(harness::checkLabHost(config.provider, config.machine));
    plan_.largestGuestMiB = std::max(plan_.largestGuestMiB, config.memoryMiB);
    const std::vector<std::string> &roles = entry.roles.empty() ? kb.roles : entry.roles;
    if (roles.empty())
      return failUsage(options_.gate.kb.string(), fmt::format("job '{}'", entry.name),
                       "has no roles, and its KB neither", "add 'roles: [dhcp]' to the job or to KB.yaml");
    HOTGATE_TRY(std::string content, kbHash(entry.kb, kb));
    if (config.machine.windows && !config.machine.windows->package.empty()) {
      HOTGATE_TRY(const MappedFile package, MappedFile::open(config.machine.windows->package));
      content += sha256Hex(package.bytes());
    }
    for (const std::string &role : roles)
      for (int repetition = 1; repetition <= entry.repetitions; ++repetition)
        HOTGATE_CHECK(addJob(entry, kb, role, config, repetition, content));
    return {};
  }

  Result<> addJob(const harness::LabFileEntry &entry, const KbFile &kb, const std::string &role,
                  const harness::LabConfig &config, int repetition, const std::string &content) {
    const std::string provider(harness::providerName(config.provider));
    std::error_code error;
    // It becomes part of a folder's name, and must be one of ours anyway.
    if (role.find('/') != std::string::npos || !fs::exists(installation_.roles / (role + ".yaml"), error))
      return failUsage(options_.gate.kb.string(), fmt::format("job '{}'", entry.name),
                       fmt::format("there is no role '{}'", role), "see the roles in share/hotgate/roles");
    Job job{.name = fmt::format("{}-{}-{}-{}", entry.name, role, provider, repetition),
            .kb = entry.kb,
            .kbName = kb.kb,
            .role = role,
            .provider = provider,
            .machine = config.machine.name(),
            .repetition = repetition,
            .input = {}};
    if (!names_.insert(job.name).second)
      return failUsage(options_.gate.kb.string(), fmt::format("job '{}'", job.name), "is there twice",
                       "give one of the two another 'name', or use 'repetitions'");
    job.input = sha256Hex(std::string_view(fmt::format("{}\n{}\n{}\n{}\n{}\n{}\n{}\n", installationHash_, content,
                                                       job.role, job.provider, repetition, budget(), quarantineHash_)));
    plan_.jobs.push_back(std::move(job));
    return {};
  }

  // An entry that expired is an error before any job starts.
  [[nodiscard]] Result<std::string> quarantineHash() const {
    if (!options_.gate.quarantine)
      return std::string();
    HOTGATE_CHECK(harness::readQuarantine(*options_.gate.quarantine, harness::todayUtc()));
    HOTGATE_TRY(const std::string text, readFile(*options_.gate.quarantine));
    return sha256Hex(std::string_view(text));
  }

  [[nodiscard]] std::string budget() const {
    const BudgetLimits &limits = options_.gate.budget;
    return fmt::format("{} {}", limits.time.count(), limits.memory);
  }

  const LabRunOptions &options_;
  Installation installation_;
  std::string installationHash_;
  std::string quarantineHash_;
  std::set<std::string> names_;
  Plan plan_;
};

// A kept guest takes some hundred MiB: a batch of failing jobs must not fill the disk.
int keptGuests(const fs::path &folder) {
  int count = 0;
  std::error_code error;
  for (fs::recursive_directory_iterator each(folder, error), end; !error && each != end; each.increment(error))
    count += each->path().filename() == "guest.json" ? 1 : 0;
  return count;
}

std::vector<std::string> attemptCommand(const LabRunOptions &options, const fs::path &folder, int threads,
                                        const Job &job, size_t attempt, int reports) {
  std::vector<std::string> command{"/proc/self/exe",
                                   "--quiet",
                                   "--jobs",
                                   std::to_string(threads),
                                   "lab",
                                   "job",
                                   job.kb.string(),
                                   "--folder",
                                   (folder / job.name).string(),
                                   "--role",
                                   job.role,
                                   "--provider",
                                   job.provider,
                                   "--attempt",
                                   std::to_string(attempt),
                                   "--input",
                                   job.input,
                                   "--reports",
                                   std::to_string(reports)};
  const auto add = [&](const char *option, const std::string &value) {
    command.insert(command.end(), {option, value});
  };
  if (options.gate.rules)
    add("--rules", fs::absolute(*options.gate.rules).string());
  if (options.gate.quarantine)
    add("--quarantine", fs::absolute(*options.gate.quarantine).string());
  if (keptGuests(folder) < options.keep)
    command.emplace_back("--keep");
  if (options.gate.keepMemoryDump)
    command.emplace_back("--keep-dump");
  add("--budget", fmt::format("{}", static_cast<double>(options.gate.budget.time.count()) / 1000));
  add("--memory-budget", std::to_string(options.gate.budget.memory >> 20U));
  return command;
}

harness::ProgressBoard makeBoard(bool quiet) {
  using Kind = harness::ProgressBoard::Kind;
  const Kind kind = quiet ? Kind::quiet : isatty(STDERR_FILENO) == 1 ? Kind::terminal : Kind::plain;
  return {kind, [](std::string_view text) {
            std::fwrite(text.data(), 1, text.size(), stderr);
            std::fflush(stderr);
          }};
}

// block, incomplete, review, approve.
int rank(std::string_view verdict) {
  constexpr std::array<std::string_view, 4> order{"approve", "review", "incomplete", "block"};
  return static_cast<int>(std::ranges::find(order, verdict) - order.begin());
}

ExitCode worstOf(const std::vector<JobOutcome> &outcomes) {
  for (const JobOutcome &outcome : outcomes)
    if (outcome.attempts.back().end == harness::AttemptEnd::refused)
      return static_cast<ExitCode>(outcome.attempts.back().exitCode);
  const auto worst = std::ranges::max_element(
      outcomes, {}, [](const JobOutcome &outcome) { return rank(verdictOf(outcome.attempts)); });
  return exitCodeOf(rules::verdictKindOf(verdictOf(worst->attempts)).value_or(rules::VerdictKind::incomplete));
}

Result<ExitCode> runJobs(const LabRunOptions &options) {
  HOTGATE_TRY(const Installation installation, findInstallation());
  HOTGATE_TRY(const Plan plan, Planner(options, installation).plan());
  const fs::path folder = options.gate.out / "jobs";
  std::error_code error;
  fs::create_directories(folder, error);
  if (error)
    return failInput(folder.string(), "", fmt::format("cannot be made: {}", error.message()),
                     "give a folder that you can write to");
  HOTGATE_TRY(const harness::FileDescriptor lock,
              harness::lockFile(options.gate.out / "lock", harness::after(harnessEndingTime)));
  const harness::HostRoom room = harness::HostRoom::now();
  const int guests = std::min<int>(guestsAtOnce(room, harness::guestCostMiB(plan.largestGuestMiB), options.guests),
                                   static_cast<int>(plan.jobs.size()));
  if (options.guests && *options.guests > guests && static_cast<size_t>(guests) < plan.jobs.size())
    log::warning(fmt::format("{} guests at once instead of {}: {} MiB of memory are free", guests, *options.guests,
                             room.freeMiB));
  const int threads = std::max(1, room.cores / guests);
  harness::ProgressBoard board = makeBoard(options.quiet);
  harness::JobScheduler scheduler(
      {.folder = folder,
       .guests = guests,
       .timeLimit = plan.timeLimit,
       .command = [&](const Job &job, size_t attempt,
                      int reports) { return attemptCommand(options, folder, threads, job, attempt, reports); }},
      board);
  HOTGATE_TRY(const std::vector<JobOutcome> outcomes, scheduler.run(plan.jobs));
  HOTGATE_CHECK(writeFile(options.gate.out / "timings.json", timingsJson(outcomes)));
  HOTGATE_CHECK(writeFileDurably(options.gate.out / "summary.json", summaryJson(outcomes)));
  HOTGATE_CHECK(writeFile(options.gate.out / "summary.txt", summaryText(outcomes)));
  HOTGATE_CHECK(writeStandardOutput(summaryText(outcomes)));
  return worstOf(outcomes);
}

} // namespace

Result<ExitCode> labRunCommand(const LabRunOptions &options) {
  HOTGATE_TRY(const bool isMany, harness::isLabFile(options.gate.kb));
  if (isMany)
    return runJobs(options);
  GateOptions gate = options.gate;
  gate.keepGuest = options.keep > 0;
  return gateCommand(gate);
}

} // namespace hotgate::cli
