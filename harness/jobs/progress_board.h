// What runs, for people: on a terminal one line a guest, rewritten in place, and one for all of them; elsewhere a plain
// line for each new step of a guest.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace hotgate::harness {

class ProgressBoard {
public:
  enum class Kind : uint8_t { quiet, plain, terminal };
  // `write` gets what is to be printed, control sequences included.
  ProgressBoard(Kind kind, std::function<void(std::string_view)> write) : kind_(kind), write_(std::move(write)) {}

  void begin(size_t jobs, size_t done);
  // "patched: soak, 100 of 600 requests". Of texts that are equal up to their last comma a plain board prints the
  // first.
  void step(const std::string &job, std::string_view text);
  // How the job, or an attempt of it, ended. Not in the way of the lines of others.
  void ended(const std::string &job, std::string_view how, bool isDone);

private:
  void draw();

  Kind kind_;
  std::function<void(std::string_view)> write_;
  std::map<std::string, std::string> running_; // job, its text
  size_t jobs_ = 0;
  size_t done_ = 0;
  size_t lines_ = 0; // drawn, above the cursor
};

} // namespace hotgate::harness
