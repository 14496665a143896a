// How the parts of a client say what became of a question, as Errors of support/result.h: a server that did not answer
// is a fault of kind `fault`, an answer that is not the right one is of kind `input`. outcomeOf() ends an exchange.
#pragma once

#include "harness/roles/role_client.h"
#include "support/result.h"

namespace hotgate::harness {

// No connection, no reply, not in time: `what` was asked of the server.
[[nodiscard]] Failure noAnswer(std::string what, std::string reason);
// Answered, and not with what belongs there.
[[nodiscard]] Failure wrongAnswer(std::string what, std::string reason);

[[nodiscard]] Outcome outcomeOf(const Result<> &asked);

// One of the role file's settings that a client cannot do without.
Result<std::string> requiredSetting(const ClientSetup &setup, const std::string &name);
Result<int> requiredNumber(const ClientSetup &setup, const std::string &name, int least, int most);

} // namespace hotgate::harness
