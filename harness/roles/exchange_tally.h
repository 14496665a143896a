// Counts and latencies of one kind of exchange in one step: a row of lab_probe.
#pragma once

#include "harness/vm/deadline.h"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace hotgate::harness {

struct ExchangeTally {
  int64_t sent = 0;
  int64_t answered = 0; // within the deadline, right or wrong
  int64_t late = 0;     // after it
  int64_t wrong = 0;
  std::string firstWrong;      // expected and got
  std::string firstUnanswered; // what the client had to say of it
  std::vector<double> milliseconds;

  [[nodiscard]] bool isRight() const { return answered == sent && wrong == 0; }
  [[nodiscard]] double medianMilliseconds() const; // 0 when nothing was answered
  [[nodiscard]] double worstMilliseconds() const;
};

// By exchange name: "discover-offer", "renew", ...
using ExchangeTallies = std::map<std::string, ExchangeTally>;

void add(ExchangeTallies &to, const ExchangeTallies &more);

// "renew: 3 of 20 unanswered" or "renew: wrong content, ..."; "" when all is right.
std::string firstFault(const ExchangeTallies &tallies);

} // namespace hotgate::harness
