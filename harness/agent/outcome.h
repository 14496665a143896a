// How the agent reports an error: the project's Error, plus the NTSTATUS with which the loader would refuse, when that
// is known. The caller on the other side of the wire gets both.
#pragma once

#include "support/result.h"

#include <cstdint>
#include <optional>
#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace hotgate::harness::agent {

struct Refusal {
  Error error;
  std::optional<uint32_t> status;
};

template <class T = void> using Outcome = tl::expected<T, Refusal>;

[[nodiscard]] inline tl::unexpected<Refusal> refuse(std::string entity, std::string place, std::string reason,
                                                    std::string next = {}, std::optional<uint32_t> status = {}) {
  return tl::unexpected(Refusal{
      Error{ErrorKind::input, std::move(entity), std::move(place), std::move(reason), std::move(next)}, status});
}

} // namespace hotgate::harness::agent

// As HOTGATE_TRY and HOTGATE_CHECK, keeping the status.
#define AGENT_TRY(declaration, expression) \
  auto HOTGATE_CONCAT(agentTry, __LINE__) = (expression); \
  if (!HOTGATE_CONCAT(agentTry, __LINE__)) \
    return tl::unexpected(std::move(HOTGATE_CONCAT(agentTry, __LINE__)).error()); \
  declaration = *std::move(HOTGATE_CONCAT(agentTry, __LINE__))

#define AGENT_CHECK(expression) \
  do { \
    if (auto agentChecked = (expression); !agentChecked) \
      return tl::unexpected(std::move(agentChecked).error()); \
  } while (false)
