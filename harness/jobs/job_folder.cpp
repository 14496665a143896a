#include "harness/jobs/job_folder.h"

#include "support/output_file.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <nlohmann/json.hpp>
#include <sys/file.h>
#include <thread>

namespace hotgate::harness {
namespace {

namespace fs = std::filesystem;

constexpr std::chrono::seconds endingTime{60}; // of a killed job's process, on a busy machine
constexpr std::chrono::milliseconds pollPause{10};

Result<> removeAll(const fs::path &path) {
  std::error_code error;
  fs::remove_all(path, error);
  if (error)
    return failInput(path.string(), "", fmt::format("cannot be removed: {}", error.message()),
                     "give a folder that you can write to");
  return {};
}

// What writeFile() and writeFileDurably() leave when they are killed.
bool isCutWrite(const fs::path &file) { return file.extension() == ".part" || file.extension() == ".whole"; }

} // namespace

Result<FileDescriptor> lockFile(const fs::path &file, Deadline deadline) {
  FileDescriptor lock(open(file.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600));
  if (!lock.isOpen())
    return failInput(file.string(), "", fmt::format("cannot be opened: {}", std::strerror(errno)),
                     "give a folder that you can write to");
  while (flock(lock.get(), LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR)
      return failInput(file.string(), "", fmt::format("cannot be locked: {}", std::strerror(errno)),
                       "give a folder on a local disk");
    if (Clock::now() >= deadline)
      return failFault(file.string(), "", "another run works in this folder",
                       "wait for it, or give another folder with --out");
    std::this_thread::sleep_for(pollPause);
  }
  return lock;
}

fs::path JobFolder::attemptFolder(size_t number) const { return path_ / fmt::format("attempt-{}", number); }

std::string JobFolder::keptGuest(size_t number, const std::string &role) const {
  const fs::path attempt = attemptFolder(number);
  const fs::path kept = attempt / ("guest-" + role);
  std::error_code error;
  return fs::exists(kept / "guest.json", error) ? (attempt.filename() / kept.filename()).string() : "";
}

std::vector<Attempt> JobFolder::endedAttempts(const std::string &input) const {
  std::vector<Attempt> attempts;
  while (attempts.size() < mostAttempts) {
    auto attempt = readAttempt(attemptFolder(attempts.size() + 1) / "attempt.json", input);
    if (!attempt)
      break;
    attempts.push_back(*std::move(attempt));
  }
  return attempts;
}

Result<> JobFolder::prepare(const Job &job) const {
  std::error_code error;
  fs::create_directories(path_, error);
  if (error)
    return failInput(path_.string(), "", fmt::format("cannot be made: {}", error.message()),
                     "give a folder that you can write to");
  HOTGATE_TRY(const FileDescriptor held, lock(after(endingTime)));
  for (fs::directory_iterator each(path_, error), end; !error && each != end; each.increment(error))
    if (isCutWrite(each->path()))
      HOTGATE_CHECK(removeAll(each->path()));
  if (!readResult(resultFile(), job.input))
    HOTGATE_CHECK(removeAll(resultFile()));
  for (size_t number = endedAttempts(job.input).size() + 1; number <= mostAttempts; ++number)
    HOTGATE_CHECK(removeAll(attemptFolder(number)));
  return {};
}

Result<> JobFolder::writeState(const Job &job, const std::string &state) const {
  const nlohmann::json document{{"schema", "hotgate/lab-job-state/1"}, {"input", job.input}, {"state", state}};
  return writeFile(path_ / "job.json", document.dump(2) + '\n');
}

Result<std::optional<Attempt>> JobFolder::beginAttempt(size_t number, const std::string &input) const {
  const fs::path folder = attemptFolder(number);
  if (auto ended = readAttempt(folder / "attempt.json", input))
    return ended;
  HOTGATE_CHECK(removeAll(folder));
  std::error_code error;
  if (!fs::create_directory(folder, error))
    return failInput(folder.string(), "", fmt::format("cannot be made: {}", error.message()),
                     "give a folder that you can write to");
  return std::nullopt;
}

Result<> JobFolder::endAttempt(size_t number, const std::string &input, const Attempt &attempt) const {
  // What a run that was cut had for itself (support/scratch_folder.h).
  const fs::path folder = attemptFolder(number);
  std::vector<fs::path> scratch;
  std::error_code error;
  for (fs::directory_iterator each(folder, error), end; !error && each != end; each.increment(error))
    if (each->path().filename().string().starts_with(".hotgate-"))
      scratch.push_back(each->path());
  for (const fs::path &path : scratch)
    HOTGATE_CHECK(removeAll(path));
  return writeFileDurably(folder / "attempt.json", writeAttempt(input, attempt));
}

Result<> JobFolder::finish(const Job &job, const std::vector<Attempt> &attempts) const {
  HOTGATE_CHECK(writeFileDurably(resultFile(), writeResult(job, attempts)));
  return writeState(job, "done");
}

} // namespace hotgate::harness
