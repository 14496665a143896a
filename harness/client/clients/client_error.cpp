#include "harness/client/clients/client_error.h"

#include "support/printable_text.h"

#include <charconv>

namespace hotgate::harness {

Failure noAnswer(std::string what, std::string reason) { return failFault(std::move(what), "", std::move(reason)); }

Failure wrongAnswer(std::string what, std::string reason) { return failInput(std::move(what), "", std::move(reason)); }

Outcome outcomeOf(const Result<> &asked) {
  if (asked)
    return {};
  const Error &error = asked.error();
  const auto kind = error.kind == ErrorKind::fault ? Outcome::Kind::unanswered : Outcome::Kind::wrong;
  // The reason may quote the server.
  return {kind, hotgate::printable(error.entity + ": " + error.reason)};
}

Result<std::string> requiredSetting(const ClientSetup &setup, const std::string &name) {
  const auto found = setup.settings.find(name);
  if (found == setup.settings.end() || found->second.empty())
    return failInput("role file", "settings", "lacks " + name, "say " + name + " among the client's settings");
  return found->second;
}

Result<int> requiredNumber(const ClientSetup &setup, const std::string &name, int least, int most) {
  HOTGATE_TRY(const std::string text, requiredSetting(setup, name));
  int value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || value < least || value > most)
    return failInput("role file", "settings", fmt::format("{} is \"{}\"", name, text),
                     fmt::format("say a number from {} to {}", least, most));
  return value;
}

} // namespace hotgate::harness
