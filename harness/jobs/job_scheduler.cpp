#include "harness/jobs/job_scheduler.h"

#include "harness/jobs/job_folder.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <poll.h>
#include <sys/socket.h>

namespace hotgate::harness {
namespace {

constexpr int pollMilliseconds = 50;
constexpr size_t reportLimit = 4096; // what a job says is shown, and then forgotten

JobFolder folderOf(const std::filesystem::path &folder, const Job &job) { return JobFolder(folder / job.name); }

std::string describe(const Attempt &attempt) {
  if (attempt.end == AttemptEnd::judged)
    return attempt.verdict;
  return fmt::format("{}: {}", toString(attempt.end), attempt.reason);
}

} // namespace

Result<std::vector<JobOutcome>> JobScheduler::run(const std::vector<Job> &jobs) {
  HOTGATE_CHECK(sortOut(jobs));
  board_.begin(jobs.size(), jobs.size() - waiting_.size());
  while (!waiting_.empty() || !running_.empty()) {
    HOTGATE_CHECK(startWaiting());
    waitForReports();
    for (auto each = running_.begin(); each != running_.end();) {
      HOTGATE_TRY(const bool hasEnded, attend(*each));
      each = hasEnded ? running_.erase(each) : each + 1;
    }
  }
  return std::move(outcomes_);
}

Result<> JobScheduler::sortOut(const std::vector<Job> &jobs) {
  for (const Job &job : jobs)
    outcomes_.push_back({.job = job, .attempts = {}});
  std::ranges::sort(outcomes_, {}, [](const JobOutcome &outcome) { return outcome.job.name; });
  for (JobOutcome &outcome : outcomes_) {
    const JobFolder folder = folderOf(settings_.folder, outcome.job);
    HOTGATE_CHECK(folder.prepare(outcome.job));
    if (auto done = readResult(folder.resultFile(), outcome.job.input)) {
      outcome.attempts = *std::move(done);
      outcome.wasDone = true;
      HOTGATE_CHECK(folder.writeState(outcome.job, "done"));
      continue;
    }
    outcome.attempts = folder.endedAttempts(outcome.job.input);
    if (needsAttempt(outcome.attempts))
      waiting_.push_back(&outcome);
    else
      HOTGATE_CHECK(folder.finish(outcome.job, outcome.attempts)); // killed between the attempt's end and this line
  }
  return {};
}

Result<> JobScheduler::startWaiting() {
  const auto isFree = [this](const JobOutcome *outcome) {
    return outcome->job.machine.empty() || std::ranges::none_of(running_, [&](const Running &running) {
             return running.outcome->job.machine == outcome->job.machine;
           });
  };
  while (running_.size() < static_cast<size_t>(settings_.guests)) {
    const auto next = std::ranges::find_if(waiting_, isFree);
    if (next == waiting_.end())
      return {};
    HOTGATE_CHECK(start(**next));
    waiting_.erase(next);
  }
  return {};
}

Result<> JobScheduler::start(JobOutcome &outcome) {
  const size_t number = outcome.attempts.size() + 1;
  HOTGATE_CHECK(folderOf(settings_.folder, outcome.job).writeState(outcome.job, fmt::format("attempt {}", number)));
  HOTGATE_TRY(SocketPair reports, makeSocketPair());
  HOTGATE_TRY(ChildProcess process,
              ChildProcess::start({.arguments = settings_.command(outcome.job, number, reports.theirs.get()),
                                   .inherited = {reports.theirs.get()}}));
  running_.push_back({&outcome, std::move(process), std::move(reports.ours), "", Clock::now(), false});
  board_.step(outcome.job.name, number == 1 ? "started" : "started again after a lab fault");
  return {};
}

void JobScheduler::waitForReports() {
  std::vector<pollfd> entries;
  for (const Running &running : running_)
    if (running.reports.isOpen())
      entries.push_back({running.reports.get(), POLLIN, 0});
  (void)poll(entries.data(), entries.size(), pollMilliseconds);
}

void JobScheduler::readReports(Running &running) {
  // A few at a time: a job that floods does not keep the others from being looked at.
  for (int reads = 0; reads < 16 && running.reports.isOpen(); ++reads) {
    std::array<char, reportLimit> buffer; // NOLINT: filled by recv
    const ssize_t got = recv(running.reports.get(), buffer.data(), buffer.size(), 0);
    if (got == 0)
      running.reports.close();
    if (got <= 0)
      return;
    running.received.append(buffer.data(), static_cast<size_t>(got));
    size_t begin = 0;
    for (size_t end = 0; (end = running.received.find('\n', begin)) != std::string::npos; begin = end + 1)
      board_.step(running.outcome->job.name, std::string_view(running.received).substr(begin, end - begin));
    running.received.erase(0, begin);
    if (running.received.size() > reportLimit)
      running.received.clear();
  }
}

Result<bool> JobScheduler::attend(Running &running) {
  readReports(running);
  if (running.process.isRunning()) {
    const auto limit = running.begin + settings_.timeLimit;
    if (Clock::now() < limit)
      return false;
    if (!running.isLate)
      sayLate(running);
    if (Clock::now() < limit + settings_.keepTime)
      return false;
    running.process.kill();
  }
  HOTGATE_CHECK(conclude(running));
  return true;
}

std::string JobScheduler::lateReason() const {
  return fmt::format("still ran after {} s and was ended", settings_.timeLimit.count());
}

void JobScheduler::sayLate(Running &running) {
  running.isLate = true;
  const std::string line = lateReason() + '\n';
  if (running.reports.isOpen())
    (void)send(running.reports.get(), line.data(), line.size(), MSG_NOSIGNAL | MSG_DONTWAIT); // else it is killed
  board_.step(running.outcome->job.name, "its time is over: keeping its guest");
}

Attempt JobScheduler::wordlessEnd(Running &running, const std::filesystem::path &folder, size_t number,
                                  int exitCode) const {
  Attempt attempt{
      running.isLate ? AttemptEnd::late : AttemptEnd::died, "",
      running.isLate ? lateReason()
                     : fmt::format("its process ended with {}; it printed: {}", exitCode, running.process.outputTail()),
      exitCode, JobFolder(folder).keptGuest(number, running.outcome->job.role)};
  if (attempt.kept.empty())
    attempt.notKept = running.isLate
                          ? fmt::format("the job did not keep its guest within {} s more, and was killed with it",
                                        settings_.keepTime.count())
                          : "the guest ended with the job's process";
  return attempt;
}

Result<> JobScheduler::conclude(Running &running) {
  JobOutcome &outcome = *running.outcome;
  const JobFolder folder = folderOf(settings_.folder, outcome.job);
  const size_t number = outcome.attempts.size() + 1;
  HOTGATE_TRY(const int exitCode, running.process.wait(after(std::chrono::seconds(5))));
  auto attempt = readAttempt(folder.attemptFolder(number) / "attempt.json", outcome.job.input);
  if (!attempt) {
    attempt = wordlessEnd(running, folder.path(), number, exitCode);
    HOTGATE_TRY(const FileDescriptor held, folder.lock(after(std::chrono::seconds(20))));
    std::error_code ignored; // what cannot be made, endAttempt() says
    std::filesystem::create_directory(folder.attemptFolder(number), ignored);
    HOTGATE_CHECK(folder.endAttempt(number, outcome.job.input, *attempt));
  }
  outcome.attempts.push_back(*std::move(attempt));
  outcome.taken += std::chrono::duration_cast<std::chrono::milliseconds>(Clock::now() - running.begin);
  const bool isDone = !needsAttempt(outcome.attempts);
  if (isDone)
    HOTGATE_CHECK(folder.finish(outcome.job, outcome.attempts));
  else
    waiting_.push_front(&outcome);
  board_.ended(outcome.job.name, describe(outcome.attempts.back()), isDone);
  return {};
}

} // namespace hotgate::harness
