// The folder of one job, which says by itself how far the job is:
//
//   lock               held by whoever changes the folder: the job's process while it runs
//   job.json           the input's hash, and the state for people: waiting, attempt 1, attempt 2, done
//   attempt-N/         verdict, report, facts and timings of the attempt, and what was kept of a failing guest
//   attempt-N/attempt.json   last: how it ended. Without it the attempt was interrupted, and counts for nothing.
//   result.json        the job is done: all its attempts, and the verdict
//
// Every file appears whole or not at all. Limits: flock(2), so not for two machines on a network file system.
#pragma once

#include "harness/jobs/job.h"
#include "harness/vm/deadline.h"
#include "harness/vm/file_descriptor.h"

namespace hotgate::harness {

// Waits for the lock at `file` until the deadline. Errors: fault, when somebody holds it still; input, when the file
// cannot be made.
Result<FileDescriptor> lockFile(const std::filesystem::path &file, Deadline deadline);

class JobFolder {
public:
  explicit JobFolder(std::filesystem::path path) : path_(std::move(path)) {}

  [[nodiscard]] const std::filesystem::path &path() const { return path_; }
  [[nodiscard]] std::filesystem::path attemptFolder(size_t number) const; // 1, 2
  // The folder of the guest that this attempt kept, below the job's; "" when it kept none.
  [[nodiscard]] std::string keptGuest(size_t number, const std::string &role) const;
  [[nodiscard]] std::filesystem::path resultFile() const { return path_ / "result.json"; }
  [[nodiscard]] Result<FileDescriptor> lock(Deadline deadline) const { return lockFile(path_ / "lock", deadline); }

  // The attempts that ended, of this input, in order.
  [[nodiscard]] std::vector<Attempt> endedAttempts(const std::string &input) const;
  // Makes the folder, and clears it of what belongs to another input. Waits for a job's process that is still ending.
  Result<> prepare(const Job &job) const;
  Result<> writeState(const Job &job, const std::string &state) const;

  // For the attempt's process, under the lock: an empty folder for it; or how this attempt ended already.
  Result<std::optional<Attempt>> beginAttempt(size_t number, const std::string &input) const;
  Result<> endAttempt(size_t number, const std::string &input, const Attempt &attempt) const;
  Result<> finish(const Job &job, const std::vector<Attempt> &attempts) const;

private:
  std::filesystem::path path_;
};

} // namespace hotgate::harness
