#include "support/result.h"

namespace hotgate {

std::string Error::message() const {
  std::string text = entity;
  if (!place.empty())
    text += fmt::format(": {}", place);
  text += fmt::format(": {}", reason);
  if (!next.empty())
    text += fmt::format(". Next: {}", next);
  return text;
}

} // namespace hotgate
