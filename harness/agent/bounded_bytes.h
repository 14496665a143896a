// Reading and writing little-endian values in a byte range whose offsets come from hostile input.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>

namespace hotgate::harness::agent {

[[nodiscard]] inline bool fits(std::span<const uint8_t> bytes, uint64_t offset, uint64_t size) {
  return offset <= bytes.size() && size <= bytes.size() - offset;
}

template <class T> [[nodiscard]] std::optional<T> readAt(std::span<const uint8_t> bytes, uint64_t offset) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (!fits(bytes, offset, sizeof(T)))
    return std::nullopt;
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

template <class T> [[nodiscard]] bool writeAt(std::span<uint8_t> bytes, uint64_t offset, T value) {
  static_assert(std::is_trivially_copyable_v<T>);
  if (!fits(bytes, offset, sizeof(T)))
    return false;
  std::memcpy(bytes.data() + offset, &value, sizeof value);
  return true;
}

// A string that must end inside the range and within `limit` bytes.
[[nodiscard]] inline std::optional<std::string_view> textAt(std::span<const uint8_t> bytes, uint64_t offset,
                                                            size_t limit = 4096) {
  if (offset >= bytes.size())
    return std::nullopt;
  const auto *begin = reinterpret_cast<const char *>(bytes.data() + offset);
  const size_t room = bytes.size() - offset < limit ? bytes.size() - offset : limit;
  const size_t length = strnlen(begin, room);
  if (length == room)
    return std::nullopt;
  return std::string_view(begin, length);
}

} // namespace hotgate::harness::agent
