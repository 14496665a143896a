#include "harness/jobs/job.h"

#include "harness/vm/channel.h"
#include "support/output_file.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>

namespace hotgate::harness {
namespace {

using nlohmann::json;

constexpr std::array<std::string_view, 5> endNames{"judged", "lab-fault", "died", "late", "refused"};
constexpr const char *attemptSchema = "hotgate/lab-attempt/1";
constexpr const char *resultSchema = "hotgate/lab-job/1";

json toJson(const Attempt &attempt) {
  return {{"end", toString(attempt.end)},  {"verdict", attempt.verdict}, {"reason", attempt.reason},
          {"exit_code", attempt.exitCode}, {"kept", attempt.kept},       {"not_kept", attempt.notKept}};
}

std::optional<Attempt> fromJson(const json &object) {
  const auto end = std::ranges::find(endNames, textMember(object, "end"));
  const json &exitCode = member(object, "exit_code");
  if (end == endNames.end() || !exitCode.is_number_integer())
    return std::nullopt;
  return Attempt{static_cast<AttemptEnd>(end - endNames.begin()),
                 textMember(object, "verdict"),
                 textMember(object, "reason"),
                 exitCode.get<int>(),
                 textMember(object, "kept"),
                 textMember(object, "not_kept")};
}

// A reason may quote a guest: bytes that are no UTF-8 do not stop the file.
std::string written(const json &document) {
  return document.dump(2, ' ', false, json::error_handler_t::replace) + '\n';
}

json readDocument(const std::filesystem::path &file, const char *schema, const std::string &input) {
  std::error_code error;
  if (!std::filesystem::exists(file, error))
    return {};
  const auto text = readFile(file);
  if (!text)
    return {};
  json document = json::parse(*text, nullptr, /*allow_exceptions=*/false);
  return textMember(document, "schema") == schema && textMember(document, "input") == input ? document : json();
}

} // namespace

std::string_view toString(AttemptEnd end) { return endNames.at(static_cast<size_t>(end)); }

bool needsAttempt(const std::vector<Attempt> &attempts) {
  if (attempts.empty() || attempts.size() >= mostAttempts)
    return attempts.empty();
  const Attempt &last = attempts.back();
  return last.end != AttemptEnd::judged && last.end != AttemptEnd::refused && last.verdict != "block";
}

std::string_view verdictOf(const std::vector<Attempt> &attempts) {
  constexpr std::string_view incomplete = "incomplete";
  if (attempts.empty() || attempts.back().verdict.empty())
    return incomplete;
  return attempts.back().verdict;
}

std::string writeAttempt(const std::string &input, const Attempt &attempt) {
  json document = toJson(attempt);
  document["schema"] = attemptSchema;
  document["input"] = input;
  return written(document);
}

std::string writeResult(const Job &job, const std::vector<Attempt> &attempts) {
  json document{{"schema", resultSchema},
                {"input", job.input},
                {"kb", job.kbName},
                {"role", job.role},
                {"provider", job.provider},
                {"repetition", job.repetition},
                {"verdict", verdictOf(attempts)}};
  for (const Attempt &attempt : attempts)
    document["attempts"].push_back(toJson(attempt));
  return written(document);
}

std::optional<Attempt> readAttempt(const std::filesystem::path &file, const std::string &input) {
  const json document = readDocument(file, attemptSchema, input);
  return document.is_object() ? fromJson(document) : std::nullopt;
}

std::optional<std::vector<Attempt>> readResult(const std::filesystem::path &file, const std::string &input) {
  const json document = readDocument(file, resultSchema, input);
  const json &list = member(document, "attempts");
  if (!list.is_array() || list.empty())
    return std::nullopt;
  std::vector<Attempt> attempts;
  for (const json &each : list) {
    auto attempt = fromJson(each);
    if (!attempt)
      return std::nullopt;
    attempts.push_back(*std::move(attempt));
  }
  return attempts;
}

} // namespace hotgate::harness
