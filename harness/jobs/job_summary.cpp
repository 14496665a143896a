#include "harness/jobs/job_summary.h"

#include "harness/vm/channel.h"

#include <map>
#include <nlohmann/json.hpp>

namespace hotgate::harness {

std::string summaryText(const std::vector<JobOutcome> &outcomes) {
  std::string text;
  std::map<std::string, int> counts;
  for (const JobOutcome &outcome : outcomes) {
    const std::string verdict(verdictOf(outcome.attempts));
    ++counts[verdict];
    text += fmt::format("{:10}  {}", verdict, outcome.job.name);
    for (size_t number = 1; number <= outcome.attempts.size(); ++number) {
      const Attempt &attempt = outcome.attempts[number - 1];
      if (attempt.end != AttemptEnd::judged)
        text +=
            fmt::format("\n            attempt {}: {}: {}", number, toString(attempt.end), printable(attempt.reason));
      if (!attempt.kept.empty())
        text += fmt::format("\n            kept: {}/{}", outcome.job.name, attempt.kept);
      else if (!attempt.notKept.empty())
        text += fmt::format("\n            not kept: {}", printable(attempt.notKept));
    }
    text += '\n';
  }
  text += fmt::format("{} jobs", outcomes.size());
  for (const auto &[verdict, count] : counts)
    text += fmt::format(", {} {}", count, verdict);
  return text + '\n';
}

std::string summaryJson(const std::vector<JobOutcome> &outcomes) {
  nlohmann::json document{{"schema", "hotgate/lab-summary/1"}, {"jobs", nlohmann::json::array()}};
  for (const JobOutcome &outcome : outcomes) {
    nlohmann::json ends = nlohmann::json::array();
    for (const Attempt &attempt : outcome.attempts)
      ends.push_back(toString(attempt.end));
    document["jobs"].push_back({{"job", outcome.job.name},
                                {"kb", outcome.job.kbName},
                                {"role", outcome.job.role},
                                {"provider", outcome.job.provider},
                                {"repetition", outcome.job.repetition},
                                {"verdict", verdictOf(outcome.attempts)},
                                {"attempts", std::move(ends)}});
  }
  return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace) + '\n';
}

std::string timingsJson(const std::vector<JobOutcome> &outcomes) {
  nlohmann::json document = nlohmann::json::object();
  for (const JobOutcome &outcome : outcomes)
    if (!outcome.wasDone)
      document[outcome.job.name + "_ms"] = outcome.taken.count();
  return document.dump(2) + '\n';
}

} // namespace hotgate::harness
