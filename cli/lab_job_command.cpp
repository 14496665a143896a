#include "cli/lab_jobs_command.h"

#include "analyzer/facts/database.h"
#include "cli/late_watch.h"
#include "cli/result_folder.h"
#include "harness/jobs/job_folder.h"

#include <atomic>
#include <cstdlib>
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

Result<Attempt> judged(ExitCode code, const std::filesystem::path &folder, const std::string &kept) {
  HOTGATE_TRY(const auto fault, labFault(folder));
  return Attempt{fault ? AttemptEnd::labFault : AttemptEnd::judged, std::string(verdictWord(code)), fault.value_or(""),
                 0, kept};
}

// The end of one attempt, written once: by the run, or by the watch that its time is over.
class AttemptRecord {
public:
  AttemptRecord(const harness::JobFolder &folder, const LabJobOptions &options)
      : folder_(folder), options_(options), role_(options.gate.onlyRole.value_or("")) {}

  // True for the first who asks: the end is that one's to write.
  bool claim() { return !isClaimed_.exchange(true); }
  Result<> write(const Attempt &attempt) { return folder_.endAttempt(options_.attempt, options_.input, attempt); }
  [[nodiscard]] std::string keptGuest() const { return folder_.keptGuest(options_.attempt, role_); }
  [[nodiscard]] harness::KeepRequest keepRequest() const {
    return {folder_.attemptFolder(options_.attempt) / ("guest-" + role_), options_.gate.keepMemoryDump};
  }

private:
  const harness::JobFolder &folder_;
  const LabJobOptions &options_;
  std::string role_;
  std::atomic<bool> isClaimed_ = false;
};

// Keeps the guest as far as that can be done while the run goes on, says so in the record, and ends the process: the
// kernel ends the guest with it.
void endLate(AttemptRecord &record, harness::GuestKeeper &keeper, bool keeps, const std::string &reason) {
  const auto end = [&](const Result<> &kept) {
    Attempt late{AttemptEnd::late, "", reason, 0, record.keptGuest()};
    if (late.kept.empty())
      late.notKept = !keeps ? "there are as many kept guests as --keep allows" : kept ? "" : kept.error().message();
    const auto written = record.write(late);
    std::_Exit(written ? 0 : static_cast<int>(exitCodeOf(written.error().kind)));
  };
  if (keeps)
    keeper.keepLate(end);
  else
    end({});
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
  AttemptRecord record(folder, options);
  harness::GuestKeeper keeper(record.keepRequest());
  GateOptions gate = options.gate;
  gate.keeper = &keeper;
  gate.out = folder.attemptFolder(options.attempt);
  gate.progress = [&](std::string_view text) {
    // "KB5099001: lab dhcp: control: smoke": the job's name says the rest.
    const size_t step = text.find(": lab ");
    const size_t begin = step == std::string_view::npos ? 0 : text.find(": ", step + 2);
    say(options.reports, begin == std::string_view::npos || begin == 0 ? text : text.substr(begin + 2));
  };
  const LateWatch watch(options.reports, [&](const std::string &reason) {
    if (record.claim())
      endLate(record, keeper, gate.keepGuest, reason);
  });
  say(options.reports, "static half");
  const auto code = gateCommand(gate);
  if (!record.claim())
    return ExitCode::approve; // not reached: the watch ends the process
  if (!code && code.error().kind == ErrorKind::fault)
    return Failure(code.error());
  if (!code) {
    const Attempt refused{AttemptEnd::refused, "", code.error().message(),
                          static_cast<int>(exitCodeOf(code.error().kind)), ""};
    HOTGATE_CHECK(record.write(refused));
    return ExitCode::approve;
  }
  HOTGATE_TRY(const Attempt attempt, judged(*code, gate.out, record.keptGuest()));
  HOTGATE_CHECK(record.write(attempt));
  return ExitCode::approve;
}

} // namespace hotgate::cli
