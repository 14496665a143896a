#include "cli/lab_jobs_command.h"

#include "analyzer/facts/database.h"
#include "cli/result_folder.h"
#include "harness/jobs/job_folder.h"

#include <sys/socket.h>

namespace hotgate::cli {

namespace {

using harness::Attempt;
using harness::AttemptEnd;

constexpr std::chrono::seconds lockTime{60}; // for a process of a killed harness to end

std::string_view verdictWord(ExitCode code) {
  switch (code) {
  case ExitCode::approve:
    return rules::toString(rules::VerdictKind::approve);
  case ExitCode::review:
    return rules::toString(rules::VerdictKind::review);
  case ExitCode::block:
    return rules::toString(rules::VerdictKind::block);
  default:
    return rules::toString(rules::VerdictKind::incomplete);
  }
}

// The reason of a lab fault, from the facts of the attempt; nullopt when the lab did its part.
Result<std::optional<std::string>> labFault(const std::filesystem::path &folder) {
  HOTGATE_TRY(auto facts, facts::Database::open(folder / factsFileName));
  HOTGATE_TRY(auto rows, facts.prepare("SELECT COALESCE((SELECT s.text FROM lab_step s WHERE s.run_id = r.run_id AND "
                                       "s.outcome = 'lab-fault'), 'the run was interrupted') "
                                       "FROM lab_run r WHERE r.outcome <> 'completed' ORDER BY r.run_id"));
  HOTGATE_TRY(const bool isFault, rows.step());
  return isFault ? std::optional(rows.text(0)) : std::nullopt;
}

// The folder of the guest that was kept, below the job's; "" when none was.
std::string keptGuest(const std::filesystem::path &folder, const std::string &role) {
  const std::filesystem::path kept = folder / ("guest-" + role);
  std::error_code error;
  return std::filesystem::exists(kept / "guest.json", error) ? (folder.filename() / kept.filename()).string() : "";
}

Result<Attempt> judged(ExitCode code, const std::filesystem::path &folder, const std::string &role) {
  HOTGATE_TRY(const auto fault, labFault(folder));
  return Attempt{fault ? AttemptEnd::labFault : AttemptEnd::judged, std::string(verdictWord(code)), fault.value_or(""),
                 0, keptGuest(folder, role)};
}

// The line is lost when nobody reads: the harness ended, and so will this process.
void say(int descriptor, std::string_view text) {
  const std::string line = std::string(text) + '\n';
  (void)send(descriptor, line.data(), line.size(), MSG_NOSIGNAL);
}

} // namespace

Result<ExitCode> labJobCommand(const LabJobOptions &options) {
  const harness::JobFolder folder(options.folder);
  HOTGATE_TRY(const harness::FileDescriptor lock, folder.lock(harness::after(lockTime)));
  HOTGATE_TRY(const auto ended, folder.beginAttempt(options.attempt, options.input));
  if (ended)
    return ExitCode::approve;
  GateOptions gate = options.gate;
  gate.out = folder.attemptFolder(options.attempt);
  gate.progress = [&](std::string_view text) {
    // "KB5099001: lab dhcp: control: smoke": the job's name says the rest.
    const size_t step = text.find(": lab ");
    const size_t begin = step == std::string_view::npos ? 0 : text.find(": ", step + 2);
    say(options.reports, begin == std::string_view::npos || begin == 0 ? text : text.substr(begin + 2));
  };
  say(options.reports, "static half");
  const auto code = gateCommand(gate);
  if (!code && code.error().kind == ErrorKind::fault)
    return Failure(code.error());
  if (!code) {
    const Attempt refused{AttemptEnd::refused, "", code.error().message(),
                          static_cast<int>(exitCodeOf(code.error().kind)), ""};
    HOTGATE_CHECK(folder.endAttempt(options.attempt, options.input, refused));
    return ExitCode::approve;
  }
  HOTGATE_TRY(const Attempt attempt, judged(*code, gate.out, gate.onlyRole.value_or("")));
  HOTGATE_CHECK(folder.endAttempt(options.attempt, options.input, attempt));
  return ExitCode::approve;
}

} // namespace hotgate::cli
