// The project's one way to report an error: a value.
//
// Bad input, bad usage and faults of the environment travel as Result<T>; a bug is an assert. No exception
// crosses a module border: code that calls a throwing library catches at the call and returns an Error.
//
// Every Error answers four questions, in fields so that none can be forgotten:
//   entity  what it is about          "post/dhcpsrv.exe", "KB.yaml", "guest control-1"
//   place   where in it               "offset 0x3c", "line 4", "section .text, RVA 0x1000", or "" for the whole
//   reason  why it is refused         "the file ends inside the PE header (need 0x108 bytes, have 0x40)"
//   next    what the user can do      "copy the file again; its SHA-256 should match the build's manifest"
#pragma once

#include <fmt/format.h>

#include <string>
#include <tl/expected.hpp>
#include <utility>

namespace hotgate {

// Decides the exit code (cli/exit_code.h): usage 4, input 5, fault 6.
enum class ErrorKind {
  usage, // the command line or a configuration file is wrong
  input, // a file, package, guest or environment that we were given cannot be used
  fault, // the tool itself or the operating system failed
};

struct Error {
  ErrorKind kind = ErrorKind::fault;
  std::string entity;
  std::string place;
  std::string reason;
  std::string next;

  // "entity: place: reason. Next: next". The place and the next action are left out when empty.
  [[nodiscard]] std::string message() const;
};

template <class T = void> using Result = tl::expected<T, Error>;
using Failure = tl::unexpected<Error>;

[[nodiscard]] inline Failure fail(ErrorKind kind, std::string entity, std::string place, std::string reason,
                                  std::string next = {}) {
  return Failure(Error{kind, std::move(entity), std::move(place), std::move(reason), std::move(next)});
}

[[nodiscard]] inline Failure failInput(std::string entity, std::string place, std::string reason,
                                       std::string next = {}) {
  return fail(ErrorKind::input, std::move(entity), std::move(place), std::move(reason), std::move(next));
}

[[nodiscard]] inline Failure failUsage(std::string entity, std::string place, std::string reason,
                                       std::string next = {}) {
  return fail(ErrorKind::usage, std::move(entity), std::move(place), std::move(reason), std::move(next));
}

[[nodiscard]] inline Failure failFault(std::string entity, std::string place, std::string reason,
                                       std::string next = {}) {
  return fail(ErrorKind::fault, std::move(entity), std::move(place), std::move(reason), std::move(next));
}

} // namespace hotgate

#define HOTGATE_CONCAT_(a, b) a##b
#define HOTGATE_CONCAT(a, b) HOTGATE_CONCAT_(a, b)

// HOTGATE_TRY(auto image, Image::open(path));   declares `image`, or returns the error to our caller.
#define HOTGATE_TRY(declaration, expression) \
  auto HOTGATE_CONCAT(hotgateTry, __LINE__) = (expression); \
  if (!HOTGATE_CONCAT(hotgateTry, __LINE__)) \
    return ::hotgate::Failure(std::move(HOTGATE_CONCAT(hotgateTry, __LINE__)).error()); \
  declaration = *std::move(HOTGATE_CONCAT(hotgateTry, __LINE__))

// HOTGATE_CHECK(writer.finish());   the same for a Result<void>, or where the value is not wanted.
#define HOTGATE_CHECK(expression) \
  do { \
    if (auto hotgateChecked = (expression); !hotgateChecked) \
      return ::hotgate::Failure(std::move(hotgateChecked).error()); \
  } while (false)
