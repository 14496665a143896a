// Typed access to the members of an agent's reply. The first member that is missing or of another type is the error.
#pragma once

#include "support/result.h"

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

namespace hotgate::harness {

class ReplyReader {
public:
  ReplyReader(const char *command, const nlohmann::json &reply) : command_(command), reply_(reply) {}

  const nlohmann::json *find(const char *name, bool (nlohmann::json::*isRight)() const noexcept) {
    const auto found = reply_.find(name);
    if (found != reply_.end() && ((*found).*isRight)())
      return &*found;
    refuse(fmt::format("the member \"{}\" of its answer is missing or of the wrong type", name));
    return nullptr;
  }
  int64_t integer(const char *name) {
    const auto *value = find(name, &nlohmann::json::is_number_integer);
    return value == nullptr ? 0 : value->get<int64_t>();
  }
  // Also null, for what is not known.
  std::optional<int64_t> integerOrNull(const char *name) {
    return isNull(name) ? std::nullopt : std::optional(integer(name));
  }
  uint64_t address(const char *name) {
    const auto *value = find(name, &nlohmann::json::is_number_unsigned);
    return value == nullptr ? 0 : value->get<uint64_t>();
  }
  bool boolean(const char *name) {
    const auto *value = find(name, &nlohmann::json::is_boolean);
    return value != nullptr && value->get<bool>();
  }
  std::string text(const char *name) {
    const auto *value = find(name, &nlohmann::json::is_string);
    return value == nullptr ? "" : value->get<std::string>();
  }
  void refuse(const std::string &reason) {
    if (!error_)
      error_ =
          Error{ErrorKind::fault, "hotgate-agent", command_, reason, "the run counts as a lab fault; run it again"};
  }
  [[nodiscard]] bool isNull(const char *name) const {
    const auto found = reply_.find(name);
    return found != reply_.end() && found->is_null();
  }
  template <class T> Result<T> finish(T value) {
    if (error_)
      return Failure(*std::move(error_));
    return value;
  }

private:
  const char *command_;
  const nlohmann::json &reply_;
  std::optional<Error> error_;
};

} // namespace hotgate::harness
