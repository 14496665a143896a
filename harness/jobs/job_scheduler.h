// Runs jobs, so many at once, each attempt in a process of its own: one that dies, hangs or is ended costs its own run.
// Jobs that have a result of the same input are not run again, and an attempt that ended is not repeated; so a harness
// that was killed goes on where it stopped.
//
// The processes end with the thread that called run(), by whatever signal (child_process.h).
#pragma once

#include "harness/jobs/job.h"
#include "harness/jobs/progress_board.h"
#include "harness/vm/child_process.h"

#include <deque>
#include <functional>

namespace hotgate::harness {

struct JobOutcome {
  Job job;
  std::vector<Attempt> attempts;
  std::chrono::milliseconds taken{0}; // of the attempts that ran now
  bool wasDone = false;               // before this run
};

class JobScheduler {
public:
  struct Settings {
    std::filesystem::path folder; // every job has its own in it
    int guests = 1;
    std::chrono::seconds timeLimit{1800}; // of one attempt
    // That a job which is late has to keep its guest and end, before it is killed. Saving 512 MiB takes a second, on a
    // busy machine with a dump up to a minute.
    std::chrono::seconds keepTime{150};
    // What runs an attempt: works in the job's folder under its lock, says its steps line by line on the descriptor
    // `reports`, and writes attempt.json last. A line that it gets there is why its time is over: it keeps its guest,
    // writes that it was late, and ends.
    std::function<std::vector<std::string>(const Job &job, size_t attempt, int reports)> command;
  };
  JobScheduler(Settings settings, ProgressBoard &board) : settings_(std::move(settings)), board_(board) {}

  // By name. Errors: a folder that cannot be written, or a process that cannot be started; the jobs under way end.
  Result<std::vector<JobOutcome>> run(const std::vector<Job> &jobs);

private:
  struct Running {
    JobOutcome *outcome = nullptr;
    ChildProcess process;
    FileDescriptor reports;
    std::string received;
    Clock::time_point begin;
    bool isLate = false;
  };

  Result<> sortOut(const std::vector<Job> &jobs);
  // As many as there is room for; of those that share a machine, one.
  Result<> startWaiting();
  Result<> start(JobOutcome &outcome);
  void waitForReports();
  void readReports(Running &running);
  // True when its process ended.
  Result<bool> attend(Running &running);
  [[nodiscard]] std::string lateReason() const;
  void sayLate(Running &running);
  Result<> conclude(Running &running);
  // Of a process that ended without a word.
  Attempt wordlessEnd(Running &running, const std::filesystem::path &folder, size_t number, int exitCode) const;

  Settings settings_;
  ProgressBoard &board_;
  std::vector<JobOutcome> outcomes_;
  std::deque<JobOutcome *> waiting_;
  std::vector<Running> running_;
};

} // namespace hotgate::harness
