#include "harness/agent/protocol.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace hotgate::harness::agent {
namespace {

using nlohmann::json;

enum class Kind { number, text };
struct Parameter {
  std::string_view name;
  Kind kind = Kind::text;
  bool required = true;
  uint64_t largest = UINT32_MAX;
};
struct Form {
  std::string_view command;
  std::vector<Parameter> parameters;
};

const std::vector<Form> &forms() {
  static const Parameter pid{"pid", Kind::number};
  static const Parameter module{"module"};
  static const Parameter name{"name"};
  static const Parameter deadline{"deadline_ms", Kind::number, false, 600'000};
  static const std::vector<Form> all{
      {"ping", {}},
      {"start",
       {{"program"},
        {"arguments", Kind::text, false},
        {"directory", Kind::text, false},
        {"output", Kind::text, false}}},
      {"processes", {{"name", Kind::text, false}}},
      {"apply", {pid, module, {"image"}, deadline}},
      {"undo", {pid, module, deadline}},
      {"query", {pid, module}},
      {"read", {pid, module, {"rva", Kind::number}, {"size", Kind::number, true, 65536}}},
      {"read-patch", {pid, module, {"rva", Kind::number}, {"size", Kind::number, true, 65536}}},
      {"counters", {pid}},
      {"threads", {pid}},
      {"stacks", {pid}},
      {"stop", {pid, {"exit_code", Kind::number, false}}},
      {"service-install", {name, {"program"}, {"arguments", Kind::text, false}}},
      {"service-start", {name, deadline}},
      {"service-stop", {name, deadline}},
      {"service-query", {name}},
      {"service-delete", {name, deadline}},
      {"preflight", {}},
      {"active-patches", {pid}},
      {"load-patch", {{"image"}}},
      {"events", {{"channel"}, {"provider"}, {"after", Kind::number, false, UINT64_MAX}}},
      {"scan", {}},
      {"write-file", {{"path"}, {"offset", Kind::number, true, uint64_t{1} << 40U}, {"bytes"}}},
      {"run",
       {{"program"},
        {"arguments", Kind::text, false},
        {"directory", Kind::text, false},
        {"output", Kind::text, false},
        {"deadline_ms", Kind::number, false, 7'200'000}}},
      {"restart", {}},
  };
  return all;
}

auto badRequest(std::string place, std::string reason) {
  return refuse("request", std::move(place), std::move(reason), "see the agent's README for commands and parameters");
}

Outcome<const Form *> formOf(const std::string &command) {
  const auto &all = forms();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Form &form) { return form.command == command; });
  if (found == all.end())
    return badRequest(command, "unknown command");
  return &*found;
}

Outcome<const Parameter *> parameterOf(const Form &form, const std::string &name) {
  const auto found = std::find_if(form.parameters.begin(), form.parameters.end(),
                                  [&](const Parameter &parameter) { return parameter.name == name; });
  if (found == form.parameters.end())
    return badRequest(name, fmt::format("{} has no such parameter", form.command));
  return &*found;
}

Outcome<> checkComplete(const Form &form, const Parameters &parameters) {
  for (const Parameter &parameter : form.parameters)
    if (parameter.required && !parameters.has(parameter.name))
      return badRequest(std::string(parameter.name), fmt::format("{} needs this parameter", form.command));
  return {};
}

Outcome<> checkRange(const Parameter &parameter, uint64_t value) {
  if (value > parameter.largest)
    return badRequest(std::string(parameter.name), fmt::format("{} is above {}", value, parameter.largest));
  return {};
}

Outcome<> setFromJson(const Parameter &parameter, const json &value, Parameters &parameters) {
  if (parameter.kind == Kind::text) {
    if (!value.is_string())
      return badRequest(std::string(parameter.name), "it must be a string");
    parameters.set(std::string(parameter.name), value.get<std::string>());
    return {};
  }
  if (!value.is_number_unsigned())
    return badRequest(std::string(parameter.name), "it must be a whole number from 0");
  AGENT_CHECK(checkRange(parameter, value.get<uint64_t>()));
  parameters.set(std::string(parameter.name), value.get<uint64_t>());
  return {};
}

