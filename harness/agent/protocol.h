// Requests and replies, as JSON lines or as a command line (README.md). Pure: text in, text out.
#pragma once

#include "harness/agent/outcome.h"

#include <cstdint>
#include <map>
#include <nlohmann/json.hpp>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace hotgate::harness::agent {

inline constexpr size_t longestLine = size_t{1} << 20;

// The parameters of a request, already checked against the command's form.
class Parameters {
public:
  void set(std::string name, uint64_t value) { values_[std::move(name)] = value; }
  void set(std::string name, std::string value) { values_[std::move(name)] = std::move(value); }
  [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
  [[nodiscard]] uint64_t number(std::string_view name, uint64_t otherwise = 0) const;
  [[nodiscard]] std::string text(std::string_view name) const; // "" when not given

private:
  std::map<std::string, std::variant<uint64_t, std::string>, std::less<>> values_;
};

struct Request {
  nlohmann::json id; // number, string or null
  std::string command;
  Parameters parameters;
};

[[nodiscard]] Outcome<Request> parseLine(std::string_view line);
[[nodiscard]] Outcome<Request> parseCommandLine(std::span<const std::string> words);

// The id of a line whose request is refused, so that the answer can still be told apart.
[[nodiscard]] nlohmann::json idOfLine(std::string_view line);

// One line without the newline. `fields` is an object.
[[nodiscard]] std::string replyLine(const nlohmann::json &id, const Outcome<nlohmann::json> &outcome);

[[nodiscard]] std::string hexadecimal(std::span<const uint8_t> bytes);

} // namespace hotgate::harness::agent
