#include "harness/roles/exchange_tally.h"

#include <algorithm>
#include <fmt/format.h>

namespace hotgate::harness {

double ExchangeTally::medianMilliseconds() const {
  if (milliseconds.empty())
    return 0;
  std::vector<double> sorted = milliseconds;
  const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

double ExchangeTally::worstMilliseconds() const {
  return milliseconds.empty() ? 0 : *std::max_element(milliseconds.begin(), milliseconds.end());
}

void add(ExchangeTallies &to, const ExchangeTallies &more) {
  for (const auto &[exchange, tally] : more) {
    ExchangeTally &sum = to[exchange];
    sum.sent += tally.sent;
    sum.answered += tally.answered;
    sum.late += tally.late;
    sum.wrong += tally.wrong;
    if (sum.firstWrong.empty())
      sum.firstWrong = tally.firstWrong;
    if (sum.firstUnanswered.empty())
      sum.firstUnanswered = tally.firstUnanswered;
    sum.milliseconds.insert(sum.milliseconds.end(), tally.milliseconds.begin(), tally.milliseconds.end());
  }
}

std::string firstFault(const ExchangeTallies &tallies) {
  for (const auto &[exchange, tally] : tallies) {
    if (tally.wrong != 0)
      return fmt::format("{}: {} of {} answers wrong; {}", exchange, tally.wrong, tally.answered, tally.firstWrong);
    if (tally.answered != tally.sent)
      return fmt::format("{}: {} of {} unanswered within the deadline{}{}", exchange, tally.sent - tally.answered,
                         tally.sent, tally.firstUnanswered.empty() ? "" : "; ", tally.firstUnanswered);
  }
  return {};
}

} // namespace hotgate::harness
