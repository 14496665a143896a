// One job of the lab, its attempts and its result: a KB, a role, and the how-manieth time.
#pragma once

#include "support/result.h"

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace hotgate::harness {

struct Job {
  std::string name; // of its folder: "KB5099001-dhcp-wine-host-1"
  std::filesystem::path kb;
  std::string kbName;
  std::string role;
  std::string provider;
  std::string machine; // that only one job at a time can use; "" for a guest of its own
  int repetition = 1;
  std::string input; // a hash of all that the result comes from
};

// How one attempt ended.
enum class AttemptEnd : uint8_t {
  judged,   // there is a verdict
  labFault, // the lab failed; the verdict says what was seen before
  died,     // its process ended without a word
  late,     // it was ended at the time limit
  refused,  // the input cannot be used; no attempt will change that
};
[[nodiscard]] std::string_view toString(AttemptEnd end);

struct Attempt {
  AttemptEnd end = AttemptEnd::died;
  std::string verdict;      // approve, review, block, incomplete; "" without one
  std::string reason;       // of what is not `judged`
  int exitCode = 0;         // of the command, for `refused`
  std::string kept;         // the failing guest's folder below the job's, "" when nothing was kept
  std::string notKept = {}; // why not, of an attempt that was late or died
};

inline constexpr size_t mostAttempts = 2;

// The first one, and one more after a fault of the lab. What was seen of the patch before the fault stays: nobody asks
// again until a `block` goes away.
[[nodiscard]] bool needsAttempt(const std::vector<Attempt> &attempts);

// The verdict of a job that is done: its last attempt's. Died, late, or a fault without a verdict: incomplete.
[[nodiscard]] std::string_view verdictOf(const std::vector<Attempt> &attempts);

// JSON, as in the files of a job's folder; sorted keys, no times.
std::string writeAttempt(const std::string &input, const Attempt &attempt);
std::string writeResult(const Job &job, const std::vector<Attempt> &attempts);
// What the file says, when it is about this input; nullopt for anything else: another input, or no such file.
std::optional<Attempt> readAttempt(const std::filesystem::path &file, const std::string &input);
std::optional<std::vector<Attempt>> readResult(const std::filesystem::path &file, const std::string &input);

} // namespace hotgate::harness