std::optional<uint64_t> parseNumber(std::string_view text) {
  const bool isHex = text.starts_with("0x") || text.starts_with("0X");
  if (isHex)
    text.remove_prefix(2);
  uint64_t value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, isHex ? 16 : 10);
  if (error != std::errc() || end != text.data() + text.size())
    return std::nullopt;
  return value;
}

Outcome<> setFromText(const Parameter &parameter, const std::string &text, Parameters &parameters) {
  if (parameter.kind == Kind::text) {
    parameters.set(std::string(parameter.name), text);
    return {};
  }
  const auto value = parseNumber(text);
  if (!value)
    return badRequest(std::string(parameter.name), "it must be a whole number from 0, decimal or 0x");
  AGENT_CHECK(checkRange(parameter, *value));
  parameters.set(std::string(parameter.name), *value);
  return {};
}

json parseJson(std::string_view line) { return json::parse(line.begin(), line.end(), nullptr, false); }

} // namespace

uint64_t Parameters::number(std::string_view name, uint64_t otherwise) const {
  const auto found = values_.find(name);
  const auto *value = found == values_.end() ? nullptr : std::get_if<uint64_t>(&found->second);
  return value ? *value : otherwise;
}

std::string Parameters::text(std::string_view name) const {
  const auto found = values_.find(name);
  const auto *value = found == values_.end() ? nullptr : std::get_if<std::string>(&found->second);
  return value ? *value : std::string();
}

Outcome<Request> parseLine(std::string_view line) {
  if (line.size() > longestLine)
    return badRequest("", fmt::format("the line is longer than {} bytes", longestLine));
  const json object = parseJson(line);
  if (!object.is_object())
    return badRequest("", "the line is not a JSON object");
  Request request;
  request.id = idOfLine(line);
  if (!object.contains("id") || (request.id.is_null() && !object["id"].is_null()))
    return badRequest("id", "it must be a number or a string");
  if (!object.contains("command") || !object["command"].is_string())
    return badRequest("command", "it must be a string");
  request.command = object["command"].get<std::string>();
  AGENT_TRY(const Form *form, formOf(request.command));
  for (const auto &[name, value] : object.items()) {
    if (name == "id" || name == "command")
      continue;
    AGENT_TRY(const Parameter *parameter, parameterOf(*form, name));
    AGENT_CHECK(setFromJson(*parameter, value, request.parameters));
  }
  AGENT_CHECK(checkComplete(*form, request.parameters));
  return request;
}

Outcome<Request> parseCommandLine(std::span<const std::string> words) {
  if (words.empty())
    return badRequest("", "no command");
  Request request;
  request.command = words[0];
  AGENT_TRY(const Form *form, formOf(request.command));
  for (size_t index = 1; index < words.size(); index += 2) {
    if (!words[index].starts_with("--") || index + 1 == words.size())
      return badRequest(words[index], "parameters are given as --name value");
    AGENT_TRY(const Parameter *parameter, parameterOf(*form, words[index].substr(2)));
    AGENT_CHECK(setFromText(*parameter, words[index + 1], request.parameters));
  }
  AGENT_CHECK(checkComplete(*form, request.parameters));
  return request;
}

json idOfLine(std::string_view line) {
  if (line.size() > longestLine)
    return nullptr;
  const json object = parseJson(line);
  if (!object.is_object() || !object.contains("id"))
    return nullptr;
  const json &id = object["id"];
  return id.is_number() || id.is_string() ? id : json(nullptr);
}

std::string replyLine(const json &id, const Outcome<json> &outcome) {
  json reply = outcome ? *outcome : json::object();
  reply["id"] = id;
  reply["ok"] = outcome.has_value();
  if (!outcome) {
    reply["error"] = outcome.error().error.message();
    if (outcome.error().status)
      reply["status"] = fmt::format("0x{:08X}", *outcome.error().status);
  }
  return reply.dump(-1, ' ', false, json::error_handler_t::replace);
}

std::string hexadecimal(std::span<const uint8_t> bytes) {
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const uint8_t byte : bytes)
    fmt::format_to(std::back_inserter(text), "{:02x}", byte);
  return text;
}

} // namespace hotgate::harness::agent
