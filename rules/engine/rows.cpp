#include "rules/engine/rows.h"

#include <nlohmann/json.hpp>

namespace hotgate::rules {

std::string validUtf8(const std::string &text) {
  using nlohmann::json;
  return json::parse(json(text).dump(-1, ' ', false, json::error_handler_t::replace)).get<std::string>();
}

} // namespace hotgate::rules
